import CASProtocol
import Testing

@Suite("CAS 3.0 §2.5 answers of other servers") struct UpstreamAnswerTests {
    private static func document(
        _ content: String, namespace: String = Sample.casNamespace, root: String = "serviceResponse"
    ) -> String {
        "<cas:\(root) xmlns:cas='\(namespace)'>\n\(content)\n</cas:\(root)>\n"
    }

    private static func success(_ content: String = "<cas:user>jdoe</cas:user>") -> String {
        document("<cas:authenticationSuccess>\(content)</cas:authenticationSuccess>")
    }

    private static func read(
        _ text: String, _ version: UpstreamProtocol = .cas3
    ) throws -> UpstreamAnswer {
        try UpstreamAnswer.read(Array(text.utf8), protocolVersion: version)
    }

    @Test(arguments: [
        (UpstreamProtocol.cas1, "/validate"), (.cas2, "/serviceValidate"),
        (.cas3, "/p3/serviceValidate"),
    ])
    func `each protocol has its endpoint`(version: UpstreamProtocol, path: String) {
        #expect(version.validatePath == path)
    }

    // MARK: - CAS 1

    @Test(arguments: [
        ("yes\njdoe\n", "jdoe"), ("yes\r\njdoe\r\n", "jdoe"), ("yes\njdoe", "jdoe"),
        ("yes\n jdoe \n", "jdoe"), ("yes\njdoe\nmail=a@example.org\n", "jdoe"),
        ("yes\nZoë\n", "Zoë"),
    ])
    func `CAS 1 says yes and names the user`(text: String, user: String) throws {
        #expect(try Self.read(text, .cas1) == .success(user: user, attributes: Attributes()))
    }

    @Test(arguments: ["no\n\n", "no\n", "no", "no\r\n\r\n", "no\njdoe\n"])
    func `CAS 1 says no`(text: String) throws {
        #expect(try Self.read(text, .cas1) == .failure(code: "no", text: ""))
    }

    static let refusedPlainText: [(String, UpstreamAnswerFault)] = [
        ("", .notPlainText), ("yes", .notPlainText), ("YES\njdoe\n", .notPlainText),
        ("\nyes\njdoe\n", .notPlainText), ("yes jdoe\n", .notPlainText),
        ("<html>", .notPlainText), (success(), .notPlainText), ("yes\rjdoe\r", .notPlainText),
        ("yes\n\n", .user), ("yes\n \n", .user), ("yes\nj\u{0}doe\n", .user),
        ("yes\n" + String(repeating: "a", count: 513) + "\n", .user),
        ("yes\njdoe\n" + String(repeating: "\n", count: 64 << 10), .notPlainText),
    ]

    @Test(arguments: refusedPlainText.indices) func `anything else is no answer of CAS 1`(
        index: Int
    ) {
        let (text, fault) = Self.refusedPlainText[index]
        #expect(throws: fault) { try Self.read(text, .cas1) }
    }

