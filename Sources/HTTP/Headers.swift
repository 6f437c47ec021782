internal import Platform

/// The header fields of a request: claims by the client, nothing more.
///
/// They are kept under their CGI names (`HTTP_USER_AGENT`), as nginx sends them.
package struct Headers: Sendable {
    package struct Field: Sendable, Hashable {
        /// `HTTP_` and the field's name in capitals, with `_` for `-`.
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var fields: [Field]

    package init(_ fields: [Field] = []) {
        self.fields = fields
    }

    /// The headers of names as they are written in HTTP, for example `User-Agent`.
    package init(_ pairs: KeyValuePairs<String, String>) {
        fields = pairs.map { Field(name: Self.parameterName($0), value: $1) }
    }

    package mutating func append(_ field: Field) {
        fields.append(field)
    }

    /// The first field of that name, written in any case.
    package subscript(name: String) -> String? {
        let wanted = Self.parameterName(name)
        return fields.first { $0.name == wanted }?.value
    }

    /// The values of all fields of that name, written in any case.
    package func all(_ name: String) -> [String] {
        let wanted = Self.parameterName(name)
        return fields.filter { $0.name == wanted }.map(\.value)
    }

    /// The values of a cookie, in the order in which the client sent them; at most eight are read.
    package func cookies(_ name: String) -> [String] {
        var values: [String] = []
        for field in fields where field.name == "HTTP_COOKIE" {
            Self.readCookies(name, in: field.value, into: &values)
        }
        return values
    }

    private static func readCookies(_ name: String, in text: String, into values: inout [String]) {
        let (textBytes, nameBytes) = (text.utf8, name.utf8)
        let (bytes, wanted) = (textBytes.span, nameBytes.span)
        var start = 0
        while start < bytes.count, values.count < 8 {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: ";") { end += 1 }
            while start < end, bytes[start] == UInt8(ascii: " ") || bytes[start] == 0x09 {
                start += 1
            }
            let valueStart = start + wanted.count + 1
            if valueStart <= end, bytes[valueStart - 1] == UInt8(ascii: "="),
                isEqual(bytes.extracting(start..<valueStart - 1), wanted)
            {
                let first = textBytes.index(textBytes.startIndex, offsetBy: valueStart)
                let last = textBytes.index(textBytes.startIndex, offsetBy: end)
                values.append(String(text[first..<last]))
            }
            start = end + 1
        }
    }

    /// The name under which gateways pass a header on (RFC 3875 §4.1.18).
    package static func parameterName(_ name: String) -> String {
        "HTTP_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}

/// A cookie to be set; always `Secure` and `HttpOnly`.
package struct SetCookie: Sendable, Hashable {
    package enum SameSite: String, Sendable {
        case lax = "Lax"
        case strict = "Strict"
        case none = "None"
    }

    package var name: String
    /// Only characters that a cookie may hold unquoted (RFC 6265 §4.1.1).
    package var value: String
    package var path: String
    /// Seconds; `nil` makes a session cookie, zero removes the cookie.
    package var maxAgeSeconds: Int?
    package var sameSite: SameSite

    package init(
        name: String, value: String, path: String, maxAgeSeconds: Int? = nil,
        sameSite: SameSite = .lax
    ) {
        self.name = name
        self.value = value
        self.path = path
        self.maxAgeSeconds = maxAgeSeconds
        self.sameSite = sameSite
    }

    /// The value of the `Set-Cookie` field.
    package var fieldValue: String {
        let age = maxAgeSeconds.map { "; Max-Age=\($0)" } ?? ""
        return
            "\(name)=\(value); Path=\(path)\(age); Secure; HttpOnly; SameSite=\(sameSite.rawValue)"
    }
}
