import HTTP
import Platform
import Testing

@Suite("The server as a whole") struct AppTests {
    @Test(arguments: ["/cas", "/cas/"])
    func `the prefix alone leads to the login`(path: String) throws {
        let response = Browser(try TestServer()).get(path)
        #expect(response.status == .found)
        #expect(response["Location"] == "https://sso.example.org/cas/login")
    }

    @Test(arguments: ["/", "/login", "/cas/Login", "/cas/login/", "/cas/x"])
    func `an unknown path is 404`(path: String) throws {
        #expect(Browser(try TestServer()).get(path).status == .notFound)
    }

    @Test func `a method that a page does not take is 405 with those that it takes`() throws {
        let response = Browser(try TestServer()).send(.delete, "/cas/login")
        #expect(response.status == .methodNotAllowed)
        #expect(response["Allow"] == "GET, HEAD, POST")
    }

    @Test func `additional prefixes are served, and then the cookie is for the whole host`() throws
    {
        let server = try TestServer(server: "additional_prefixes: [/sso, /]")
        for prefix in ["/cas", "/sso", ""] {
            #expect(Browser(server).get(prefix + "/login").status == .ok)
        }
        let browser = Browser(server)
        _ = browser.logIn()
        #expect(browser.cookies["__Host-TGC"] != nil)
        #expect(browser.get("/sso/login").text.contains("casuser"))
    }

    @Test func `where a secret is configured, nobody passes without it`() throws {
        let server = try TestServer(
            "listen: { gateway_secret_file: secret }", files: ["secret": "0123456789abcdef\n"])
        let browser = Browser(server)
        #expect(browser.get("/cas/login").status == .forbidden)
        browser.gateway.secret = "0123456789abcdeX"
        #expect(browser.get("/cas/login").status == .forbidden)
        browser.gateway.secret = "0123456789abcdef"
        #expect(browser.get("/cas/login").status == .ok)
    }

    @Test func `pages carry their policy and an error its incident`() throws {
        let server = try TestServer()
        let response = Browser(server).get("/cas/unknown")
        let policy = response["Content-Security-Policy"] ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("form-action"))
        let incident = try #require(response.text.between("<code>", "<"))
        #expect(try server.log.contains(incident))
    }

    @Test func `the stylesheet may be kept for ever`() throws {
        let browser = Browser(try TestServer())
        let address = try #require(
            browser.get("/cas/login").text.between("stylesheet\" href=\"", "\""))
        let response = browser.get(address)
        #expect(response.status == .ok)
        #expect(response["Content-Type"] == "text/css;charset=UTF-8")
        #expect(response["Cache-Control"]?.contains("immutable") == true)
    }

    @Test func `health is answered outside the prefix`() throws {
        let browser = Browser(try TestServer())
        #expect(browser.get("/healthz").text == "ok\n")
        #expect(browser.get("/readyz").text == "ready\n")
        #expect(browser.get("/cas/healthz").status == .notFound)
    }

    @Test func `requests without the gateway's marker are warned about once a minute`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        browser.gateway.hasProfileMarker = false
        let warnings = {
            try server.log.split(separator: "\n").count { $0.contains("CASD_PROFILE") }
        }
        _ = browser.get("/cas/login")
        _ = browser.get("/cas/login")
        #expect(try warnings() == 1)
        server.advance(by: .seconds(60))
        _ = browser.get("/cas/login")
        #expect(try warnings() == 2)
    }

    @Test func `faults of the transport become answers`() throws {
        let server = try TestServer()
        let facts = Browser(server).gateway
        let cases: [(RequestFault, Status)] = [
            (.bodyTooLarge, .contentTooLarge), (.path, .badRequest), (.method, .notImplemented),
            (.incomplete, .badRequest), (.parameters("too many"), .badRequest),
        ]
        for (fault, status) in cases {
            #expect(server.refuse(fault, facts).status == status)
        }
        for (path, type) in [
            ("/cas/login", "text/html;charset=UTF-8"),
            ("/cas/v1/tickets", "application/problem+json"),
        ] {
            let overloaded = server.overloaded(path, facts)
            #expect(overloaded.status == .serviceUnavailable)
            #expect(overloaded["Retry-After"] != nil)
            #expect(overloaded["Content-Type"] == type)
        }
    }
}
