import CASProtocol
import HTTP
import Outbound
import Platform
import Testing

/// A server that leaves the login to other CAS servers, and a browser on the way there and back.
struct UpstreamScene {
    static let campus = "https://idp.example.net/cas"
    static let app = "https://app.example.org/home"

    let server: TestServer
    let browser: Browser

    /// - Parameters:
    ///   - settings: Further members of the entry `campus`, as YAML.
    ///   - partner: Whether there is a second upstream.
    init(
        _ settings: String = "", partner: Bool = false, configuration: String = "",
        definitions: [String] = []
    ) throws {
        var entries = [
            "{ name: campus, label: 'Campus <login>', login_url: '\(Self.campus)/login', "
                + settings + " }"
        ]
        if partner {
            entries.append(
                "{ name: partner, label: Partner, login_url: 'https://partner.example.com/login' }"
            )
        }
        server = try TestServer(
            configuration, authentication: "delegated: [ \(entries.joined(separator: ", ")) ]",
            definitions: definitions)
        browser = Browser(server)
        answersSuccess()
    }

    /// The upstreams say that it is that user from now on.
    func answersSuccess(_ user: String = "upuser", _ attributes: String = "") {
        let list = attributes.isEmpty ? "" : "<cas:attributes>\(attributes)</cas:attributes>"
        answers(
            """
            <cas:authenticationSuccess><cas:user>\(user)</cas:user>\(list)\
            </cas:authenticationSuccess>
            """)
    }

    /// The upstreams answer with that content from now on.
    func answers(_ content: String) {
        server.network.answers(
            status: 200,
            "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>\(content)"
                + "</cas:serviceResponse>")
    }

    /// Sends the browser to an upstream; `query` as for `/login`.
    func start(_ query: String = "", at name: String = "campus") -> Response {
        browser.get("/cas/delegated/\(name)\(query)")
    }

    /// The path that the upstream sends the browser back to, without a ticket.
    func way(back response: Response) throws -> String {
        let service = try #require(
            response["Location"].flatMap { parameter("service", of: $0) }, "\(response.status)")
        return "/" + (try #require(service.after("https://sso.example.org/")))
    }

    /// A whole login at an upstream.
    func logIn(
        _ query: String = "", at name: String = "campus", ticket: String = "ST-up-1"
    ) throws -> Response {
        browser.get(try way(back: start(query, at: name)) + "&ticket=" + ticket)
    }

    /// A logout message of an upstream.
    func sendLogout(_ ticket: String, at name: String = "campus") -> Response {
        let message = """
            <samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="LR-1" \
            Version="2.0" IssueInstant="2024-05-01T07:55:39Z"><saml:NameID \
            xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID>\
            <samlp:SessionIndex>\(ticket)</samlp:SessionIndex></samlp:LogoutRequest>
            """
        return post(message, at: name)
    }

    func post(_ message: String, at name: String = "campus") -> Response {
        // An upstream has no cookies of the browser's.
        Browser(server).post("/cas/delegated/\(name)", ["logoutRequest": message])
    }
}
