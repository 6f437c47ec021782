import CASProtocol
import HTTP
import Outbound
import Platform
import Testing

/// A server with services that act for their users: `portal` may, and `middle`, which is behind it.
///
/// `backend` is where proxies lead in the end.
struct ProxyScene {
    static let portal = "https://portal.example.org/home"
    static let portalCallback = "https://portal.example.org/callback"
    static let middle = "https://middle.example.org/api"
    static let middleCallback = "https://middle.example.org/callback"
    static let backend = "https://backend.example.org/mail"

    static let definitions = [
        Definition.json(
            "portal", id: 201,
            Definition.proxying("^https?://portal\\\\.example\\\\.org/.*")),
        Definition.json(
            "middle", id: 202,
            Definition.proxying("^https://middle\\\\.example\\\\.org/.*")),
        Definition.json("backend", id: 203, Definition.releaseAll),
    ]

    let server: TestServer
    let browser: Browser

    init(_ settings: String = "", definitions: [String] = []) throws {
        server = try TestServer(settings, definitions: Self.definitions + definitions)
        browser = Browser(server)
        _ = browser.logIn()
    }

    /// A proxy granting ticket as the callback got it, and the receipt of the answer.
    struct Granted {
        let ticket: String
        let receipt: String
    }

    /// A ticket of the portal's, not validated yet.
    func ticket() throws -> String { try #require(browser.enter(Self.portal).ticket) }

    /// Validates a ticket and takes the proxy granting ticket from the callback.
    func grant(
        _ ticket: String? = nil, for service: String = portal, at path: String = "serviceValidate",
        callback: String = portalCallback
    ) throws -> Granted {
        let answer = browser.validate(
            try ticket ?? self.ticket(), for: service, at: path,
            "&pgtUrl=" + percentEncoded(callback))
        let receipt = try #require(
            answer.text.between("<cas:proxyGrantingTicket>", "<"), "\(answer.text)")
        let call = try #require(server.network.calls.last)
        #expect(parameter("pgtIou", of: call.url) == receipt)
        return Granted(
            ticket: try #require(parameter("pgtId", of: call.url)), receipt: receipt)
    }

    /// Asks for a proxy ticket.
    func proxy(_ ticket: String, to target: String = backend) -> Response {
        browser.get(
            "/cas/proxy?pgt=\(percentEncoded(ticket))&targetService=\(percentEncoded(target))")
    }

    /// A proxy ticket.
    func proxyTicket(_ ticket: String, to target: String = backend) throws -> String {
        let answer = proxy(ticket, to: target)
        return try #require(answer.text.between("<cas:proxyTicket>", "<"), "\(answer.text)")
    }
}
