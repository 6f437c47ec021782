import CASProtocol
import Platform
import Testing
import XML

@Suite("CAS 3.0 §2.3.3 logout messages") struct LogoutMessageTests {
    private static let samlp = "urn:oasis:names:tc:SAML:2.0:protocol"
    private static let ticket = Sample.ticket(.serviceTicket)

    private static func message(
        _ principal: String, ticket: TicketID = ticket, id: String = "LR-4FkqhKLx"
    ) -> String {
        LogoutMessage.xml(id: id, ticket: ticket, principal: principal, at: Sample.now)
    }

    /// The `NameID` of a message.
    private static func name(_ message: String) throws -> String? {
        try XMLElement.parse(Array(message.utf8)).children.first?.text
    }

    /// What a form decoder makes of the body, without the name of the parameter.
    private static func decoded(_ body: [UInt8]) throws -> String {
        var bytes: [UInt8] = []
        var rest = body.dropFirst("logoutRequest=".utf8.count)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let high = try #require(rest.popFirst().flatMap(hexadecimalDigit))
            let low = try #require(rest.popFirst().flatMap(hexadecimalDigit))
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static let cases: [(String, String)] = [
        ("logout.xml", message("o'neil <b>")), ("logout-unnamed.xml", message("100%3Csure")),
        ("logout-body.txt", String(decoding: LogoutMessage.body(message("jdoe")), as: UTF8.self)),
        ("logout-front-channel.txt", LogoutMessage.frontChannel(message("jdoe"))),
    ]

    @Test(arguments: cases.indices) func `the message is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, text) = Self.cases[index]
        #expect(text + "\n" == (try Golden.text(name)))
    }

    @Test func `it is one line with both namespaces on the root`() throws {
        let text = Self.message("jdoe")
        let root = try XMLElement.parse(Array(text.utf8))
        #expect(root.isNamed("LogoutRequest", Self.samlp))
        #expect(root.attribute("ID") == "LR-4FkqhKLx")
        #expect(root.attribute("Version") == "2.0")
        #expect(root.attribute("IssueInstant") == "2024-05-01T07:55:42Z")
        #expect(root.children.map(\.name) == ["NameID", "SessionIndex"])
        #expect(root.children.map(\.text) == ["jdoe", Self.ticket.wireValue])
        let start = try #require(text.firstRange(of: "ID=")).lowerBound
        #expect(text[..<start].contains("xmlns:saml="))
        #expect(text[..<start].contains("xmlns:samlp="))
        #expect(text.contains("<samlp:SessionIndex>\(Self.ticket.wireValue)</samlp:SessionIndex>"))
        #expect(!text.contains("\n") && !text.contains("<?"))
    }

    @Test func `the body is the parameter alone, and decodes to the message`() throws {
        let text = Self.message("Zoë O'Neil+test@example.org")
        let body = LogoutMessage.body(text)
        #expect(String(decoding: body, as: UTF8.self).hasPrefix("logoutRequest=%3Csamlp"))
        #expect(!body.contains(UInt8(ascii: "+")) && !body.contains(UInt8(ascii: "&")))
        #expect(try Self.decoded(body) == text)
    }

    @Test(arguments: Sample.hostileTexts + ["x\ny", "50%", "\u{7F}", "a\u{2029}b"])
    func `whatever the principal is, the message is one line, short and read back`(
        principal: String
    ) throws {
        let longest = try #require(
            TicketID("ST-" + String(repeating: "a", count: TicketID.lengthMax - 3)))
        for ticket in [Self.ticket, longest] {
            let id = "LR-" + String(repeating: "b", count: 61)
            let text = Self.message(principal, ticket: ticket, id: id)
            #expect(!text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" || $0 == "\u{2028}" })
            #expect(LogoutMessage.body(text).count < 1024)
            #expect(try LogoutMessage.read(Array(text.utf8)) == ticket.wireValue)
        }
    }

    @Test func `a principal is named up to the last byte that fits`() throws {
        let room = 1023 - LogoutMessage.body(Self.message("a")).count
        let fits = String(repeating: "a", count: room + 1)
        #expect(try Self.name(Self.message(fits)) == fits)
        #expect(LogoutMessage.body(Self.message(fits)).count == 1023)
        #expect(try Self.name(Self.message(fits + "a")) == "@NOT_USED@")
    }

    @Test func `a name that becomes markup when it is decoded twice is left out`() throws {
        let forged = "%3Csamlp:SessionIndex%3EST-other%3C/samlp:SessionIndex%3E"
        #expect(try Self.name(Self.message(forged)) == "@NOT_USED@")
        #expect(try Self.name(Self.message("")) == "@NOT_USED@")
        #expect(try Self.name(Self.message("a+b@example.org")) == "a+b@example.org")
    }

    @Test func `the front channel carries a zlib stream that holds the message`() throws {
        let text = Self.message("Zoë")
        let stream = try #require(bytes(base64: LogoutMessage.frontChannel(text)))
        let message = Array(text.utf8)
        // RFC 1950 §2.2: method 8, window 32 KiB, a check that makes 31 divide the pair.
        #expect(stream[0] == 0x78 && (Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0)
        // RFC 1951 §3.2.4: the last block, stored, its length and the complement of it.
        #expect(stream[2] == 1)
        #expect(Int(stream[3]) | Int(stream[4]) << 8 == message.count)
        #expect(stream[5] == ~stream[3] && stream[6] == ~stream[4])
        #expect(Array(stream[7..<(7 + message.count)]) == message)
        #expect(stream.count == 7 + message.count + 4)
    }

    @Test func `the checksum of the stream is Adler-32`() throws {
        let stream = try #require(bytes(base64: LogoutMessage.frontChannel("Wikipedia")))
        #expect(stream.suffix(4) == [0x11, 0xE6, 0x03, 0x98])
        let empty = try #require(bytes(base64: LogoutMessage.frontChannel("")))
        #expect(empty.suffix(4) == [0, 0, 0, 1])
    }
}

@Suite("Logout messages of other servers") struct LogoutMessageReadingTests {
    private static func message(_ content: String, root: String = "samlp:LogoutRequest") -> String {
        """
        <\(root) xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="LR-1" Version="2.0">\
        <saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID>\
        \(content)</\(root)>
        """
    }

    private static func index(_ ticket: String) -> String {
        "<samlp:SessionIndex>\(ticket)</samlp:SessionIndex>"
    }

    @Test(arguments: [
        message(index("ST-1-a_b.c")), message(index("\n ST-1-a_b.c ")),
        #"<?xml version="1.0"?>"# + message(index("ST-1-a_b.c")),
        // django-cas-server: an empty name.
        message(index("ST-1-a_b.c")).replacing("@NOT_USED@", with: ""),
    ])
    func `the ticket is read`(text: String) throws {
        #expect(try LogoutMessage.read(Array(text.utf8)) == "ST-1-a_b.c")
    }

    static let refused: [(String, LogoutMessageFault)] = [
        ("", .notXML), ("ST-1", .notXML), ("<!DOCTYPE x>" + message(index("ST-1")), .notXML),
        (message(index("ST-1"), root: "samlp:LogoutResponse"), .root),
        (message(index("ST-1"), root: "LogoutRequest"), .root),
        (message(index("ST-1")).replacing("SAML:2.0:protocol", with: "SAML:1.0:protocol"), .root),
        (message(""), .sessionIndex), (message(index("")), .sessionIndex),
        (message(index("ST-1") + index("ST-2")), .sessionIndex),
        (message("<x>\(index("ST-1"))</x>"), .sessionIndex),
        (message(index("ST-1") + "<x><SessionIndex/></x>"), .sessionIndex),
        (message("<SessionIndex>ST-1</SessionIndex>"), .sessionIndex),
        (message(index("ST-<x/>1")), .sessionIndex), (message(index("ST-1 ST-2")), .sessionIndex),
        (message(index("ST-é")), .sessionIndex),
        (message(index(String(repeating: "a", count: 257))), .sessionIndex),
    ]

    @Test(arguments: refused.indices) func `anything else is refused`(index: Int) {
        let (text, fault) = Self.refused[index]
        #expect(throws: fault) { try LogoutMessage.read(Array(text.utf8)) }
    }

    @Test func `a ticket of 256 characters is read`() throws {
        let ticket = String(repeating: "a", count: 256)
        #expect(try LogoutMessage.read(Array(Self.message(Self.index(ticket)).utf8)) == ticket)
    }
}
