import CASProtocol
import Platform

/// What the tests of the wire formats write.
enum Sample {
    static let casNamespace = "http://www.yale.edu/tp/cas"

    static let now = Instant(milliseconds: 1_714_550_142_456)

    static let event = AuthenticationEvent(
        date: Instant(milliseconds: 1_714_550_139_123), handlers: ["users"],
        credentialTypes: ["UsernamePasswordCredential"])

    /// A ticket that is the same every time: the prefix and the digits and letters in order.
    static func ticket(_ kind: TicketKind) -> TicketID {
        TicketID.mint(kind) { count in (0..<count).map { UInt8($0) } }
    }

    static let plain = Assertion(
        user: "casuser",
        attributes: Attributes([
            ("mail", ["casuser@example.org"]), ("memberOf", ["staff", "library"]),
        ]),
        event: event, isFromNewLogin: true)

    static let hostile = Assertion(
        user: "o'neil <b>&\"</cas:user>\u{1}",
        attributes: Attributes([
            ("user", ["admin"]), ("authenticationFailure", ["x"]), ("proxies", ["x"]),
            ("isFromNewLogin", ["true"]), ("display name", ["Zoë \u{1F600} <script>"]),
            ("1st:@", ["a\u{0}b\u{FFFE}c"]), ("", ["empty name"]),
        ]),
        event: event, isFromNewLogin: false)

    static let granting = Assertion(
        user: "casuser", attributes: Attributes([("mail", ["casuser@example.org"])]),
        event: event, isFromNewLogin: false, proxies: ["https://portal.example.org/cb"],
        proxyGrantingTicketReceipt: "PGTIOU-4FkqhKLx")

    /// Texts that have broken XML writers.
    static let hostileTexts = [
        "", " ", "]]>", "<!--", "&amp;", "a\r\nb\tc", "\u{0}\u{1}\u{8}\u{B}\u{1F}\u{7F}\u{85}",
        "\u{FFFE}\u{FFFF}\u{1FFFF}", "\"'><script>alert(1)</script>", "urn:oid:2.5.4.3 with blanks",
        "e\u{301}\u{202E}\u{2028}", String(repeating: "<&\u{1F600}", count: 1200),
        String(repeating: "x", count: 10_240),
    ]

    /// What a reader sees of a text: the characters that XML 1.0 allows.
    static func readable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF:
                result.append(scalar)
            default: break
            }
        }
        return String(result)
    }
}

/// The files that the wire formats are compared with, byte for byte.
enum Golden {
    private static let folder =
        #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden/"

    static func text(_ name: String) throws -> String {
        try File.readText(folder + name)
    }
}
