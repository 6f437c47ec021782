import HTTP
import Platform
import Testing

@Suite("REST: who may use it") struct RESTDoorTests {
    private let body: KeyValuePairs<String, String> = [
        "username": "casuser", "password": "Mellon",
    ]

    @Test(arguments: [
        ("192.0.2.7", true), ("192.0.2.200", true), ("192.0.3.1", false), ("2001:db8::5", true),
        ("2001:db9::5", false), ("", false), ("unix:", false),
    ])
    func `only listed networks get an answer`(address: String, isListed: Bool) throws {
        let browser = Browser(
            try TestServer("rest: { enabled: true, networks: [192.0.2.0/24, '2001:db8::/32'] }"))
        browser.gateway.remoteAddress = address
        for path in ["tickets", "users"] {
            let response = browser.post("/cas/v1/" + path, body)
            #expect((response.status == .forbidden) != isListed)
            if !isListed { #expect(response["Content-Type"] == "application/problem+json") }
        }
        // Everything else is open to everybody.
        #expect(browser.get("/cas/login").status == .ok)
    }

    @Test func `a listed origin may send and read, another one may not`() throws {
        let server = try TestServer(
            "rest: { enabled: true, cors: { origins: ['https://spa.example.org'], max_age: 5m } }")
        for (origin, isListed) in [
            ("https://spa.example.org", true), ("https://evil.example", false),
            ("https://spa.example.org.evil.example", false), ("null", false),
        ] {
            let browser = Browser(server)
            browser.headers = ["Origin": origin, "Access-Control-Request-Method": "POST"]
            let preflight = browser.get("/cas/v1/tickets", method: .options)
            #expect(preflight.status == .noContent)
            #expect(preflight["Access-Control-Allow-Methods"] == "POST, OPTIONS")
            #expect(preflight["Access-Control-Max-Age"] == "300")
            #expect(preflight["Access-Control-Allow-Origin"] == (isListed ? origin : nil))
            browser.headers = ["Origin": origin]
            let created = browser.post("/cas/v1/tickets", body)
            #expect(created.status == .created)
            #expect(created["Access-Control-Allow-Origin"] == (isListed ? origin : nil))
            #expect(created["Vary"] == "Origin")
            #expect(created["Access-Control-Allow-Credentials"] == nil)
        }
    }

    @Test func `without configuration no origin is let in`() throws {
        let browser = Browser(try TestServer("rest: { enabled: true }"))
        browser.headers = [
            "Origin": "https://spa.example.org", "Access-Control-Request-Method": "POST",
        ]
        let response = browser.get("/cas/v1/tickets", method: .options)
        #expect(response.status == .ok)
        #expect(response["Allow"] == "POST, OPTIONS")
        #expect(response["Access-Control-Allow-Origin"] == nil && response["Vary"] == nil)
    }

    @Test func `a remembered session is given only where both switches are on`() throws {
        for (settings, isLong) in [
            ("rest: { enabled: true }", false),
            ("rest: { enabled: true }\ntickets: { remember_me: { enabled: true } }", true),
            (
                "rest: { enabled: true, remember_me: false }\n"
                    + "tickets: { remember_me: { enabled: true } }", false
            ),
        ] {
            let server = try TestServer(settings)
            let browser = Browser(server)
            let session = browser.post(
                "/cas/v1/tickets",
                ["username": "casuser", "password": "Mellon", "rememberMe": "true"],
                accept: "text/plain"
            ).text
            server.advance(by: .seconds(9 * 3600))
            let status = browser.get("/cas/v1/tickets/" + session).status
            #expect(status == (isLong ? .ok : .notFound))
        }
    }
}
