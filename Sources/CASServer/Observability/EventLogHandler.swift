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
        line.reserveCapacity(256)
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        switch format {
        case .json:
            line += "{\"time\":\"\(clock().rfc3339)\",\"level\":\"\(event.level.rawValue)\",".utf8
            line += "\"event\":".utf8
            Self.appendQuoted(event.message.description, to: &line)
            for (key, value) in fields {
                line.append(UInt8(ascii: ","))
                Self.appendQuoted(key, to: &line)
                line.append(UInt8(ascii: ":"))
                Self.appendQuoted(value.description, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        case .text:
            line += "\(clock().rfc3339) \(event.level.rawValue) \(event.message)".utf8
            for (key, value) in fields {
                line += " \(key)=".utf8
                Self.appendQuoted(value.description, to: &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        file.append(line)
    }

    /// Appends a JSON string; at most 1,024 bytes of the value are written.
    private static func appendQuoted(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        var budget = 1024
        for scalar in text.unicodeScalars {
            budget -= UTF8.width(scalar)
            guard budget >= 0 else {
                line += "…".utf8
                break
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
        line.append(UInt8(ascii: "\""))
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
