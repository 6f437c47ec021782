import CASProtocol
import JSON
import Platform
import Testing
import XML

@Suite("CAS 3.0 §2.5 answers") struct ServiceResponseTests {
    static let cases: [(String, ServiceResponse)] = [
        ("success", .success(Sample.plain, includingAttributes: true)),
        ("success-without-attributes", .success(Sample.plain, includingAttributes: false)),
        ("success-hostile", .success(Sample.hostile, includingAttributes: true)),
        (
            "success-proxied",
            .success(
                Assertion(
                    user: "casuser", attributes: Attributes(), event: Sample.event,
                    isFromNewLogin: false,
                    proxies: ["https://last/cb?a=1&b=2", "https://first/cb"]),
                includingAttributes: true)
        ),
        ("success-granting", .success(Sample.granting, includingAttributes: true)),
        ("failure", .failure(.invalidTicket)),
    ]

    @Test(arguments: cases.indices) func `the XML is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, response) = Self.cases[index]
        #expect(
            String(decoding: response.xml, as: UTF8.self)
                == (try Golden.text(name + ".xml")))
    }

    @Test(arguments: cases.indices) func `the JSON is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, response) = Self.cases[index]
        #expect(
            String(decoding: response.json, as: UTF8.self) + "\n"
                == (try Golden.text(name + ".json")))
    }

    @Test(arguments: cases.indices) func `the XML is read back as what it says`(
        index: Int
    ) throws {
        let response = Self.cases[index].1
        let root = try XMLElement.parse(response.xml)
        #expect(root.isNamed("serviceResponse", Sample.casNamespace))
        guard case .success(let assertion, _) = response else { return }
        let success = try #require(root.first("authenticationSuccess", Sample.casNamespace))
        #expect(success.all("user", Sample.casNamespace).count == 1)
        #expect(
            success.first("proxyGrantingTicket", Sample.casNamespace)?.text
                == assertion.proxyGrantingTicketReceipt)
        #expect(
            success.first("proxies", Sample.casNamespace)?.children.map(\.text)
                ?? [] == assertion.proxies)
    }

    @Test func `the receipt stands behind the attributes and before the proxies`() throws {
        let xml = try XMLElement.parse(
            ServiceResponse.success(Sample.granting, includingAttributes: true).xml)
        #expect(
            xml.children.first?.children.map(\.name)
                == ["user", "attributes", "proxyGrantingTicket", "proxies"])
    }

    @Test(arguments: [false, true]) func `a principal has no say about proxy-granting tickets`(
        hasTicket: Bool
    ) throws {
        let assertion = Assertion(
            user: "casuser", attributes: Attributes([("proxyGrantingTicket", ["PGTIOU-forged"])]),
            event: Sample.event, isFromNewLogin: true,
            proxyGrantingTicket: hasTicket ? "c2VhbGVk" : nil)
        let response = ServiceResponse.success(assertion, includingAttributes: true)
        let attributes = try XMLElement.parse(response.xml).children.first?
            .first("attributes", Sample.casNamespace)
        #expect(
            attributes?.all("proxyGrantingTicket", Sample.casNamespace).map(\.text)
                == (hasTicket ? ["c2VhbGVk"] : []))
        #expect(!String(decoding: response.json, as: UTF8.self).contains("forged"))
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
            user: "a\nyes\r\nb", attributes: Attributes(), event: Sample.event, isFromNewLogin: true
        )
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
