internal import Authentication
internal import HTTP
internal import Platform

/// Name and password of an `Authorization` field (RFC 7617), strictly read.
struct BasicCredentials: Sendable {
    let username: String
    let password: String

    /// The longest field that is read, in bytes.
    static let bytesMax = 4096

    /// What a client that sends none is told to send.
    static let challenge = #"Basic realm="casd", charset="UTF-8""#

    /// Reads the field's value.
    ///
    /// - Returns: `nil` for another scheme, for anything that is not strict Base64 of UTF-8 with a
    ///   colon in it, for control characters, and for an empty name or password.
    init?(_ field: String) {
        guard field.utf8.count <= Self.bytesMax, let blank = field.firstIndex(of: " "),
            field[..<blank].lowercased() == "basic",
            let bytes = bytes(base64: String(field[blank...].drop { $0 == " " })),
            let text = String(validating: bytes, as: UTF8.self),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        username = String(text[..<colon])
        password = String(text[text.utf8.index(after: colon)...])
        guard !username.isEmpty, !password.isEmpty else { return nil }
    }

    var credential: Credential { .password(username: username, password: password) }
}
