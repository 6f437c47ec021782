import CASProtocol
import HTTP
import JSON
import Platform
import TestSupport
import Testing

@Suite("CAS 3.0 §2.4, §2.5 ticket validation") struct ValidateEndpointTests {
    private let app = "https://app.example.org/home"

    private func validate(
        _ browser: Browser, _ ticket: String, _ service: String, _ path: String = "serviceValidate",
        extra: String = ""
    ) -> Response {
        browser.get(
            "/cas/\(path)?service=\(percentEncoded(service))"
                + "&ticket=\(percentEncoded(ticket))\(extra)"
        )
    }

    private func code(_ response: Response) -> String? {
        response.text.between("<cas:authenticationFailure code=\"", "\"")
    }

    @Test(arguments: ["serviceValidate", "p3/serviceValidate"])
    func `a ticket validates once, and then never again`(path: String) throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let first = validate(browser, ticket, app, path)
        #expect(first.status == .ok)
        #expect(first["Content-Type"] == "application/xml;charset=UTF-8")
        #expect(first.text.contains("<cas:user>casuser</cas:user>"))
        #expect(first.text.contains("<cas:memberOf>staff</cas:memberOf>\n<cas:memberOf>library"))
        #expect(code(validate(browser, ticket, app, path)) == "INVALID_TICKET")
    }

    @Test func `validation works by POST as well`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let response = browser.post("/cas/serviceValidate", ["service": app, "ticket": ticket])
        #expect(response.text.contains("<cas:user>casuser</cas:user>"))
    }

    @Test func `CAS 1 answers two lines`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let yes = validate(browser, ticket, app, "validate")
        #expect(yes.text == "yes\ncasuser\n")
        #expect(yes["Content-Type"] == "text/plain;charset=UTF-8")
        let no = validate(browser, ticket, app, "validate", extra: "&format=JSON")
        #expect(no.text == "no\n\n")
        #expect(no.status == .ok)
    }

    @Test func `attributes stay away from CAS 2 answers under the strict switch`() throws {
        let browser = Browser(try TestServer("protocol: { attributes_on_service_validate: false }"))
        let strict = validate(browser, try browser.ticket(for: app), app)
        #expect(!strict.text.contains("<cas:attributes>"))
        let version3 = validate(
            browser, try browser.ticket(for: app), app, "p3/serviceValidate")
        #expect(version3.text.contains("<cas:mail>"))
    }

    @Test func `XML and JSON carry the same facts`() throws {
        let browser = Browser(try TestServer())
        let json = validate(
            browser, try browser.ticket(for: app), app, "p3/serviceValidate", extra: "&format=json")
        #expect(json["Content-Type"] == "application/json;charset=UTF-8")
        let success = try JSONValue(parsing: json.body).objectValue?["serviceResponse"]?
            .objectValue?["authenticationSuccess"]?.objectValue
        #expect(success?["user"]?.stringValue == "casuser")
        #expect(
            success?["attributes"]?.objectValue?["memberOf"]
                == .array([.string("staff"), .string("library")]))
    }

    @Test func `an unknown format is INVALID_REQUEST in XML, and nothing is consumed`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        #expect(code(validate(browser, ticket, app, extra: "&format=YAML")) == "INVALID_REQUEST")
        #expect(validate(browser, ticket, app).text.contains("authenticationSuccess"))
    }

    @Test(arguments: [
        "", "?ticket=ST-1", "?service=https%3A%2F%2Fa", "?ticket=&service=https%3A%2F%2Fa",
        "?ticket=ST-1&service=https%3A%2F%2Fa&service=https%3A%2F%2Fb",
        "?ticket=ST-1&ticket=ST-2&service=https%3A%2F%2Fa", "?ticket=%ff&service=https%3A%2F%2Fa",
        "?ticket=ST-1%00&service=https%3A%2F%2Fa",
    ])
    func `a missing, doubled or unreadable parameter is INVALID_REQUEST`(query: String) throws {
        let response = Browser(try TestServer()).get("/cas/serviceValidate" + query)
        #expect(response.status == .ok)
        #expect(code(response) == "INVALID_REQUEST")
    }

    @Test(arguments: [
        "ST-unknown", "nonsense", "ST-", "ST-a_b", "TGT-abc", "PGT-abc", "PT-abc",
        "ST-x</cas:authenticationFailure><cas:authenticationSuccess>",
    ])
    func `an unknown or malformed ticket is INVALID_TICKET, and not repeated`(ticket: String) throws
    {
        let response = validate(Browser(try TestServer()), ticket, app)
        #expect(code(response) == "INVALID_TICKET")
        #expect(!response.text.contains("authenticationSuccess"))
        #expect(!response.text.contains(ticket) || ticket == "ST-")
    }

    @Test func `a ticket for another service is INVALID_SERVICE, and gone all the same`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: app)
        let response = validate(browser, ticket, "https://plain.example.org/")
        #expect(code(response) == "INVALID_SERVICE")
        #expect(!response.text.contains("app.example.org"))
        #expect(code(validate(browser, ticket, app)) == "INVALID_TICKET")
        #expect(try server.log.contains("first_difference"))
    }

    @Test(arguments: [
        "https://app.example.org/home;jsessionid=1A2B", "HTTPS://APP.example.org/home",
        "https://app.example.org:443/home", "https://app.example.org/home#top",
    ])
    func `a service may differ in what does not matter`(service: String) throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        #expect(validate(browser, ticket, service).text.contains("authenticationSuccess"))
    }

    @Test(arguments: [
        "https://app.example.org/home/", "https://app.example.org/HOME",
        "https://app.example.org/home?x", "https://app.example.org/home%23x",
    ])
    func `a service may not differ in path and query`(service: String) throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        #expect(code(validate(browser, ticket, service)) == "INVALID_SERVICE")
    }

    @Test func `a ticket is good for less than ten seconds`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let first = try browser.ticket(for: app)
        server.advance(by: .milliseconds(9999))
        #expect(validate(browser, first, app).text.contains("authenticationSuccess"))
        let second = try browser.ticket(for: app)
        server.advance(by: .seconds(10))
        #expect(code(validate(browser, second, app)) == "INVALID_TICKET")
        #expect(try server.log.contains("\"reason\":\"expired\""))
    }

    @Test func `renew at validation wants a ticket from a new login`() throws {
        let browser = Browser(try TestServer())
        let fresh = try browser.ticket(for: app)
        #expect(validate(browser, fresh, app, extra: "&renew=true").text.contains("Success"))
        let reused = try #require(
            browser.get("/cas/login?service=" + percentEncoded(app)).ticket)
        #expect(code(validate(browser, reused, app, extra: "&renew=true")) == "INVALID_TICKET")
        #expect(code(validate(browser, reused, app)) == "INVALID_TICKET")
    }

    @Test func `a ticket dies with its session`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        _ = browser.get("/cas/logout")
        #expect(code(validate(browser, ticket, app)) == "INVALID_TICKET")
    }

    @Test func `a service that may not proxy is told so, and its ticket is gone`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let response = validate(browser, ticket, app, extra: "&pgtUrl=https%3A%2F%2Fapp%2Fcb")
        #expect(code(response) == "UNAUTHORIZED_SERVICE_PROXY")
        #expect(code(validate(browser, ticket, app)) == "INVALID_TICKET")
    }

    @Test func `a service sees the name and the attributes that its definition says`() throws {
        let browser = Browser(try TestServer())
        let staff = "https://staff.example.org/"
        let response = validate(browser, try browser.ticket(for: staff), staff)
        #expect(response.text.contains("<cas:user>casuser@example.org</cas:user>"))
        #expect(!response.text.contains("<cas:mail>"))
    }

    @Test func `of threads that race for one ticket exactly one wins`() throws {
        let server = try TestServer()
        let ticket = try Browser(server).ticket(for: app)
        let wins = Lock(0)
        let service = app
        onThreads(8) { _ in
            let response = Browser(server).get(
                "/cas/serviceValidate?service=\(percentEncoded(service))&ticket=\(ticket)")
            if response.text.contains("authenticationSuccess") { wins.withLock { $0 += 1 } }
        }
        #expect(wins.withLock { $0 } == 1)
    }

    @Test func `every refusal leaves one log line with its reason`() throws {
        let server = try TestServer()
        _ = validate(Browser(server), "ST-unknown", app)
        let lines = try server.log.split(separator: "\n").filter {
            $0.contains("validation refused")
        }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("\"reason\":\"unknown\"") == true)
        #expect(lines.first?.contains("192.0.2.7") == true)
    }
}