    @Test func `bytes that are no UTF-8 are no answer of CAS 1`() {
        #expect(throws: UpstreamAnswerFault.notPlainText) {
            try UpstreamAnswer.read(Array("yes\nj".utf8) + [0xFF, 0x0A], protocolVersion: .cas1)
        }
    }

    // MARK: - CAS 2 and 3

    @Test(arguments: [UpstreamProtocol.cas2, .cas3]) func `a user is read with its attributes`(
        version: UpstreamProtocol
    ) throws {
        let text = Self.success(
            """
            <cas:user> jdoe
            </cas:user><cas:attributes>
            <cas:isFromNewLogin>true</cas:isFromNewLogin>
            <cas:mail> a@example.org </cas:mail><cas:memberOf>g1</cas:memberOf>
            <cas:memberOf>g2</cas:memberOf><cas:empty/><cas:odd><cas:x>1</cas:x></cas:odd>
            <other xmlns="urn:other">1</other>
            </cas:attributes><cas:proxyGrantingTicket>PGTIOU-1</cas:proxyGrantingTicket>
            <cas:unknown/>
            """)
        #expect(
            try Self.read(text, version)
                == .success(
                    user: "jdoe",
                    attributes: Attributes([
                        ("isFromNewLogin", ["true"]), ("mail", ["a@example.org"]),
                        ("memberOf", ["g1", "g2"]),
                    ])))
    }

    @Test func `our own answers are read back`() throws {
        for (assertion, isWhole) in [(Sample.plain, true), (Sample.plain, false)] {
            let response = ServiceResponse.success(assertion, includingAttributes: isWhole)
            guard
                case .success(let user, let attributes) = try UpstreamAnswer.read(
                    response.xml, protocolVersion: .cas3)
            else {
                Issue.record("a failure")
                return
            }
            #expect(user == "casuser")
            #expect(attributes["memberOf"] == (isWhole ? ["staff", "library"] : nil))
        }
        for code in FailureCode.allCases {
            #expect(
                try UpstreamAnswer.read(
                    ServiceResponse.failure(code).xml, protocolVersion: .cas2)
                    == .failure(code: code.rawValue, text: code.text))
        }
    }

    @Test func `both forms of attributes at once count once`() throws {
        // django-cas-server writes each attribute twice.
        let text = Self.success(
            """
            <cas:user>jdoe</cas:user>
            <cas:attributes><cas:mail>a</cas:mail><cas:mail>b</cas:mail></cas:attributes>
            <cas:attribute name="mail" value="a"/><cas:attribute name="mail" value="b"/>
            <cas:attribute name="sn" value="Doe"/><cas:attribute name="sn" value="Roe"/>
            """)
        #expect(
            try Self.read(text)
                == .success(
                    user: "jdoe",
                    attributes: Attributes([("mail", ["a", "b"]), ("sn", ["Doe", "Roe"])])))
    }

    @Test func `attributes inside the list may be written with name and value`() throws {
        let text = Self.success(
            """
            <cas:user>jdoe</cas:user><cas:attributes>
            <cas:attribute name="urn:oid:2.5.4.3" value="Jane Doe"></cas:attribute>
            <cas:attribute name="sn">Doe</cas:attribute><cas:attribute>plain</cas:attribute>
            </cas:attributes>
            """)
        #expect(
            try Self.read(text)
                == .success(
                    user: "jdoe",
                    attributes: Attributes([
                        ("attribute", ["plain"]), ("urn:oid:2.5.4.3", ["Jane Doe"]),
                        ("sn", ["Doe"]),
                    ])))
    }

    private static let failure =
        "<cas:authenticationFailure code='INVALID_TICKET'>Gone</cas:authenticationFailure>"
    private static let user = "<cas:user>jdoe</cas:user>"

    static let refused: [(String, UpstreamAnswerFault)] = [
        ("", .notXML), ("yes\njdoe\n", .notXML), ("<html><body>Error</html>", .notXML),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + success(), .notXML),
        (success() + String(repeating: " ", count: 64 << 10), .notXML),
        (document("", root: "serviceRequest"), .root),
        ("<serviceResponse><authenticationSuccess/></serviceResponse>", .root),
        (success().replacing("yale.edu", with: "example.org"), .root),
        (document(""), .outcome), (document("jdoe"), .outcome),
        (document("<authenticationSuccess>\(user)</authenticationSuccess>"), .outcome),
        (document(failure + failure), .outcome),
        (
            success().replacing("</cas:serviceResponse>", with: failure + "</cas:serviceResponse>"),
            .outcome
        ),
        (success(user + failure), .outcome),
        (document("<x>\(failure)</x>"), .outcome),
        (document("<cas:x>\(success())</cas:x>"), .outcome),
        (success(user + success()), .outcome),
        (success(""), .user), (success(user + user), .user), (success("<cas:user/>"), .user),
        (success("<cas:user>\n</cas:user>"), .user), (success("<user>jdoe</user>"), .user),
        (success("<cas:x>\(user)</cas:x>"), .user),
        (success("<cas:user>j<cas:b/>doe</cas:user>"), .user),
        (success("<cas:user>j&#10;doe</cas:user>"), .user),
        (success("<cas:user>j&#x85;doe</cas:user>"), .user),
        (success(user.replacing("jdoe", with: String(repeating: "a", count: 513))), .user),
        (success(user + "<cas:attributes/><cas:attributes/>"), .attributes),
        (success(user + "<cas:attribute name='' value='x'/>"), .attributes),
        (success(user + "<cas:attribute name='a&#10;b' value='x'/>"), .attributes),
        (
            success(user + "<cas:proxies><cas:proxy>https://p</cas:proxy></cas:proxies>"), .proxied
        ),
    ]

    @Test(arguments: refused.indices) func `what is doubled, misplaced or foreign is refused`(
        index: Int
    ) {
        let (text, fault) = Self.refused[index]
        #expect(throws: fault) { try Self.read(text) }
    }

    @Test func `each bound holds up to its last byte`() throws {
        let attribute = { (name: Int, value: Int) in
            Self.success(
                """
                \(Self.user)<cas:attribute name="\(String(repeating: "n", count: name))" \
                value="\(String(repeating: "v", count: value))"/>
                """)
        }
        _ = try Self.read(attribute(128, 8192))
        #expect(throws: UpstreamAnswerFault.attributes) { try Self.read(attribute(129, 1)) }
        #expect(throws: UpstreamAnswerFault.attributes) { try Self.read(attribute(1, 8193)) }
        let values = { (count: Int) in
            let value = "<cas:a>1</cas:a>"
            return Self.success(
                Self.user + "<cas:attributes>" + String(repeating: value, count: count)
                    + "</cas:attributes>")
        }
        _ = try Self.read(values(500))
        #expect(throws: UpstreamAnswerFault.attributes) { try Self.read(values(501)) }
        let user = String(repeating: "a", count: 512)
        _ = try Self.read(Self.success("<cas:user>\(user)</cas:user>"))
    }

    @Test(arguments: [
        ("code='INVALID_TICKET'", "Gone", "INVALID_TICKET", "Gone"),
        ("", " Gone\n", "UNKNOWN", "Gone"), ("code=''", "", "UNKNOWN", ""),
        ("code='a b'", "x", "UNKNOWN", "x"), ("code='&lt;b&gt;'", "x", "UNKNOWN", "x"),
        ("code='E'", "a&#10;b\t\u{85}c", "E", "a b c"),
        (
            "code='E'", "Ticket &apos;ST-1-secret&apos; of ST-2 not recognized", "E",
            "Ticket 'ST-… of ST-… not recognized"
        ),
    ])
    func `a failure is told to the log, bounded and without tickets`(
        attribute: String, content: String, code: String, text: String
    ) throws {
        let document = Self.document(
            "<cas:authenticationFailure \(attribute)>\(content)</cas:authenticationFailure>")
        #expect(try Self.read(document) == .failure(code: code, text: text))
    }

    @Test func `a long failure is cut`() throws {
        let document = Self.document(
            "<cas:authenticationFailure code='\(String(repeating: "A", count: 65))'>"
                + String(repeating: "x", count: 5000) + "</cas:authenticationFailure>")
        #expect(
            try Self.read(document)
                == .failure(code: "UNKNOWN", text: String(repeating: "x", count: 200)))
    }

    @Test func `broken answers never become another user`() {
        var random = SplitMix(state: 11)
        let whole = Array(Self.document(Self.failure).utf8)
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
            for version in UpstreamProtocol.allCases {
                // What it throws does not matter here.
                let answer = try? UpstreamAnswer.read(bytes, protocolVersion: version)
                if case .success = answer { Issue.record("\(bytes)") }
            }
        }
    }
}
