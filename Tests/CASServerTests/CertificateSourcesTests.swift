import Authentication
import HTTP
import Platform
import TestSupport
import Testing
import Tickets

/// Certificates of a header or of a body, and of a gateway that does not judge them.
@Suite("Where client certificates come from") struct CertificateSourcesTests {
    private let root: TestCA
    private let alice: TestCA.Issued
    private let bob: TestCA.Issued

    init() throws {
        root = try TestCA()
        alice = try root.issue("/O=Test/CN=alice")
        bob = try root.issue("/O=Test/CN=bob")
    }

    private func browser(_ sources: String, _ settings: String = "") throws -> Browser {
        let server = try TestServer(
            "rest: { enabled: true }",
            authentication: """
                x509: {
                  trust_anchors: [ca.pem], principal: { type: cn }, sources: { \(sources) },
                  \(settings) }
                """,
            files: ["ca.pem": root.certificate])
        server.now.withLock { $0 = .now + .seconds(60) }
        return Browser(server)
    }

    private func oneLine(_ pem: String) -> String {
        String(pem.map { $0 == "\n" ? " " : $0 })
    }

    /// Who `/v1/users` says the request is from; `nil` if it is refused.
    private func user(_ browser: Browser, cert: String? = nil) -> String? {
        let form: KeyValuePairs<String, String> = cert.map { ["cert": $0] } ?? [:]
        let response = browser.post("/cas/v1/users", form)
        guard response.status == .ok else { return nil }
        for name in ["alice", "bob"] where response.text.contains("\"id\":\"\(name)\"") {
            return name
        }
        return "somebody"
    }

    @Test func `a header of a listed peer logs in, in every form that gateways write`() throws {
        let browser = try browser(
            "header: { enabled: true, name: ssl-client-cert, peers: [192.0.2.0/24] }")
        let pem = alice.certificate
        let base64 = pem.split(separator: "\n").dropFirst().dropLast().joined()
        for text in [
            oneLine(pem), String(pem.map { $0 == "\n" ? "\t" : $0 }), percentEncoded(pem), base64,
            ":\(base64):",
        ] {
            browser.headers = ["Ssl-Client-Cert": text]
            #expect(user(browser) == "alice", "\(text.prefix(40))")
        }
        let entered = browser.get("/cas/login?service=https%3A%2F%2Fapp.example.org%2F")
        #expect(entered.status == .found)
    }

    @Test(arguments: ["192.0.3.7", "::1", "", "unix:"])
    func `a header or a body of another peer is no credential`(address: String) throws {
        let peers = "enabled: true, peers: [192.0.2.7]"
        let browser = try browser("header: { \(peers), name: client-cert }, body: { \(peers) }")
        browser.gateway.remoteAddress = address
        browser.headers = ["Client-Cert": oneLine(alice.certificate)]
        let response = browser.post("/cas/v1/tickets", ["cert": alice.certificate])
        #expect(response.status == .badRequest)
        #expect(response.text.contains("No credentials"))
        #expect(browser.get("/cas/login").status == .ok)
        #expect(try browser.server.registry.counts().sessions == 0)
    }

    @Test func `both are off by default`() throws {
        let browser = try browser("tls: true")
        browser.headers = [
            "Ssl-Client-Cert": oneLine(alice.certificate), "Client-Cert": "x",
            "Ssl-Client-Verify": "SUCCESS",
        ]
        #expect(user(browser, cert: alice.certificate) == nil)
    }

    @Test func `a body of a listed peer logs in over REST only`() throws {
        let browser = try browser("body: { enabled: true, peers: [192.0.2.7] }")
        #expect(user(browser, cert: alice.certificate) == "alice")
        #expect(user(browser, cert: alice.certificate + bob.certificate) == nil)
        #expect(user(browser, cert: "garbage") == nil)
        #expect(browser.post("/cas/v1/tickets", ["cert": ""]).status == .badRequest)
        let page = browser.get("/cas/login?cert=" + percentEncoded(alice.certificate))
        #expect(page.status == .ok && page.cookie("TGC") == nil)
    }

    @Test func `a blank header and Apache's word for none are none`() throws {
        let browser = try browser(
            "header: { enabled: true, name: client-cert, peers: [192.0.2.7] }")
        for text in ["", " ", "(null)", "(NULL)"] {
            browser.headers = ["Client-Cert": text]
            #expect(browser.post("/cas/v1/tickets", [:]).text.contains("No credentials"))
        }
        browser.headers = [
            "Client-Cert": oneLine(alice.certificate), "Client-cert": oneLine(alice.certificate),
        ]
        #expect(browser.post("/cas/v1/tickets", [:]).status == .badRequest)
    }

    @Test func `different certificates in one request are refused, the same one is not`() throws {
        let browser = try browser("body: { enabled: true, peers: [192.0.2.7] }")
        browser.gateway.clientVerification = .success
        browser.gateway.clientCertificate = alice.certificate
        #expect(user(browser, cert: alice.certificate) == "alice")
        let response = browser.post("/cas/v1/tickets", ["cert": bob.certificate])
        #expect(response.status == .badRequest)
        #expect(response.text.contains("several certificates"))
    }

    @Test func `a gateway that does not judge is believed only about possession`() throws {
        let stranger = try TestCA("/O=Test/CN=Stranger").issue("/O=Test/CN=alice")
        for (settings, expected) in [("tls: true", nil), ("optional_no_ca: true", "alice")] {
            let browser = try browser(settings)
            browser.gateway.clientVerification = .failed("unable to verify the first certificate")
            browser.gateway.clientCertificate = alice.certificate
            #expect(user(browser) == expected)
            browser.gateway.clientCertificate = stranger.certificate
            #expect(user(browser) == nil, "casd builds the path itself")
            browser.gateway.clientVerification = .none
            browser.gateway.clientCertificate = alice.certificate
            #expect(user(browser) == nil)
        }
    }

    @Test func `a certificate and a password together are of one person, by policy`() throws {
        let credentials: KeyValuePairs<String, String> = [
            "username": "casuser", "password": "Mellon",
        ]
        let wrong: KeyValuePairs<String, String> = ["username": "casuser", "password": "wrong"]
        let own = try root.issue("/O=Test/CN=casuser")
        for (policy, wrongIsEnough) in [("all", false), ("any", true)] {
            let server = try TestServer(
                "rest: { enabled: true }",
                authentication: """
                    combination: \(policy),
                    x509: { trust_anchors: [ca.pem], principal: { type: cn } }
                    """,
                files: ["ca.pem": root.certificate])
            server.now.withLock { $0 = .now + .seconds(60) }
            let browser = Browser(server)
            browser.gateway.clientVerification = .success
            browser.gateway.clientCertificate = own.certificate
            let both = browser.post("/cas/v1/users", credentials)
            #expect(both.status == .ok)
            #expect(both.text.contains("X509CertificateCredential"))
            #expect(both.text.contains("UsernamePasswordCredential"))
            #expect((browser.post("/cas/v1/users", wrong).status == .ok) == wrongIsEnough)
            browser.gateway.clientCertificate = alice.certificate
            #expect(browser.post("/cas/v1/users", credentials).status == .unauthorized)
        }
    }
}
