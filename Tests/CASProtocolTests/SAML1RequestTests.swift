import CASProtocol
import Testing

@Suite("CAS 3.0 §4.2 requests of /samlValidate") struct SAML1RequestTests {
    private static let soap = "http://schemas.xmlsoap.org/soap/envelope/"
    private static let samlp = "urn:oasis:names:tc:SAML:1.0:protocol"

    private static func envelope(
        _ body: String = request(), before: String = "", inside: String = "", after: String = ""
    ) -> String {
        """
        \(before)<SOAP-ENV:Envelope xmlns:SOAP-ENV="\(soap)">\(inside)<SOAP-ENV:Body>\(body)\
        </SOAP-ENV:Body>\(after)</SOAP-ENV:Envelope>
        """
    }

    private static func request(
        _ content: String = "<samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>",
        _ attributes: String = #"RequestID="_1""#
    ) -> String {
        #"<samlp:Request xmlns:samlp="\#(samlp)" \#(attributes)>\#(content)</samlp:Request>"#
    }

    private static let declaration = #"<?xml version="1.0" encoding="UTF-8"?>"#

    @Test(arguments: [
        envelope(),
        // mod_auth_cas: no instant.
        envelope(
            request(
                "<samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>",
                #"MajorVersion="1" MinorVersion="1" RequestID="_1""#),
            before: declaration, inside: "<SOAP-ENV:Header/>"),
        // python-cas: local time without zone.
        envelope(
            request(
                "<samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>",
                #"IssueInstant="2024-05-01T09:55:39.123" RequestID="_1""#),
            before: declaration + "\n", inside: "<SOAP-ENV:Header/>\n"),
        // java-cas-client: a comment first, the request in a default namespace.
        """
        \(declaration)
        <!-- Licensed to someone -->
        <soap:Envelope xmlns:soap="\(soap)"><soap:Header/><soap:Body>
        <Request xmlns="\(samlp)" RequestID="_1"><AssertionArtifact>ST-abc</AssertionArtifact>
        </Request></soap:Body></soap:Envelope>
        """,
        // The documentation: white space around the artifact.
        envelope(request("\n  <samlp:AssertionArtifact>\n ST-abc\t</samlp:AssertionArtifact>\n")),
        " \r\n" + declaration + envelope(),
        envelope(
            request(
                """
                <samlp:RespondWith>saml:AuthenticationStatement</samlp:RespondWith>\
                <samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>
                """)),
    ])
    func `requests as clients write them are taken`(text: String) throws {
        let request = try SAML1Request.read(Array(text.utf8))
        #expect(request.ticket == "ST-abc")
        #expect(request.requestID == "_1")
    }

    @Test(arguments: [
        ("1f0c4a2e-77", "1f0c4a2e-77"), ("_a.b:c", "_a.b:c"), ("", nil), ("a b", nil),
        ("&lt;x", nil), ("é", nil), (String(repeating: "a", count: 128), "a*128"),
        (String(repeating: "a", count: 129), nil),
    ])
    func `an identifier is repeated only if it is harmless`(id: String, expected: String?) throws {
        let artifact = "<samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>"
        let text = Self.envelope(Self.request(artifact, "RequestID=\"\(id)\""))
        let requestID = try SAML1Request.read(Array(text.utf8)).requestID
        #expect(requestID == (expected == "a*128" ? id : expected))
    }

    @Test func `a request needs no identifier`() throws {
        let artifact = "<samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>"
        let text = Self.envelope(Self.request(artifact, ""))
        #expect(try SAML1Request.read(Array(text.utf8)).requestID == nil)
    }

    private static let artifact = "<samlp:AssertionArtifact>ST-abc</samlp:AssertionArtifact>"

    static let refused: [(String, SAML1RequestFault)] = [
        ("", .notXML), ("logoutRequest=x", .notXML), ("<a>", .notXML),
        (
            #"<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>"# + envelope(), .notXML
        ),
        ("<?php echo 1 ?>" + envelope(), .notXML),
        (envelope() + envelope(), .notXML),
        ("<Envelope/>", .envelope), (request(), .envelope),
        (
            envelope().replacing(soap, with: "http://www.w3.org/2003/05/soap-envelope"), .envelope
        ),
        (envelope(inside: "<SOAP-ENV:Header>\(envelope())</SOAP-ENV:Header>"), .envelope),
        (envelope(after: "<SOAP-ENV:Body></SOAP-ENV:Body>"), .body),
        (envelope(inside: "<Body/>"), .body),
        (#"<s:Envelope xmlns:s="\#(soap)"><Body>\#(request())</Body></s:Envelope>"#, .body),
        (#"<s:Envelope xmlns:s="\#(soap)"/>"#, .body),
        (envelope(""), .request), (envelope(request() + request()), .request),
        (envelope("<x>\(request())</x>"), .request), (envelope(request() + "<x/>"), .request),
        (envelope(inside: "<SOAP-ENV:Header>\(request())</SOAP-ENV:Header>"), .request),
        (
            envelope(request().replacing(":1.0:protocol", with: ":2.0:protocol")), .request
        ),
        (envelope(request("")), .artifact), (envelope(request(artifact + artifact)), .artifact),
        (envelope(request("<x>\(artifact)</x>")), .artifact),
        (envelope(request(artifact + "<x><AssertionArtifact/></x>")), .artifact),
        (envelope(request(artifact.replacing("ST-abc", with: " \n"))), .artifact),
        (envelope(request(artifact.replacing("ST-abc", with: "ST-<b/>abc"))), .artifact),
        (envelope(request("<AssertionArtifact>ST-abc</AssertionArtifact>")), .artifact),
        (
            envelope(
                request(
                    #"<a:AssertionArtifact xmlns:a="urn:oasis:names:tc:SAML:1.0:assertion">"#
                        + "ST-abc</a:AssertionArtifact>")),
            .artifact
        ),
    ]

    @Test(arguments: refused.indices) func `what is doubled or misplaced is refused`(
        index: Int
    ) {
        let (text, fault) = Self.refused[index]
        #expect(throws: fault) { try SAML1Request.read(Array(text.utf8)) }
    }

    @Test func `more than 64 KiB are refused, with a ticket up to there taken`() throws {
        let padding = { (count: Int) in
            Array(Self.envelope(after: String(repeating: " ", count: count)).utf8)
        }
        let length = padding(0).count
        #expect(try SAML1Request.read(padding((64 << 10) - length)).ticket == "ST-abc")
        #expect(throws: SAML1RequestFault.notXML) {
            try SAML1Request.read(padding((64 << 10) - length + 1))
        }
    }

    @Test func `broken requests never do more than fail`() {
        var random = SplitMix(state: 7)
        let whole = Array(Self.envelope(before: Self.declaration).utf8)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(whole[place % whole.count], at: place)
                }
            }
            // What it throws does not matter here.
            let request = try? SAML1Request.read(bytes)
            #expect(request?.ticket.isEmpty != true)
        }
    }
}

/// A random number generator that repeats itself for a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
