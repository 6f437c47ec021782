package import Logging
package import Platform

/// Writes log events as one line each: JSON for machines, or text for people.
///
/// Values are escaped, so nothing that a client sends can begin a line of its own.
package struct EventLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let file: LogFile
    private let format: Configuration.Log.Format
    private let clock: Clock

    package init(
        file: LogFile, format: Configuration.Log.Format, level: Logger.Level,
        clock: @escaping Clock
    ) {
        self.file = file
        self.format = format
        self.clock = clock
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        switch format {
        case .json:
            line += "{\"time\":\"".utf8
            line += clock().rfc3339.utf8
            line += "\",\"level\":\"".utf8
            line += event.level.rawValue.utf8
            line += "\",\"event\":".utf8
            Self.appendQuoted(event.message.description, to: &line)
            forEachField(of: event) { key, value in
                line.append(UInt8(ascii: ","))
                Self.appendQuoted(key, to: &line)
                line.append(UInt8(ascii: ":"))
                Self.appendQuoted(value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        case .text:
            line += "\(clock().rfc3339) \(event.level.rawValue) \(event.message)".utf8
            forEachField(of: event) { key, value in
                line += " \(key)=".utf8
                Self.appendQuoted(value, to: &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        file.append(line)
    }

    /// Calls the body with what the event says, then with what the logger always says.
    private func forEachField(of event: LogEvent, _ body: (String, String) -> Void) {
        let own = event.metadata ?? [:]
        for (key, value) in own.sorted(by: { $0.key < $1.key }) { body(key, Self.text(of: value)) }
        for (key, value) in metadata where own[key] == nil { body(key, Self.text(of: value)) }
    }

    private static func text(of value: Logger.MetadataValue) -> String {
        if case .string(let text) = value { text } else { value.description }
    }

    /// Appends a JSON string; at most 1,024 bytes of the value are written.
    private static func appendQuoted(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        if text.utf8.count <= valueBytesMax, isPlain(text) {
            line += text.utf8
        } else {
            appendEscaped(text, to: &line)
        }
        line.append(UInt8(ascii: "\""))
    }

    private static let valueBytesMax = 1024

    /// Whether a text needs no escape.
    private static func isPlain(_ text: String) -> Bool {
        let utf8 = text.utf8
        let bytes = utf8.span
        for index in bytes.indices {
            switch bytes[index] {
            case 0..<0x20, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
            default: break
            }
        }
        return true
    }

    private static func appendEscaped(_ text: String, to line: inout [UInt8]) {
        var budget = valueBytesMax
        for scalar in text.unicodeScalars {
            budget -= UTF8.width(scalar)
            guard budget >= 0 else {
                line += "…".utf8
                return
            }
            switch scalar {
            case "\"": line += "\\\"".utf8
            case "\\": line += "\\\\".utf8
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                line += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: line += String(scalar).utf8
            }
        }
    }
}

extension Configuration.Log {
    /// The logger that the section describes.
    ///
    /// - Throws: If the file cannot be opened.
    package func logger(clock: @escaping Clock = { .now }) throws(FileError) -> Logger {
        let file = if let path = file { try LogFile(path: path) } else { LogFile() }
        let handler = EventLogHandler(
            file: file, format: format, level: Logger.Level(rawValue: level.rawValue) ?? .info,
            clock: clock)
        return Logger(label: "casd", factory: { _ in handler })
    }
}
