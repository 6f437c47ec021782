extension JSONValue {
    /// The value as JSON text; it parses back to the same value.
    ///
    /// Only what JSON demands is escaped. A number that is not finite, which JSON cannot say,
    /// becomes `null`.
    ///
    /// - Parameter indented: Whether to write it for people, as Jackson does: `"name" : value`,
    ///   one member a line, two spaces a level, arrays within the line.
    package func text(indented: Bool = false) -> String {
        var writer = JSONWriter(isIndented: indented)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct JSONWriter {
    let isIndented: Bool
    var bytes: [UInt8] = []
    private var level = 0

    init(isIndented: Bool) {
        self.isIndented = isIndented
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? value.description : "null")
        case .string(let text): write(string: text)
        case .array(let elements): write(array: elements)
        case .object(let object): write(object: object)
        }
    }

    private mutating func append(_ text: String) {
        bytes += text.utf8
    }

    private mutating func write(array elements: [JSONValue]) {
        append(isIndented ? "[ " : "[")
        for (index, element) in elements.enumerated() {
            if index > 0 { append(isIndented ? ", " : ",") }
            write(element)
        }
        append(isIndented && !elements.isEmpty ? " ]" : "]")
    }

    private mutating func write(object: JSONObject) {
        append("{")
        level += 1
        for (index, member) in object.members.enumerated() {
            if index > 0 { append(",") }
            if isIndented { startLine() }
            write(string: member.name)
            append(isIndented ? " : " : ":")
            write(member.value)
        }
        level -= 1
        if isIndented {
            if object.members.isEmpty { append(" ") } else { startLine() }
        }
        append("}")
    }

    private mutating func startLine() {
        append("\n" + String(repeating: "  ", count: level))
    }

    private mutating func write(string text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0..<0x20:
                let digits = Array("0123456789ABCDEF".utf8)
                append("\\u00")
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        append("\"")
    }
}
