import CASProtocol
import CASServer
import HTTP
import Platform
import Services
import Testing
import Tickets
import XML

@Suite("CAS 3.0 §4.2 /samlValidate") struct SAMLValidateTests {
    private static let app = "https://app.example.org/home"
    private static let soap = "http://schemas.xmlsoap.org/soap/envelope/"
    private static let samlp = "urn:oasis:names:tc:SAML:1.0:protocol"
    private static let saml = "urn:oasis:names:tc:SAML:1.0:assertion"

    private func envelope(_ content: String, before: String = "") -> String {
        """
        \(before)<SOAP-ENV:Envelope xmlns:SOAP-ENV="\(Self.soap)"><SOAP-ENV:Header/>\
        <SOAP-ENV:Body>\(content)</SOAP-ENV:Body></SOAP-ENV:Envelope>
        """
    }

    private func request(_ artifacts: String) -> String {
        """
        <samlp:Request xmlns:samlp="\(Self.samlp)" MajorVersion="1" MinorVersion="1" \
        RequestID="_192.168.16.51.1024506224022" IssueInstant="2024-05-01T07:55:39.123Z">\
        \(artifacts)</samlp:Request>
        """
    }

    private func artifact(_ ticket: String) -> String {
        "<samlp:AssertionArtifact>\(ticket)</samlp:AssertionArtifact>"
    }

    private func post(
        _ browser: Browser, _ body: String, target: String? = app, extra: String = ""
    ) -> Response {
        let query = target.map { "?TARGET=" + percentEncoded($0) } ?? "?"
        return browser.send(
            .post, "/cas/samlValidate" + query + extra, body: Array(body.utf8), type: "text/xml")
    }

    private func validate(
        _ browser: Browser, _ ticket: String, target: String? = app, extra: String = ""
    ) -> Response {
        post(browser, envelope(request(artifact(ticket))), target: target, extra: extra)
    }

