import Authentication
import CASProtocol
import HTTP
import Platform
import TestSupport
import Testing
import Tickets

/// CAS 3.0 §2.1.4, §2.2.3: what nginx says about the TLS handshake logs in, or does not.
@Suite("CAS 3.0 §2.1.4 logging in by certificate") struct CertificateLoginTests {
    private let app = "https://app.example.org/home"
    private let reason = "Your certificate was not accepted"
    private let root: TestCA
    private let server: TestServer

    init() throws {
        root = try TestCA()
        server = try TestServer(
            "tickets: { remember_me: { enabled: true } }",
            server: "certificate_url: 'https://certificate.example.org/cas'",
            authentication: """
                x509: {
                  trust_anchors: [ca.pem], subject_pattern: '.*O=Test.*', principal: { type: cn } }
                """,
            definitions: [
                Definition.json(
                    "strict", id: 301,
                    Definition.delegation(#""allowedProviders": ["campus"], "exclusive": true"#))
            ],
            files: ["ca.pem": root.certificate])
        // The certificates are made now, not when the server's clock says.
        server.now.withLock { $0 = .now + .seconds(60) }
    }

    /// A browser whose TLS handshake has proved that certificate.
    private func browser(_ certificate: String) -> Browser {
        let browser = Browser(server)
        browser.gateway.clientVerification = .success
        browser.gateway.clientCertificate = certificate
        return browser
    }

    private func sessions() throws -> Int { try server.registry.counts().sessions }

    private func expectRefused(_ browser: Browser, _ detail: String) throws {
        for service in [nil, app] {
            let query = service.map { "?service=" + percentEncoded($0) } ?? ""
            let response = browser.get("/cas/login" + query)
            #expect(response.status == .unauthorized, "\(detail)")
            #expect(response.text.contains(reason), "\(detail)")
            #expect(response.text.contains("name=\"password\""), "another way is offered")
            #expect(response.formAction == "/cas/login" + query)
            #expect(response["Location"] == nil && response.cookie("TGC") == nil)
        }
        #expect(try sessions() == 0)
        let lines = try server.reasons.filter { $0.contains("login refused") }
        #expect(lines.count == 2, "\(detail)")
    }

    @Test func `a good one enters the service without a form`() throws {
        let browser = browser(try root.issue("/O=Test/CN=alice").certificate)
        let ticket = try #require(browser.enter(app).ticket)
        let answer = browser.validate(ticket, for: app)
        #expect(answer.text.contains("<cas:user>alice</cas:user>"))
        #expect(try sessions() == 1)
    }

    @Test func `one of another authority leads to the form with the reason`() throws {
        let stranger = try TestCA("/O=Test/CN=Stranger").issue("/O=Test/CN=alice")
        try expectRefused(browser(stranger.certificate), "another authority")
    }

    @Test func `one that is over leads to the form with the reason`() throws {
        let issued = try root.issue("/O=Test/CN=alice")
        server.advance(by: .seconds(11 * 366 * 86400))
        try expectRefused(browser(issued.certificate), "out of date")
    }

    @Test func `one of a subject that is not taken leads to the form with the reason`() throws {
        try expectRefused(browser(try root.issue("/O=Else/CN=alice").certificate), "the subject")
    }

    @Test func `one without a name leads to the form with the reason`() throws {
        try expectRefused(browser(try root.issue("/O=Test").certificate), "no name")
    }

    @Test func `one that cannot be read leads to the form with the reason`() throws {
        try expectRefused(browser("nonsense"), "no certificate")
    }

    @Test func `the page does not say why, the log does`() throws {
        let stranger = try TestCA("/O=Test/CN=Stranger").issue("/O=Test/CN=alice")
        let page = browser(stranger.certificate).get("/cas/login")
        #expect(!page.text.contains("Stranger") && !page.text.contains("alice"))
        let line = try #require(try server.reasons.last)
        #expect(line.contains("login refused") && line.contains("\"detail\":"))
    }

    @Test func `the form behind a refusal takes the password all the same`() throws {
        let stranger = try TestCA("/O=Test/CN=Stranger").issue("/O=Test/CN=alice")
        let browser = browser(stranger.certificate)
        let page = browser.enter(app)
        let ticket = try #require(browser.submit(page).ticket)
        let answer = browser.validate(ticket, for: app)
        #expect(answer.text.contains("<cas:user>casuser</cas:user>"))
        #expect(try sessions() == 1)
    }

    @Test func `a session that is there stays with a certificate that is refused`() throws {
        let browser = Browser(server)
        _ = browser.logIn()
        browser.gateway.clientVerification = .success
        browser.gateway.clientCertificate = "nonsense"
        #expect(browser.enter(app).ticket != nil)
        #expect(browser.enter(app, "&renew=true").status == .unauthorized)
        #expect(browser.enter(app).ticket != nil)
        #expect(try sessions() == 1)
    }

    @Test func `what nginx has not verified is no certificate, and nobody is blamed`() throws {
        let certificate = try root.issue("/O=Test/CN=alice").certificate
        for verification in [ClientVerification.none, .failed("self-signed certificate")] {
            let browser = browser(certificate)
            browser.gateway.clientVerification = verification
            let page = browser.enter(app)
            #expect(page.isLoginForm && !page.text.contains(reason))
        }
        #expect(try sessions() == 0)
    }

    @Test func `gateway and a service for others' users leave a certificate aside`() throws {
        let browser = browser(try root.issue("/O=Test/CN=alice").certificate)
        #expect(browser.enter(app, "&gateway=true")["Location"] == app)
        let entry = browser.enter("https://strict.example.org/")
        #expect(entry.ticket == nil && browser.cookies["TGC"] == nil)
        #expect(try sessions() == 0)
    }

    @Test func `a login by certificate is never remembered, whatever is asked`() throws {
        let browser = browser(try root.issue("/O=Test/CN=alice").certificate)
        let response = browser.enter(app, "&rememberMe=true")
        let cookie = try #require(response.cookie("TGC"))
        #expect(!cookie.contains("Max-Age"))
        let answer = browser.validate(try #require(response.ticket), for: app)
        #expect(answer.text.contains("<cas:longTermAuthenticationRequestTokenUsed>false<"))
        // It ends as every session does; the certificate would begin another.
        browser.gateway.clientVerification = .none
        server.advance(by: .seconds(7201))
        #expect(browser.enter(app).isLoginForm)
    }
}
