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
    package init(_ text: some Collection<UInt8>, limit: Int = 200) throws(Fault) {
        for part in text.split(separator: UInt8(ascii: "&")) {
            guard fields.count < limit else { throw .tooManyFields }
            let equals = part.firstIndex(of: UInt8(ascii: "="))
            let name = try Self.decode(part[..<(equals ?? part.endIndex)])
            let value = try equals.map { index throws(Fault) in
                try Self.decode(part[part.index(after: index)...])
            }
            fields.append(Field(name: name, value: value ?? ""))
        }
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

    private static func decode(_ text: some Collection<UInt8>) throws(Fault) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                var lookahead = iterator
                if let high = lookahead.next().flatMap(hexadecimalDigit),
                    let low = lookahead.next().flatMap(hexadecimalDigit)
                {
                    bytes.append(high << 4 | low)
                    iterator = lookahead
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .notUTF8
        }
        return decoded
    }
}

/// The text with every byte but the unreserved ones percent-encoded (RFC 3986 §2.3).
package func percentEncoded(_ text: some StringProtocol) -> String {
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
