import CASProtocol
import JSON
import Platform
import Testing

@Suite("CAS 3.0 §2.5 answers") struct ServiceResponseTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast()
        .map { "/" + $0 }.joined() + "/Golden/"

    private static let event = AuthenticationEvent(
        date: Instant(milliseconds: 1_714_550_139_123), handlers: ["users"],
        credentialTypes: ["UsernamePasswordCredential"])

    private static let plain = Assertion(
        user: "casuser",
        attributes: Attributes([
            ("mail", ["casuser@example.org"]), ("memberOf", ["staff", "library"]),
        ]),
        event: event, isFromNewLogin: true)

    private static let hostile = Assertion(
        user: "o'neil <b>&\"</cas:user>\u{1}",
        attributes: Attributes([
            ("user", ["admin"]), ("authenticationFailure", ["x"]), ("proxies", ["x"]),
            ("isFromNewLogin", ["true"]), ("display name", ["Zoë \u{1F600} <script>"]),
            ("1st:@", ["a\u{0}b\u{FFFE}c"]), ("", ["empty name"]),
        ]),
        event: event, isFromNewLogin: false)

    static let cases: [(String, ServiceResponse)] = [
        ("success", .success(plain, includingAttributes: true)),
        ("success-without-attributes", .success(plain, includingAttributes: false)),
        ("success-hostile", .success(hostile, includingAttributes: true)),
        (
            "success-proxied",
            .success(
                Assertion(
                    user: "casuser", attributes: Attributes(), event: event, isFromNewLogin: false,
                    proxies: ["https://last/cb?a=1&b=2", "https://first/cb"]),
                includingAttributes: true)
        ),
        ("failure", .failure(.invalidTicket)),
    ]

    @Test(arguments: cases.indices) func `the XML is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, response) = Self.cases[index]
        #expect(
            String(decoding: response.xml, as: UTF8.self)
                == (try File.readText(Self.folder + name + ".xml")))
    }

    @Test(arguments: cases.indices) func `the JSON is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, response) = Self.cases[index]
        #expect(
            String(decoding: response.json, as: UTF8.self) + "\n"
                == (try File.readText(Self.folder + name + ".json")))
    }

    @Test func `the JSON has no members beyond those of the specification`() throws {
        let value = try JSONValue(parsing: ServiceResponse.failure(.invalidService).json)
        #expect(value.objectValue?.members.map(\.name) == ["serviceResponse"])
        let success = try JSONValue(parsing: Self.cases[0].1.json).objectValue?["serviceResponse"]?
            .objectValue?["authenticationSuccess"]?.objectValue
        #expect(success?.members.map(\.name) == ["user", "attributes"])
    }

    @Test func `CAS 1 answers yes and the user, or no and an empty line`() {
        #expect(Self.cases[0].1.plainText == Array("yes\ncasuser\n".utf8))
        #expect(ServiceResponse.failure(.invalidTicket).plainText == Array("no\n\n".utf8))
    }

    @Test func `a user name cannot add a line to a CAS 1 answer`() {
        let assertion = Assertion(
            user: "a\nyes\r\nb", attributes: Attributes(), event: Self.event, isFromNewLogin: true)
        #expect(
            ServiceResponse.success(assertion, includingAttributes: true).plainText
                == Array("yes\nayesb\n".utf8))
    }

    @Test(arguments: FailureCode.allCases) func `every failure has a text`(code: FailureCode) {
        #expect(!code.text.isEmpty)
    }
}

@Suite("XML element names") struct XMLElementNameTests {
    @Test(arguments: [
        ("mail", "mail"), ("given name", "given_name"), ("urn:oid:2.5", "urn_oid_2.5"),
        ("1st", "_1st"), ("-a", "_-a"), ("", "_"), ("größe", "größe"), ("a<b>", "a_b_"),
        ("\u{FFFE}", "_"),
    ])
    func `a name becomes one that an element may have`(name: String, expected: String) {
        #expect(xmlElementName(name) == expected)
    }
}
