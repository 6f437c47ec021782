import CASProtocol
import Platform
import Testing
import XML

@Suite("CAS 3.0 §4.2 answers of /samlValidate") struct SAML1ResponseTests {
    private static let samlp = "urn:oasis:names:tc:SAML:1.0:protocol"
    private static let saml = "urn:oasis:names:tc:SAML:1.0:assertion"

    private static func success(
        _ assertion: Assertion, service: String = "https://app.example.org/?a=1&b=2",
        issuer: String = "https://sso.example.org/cas", requestID: String? = "_request",
        includingAttributes: Bool = true
    ) -> [UInt8] {
        SAML1Response.success(
            assertion, service: service, issuer: issuer, requestID: requestID,
            responseID: "_response", assertionID: "_assertion", at: Sample.now,
            lifetime: .seconds(30), includingAttributes: includingAttributes)
    }

    private static func response(_ bytes: [UInt8]) throws -> XMLElement {
        let root = try XMLElement.parse(bytes, limits: XMLLimits(bytesMax: 4 << 20))
        let soap = "http://schemas.xmlsoap.org/soap/envelope/"
        #expect(root.isNamed("Envelope", soap))
        let body = try #require(root.first("Body", soap))
        #expect(root.children.count == 1 && body.children.count == 1)
        return try #require(body.first("Response", samlp))
    }

    private static func assertion(_ bytes: [UInt8]) throws -> XMLElement {
        try #require(response(bytes).first("Assertion", saml))
    }

    private static func attributes(_ assertion: XMLElement) -> [(String?, [String])] {
        (assertion.first("AttributeStatement", saml)?.all("Attribute", saml) ?? []).map {
            ($0.attribute("AttributeName"), $0.all("AttributeValue", saml).map(\.text))
        }
    }

    private static let hidden = Assertion(
        user: "casuser", attributes: Attributes(), event: Sample.event, isFromNewLogin: true,
        showsEvent: false)

    static let cases: [(String, [UInt8])] = [
        ("saml-success", success(Sample.plain)),
        ("saml-success-hostile", success(Sample.hostile)),
        (
            "saml-success-without-attributes",
            success(hidden, requestID: nil, includingAttributes: true)
        ),
        (
            "saml-failure",
            SAML1Response.failure(
                .invalidTicket, requestID: "_request", responseID: "_response", at: Sample.now)
        ),
    ]

    @Test(arguments: cases.indices) func `the XML is the golden file, byte for byte`(
        index: Int
    ) throws {
        let (name, bytes) = Self.cases[index]
        #expect(String(decoding: bytes, as: UTF8.self) == (try Golden.text(name + ".xml")))
        _ = try Self.response(bytes)
    }

    @Test func `the old Java client finds the response in the text, and its namespaces in it`()
        throws
    {
        let text = String(decoding: Self.success(Sample.plain), as: UTF8.self)
        let start = try #require(text.firstRange(of: "<SOAP-ENV:Body>")).upperBound
        let end = try #require(text.firstRange(of: "</SOAP-ENV:Body>")).lowerBound
        let response = try XMLElement.parse(Array(text[start..<end].utf8).dropLineBreaks())
        #expect(response.isNamed("Response", Self.samlp))
        #expect(text.contains(#"<samlp:StatusCode Value="samlp:Success">"#))
    }

    @Test func `the response names the request, itself and the moment`() throws {
        let response = try Self.response(Self.success(Sample.plain))
        #expect(response.attribute("InResponseTo") == "_request")
        #expect(response.attribute("ResponseID") == "_response")
        #expect(response.attribute("MajorVersion") == "1")
        #expect(response.attribute("MinorVersion") == "1")
        #expect(response.attribute("IssueInstant") == "2024-05-01T07:55:42.456Z")
        let other = try Self.response(Self.success(Sample.plain, requestID: nil))
        #expect(other.attribute("InResponseTo") == nil)
    }

    @Test func `the conditions allow for clocks on both sides and name the audience`() throws {
        let assertion = try Self.assertion(Self.success(Sample.plain))
        let conditions = try #require(assertion.first("Conditions", Self.saml))
        #expect(conditions.attribute("NotBefore") == "2024-05-01T07:55:12.456Z")
        #expect(conditions.attribute("NotOnOrAfter") == "2024-05-01T07:56:12.456Z")
        #expect(assertion.attribute("Issuer") == "https://sso.example.org/cas")
        let audience = conditions.first("AudienceRestrictionCondition", Self.saml)?
            .first("Audience", Self.saml)
        #expect(audience?.text == "https://app.example.org/?a=1&b=2")
    }

