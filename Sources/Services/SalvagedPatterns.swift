internal import JSON

/// The patterns that a text shows which cannot be read as a whole.
///
/// What broke the text may be what is wrong with the pattern, such as `"\."` in JSON. Where a value
/// can be meant in two ways it is read in both: what stands in for a definition admits nobody, so
/// that one reading too many is safe, and one too few is not.
struct SalvagedPatterns {
    /// What stands behind one `serviceId`.
    private struct Value {
        /// What it may mean.
        var readings: [String]
        /// Whether the text ends before the value does.
        var isCut = false
    }

    /// What a pattern is, and how it is compared.
    struct Candidate {
        let text: String
        let matching: MatchingStrategy
    }

    /// All readings of all patterns, for every `serviceId` that is found.
    private(set) var candidates: [[Candidate]] = []
    /// Whether a pattern was cut, or there is none.
    private(set) var isIncomplete = false

    private let bytes: [UInt8]
    private let isYAML: Bool

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        isYAML = file.hasSuffix(".yml") || file.hasSuffix(".yaml")
        let strategy = MatchingStrategy.allCases.first {
            $0 != .fullRegex && !bytes.ranges(of: Array($0.rawValue.utf8)).isEmpty
        }
        var matching = strategy ?? .fullRegex
        if matching == .literal { matching = .literalInAnyCase }
        var values = values(of: "serviceId")
        if matching == .startsWith { values += self.values(of: "expectedUrl") }
        candidates = values.map { value in
            value.readings.map { Candidate(text: $0, matching: matching) }
        }
        isIncomplete = values.isEmpty || values.contains(where: \.isCut)
    }

    /// What stands behind a name, wherever that is a name and not in a comment.
    private func values(of name: String) -> [Value] {
        bytes.ranges(of: Array(name.utf8)).compactMap { range in
            let start = bytes[..<range.lowerBound].lastIndex(of: Self.newline).map { $0 + 1 } ?? 0
            let before = bytes[start..<range.lowerBound]
            let first = before.drop { $0 <= 0x20 }
            if first.first == UInt8(ascii: "#") || first.starts(with: "//".utf8) { return nil }
            // In front of a name there is the end of something else, or nothing.
            let last = before.last { $0 > 0x20 }
            if let last, !"\"'{,?-/".utf8.contains(last) { return nil }
            var place = range.upperBound
            if place < bytes.count, "\"'".utf8.contains(bytes[place]) { place += 1 }
            skipBlanks(&place)
            guard place < bytes.count else { return Value(readings: [], isCut: true) }
            guard bytes[place] == UInt8(ascii: ":") else { return nil }
            return value(at: place + 1)
        }
    }

    private static let newline = UInt8(ascii: "\n")

    private func skipBlanks(_ place: inout Int) {
        while place < bytes.count, bytes[place] <= 0x20 { place += 1 }
    }

    private func value(at colon: Int) -> Value {
        var place = colon
        skipBlanks(&place)
        guard place < bytes.count else { return Value(readings: [], isCut: true) }
        let rest = bytes[place...]
        if rest.starts(with: "'''".utf8) {
            return block(at: place + 3, end: rest.dropFirst(3).firstRange(of: Array("'''".utf8)))
        }
        let line = rest.prefix { $0 != Self.newline }
        switch bytes[place] {
        case UInt8(ascii: "\""): return quoted(line, by: UInt8(ascii: "\""))
        case UInt8(ascii: "'"): return quoted(line, by: UInt8(ascii: "'"))
        case UInt8(ascii: "|") where isYAML, UInt8(ascii: ">") where isYAML:
            place = line.endIndex
            skipBlanks(&place)
            return plain(bytes[place...].prefix { $0 != Self.newline })
        case UInt8(ascii: "!") where isYAML, UInt8(ascii: "&") where isYAML:
            // A tag or an anchor stands before the value.
            return value(at: line.firstIndex { $0 <= 0x20 } ?? line.endIndex)
        default: return plain(line)
        }
    }

    private func block(at start: Int, end: Range<Int>?) -> Value {
        guard let end else { return plain(bytes[start...].prefix { $0 != Self.newline }) }
        return Value(readings: [Self.trimmed(bytes[start..<end.lowerBound])])
    }

    /// A value in quotes, to the end of its line if the second quote is missing.
    private func quoted(_ line: ArraySlice<UInt8>, by quote: UInt8) -> Value {
        let escapes = !isYAML || quote == UInt8(ascii: "\"")
        var end = line.startIndex + 1
        while end < line.endIndex, line[end] != quote {
            end += escapes && line[end] == UInt8(ascii: "\\") ? 2 : 1
            // Two single quotes are one in YAML.
            if !escapes, line[end...].starts(with: "''".utf8) { end += 2 }
        }
        guard end < line.endIndex else { return plain(line.dropFirst()) }
        let text = line[(line.startIndex + 1)..<end]
        if !escapes {
            return Value(readings: [Self.trimmed(text).replacing("''", with: "'")])
        }
        let string = [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
        // What is no string is read without its rules.
        if let value = try? JSONValue(parsing: string), let read = value.stringValue {
            return Value(readings: [read])
        }
        return Value(readings: Self.distinct([Self.unescaped(text), Self.trimmed(text)]))
    }

    /// A value without quotes: the whole line, and what of it may belong to something else.
    private func plain(_ line: ArraySlice<UInt8>) -> Value {
        let text = Self.trimmed(line)
        var readings = [text]
        for end in [" #", " //", ", ", "}"] {
            if let range = text.firstRange(of: end) {
                readings.append(String(text[..<range.lowerBound]))
            }
        }
        for reading in readings {
            let ending = reading.utf8.reversed().prefix { " \t,}\"'".utf8.contains($0) }
            readings.append(String(decoding: reading.utf8.dropLast(ending.count), as: UTF8.self))
        }
        readings = Self.distinct(readings + readings.map { Self.unescaped(Array($0.utf8)[...]) })
        return Value(readings: readings, isCut: readings.isEmpty || line.endIndex == bytes.count)
    }

    /// A string whose escapes are not all those of JSON: the others are left as they are.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var place = text.startIndex
        while place < text.endIndex {
            let next = place + 1 < text.endIndex ? text[place + 1] : 0
            let isEscape = text[place] == UInt8(ascii: "\\") && "\\\"'/".utf8.contains(next)
            result.append(isEscape ? next : text[place])
            place += isEscape ? 2 : 1
        }
        return trimmed(result[...])
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        let start = bytes.drop { $0 <= 0x20 }
        return String(
            decoding: start.dropLast(start.reversed().prefix { $0 <= 0x20 }.count), as: UTF8.self)
    }

    private static func distinct(_ texts: [String]) -> [String] {
        var found: [String] = []
        for text in texts where !text.isEmpty && !found.contains(text) { found.append(text) }
        return found
    }
}
