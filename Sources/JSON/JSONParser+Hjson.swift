extension JSONParser {
    /// Parses a whole Hjson text, which may be the members of an object without its braces.
    mutating func parseHjsonText() throws(JSONSyntaxError) -> JSONValue {
        if next == UInt8(ascii: "{") || next == UInt8(ascii: "[") { return try parseValue() }
        guard next != nil else { throw failure("the text ends where a value should be") }
        return .object(JSONObject(members: try parseMembers(until: nil)))
    }

    mutating func parseHjsonValue() throws(JSONSyntaxError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): .object(try parseObject())
        case UInt8(ascii: "["): .array(try parseArray())
        case UInt8(ascii: "\""): .string(try parseString())
        case UInt8(ascii: "'"):
            if isTripleQuote { .string(try parseLines()) } else { .string(try parseString()) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"):
            throw failure("a value should be here")
        default: try parseQuoteless()
        }
    }

    /// Parses a name, with or without quotes.
    mutating func parseHjsonName() throws(JSONSyntaxError) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try parseString() }
        let start = position
        while let byte = next, byte > 0x20, !"{}[],:".utf8.contains(byte) { position += 1 }
        guard position > start else { throw failure("a name should be here") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Parses a number, `true`, `false` or `null` if nothing else follows it, or else the text up
    /// to the end of the line.
    private mutating func parseQuoteless() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        if let value = parseWordOrNumber() { return value }
        position = start
        while let byte = next, byte != UInt8(ascii: "\n") { position += 1 }
        var end = position
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        guard bytes[start..<end].allSatisfy({ $0 >= 0x20 || $0 == UInt8(ascii: "\t") }) else {
            throw failure("a control character in a string; write it as an escape", at: start)
        }
        return .string(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    /// `nil`, and the position is anywhere, if it is something else.
    private mutating func parseWordOrNumber() -> JSONValue? {
        let value: JSONValue?
        // What is no number and no word is a string; the error does not matter.
        switch next {
        case UInt8(ascii: "t"): value = try? parseWord("true", .bool(true))
        case UInt8(ascii: "f"): value = try? parseWord("false", .bool(false))
        case UInt8(ascii: "n"): value = try? parseWord("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            value = try? parseNumber()
        default: value = nil
        }
        guard let value else { return nil }
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") || next == 0x0D {
            position += 1
        }
        switch next {
        case nil, UInt8(ascii: "\n"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
            UInt8(ascii: "#"):
            return value
        case UInt8(ascii: "/"):
            let following = position + 1 < bytes.count ? bytes[position + 1] : 0
            let isComment = following == UInt8(ascii: "/") || following == UInt8(ascii: "*")
            // In `? :`, `nil` would be JSON's own null.
            if isComment { return value }
            return nil
        default: return nil
        }
    }

    private var isTripleQuote: Bool { bytes[position...].starts(with: "'''".utf8) }

    /// Parses a string in three single quotes: what its lines are indented by as much as the quotes
    /// is not part of it, nor are the line ends behind the first and before the last quotes.
    private mutating func parseLines() throws(JSONSyntaxError) -> String {
        let opening = self
        let indentation = position - lineStart
        position += 3
        var text: [UInt8] = []
        skipLineBlanks()
        if next == UInt8(ascii: "\n") { endLine(skipping: indentation) }
        while let byte = next {
            if isTripleQuote {
                position += 3
                if text.last == UInt8(ascii: "\n") { text.removeLast() }
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\n") {
                text.append(byte)
                endLine(skipping: indentation)
            } else {
                if byte != 0x0D { text.append(byte) }
                position += 1
            }
        }
        throw opening.failure("a string that never ends")
    }

    private mutating func skipLineBlanks() {
        while let byte = next, byte <= 0x20, byte != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func endLine(skipping indentation: Int) {
        position += 1
        startLine(at: position)
        var skipped = 0
        while skipped < indentation, next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") {
            position += 1
            skipped += 1
        }
    }
}
