import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

/// Each code of the protocol, provoked through the endpoints.
///
/// The functions switch over all codes, so a new one does not compile without a way to provoke it.
@Suite("CAS 3.0 §2.5.3, §2.7.3 error codes") struct ErrorCodeTests {
    private static let app = "https://app.example.org/home"

    /// An answer that has the code.
    private func provoke(_ code: FailureCode, _ extra: String) throws -> Response {
        let scene = try ProxyScene()
        let browser = scene.browser
        let ticket = try #require(browser.enter(Self.app).ticket)
        let callback = "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback) + extra
        switch code {
        case .invalidRequest:
            return browser.get("/cas/p3/serviceValidate?ticket=\(ticket)" + extra)
        case .invalidTicket:
            return browser.validate("ST-unknown", for: Self.app, extra)
        case .invalidService:
            return browser.validate(ticket, for: "https://plain.example.org/", extra)
        case .unauthorizedService:
            let late = try #require(browser.enter(ProxyScene.backend).ticket)
            try scene.server.redefine([])
            return browser.validate(late, for: ProxyScene.backend, extra)
        case .unauthorizedServiceProxy:
            return browser.validate(ticket, for: Self.app, callback)
        case .invalidProxyCallback:
            scene.server.network.answers(status: 404)
            return browser.validate(try scene.ticket(), for: ProxyScene.portal, callback)
        case .internalError:
            return try full(callback)
        }
    }

    /// The registry has room for a session and a ticket, but for no proxy granting ticket.
    private func full(_ callback: String) throws -> Response {
        let browser = Browser(
            try TestServer(
                definitions: ProxyScene.definitions, registry: MemoryTicketRegistry(capacity: 2)))
        _ = browser.logIn()
        let ticket = try #require(browser.enter(ProxyScene.portal).ticket)
        return browser.validate(ticket, for: ProxyScene.portal, callback)
    }

    @Test(arguments: FailureCode.allCases)
    func `every code of validation can be had, in XML and in JSON, with status 200`(
        code: FailureCode
    ) throws {
        let xml = try provoke(code, "")
        #expect(xml.status == .ok)
        #expect(xml.failureCode == code.rawValue)
        #expect(
            xml.text.contains(">" + code.text.replacing("'", with: "&apos;") + "<")
                || xml.text.contains(">" + code.text.replacing("'", with: "&#39;") + "<")
                || xml.text.contains(">" + code.text + "<"))
        let json = try provoke(code, "&format=JSON")
        #expect(json.status == .ok)
        #expect(json["Content-Type"]?.hasPrefix("application/json") == true)
        #expect(json.text.contains("\"\(code.rawValue)\"") && !json.isSuccess)
    }

    @Test func `the codes are those of the specification`() {
        let specified: Set = [
            "INVALID_REQUEST", "INVALID_TICKET_SPEC", "UNAUTHORIZED_SERVICE_PROXY",
            "INVALID_PROXY_CALLBACK", "INVALID_TICKET", "INVALID_SERVICE", "INTERNAL_ERROR",
        ]
        // Apereo's, in the way of a service that is not registered any more.
        let ours = Set(FailureCode.allCases.map(\.rawValue)).subtracting(["UNAUTHORIZED_SERVICE"])
        #expect(ours.isSubset(of: specified))
        #expect(specified.subtracting(ours) == ["INVALID_TICKET_SPEC"])
        #expect(
            Set(ProxyFailureCode.allCases.map(\.rawValue)) == [
                "INVALID_REQUEST", "INVALID_TICKET", "UNAUTHORIZED_SERVICE", "INTERNAL_ERROR",
            ])
    }

    @Test(arguments: ProxyFailureCode.allCases)
    func `every code of /proxy can be had, with status 200`(code: ProxyFailureCode) throws {
        let answer: Response
        switch code {
        case .invalidRequest: answer = try ProxyScene().browser.get("/cas/proxy?pgt=PGT-x")
        case .invalidTicket: answer = try ProxyScene().proxy("PGT-unknown")
        case .unauthorizedService:
            let scene = try ProxyScene()
            answer = scene.proxy(try scene.grant().ticket, to: "https://evil.example/")
        case .internalError:
            // Room for a session, its first ticket and the proxy granting ticket.
            let server = try TestServer(
                definitions: ProxyScene.definitions, registry: MemoryTicketRegistry(capacity: 3))
            let browser = Browser(server)
            _ = browser.logIn()
            let ticket = try #require(browser.enter(ProxyScene.portal).ticket)
            _ = browser.validate(
                ticket, for: ProxyScene.portal,
                "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
            let call = try #require(server.network.calls.first)
            answer = browser.get(
                "/cas/proxy?pgt=\(parameter("pgtId", of: call.url) ?? "")&targetService="
                    + percentEncoded(ProxyScene.backend))
        }
        #expect(answer.status == .ok)
        #expect(answer.proxyFailureCode == code.rawValue)
        #expect(!answer.text.contains("proxySuccess"))
    }

    @Test func `CAS 1 has one word for all of them`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        for ticket in ["", "ST-unknown", "nonsense"] {
            let answer = browser.validate(ticket, for: Self.app, at: "validate")
            #expect(answer.status == .ok && answer.text == "no\n\n")
        }
    }

    @Test func `a failure of the server is logged as an error, a refusal is not`() throws {
        let scene = try ProxyScene()
        _ = scene.browser.validate("ST-unknown", for: Self.app)
        #expect(try scene.server.reasons.allSatisfy { !$0.contains("\"level\":\"error\"") })
        let server = try TestServer(
            definitions: ProxyScene.definitions, registry: MemoryTicketRegistry(capacity: 1))
        let browser = Browser(server)
        _ = browser.logIn()
        // No ticket for the service can be kept.
        let response = browser.enter(Self.app)
        #expect(response.status == .serviceUnavailable && response["Retry-After"] != nil)
        #expect(try server.log.contains("\"level\":\"error\""))
    }
}
