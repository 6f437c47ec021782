import CASProtocol
import HTTP
import Platform
import Testing
import Tickets

/// What a definition says about who may vouch counts over REST as at the login page.
@Suite("CAS REST protocol: who may vouch for a user") struct RESTDelegationPolicyTests {
    private static let strict = "https://strict.example.org/"
    private static let exclusive = #""allowedProviders": ["campus"], "exclusive": true"#

    private func browser(_ policy: String) throws -> Browser {
        Browser(
            try TestServer(
                "rest: { enabled: true }",
                definitions: [Definition.json("strict", id: 301, Definition.delegation(policy))]))
    }

    private func create(_ browser: Browser, _ service: String? = nil) -> Response {
        var body = "username=casuser&password=Mellon"
        if let service { body += "&service=" + percentEncoded(service) }
        return browser.send(.post, "/cas/v1/tickets", body: Array(body.utf8), accept: "text/plain")
    }

    @Test func `a session of a password gets no ticket for others' users' service`() throws {
        let browser = try browser(Self.exclusive)
        let session = create(browser).text
        try #require(session.hasPrefix("TGT-"))
        let response = browser.post("/cas/v1/tickets/" + session, ["service": Self.strict])
        #expect(response.status == .forbidden)
        #expect(!response.text.contains("ST-"))
        #expect(try browser.server.log.contains("ticket not granted"))
        // The session is as good as before elsewhere.
        let app = browser.post(
            "/cas/v1/tickets/" + session, ["service": "https://app.example.org/home"])
        #expect(app.text.hasPrefix("ST-"))
    }

    @Test func `fresh credentials do not help`() throws {
        let browser = try browser(Self.exclusive)
        let session = create(browser).text
        let response = browser.post(
            "/cas/v1/tickets/" + session,
            [
                "service": Self.strict, "renew": "true", "username": "casuser",
                "password": "Mellon",
            ])
        #expect(response.status == .forbidden)
        #expect(!response.text.contains("ST-"))
    }

    @Test func `the login for such a service begins no session`() throws {
        let browser = try browser(Self.exclusive)
        let response = create(browser, Self.strict)
        #expect(response.status == .forbidden)
        #expect(!response.text.contains("TGT-") && response["Location"] == nil)
        #expect(try browser.server.registry.counts().sessions == 0)
    }

    @Test(arguments: [
        #""allowedProviders": ["campus"]"#, #""allowedProviders": []"#,
        #""allowedProviders": ["campus"], "exclusive": false"#,
        #""allowedProviders": [], "permitUndefined": false"#,
    ])
    func `where local users may enter, they may over REST`(policy: String) throws {
        let browser = try browser(policy)
        let session = create(browser, Self.strict)
        #expect(session.status == .created)
        let ticket = browser.post("/cas/v1/tickets/" + session.text, ["service": Self.strict])
        #expect(ticket.status == .ok && ticket.text.hasPrefix("ST-"))
    }
}
