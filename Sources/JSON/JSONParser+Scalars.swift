extension JSONParser {
    /// Parses a string; the position is at its opening quote, which ends it as well.
    mutating func parseString() throws(JSONSyntaxError) -> String {
        let start = position
        let quote = next ?? UInt8(ascii: "\"")
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case quote:
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try parseEscape(into: &text)
            case 0..<0x20:
                throw failure("a control character in a string; write it as an escape")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw failure("a string that never ends", at: start)
    }

    private mutating func parseEscape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        let start = position
        position += 1
        let escaped = next
        position += 1
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            text.append(escaped ?? 0)
        case UInt8(ascii: "'") where dialect == .hjson: text.append(UInt8(ascii: "'"))
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            text += Array(String(Character(try parseScalar(from: start))).utf8)
        default:
            throw failure("an unknown escape", at: start)
        }
    }

    private mutating func parseScalar(from start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        var code = try parseHexadecimal(from: start)
        if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\"),
            position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 2
            let low = try parseHexadecimal(from: start)
            guard (0xDC00..<0xE000).contains(low) else {
                throw failure("a surrogate without its partner", at: start)
            }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw failure("a surrogate without its partner", at: start)
        }
        return scalar
    }

    private mutating func parseHexadecimal(from start: Int) throws(JSONSyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = hexadecimalDigit(byte) else {
                throw failure("four hexadecimal digits should follow", at: start)
            }
            code = code << 4 | digit
            position += 1
        }
        return code
    }

    private func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Parses a number; the position is at its sign or first digit.
    mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let first = next
        let digits = skipDigits()
        guard digits > 0 else { throw failure("a digit should be here") }
        guard digits == 1 || first != UInt8(ascii: "0") else {
            throw failure("a number with a leading zero", at: start)
        }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard skipDigits() > 0 else { throw failure("a digit should be here") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw failure("a digit should be here") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw failure("a number that is too large", at: start)
        }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        return position - start
    }
}
