internal import Platform

/// Named values of a query or of a form body (`application/x-www-form-urlencoded`).
package struct Form: Sendable {
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Why a form cannot be read.
    package enum Fault: Error, Hashable, Sendable {
        case tooManyFields
        case notUTF8
        /// The field that may be there once came twice.
        case repeated(String)
    }

    package private(set) var fields: [Field] = []

    package init() {}

    /// Decodes the text of a query or a body; `+` is a space, a stray `%` stands for itself.
    ///
    /// - Throws: If there are more than `limit` fields, or one is not UTF-8 or holds a NUL.
    package init(_ text: [UInt8], limit: Int = 200) throws(Fault) {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "&")) ?? text.count
            if end > start {
                guard fields.count < limit else { throw .tooManyFields }
                let equals = text[start..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
                let name = try Self.decode(text[start..<equals])
                let value = try Self.decode(text[min(equals + 1, end)..<end])
                fields.append(Field(name: name, value: value))
            }
            start = end + 1
        }
    }

    /// Decodes the text of a query.
    ///
    /// - Throws: As the other initializer does.
    package init(_ text: String, limit: Int = 200) throws(Fault) {
        try self.init(Array(text.utf8), limit: limit)
    }

    /// The fields of both forms.
    package static func + (left: Form, right: Form) -> Form {
        var both = left
        both.fields += right.fields
        return both
    }

    /// Whether a field of that name is there, with whatever value.
    package func contains(_ name: String) -> Bool {
        fields.contains { $0.name == name }
    }

    /// The value of a field that may be there once, or `nil` if it is missing.
    ///
    /// - Throws: If the field is there more than once.
    package func single(_ name: String) throws(Fault) -> String? {
        var found: String?
        for field in fields where field.name == name {
            guard found == nil else { throw .repeated(name) }
            found = field.value
        }
        return found
    }

    /// The value of a field that may be there once; an empty one counts as missing.
    package func nonEmpty(_ name: String) throws(Fault) -> String? {
        let value = try single(name)
        return value?.isEmpty == false ? value : nil
    }

    private static func decode(_ text: ArraySlice<UInt8>) throws(Fault) -> String {
        let decoded = String(validating: percentDecoded(text), as: UTF8.self)
        guard let decoded, !decoded.utf8.contains(0) else { throw .notUTF8 }
        return decoded
    }

    private static func percentDecoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "%"), index + 1 < text.endIndex,
                let high = hexadecimalDigit(text[index]),
                let low = hexadecimalDigit(text[index + 1])
            {
                bytes.append(high << 4 | low)
                index += 2
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return bytes
    }
}

/// The text with every byte but the unreserved ones percent-encoded (RFC 3986 §2.3).
package func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            encoded.append(byte)
        default:
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
