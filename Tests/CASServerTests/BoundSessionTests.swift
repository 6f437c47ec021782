import HTTP
import Platform
import TestSupport
import Testing
import Tickets

/// Sessions that are good only with the certificate with which they began.
@Suite("Certificate-bound sessions") struct BoundSessionTests {
    private let app = "https://app.example.org/home"
    private let root: TestCA
    private let alice: TestCA.Issued
    private let other: TestCA.Issued

    init() throws {
        root = try TestCA()
        alice = try root.issue("/O=Test/CN=alice")
        // The same person with another key.
        other = try root.issue("/O=Test/CN=alice")
    }

    private func browser(_ mode: String) throws -> Browser {
        let server = try TestServer(
            "rest: { enabled: true }",
            server: "certificate_url: 'https://certificate.example.org/cas'",
            authentication: """
                x509: { trust_anchors: [ca.pem], principal: { type: cn }, bound_tickets: \(mode) }
                """,
            files: ["ca.pem": root.certificate])
        server.now.withLock { $0 = .now + .seconds(60) }
        return Browser(server)
    }

    private func present(_ certificate: TestCA.Issued?, _ browser: Browser) {
        browser.gateway.clientVerification = certificate == nil ? .none : .success
        browser.gateway.clientCertificate = certificate?.certificate
    }

    @Test(arguments: [("'off'", true), ("when_certificate", false)])
    func `over REST a ticket is refused without its certificate`(
        mode: String, isFree: Bool
    ) throws {
        let browser = try browser(mode)
        present(alice, browser)
        let session = browser.post("/cas/v1/tickets", [:], accept: "text/plain").text
        let path = "/cas/v1/tickets/" + session
        let ticket = browser.post(path, ["service": app]).text
        #expect(browser.validate(ticket, for: app).text.contains("alice"))
        for (certificate, reason) in [
            (nil, "was not presented"), (other, "another client certificate"),
        ] {
            present(certificate, browser)
            let granted = browser.post(path, ["service": app])
            #expect(granted.status == (isFree ? .ok : .forbidden))
            #expect(granted.text.contains(reason) != isFree)
            #expect(browser.get(path).status == (isFree ? .ok : .forbidden))
        }
        present(nil, browser)
        let deleted = browser.send(.delete, path)
        #expect(deleted.status == .ok, "whoever finds one may end it")
        #expect((deleted.text == "[]") != isFree, "but is not told where it was used")
        present(alice, browser)
        #expect(browser.get(path).status == .notFound)
    }

    @Test func `in a browser the session is of no use without its certificate`() throws {
        let browser = try browser("when_certificate")
        present(alice, browser)
        #expect(browser.enter(app).ticket != nil)
        for certificate in [nil, other] {
            present(certificate, browser)
            let gateway = browser.get(
                "/cas/login?gateway=true&service=" + percentEncoded(app))
            if certificate == nil {
                #expect(gateway["Location"] == app, "no ticket")
            }
        }
        present(nil, browser)
        let page = browser.get("/cas/login?service=" + percentEncoded(app))
        #expect(page.status == .forbidden)
        #expect(page.text.contains("opened with a certificate"))
        #expect(page.text.contains("https://certificate.example.org/cas/login?service="))
        #expect(page["Location"] == nil)
        present(alice, browser)
        #expect(browser.enter(app).ticket != nil, "the session is still there")
        #expect(try browser.server.registry.counts().sessions == 1)
    }

    @Test func `sessions of passwords are free`() throws {
        let browser = try browser("when_certificate")
        let session = browser.post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"], accept: "text/plain"
        ).text
        #expect(browser.post("/cas/v1/tickets/" + session, ["service": app]).status == .ok)
        present(alice, browser)
        #expect(browser.post("/cas/v1/tickets/" + session, ["service": app]).status == .ok)
    }

    @Test func `a password does not set a bound session free`() throws {
        let browser = try browser("when_certificate")
        let own = try root.issue("/O=Test/CN=casuser")
        present(own, browser)
        #expect(browser.enter(app).ticket != nil)
        let now = browser.server.now.withLock { $0 }
        let bound = try browser.server.registry.allSessions(limit: 9, at: now).map(\.handle)
        present(nil, browser)
        let page = browser.get("/cas/login?renew=true&service=" + percentEncoded(app))
        present(own, browser)
        let entered = browser.post(
            page.formAction ?? "",
            [
                "username": "casuser", "password": "Mellon",
                "execution": page.hiddenField("execution") ?? "", "_eventId": "submit",
            ])
        #expect(entered.ticket != nil)
        let later = try browser.server.registry.allSessions(limit: 9, at: now).map(\.handle)
        #expect(bound.count == 1 && later.count == 1)
        #expect(bound != later, "the bound one has ended, another one began")
    }
}
