import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("What is refused, and what the log says of it") struct BadLogTests {
    private static let app = "https://app.example.org/home"

    // MARK: Secrets

    @Test func `no secret that anybody sends reaches the log, wherever it is planted`() throws {
        let server = try TestServer(
            "rest: { enabled: true }",
            authentication:
                "delegated: [{ name: campus, login_url: 'https://idp.example.net/login' }]",
            definitions: ProxyScene.definitions)
        let browser = Browser(server)
        _ = browser.logIn()
        let kinds = ["ST", "PT", "PGT", "PGTIOU", "TGT", "LT"]
        for kind in kinds {
            let secret = "\(kind)-planted\(kind)0123456789"
            let query = ["service", "ticket", "pgt", "targetService", "TARGET", "SAMLart", "state"]
                .map { "\($0)=\(secret)" }.joined(separator: "&")
            for path in [
                "login", "logout", "validate", "serviceValidate", "p3/serviceValidate",
                "proxyValidate", "p3/proxyValidate", "proxy", "samlValidate", "delegated/campus",
                "v1/tickets/\(secret)", "nowhere/\(secret)",
            ] {
                for method in [HTTP.Method.get, .post, .delete, .head] {
                    _ = browser.send(method, "/cas/\(path)?\(query)")
                    _ = browser.send(method, "/cas/\(path)", body: Array(query.utf8))
                }
                _ = browser.get("/cas/\(path)?ticket=\(secret)&ticket=\(secret)")
                _ = browser.validate(secret, for: Self.app, at: path)
            }
            let saml = "<samlp:AssertionArtifact>\(secret)</samlp:AssertionArtifact>"
            _ = browser.send(
                .post, "/cas/samlValidate?TARGET=\(secret)", body: Array(saml.utf8),
                type: "text/xml")
        }
        let log = try server.log
        for kind in kinds { #expect(!log.contains("planted\(kind)"), "\(kind)") }
    }

    @Test func `no password reaches the log, wherever it is planted`() throws {
        let server = try TestServer("rest: { enabled: true }")
        let browser = Browser(server)
        let secret = "plantedPassword"
        _ = browser.logIn("casuser", secret)
        _ = browser.get("/cas/login?username=casuser&password=\(secret)")
        _ = browser.post("/cas/login", ["password": secret, "username": "casuser"])
        _ = browser.post("/cas/login?password=\(secret)", ["username": "casuser"])
        _ = browser.post("/cas/v1/tickets", ["username": "casuser", "password": secret])
        _ = browser.post(
            "/cas/v1/tickets", ["username": "casuser", "password": secret, "x": "\u{0}"])
        _ = browser.post("/cas/logout", ["password": secret])
        #expect(try !server.log.contains(secret))
    }

    @Test func `no ticket that the server made reaches the log in a whole life of a session`()
        throws
    {
        let scene = try ProxyScene()
        var secrets = [scene.browser.cookies["TGC"] ?? "TGC"]
        let first = try scene.browser.use(Self.app)
        let granted = try scene.grant()
        let proxied = try scene.proxyTicket(granted.ticket)
        _ = scene.browser.validate(proxied, for: ProxyScene.portal, at: "proxyValidate")
        _ = scene.browser.validate(proxied, for: ProxyScene.backend, at: "proxyValidate")
        scene.server.network.answers { _ throws(OutboundError) in
            throw .other("https://portal.example.org/callback?pgtId=PGT-plantedByCurl")
        }
        let failed = try scene.ticket()
        _ = scene.browser.validate(
            failed, for: ProxyScene.portal, "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
        secrets += scene.server.network.calls.compactMap { parameter("pgtId", of: $0.url) }
        secrets += scene.server.network.calls.compactMap { parameter("pgtIou", of: $0.url) }
        _ = scene.browser.get("/cas/logout")
        scene.server.deliverLogouts()
        secrets += [first, granted.ticket, granted.receipt, proxied, failed]
        let log = try scene.server.log
        for secret in secrets { #expect(!log.contains(secret)) }
        for kind in ["TGT-", "PGT-", "PGTIOU-"] { #expect(!log.contains(kind)) }
    }

    // MARK: One line

    /// A request that is refused, and what its line says.
    struct Refused: CustomTestStringConvertible, Sendable {
        let reason: String
        var code: String?
        let act: @Sendable (ProxyScene) throws -> Void

        init(
            _ reason: String, _ code: String? = nil,
            _ act: @escaping @Sendable (ProxyScene) throws -> Void
        ) {
            self.reason = reason
            self.code = code
            self.act = act
        }

        var testDescription: String { reason }
    }

    private static let validations: [Refused] = [
        Refused("unknown", "INVALID_TICKET") { _ = $0.browser.validate("ST-none", for: app) },
        Refused("malformed", "INVALID_TICKET") { _ = $0.browser.validate("ST", for: app) },
        Refused("wrong kind", "INVALID_TICKET") { _ = $0.browser.validate("TGT-x", for: app) },
        Refused("ticket missing", "INVALID_REQUEST") {
            _ = $0.browser.get("/cas/serviceValidate?service=x")
        },
        Refused("service missing", "INVALID_REQUEST") {
            _ = $0.browser.get("/cas/serviceValidate?ticket=ST-x")
        },
        Refused("repeated parameter", "INVALID_REQUEST") {
            _ = $0.browser.get("/cas/serviceValidate?ticket=ST-x&ticket=ST-x")
        },
        Refused("unknown format", "INVALID_REQUEST") {
            _ = $0.browser.validate("ST-x", for: app, "&format=YAML")
        },
        Refused("other service", "INVALID_SERVICE") {
            _ = $0.browser.validate(try $0.ticket(), for: app)
        },
        Refused("expired", "INVALID_TICKET") {
            let ticket = try $0.ticket()
            $0.server.advance(by: .seconds(10))
            _ = $0.browser.validate(ticket, for: ProxyScene.portal)
        },
        Refused("already used", "INVALID_TICKET") {
            let ticket = try $0.ticket()
            _ = $0.browser.validate(ticket, for: ProxyScene.portal)
            _ = $0.browser.validate(ticket, for: ProxyScene.portal)
        },
        Refused("not from new login", "INVALID_TICKET") {
            _ = try $0.ticket()
            _ = $0.browser.validate(try $0.ticket(), for: ProxyScene.portal, "&renew=true")
        },
        Refused("proxy ticket not accepted here", "INVALID_TICKET") {
            let ticket = try $0.proxyTicket(try $0.grant().ticket)
            _ = $0.browser.validate(ticket, for: ProxyScene.backend)
        },
        Refused("service may not proxy", "UNAUTHORIZED_SERVICE_PROXY") {
            let ticket = try #require($0.browser.enter(app).ticket)
            _ = $0.browser.validate(ticket, for: app, "&pgtUrl=https%3A%2F%2Fapp.example.org%2F")
        },
        Refused("proxy callback failed", "INVALID_PROXY_CALLBACK") {
            $0.server.network.answers(status: 302)
            _ = $0.browser.validate(
                try $0.ticket(), for: ProxyScene.portal,
                "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
        },
        Refused("not registered any more", "UNAUTHORIZED_SERVICE") {
            let ticket = try $0.ticket()
            try $0.server.redefine([])
            _ = $0.browser.validate(ticket, for: ProxyScene.portal)
        },
        Refused("SAML request not-xml", "INVALID_REQUEST") {
            _ = $0.browser.send(
                .post, "/cas/samlValidate?TARGET=x", body: [0x20], type: "text/xml")
        },
    ]

    private static let others: [Refused] = [
        Refused("pgt missing", "INVALID_REQUEST") { _ = $0.browser.get("/cas/proxy") },
        Refused("targetService missing", "INVALID_REQUEST") {
            _ = $0.browser.get("/cas/proxy?pgt=PGT-x")
        },
        Refused("unknown or ended", "INVALID_TICKET") { _ = $0.proxy("PGT-none") },
        Refused("malformed", "INVALID_TICKET") { _ = $0.proxy("ST-none") },
        Refused("target not registered", "UNAUTHORIZED_SERVICE") {
            _ = $0.proxy(try $0.grant().ticket, to: "https://evil.example/")
        },
        Refused("target wants fresh credentials", "UNAUTHORIZED_SERVICE") {
            _ = $0.proxy(try $0.grant().ticket, to: "https://sensitive.example.org/")
        },
        Refused("service may not proxy any more", "UNAUTHORIZED_SERVICE") {
            let ticket = try $0.grant().ticket
            try $0.server.redefine([])
            _ = $0.proxy(ticket)
        },
        Refused("service not registered") { _ = $0.browser.enter("https://evil.example/") },
        Refused("service disabled") { _ = $0.browser.enter("https://off.example.org/") },
        Refused("service scheme") { _ = $0.browser.enter("javascript:alert(1)") },
        Refused("service user-information") { _ = $0.browser.enter("https://a@app.example.org/") },
        Refused("repeated parameter") { _ = $0.browser.get("/cas/login?service=a&service=b") },
        Refused("credentials in the address") { _ = $0.browser.get("/cas/login?username=a") },
        Refused("form missing") { _ = Browser($0.server).post("/cas/login", ["username": "a"]) },
        Refused("form foreign") {
            _ = $0.browser.post("/cas/login", ["username": "a", "execution": "nonsense"])
        },
        Refused("incomplete") { _ = Browser($0.server).logIn("casuser", "") },
        Refused("wrong credential") { _ = Browser($0.server).logIn("casuser", "wrong") },
        Refused("unknown user") { _ = Browser($0.server).logIn("nobody", "wrong") },
        Refused("account locked") { _ = Browser($0.server).logIn("locked") },
        Refused("mixed principals") { _ = $0.browser.logIn("other", query: "?renew=true") },
        Refused("required attributes missing: memberOf") {
            _ = Browser($0.server).logIn(
                "other", query: "?service=https%3A%2F%2Fstaff.example.org%2F")
        },
        Refused("unsupported content type") {
            _ = $0.browser.send(.post, "/cas/login", body: [0x7B], type: "application/json")
        },
        Refused("unknown path") { _ = $0.browser.get("/cas/nowhere") },
        Refused("method not allowed") { _ = $0.browser.send(.delete, "/cas/login") },
        Refused("service not registered") {
            _ = $0.browser.get("/cas/logout?service=https%3A%2F%2Fevil.example%2F")
        },
    ]

    @Test(arguments: validations + others)
    func `each refusal is one line with its reason and its code`(refused: Refused) throws {
        let scene = try ProxyScene()
        let before = try scene.server.reasons.count
        try refused.act(scene)
        let lines = try scene.server.reasons.dropFirst(before)
        #expect(lines.count == 1, "\(lines)")
        let line = try #require(lines.first)
        #expect(line.contains("\"reason\":\"\(refused.reason)"), "\(line)")
        #expect(line.contains("\"client\":\"192.0.2.7\""))
        if let code = refused.code { #expect(line.contains("\"code\":\"\(code)\"")) }
    }

    @Test func `what is good leaves no reason behind`() throws {
        let scene = try ProxyScene()
        let before = try scene.server.reasons.count
        _ = try scene.browser.use(Self.app)
        _ = scene.browser.validate(
            try scene.proxyTicket(try scene.grant().ticket), for: ProxyScene.backend,
            at: "proxyValidate")
        _ = scene.browser.get("/cas/logout")
        #expect(try scene.server.reasons.count == before)
    }
}
