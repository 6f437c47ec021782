internal import JSON
internal import Platform

/// What the log file says of a ticket.
struct TicketLog {
    /// A line of the log.
    struct Event: Hashable {
        /// The time as it was written; empty in a line that is not JSON.
        let time: String
        let name: String
        /// The rest, in the order of the line.
        let fields: [Field]

        struct Field: Hashable {
            let name: String
            let value: String
        }
    }

    enum Outcome {
        /// The events, the oldest first, and whether the file was read from its beginning.
        case searched([Event], isWhole: Bool)
        case unreadable(String)
        /// There is no file: the log goes to standard error.
        case notConfigured
    }

    let file: String?
    let outcome: Outcome

    /// How much of the end of the file is read, in bytes.
    static let bytesMax = 64 << 20
    /// How many events are kept, the last ones.
    private static let eventsMax = 200

    /// Looks for a ticket by the first digits of its handle, as the log has them.
    init(of digits: String, in file: String?, bytesMax: Int = TicketLog.bytesMax) {
        self.file = file
        guard let file else {
            outcome = .notConfigured
            return
        }
        do {
            let (content, isWhole) = try File.readEnd(file, limit: bytesMax)
            // A value begins with a quote in both formats.
            let wanted = Array("\"\(digits)".utf8)
            let lines = Self.lines(of: content, with: wanted).suffix(Self.eventsMax)
            outcome = .searched(lines.map { Self.event($0) }, isWhole: isWhole)
        } catch {
            outcome = .unreadable(error.reason)
        }
    }

    var events: [Event] {
        if case .searched(let events, _) = outcome { events } else { [] }
    }

    /// The lines that contain some bytes.
    private static func lines(of content: [UInt8], with wanted: [UInt8]) -> [ArraySlice<UInt8>] {
        guard let first = wanted.first else { return [] }
        var found: [ArraySlice<UInt8>] = []
        var lineStart = 0
        var isFound = false
        let bytes = content.span
        for place in bytes.indices {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\n") {
                if isFound { found.append(content[lineStart..<place]) }
                lineStart = place + 1
                isFound = false
            } else if byte == first, !isFound {
                isFound = content[place...].starts(with: wanted)
            }
        }
        if isFound { found.append(content[lineStart...]) }
        return found
    }

    private static func event(_ line: ArraySlice<UInt8>) -> Event {
        // Losing the error is right: a line of the other format is shown as it stands.
        guard let object = (try? JSONValue(parsing: Array(line)))?.objectValue else {
            return Event(time: "", name: String(decoding: line, as: UTF8.self), fields: [])
        }
        let fields = object.members.filter { !["time", "level", "event"].contains($0.name) }
        return Event(
            time: object["time"]?.stringValue ?? "", name: object["event"]?.stringValue ?? "",
            fields: fields.map {
                Event.Field(name: $0.name, value: $0.value.stringValue ?? $0.value.text())
            })
    }
}

extension TicketLog {
    /// The events for people, or where to look for them.
    func text(for digits: String) -> String {
        switch outcome {
        case .notConfigured:
            return "log.file is not configured, so casd logs to standard error; look there for "
                + "\(digits), for example: journalctl -u casd | grep \(digits)\n"
        case .unreadable(let reason):
            return
                "The log cannot be searched: \(file ?? ""): \(reason). Look there for \(digits).\n"
        case .searched(let events, let isWhole):
            let extent = isWhole ? "" : " (its last \(Self.bytesMax >> 20) MiB)"
            guard !events.isEmpty else {
                return "The log \(file ?? "")\(extent) does not mention it; older logs may.\n"
            }
            return "The log \(file ?? "")\(extent):\n" + events.map { $0.line }.joined()
        }
    }
}

extension TicketLog.Event {
    fileprivate var line: String {
        let details = fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        let words = [time, name, details].filter { !$0.isEmpty }
        return "  \(words.joined(separator: "  "))".shown + "\n"
    }
}