    private func ticket(_ browser: Browser, for service: String = app) throws -> String {
        let location = try #require(
            browser.get("/cas/login?TARGET=" + percentEncoded(service))["Location"])
        return try #require(location.after("SAMLart="))
    }

    private func browser(_ settings: String = "", _ definitions: String...) throws -> Browser {
        let browser = Browser(try TestServer(settings, definitions: definitions))
        _ = browser.logIn()
        return browser
    }

    private func body(_ response: Response) throws -> XMLElement {
        #expect(response.status == .ok)
        #expect(response["Content-Type"]?.hasPrefix("text/xml") == true)
        let root = try XMLElement.parse(response.body)
        #expect(root.isNamed("Envelope", Self.soap))
        return try #require(root.first("Body", Self.soap)?.first("Response", Self.samlp))
    }

    /// The status of an answer, and the word that its message begins with.
    private func outcome(_ response: Response) throws -> (status: String, code: String) {
        let answer = try body(response)
        let status = try #require(answer.first("Status", Self.samlp))
        let value = status.first("StatusCode", Self.samlp)?.attribute("Value") ?? ""
        let message = status.first("StatusMessage", Self.samlp)?.text ?? ""
        if value != "samlp:Success" { #expect(answer.first("Assertion", Self.saml) == nil) }
        return (value, String(message.prefix { $0 != ":" }))
    }

    private func isSuccess(_ response: Response) throws -> Bool {
        try outcome(response).status == "samlp:Success"
    }

    @Test func `the artifact of a login gives an assertion with user and attributes`() throws {
        let browser = try browser()
        let answer = try body(validate(browser, try ticket(browser)))
        #expect(answer.attribute("InResponseTo") == "_192.168.16.51.1024506224022")
        #expect(answer.attribute("MajorVersion") == "1" && answer.attribute("MinorVersion") == "1")
        let assertion = try #require(answer.first("Assertion", Self.saml))
        #expect(assertion.attribute("Issuer") == "https://sso.example.org/cas")
        #expect(assertion.attribute("IssueInstant") == "2024-05-01T07:55:39.123Z")
        #expect(assertion.attribute("AssertionID") != answer.attribute("ResponseID"))
        let conditions = try #require(assertion.first("Conditions", Self.saml))
        #expect(conditions.attribute("NotOnOrAfter") == "2024-05-01T07:56:09.123Z")
        let audience = conditions.first("AudienceRestrictionCondition", Self.saml)?
            .first("Audience", Self.saml)
        #expect(audience?.text == Self.app)
        let statement = try #require(assertion.first("AuthenticationStatement", Self.saml))
        #expect(
            statement.attribute("AuthenticationMethod")
                == "urn:oasis:names:tc:SAML:1.0:am:password")
        let subject = try #require(statement.first("Subject", Self.saml))
        #expect(subject.first("NameIdentifier", Self.saml)?.text == "casuser")
        #expect(
            subject.first("SubjectConfirmation", Self.saml)?
                .first("ConfirmationMethod", Self.saml)?.text
                == "urn:oasis:names:tc:SAML:1.0:cm:artifact")
        let attributes = try #require(assertion.first("AttributeStatement", Self.saml))
            .all("Attribute", Self.saml)
        let members = try #require(
            attributes.first { $0.attribute("AttributeName") == "memberOf" })
        #expect(
            members.attribute("AttributeNamespace") == "http://www.ja-sig.org/products/cas/")
        #expect(members.all("AttributeValue", Self.saml).map(\.text) == ["staff", "library"])
    }

    @Test func `space around the artifact does not matter, a ticket of service neither`() throws {
        let browser = try browser()
        #expect(try isSuccess(validate(browser, " \n\t\(try ticket(browser))\n ")))
        let plain = try #require(browser.enter(Self.app).ticket)
        #expect(try isSuccess(validate(browser, plain)))
    }

    @Test func `every answer has identifiers of its own`() throws {
        let browser = try browser()
        let one = try body(validate(browser, "ST-x")).attribute("ResponseID")
        #expect(try one != body(validate(browser, "ST-x")).attribute("ResponseID"))
    }

    @Test func `a ticket is good once`() throws {
        let browser = try browser()
        let ticket = try ticket(browser)
        #expect(try isSuccess(validate(browser, ticket)))
        let (status, code) = try outcome(validate(browser, ticket))
        #expect(status == "samlp:RequestDenied" && code == "INVALID_TICKET")
    }

    @Test func `every refusal is RequestDenied with its code, and uses the ticket up`() throws {
        let browser = try browser()
        let used = { (ticket: String) in try outcome(validate(browser, ticket)).code }
        #expect(try outcome(validate(browser, "ST-unknown")).code == "INVALID_TICKET")
        #expect(try outcome(validate(browser, "nonsense")).code == "INVALID_TICKET")
        let other = try ticket(browser)
        let answer = validate(browser, other, target: "https://plain.example.org/")
        #expect(try outcome(answer).code == "INVALID_SERVICE")
        #expect(!answer.text.contains("app.example.org"))
        #expect(try used(other) == "INVALID_TICKET")
        let late = try ticket(browser)
        browser.server.advance(by: .seconds(10))
        #expect(try used(late) == "INVALID_TICKET")
        let gone = try ticket(browser)
        try browser.server.redefine([])
        browser.server.services.replace(by: .init([]))
        #expect(try used(gone) == "UNAUTHORIZED_SERVICE")
    }

    @Test func `a missing, empty or doubled TARGET is INVALID_REQUEST`() throws {
        let browser = try browser()
        let ticket = try ticket(browser)
        #expect(try outcome(validate(browser, ticket, target: nil)).code == "INVALID_REQUEST")
        #expect(try outcome(validate(browser, ticket, target: "")).code == "INVALID_REQUEST")
        let twice = validate(browser, ticket, extra: "&TARGET=" + percentEncoded(Self.app))
        #expect(try outcome(twice).code == "INVALID_REQUEST")
        let byService = post(
            browser, envelope(request(artifact(ticket))), target: nil,
            extra: "&service=" + percentEncoded(Self.app))
        #expect(try outcome(byService).code == "INVALID_REQUEST")
    }

    @Test func `doubled, misplaced and foreign elements are refused`() throws {
        let browser = try browser()
        let good = try ticket(browser)
        let inner = request(artifact(good))
        let bodies = [
            "", "nonsense", "<a/>", "{}",
            envelope(""), envelope(artifact(good)), envelope(request("")),
            envelope(request(artifact(""))),
            envelope(request(artifact(good) + artifact("ST-other"))),
            envelope(request(artifact("ST-other") + artifact(good))),
            envelope(inner + inner), envelope("<x xmlns='urn:x'>\(inner)</x>"),
            envelope(request("<x xmlns='urn:x'>\(artifact(good))</x>")),
            envelope(request(artifact("<x>\(good)</x>"))),
            envelope(inner.replacing(Self.samlp, with: "urn:oasis:names:tc:SAML:2.0:protocol")),
            envelope(inner).replacing(Self.soap, with: "http://www.w3.org/2003/05/soap-envelope"),
            envelope(inner) + envelope(inner), inner,
        ]
        for body in bodies {
            let (status, code) = try outcome(post(browser, body))
            #expect(status == "samlp:RequestDenied" && code == "INVALID_REQUEST", "\(body)")
        }
        // Nothing of this was taken for a validation of the ticket.
        #expect(try isSuccess(validate(browser, good)))
    }

    @Test func `document types and entities are refused at once`() throws {
        let browser = try browser()
        let good = try ticket(browser)
        var bomb = "<!DOCTYPE b [<!ENTITY a0 \"ha\">"
        for level in 1...30 {
            bomb += "<!ENTITY a\(level) \"&a\(level - 1);&a\(level - 1);&a\(level - 1);\">"
        }
        bomb += "]>"
        let file = "<!DOCTYPE b [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
        let bodies = [
            envelope(request(artifact("&a30;")), before: bomb),
            envelope(request(artifact("&x;")), before: file),
            envelope(request(artifact(good)), before: "<!DOCTYPE b SYSTEM \"http://x/\">"),
            envelope(request(artifact(good)), before: "<!DOCTYPE b>"),
            envelope(request(artifact("&undeclared;"))),
            envelope(String(repeating: "<a>", count: 10_000)),
        ]
        for body in bodies {
            let answer = post(browser, body)
            #expect(try outcome(answer).code == "INVALID_REQUEST")
            #expect(!answer.text.contains("root:"))
        }
        #expect(try isSuccess(validate(browser, good)))
    }

    @Test func `hostile text stays text`() throws {
        let browser = try browser()
        let answer = validate(
            browser, "ST-x]]&gt;&lt;/samlp:StatusMessage&gt;", target: Self.app + "?\"><x>")
        #expect(try outcome(answer).status == "samlp:RequestDenied")
        #expect(!answer.text.contains("<x>") && !answer.text.contains("ST-x"))
    }

    @Test func `renew wants a new login`() throws {
        let browser = try browser()
        #expect(try isSuccess(validate(browser, try ticket(browser), extra: "&renew=true")))
        let second = validate(browser, try ticket(browser), extra: "&renew=true")
        #expect(try outcome(second).code == "INVALID_TICKET")
        #expect(try isSuccess(validate(browser, try ticket(browser), extra: "&renew=false")))
    }

    @Test func `a site without TLS gets no attributes, unless it is on this machine`() throws {
        let browser = try browser(
            "",
            Definition.of(
                "^http://(open\\\\.example\\\\.org|localhost:8080)/.*", name: "open", id: 230,
                [Definition.releaseAll]))
        for (service, hasAttributes) in [
            ("http://open.example.org/", false), ("http://localhost:8080/", true),
        ] {
            let answer = try body(
                validate(browser, try ticket(browser, for: service), target: service))
            let assertion = try #require(answer.first("Assertion", Self.saml))
            #expect((assertion.first("AttributeStatement", Self.saml) != nil) == hasAttributes)
            #expect(assertion.first("AuthenticationStatement", Self.saml) != nil)
        }
    }

    @Test func `a proxy ticket is not taken, and used up`() throws {
        let scene = try ProxyScene()
        let ticket = try scene.proxyTicket(try scene.grant().ticket)
        let answer = validate(scene.browser, ticket, target: ProxyScene.backend)
        #expect(try outcome(answer).code == "INVALID_TICKET")
        let again = scene.browser.validate(ticket, for: ProxyScene.backend, at: "proxyValidate")
        #expect(again.failureCode == "INVALID_TICKET")
    }

    @Test func `a definition may allow or forbid the protocol`() throws {
        let browser = try browser(
            "", Definition.json("old", id: 231, #""supportedProtocols": ["SAML1"]"#),
            Definition.json("new", id: 232, #""supportedProtocols": ["CAS30"]"#))
        for (service, isGood) in [
            ("https://old.example.org/", true), ("https://new.example.org/", false),
        ] {
            let answer = validate(browser, try ticket(browser, for: service), target: service)
            #expect(try isSuccess(answer) == isGood)
        }
    }

    @Test func `issuer and lifetime are the operator's`() throws {
        let browser = try browser("protocol: { saml1: { issuer: 'urn:x', lifetime: 2m } }")
        let answer = try body(validate(browser, try ticket(browser)))
        let assertion = try #require(answer.first("Assertion", Self.saml))
        #expect(assertion.attribute("Issuer") == "urn:x")
        #expect(
            assertion.first("Conditions", Self.saml)?.attribute("NotOnOrAfter")
                == "2024-05-01T07:57:39.123Z")
    }

    @Test func `it can be switched off, with TARGET at login`() throws {
        let browser = try browser("protocol: { saml1: { enabled: false } }")
        #expect(validate(browser, "ST-x").status == .notFound)
        let login = browser.get("/cas/login?TARGET=" + percentEncoded(Self.app))
        #expect(login["Location"] == nil)
        let both = browser.enter(Self.app, "&TARGET=https%3A%2F%2Fplain.example.org%2F")
        #expect(both["Location"]?.hasPrefix(Self.app + "?ticket=ST-") == true)
    }

    @Test(arguments: [HTTP.Method.get, .head, .delete])
    func `only POST is answered`(method: HTTP.Method) throws {
        let browser = try browser()
        let ticket = try ticket(browser)
        let response = browser.send(method, "/cas/samlValidate?TARGET=x&SAMLart=" + ticket)
        #expect(response.status == .methodNotAllowed)
        #expect(response["Allow"] == "POST")
        #expect(try isSuccess(validate(browser, ticket)))
    }
}
