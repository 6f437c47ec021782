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

    package init(_ fields: [Field]) {
        self.fields = fields
    }

    /// Decodes the text of a query or a body; `+` is a space, a stray `%` stands for itself.
    ///
    /// - Throws: If there are more than `limit` fields, or one is not UTF-8 or holds a NUL.
    package init(_ text: [UInt8], limit: Int = 200) throws(Fault) {
        try self.init(text.span, limit: limit)
    }

    /// Decodes the text of a query.
    ///
    /// - Throws: As the other initializer does.
    package init(_ text: String, limit: Int = 200) throws(Fault) {
        let utf8 = text.utf8
        try self.init(utf8.span, limit: limit)
    }

    private init(_ text: Span<UInt8>, limit: Int) throws(Fault) {
        var start = 0
        while start < text.count {
            let end = Self.firstIndex(of: UInt8(ascii: "&"), in: text, start..<text.count)
            if end > start {
                guard fields.count < limit else { throw .tooManyFields }
                let equals = Self.firstIndex(of: UInt8(ascii: "="), in: text, start..<end)
                let name = try Self.decode(text.extracting(start..<equals))
                let value = try Self.decode(text.extracting(min(equals + 1, end)..<end))
                fields.append(Field(name: name, value: value))
            }
            start = end + 1
        }
    }

    /// Where the byte is first, or the end of the range.
    private static func firstIndex(
        of byte: UInt8, in text: Span<UInt8>, _ range: Range<Int>
    ) -> Int {
        for index in range where text[index] == byte { return index }
        return range.upperBound
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

    private static func decode(_ text: Span<UInt8>) throws(Fault) -> String {
        var hasEscapes = false
        for index in text.indices {
            let byte = text[index]
            if byte == 0 { throw .notUTF8 }
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") { hasEscapes = true }
        }
        guard hasEscapes else { return try string(text) }
        let decoded = try percentDecoded(text)
        return try string(decoded.span)
    }

    private static func string(_ bytes: Span<UInt8>) throws(Fault) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            throw .notUTF8
        }
    }

    private static func percentDecoded(_ text: Span<UInt8>) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: "%"), index + 1 < text.count,
                let high = hexadecimalDigit(text[index]),
                let low = hexadecimalDigit(text[index + 1])
            {
                byte = high << 4 | low
                if byte == 0 { throw .notUTF8 }
                index += 2
            } else if byte == UInt8(ascii: "+") {
                byte = UInt8(ascii: " ")
            }
            bytes.append(byte)
        }
        return bytes
    }
}

/// The text with every byte but the unreserved ones percent-encoded (RFC 3986 §2.3).
package func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count * 2)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            encoded.append(byte)
        default:
            encoded.append(UInt8(ascii: "%"))
            encoded.append(hexadecimalDigits[Int(byte >> 4)])
            encoded.append(hexadecimalDigits[Int(byte & 15)])
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

private let hexadecimalDigits = Array("0123456789ABCDEF".utf8)