    @Test func `there is one statement of each kind, with the name and nothing beside it`() throws {
        let assertion = try Self.assertion(Self.success(Sample.plain))
        let statements = assertion.children.map(\.name)
        #expect(statements == ["Conditions", "AuthenticationStatement", "AttributeStatement"])
        for statement in assertion.children.dropFirst() {
            let subject = try #require(statement.first("Subject", Self.saml))
            let name = try #require(subject.first("NameIdentifier", Self.saml))
            #expect(name.text == "casuser" && name.attributes.isEmpty)
        }
        let statement = assertion.first("AuthenticationStatement", Self.saml)
        #expect(statement?.attribute("AuthenticationInstant") == "2024-05-01T07:55:39.123Z")
    }

    @Test func `attributes have one element a name and one value element a value`() throws {
        let found = Self.attributes(try Self.assertion(Self.success(Sample.plain)))
        #expect(
            found.map(\.0) == [
                "authenticationDate", "longTermAuthenticationRequestTokenUsed", "isFromNewLogin",
                "mail", "memberOf",
            ])
        #expect(found.last?.1 == ["staff", "library"])
        #expect(found.allSatisfy { !$0.1.isEmpty })
    }

    @Test func `values have no XML attributes, which passport-cas would take for objects`() throws {
        let assertion = try Self.assertion(Self.success(Sample.plain))
        let statement = try #require(assertion.first("AttributeStatement", Self.saml))
        for attribute in statement.all("Attribute", Self.saml) {
            #expect(
                attribute.attribute("AttributeNamespace") == SAML1Response.attributeNamespace)
            #expect(attribute.children.allSatisfy { $0.attributes.isEmpty })
        }
    }

    @Test func `without attributes there is no attribute statement`() throws {
        let hidden = try Self.assertion(Self.success(Self.hidden))
        let left = try Self.assertion(Self.success(Sample.plain, includingAttributes: false))
        #expect(hidden.first("AttributeStatement", Self.saml) == nil)
        #expect(left.first("AttributeStatement", Self.saml) == nil)
    }

    @Test func `a service that may not see the event learns neither method nor time`() throws {
        let statement = try Self.assertion(Self.success(Self.hidden))
            .first("AuthenticationStatement", Self.saml)
        #expect(
            statement?.attribute("AuthenticationMethod")
                == "urn:oasis:names:tc:SAML:1.0:am:unspecified")
        #expect(statement?.attribute("AuthenticationInstant") == Sample.now.rfc3339)
    }

    @Test func `a proxy-granting ticket is in no SAML answer`() throws {
        var assertion = Sample.granting
        assertion.proxyGrantingTicket = "c2VhbGVk"
        let text = String(decoding: Self.success(assertion), as: UTF8.self)
        #expect(!text.contains("PGTIOU") && !text.contains("c2VhbGVk"))
    }

    @Test(arguments: [
        (["UsernamePasswordCredential"], "password"), (["X509CertificateCredential"], "X509-PKI"),
        (["X509CertificateCredential", "UsernamePasswordCredential"], "X509-PKI"),
        (["DelegatedCredential", "UsernamePasswordCredential"], "password"),
        (["DelegatedCredential"], "unspecified"), ([], "unspecified"),
    ])
    func `the method is that of the first credential that has a name`(
        types: [String], method: String
    ) {
        let event = AuthenticationEvent(date: Sample.now, handlers: [], credentialTypes: types)
        #expect(
            SAML1Response.authenticationMethod(event) == "urn:oasis:names:tc:SAML:1.0:am:" + method)
    }

    @Test(arguments: FailureCode.allCases) func `a failure is denied with its code and text`(
        code: FailureCode
    ) throws {
        let response = try Self.response(
            SAML1Response.failure(code, requestID: nil, responseID: "_r", at: Sample.now))
        #expect(response.children.map(\.name) == ["Status"])
        let status = try #require(response.first("Status", Self.samlp))
        #expect(
            status.first("StatusCode", Self.samlp)?.attribute("Value") == "samlp:RequestDenied")
        let message = try #require(status.first("StatusMessage", Self.samlp)?.text)
        #expect(message.hasPrefix(code.rawValue + ": ") && message.count > code.rawValue.count + 5)
    }

    @Test(arguments: Sample.hostileTexts) func `hostile texts come back as they were`(
        text: String
    ) throws {
        let assertion = Assertion(
            user: text, attributes: Attributes([("x" + text, [text, text])]),
            event: Sample.event, isFromNewLogin: true)
        let read = try Self.assertion(
            Self.success(assertion, service: text, issuer: text, requestID: text))
        let name = read.first("AuthenticationStatement", Self.saml)?.first("Subject", Self.saml)?
            .first("NameIdentifier", Self.saml)
        let readable = Sample.readable(text)
        #expect(name?.text == readable)
        #expect(read.attribute("Issuer") == readable)
        let last = try #require(Self.attributes(read).last)
        #expect(last.0 == "x" + readable)
        #expect(last.1 == [readable, readable])
    }
}

extension [UInt8] {
    /// The bytes without line breaks at their beginning.
    fileprivate func dropLineBreaks() -> [UInt8] { Array(drop { $0 == 0x0A }) }
}
