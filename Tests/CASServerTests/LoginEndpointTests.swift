import HTTP
import Platform
import Testing
import Tickets

@Suite("CAS 3.0 §2.1 /login as credential requestor") struct LoginRequestorTests {
    private let app = "https://app.example.org/home"

    private func query(_ service: String) -> String { "?service=" + percentEncoded(service) }

    @Test func `somebody without a session sees the form, which keeps the service`() throws {
        let response = Browser(try TestServer()).get("/cas/login" + query(app + "?a=b&c=d"))
        #expect(response.status == .ok)
        #expect(response.formAction == "/cas/login" + query(app + "?a=b&c=d"))
        #expect(response.text.contains("app.example.org"))
        for field in ["username", "password", "execution", "lt", "_eventId"] {
            #expect(response.text.contains("name=\"\(field)\""))
        }
    }

    @Test func `a session gives a ticket without a form`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let response = browser.get("/cas/login" + query(app))
        #expect(response.status == .found)
        #expect(response["Location"]?.hasPrefix(app + "?ticket=ST-") == true)
    }

    @Test(arguments: [
        ("https://app.example.org/a?b=c", "https://app.example.org/a?b=c&ticket=ST-", ""),
        ("https://app.example.org/cb?url", "https://app.example.org/cb?url&ticket=ST-", ""),
        ("https://app.example.org/a#frag", "https://app.example.org/a?ticket=ST-", "#frag"),
        ("https://app.example.org/a?b#f?x", "https://app.example.org/a?b&ticket=ST-", "#f?x"),
        ("https://app.example.org/%7Ea", "https://app.example.org/%7Ea?ticket=ST-", ""),
    ])
    func `the ticket is appended to the text of the service`(
        service: String, start: String, end: String
    ) throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let location = try #require(browser.get("/cas/login" + query(service))["Location"])
        #expect(location.hasPrefix(start))
        #expect(location.hasSuffix(end))
    }

    @Test func `renew shows the form in spite of the session`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        #expect(browser.get("/cas/login" + query(app) + "&renew=true").status == .ok)
        #expect(browser.get("/cas/login" + query(app) + "&renew=false").status == .found)
    }

    @Test func `gateway without a session leads back without a ticket`() throws {
        let response = Browser(try TestServer()).get("/cas/login" + query(app) + "&gateway=true")
        #expect(response.status == .found)
        #expect(response["Location"] == app)
    }

    @Test func `gateway with a session gives a ticket`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        #expect(browser.get("/cas/login" + query(app) + "&gateway=true").ticket != nil)
    }

    @Test func `renew wins over gateway`() throws {
        let response = Browser(try TestServer()).get(
            "/cas/login" + query(app) + "&gateway=true&renew=true")
        #expect(response.status == .ok)
    }

    @Test func `gateway without a service is left aside`() throws {
        #expect(Browser(try TestServer()).get("/cas/login?gateway=true").status == .ok)
    }

    @Test(arguments: [
        "https://evil.example/", "https://app.example.org.evil.example/",
        "https://off.example.org/",
        "http://app.example.org/",
    ])
    func `an unregistered or disabled service gets a page and no redirect`(service: String) throws {
        let browser = Browser(try TestServer())
        for extra in ["", "&gateway=true"] {
            let response = browser.get("/cas/login" + query(service) + extra)
            #expect(response.status == .forbidden)
            #expect(response["Location"] == nil)
        }
        _ = browser.logIn()
        #expect(browser.get("/cas/login" + query(service)).status == .forbidden)
    }

    @Test(arguments: [
        "https://user@app.example.org/", "https:\\\\app.example.org/", "javascript:alert(1)",
        "//app.example.org/", "https://app.example.org/\u{1}", "https://app.example.org/%0d%0ax",
        "https://app.example.org/ x", "ftp://app.example.org/", "nonsense",
        "https://app.example.org/" + String(repeating: "a", count: 4096),
    ])
    func `an address that is no plain service is refused`(service: String) throws {
        let server = try TestServer()
        let response = Browser(server).get("/cas/login" + query(service))
        #expect(response.status == .badRequest)
        #expect(try server.log.contains("service "))
    }

    @Test func `an empty service counts as none`() throws {
        #expect(Browser(try TestServer()).get("/cas/login?service=").status == .ok)
    }

    @Test func `a parameter that comes twice is refused`() throws {
        let response = Browser(try TestServer()).get(
            "/cas/login" + query(app) + "&service=https%3A%2F%2Fevil")
        #expect(response.status == .badRequest)
    }

    @Test func `a service without single sign-on wants the password again`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let service = "https://sensitive.example.org/"
        #expect(browser.get("/cas/login" + query(service)).status == .ok)
        #expect(browser.logIn(query: query(service)).ticket != nil)
    }

    @Test func `a HEAD has no side effects`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        let before = try server.registry.counts()
        let response = browser.get("/cas/login" + query(app), method: .head)
        #expect(response.status == .ok)
        #expect(try server.registry.counts() == before)
    }

    @Test func `without a service a session sees who is logged in`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let response = browser.get("/cas/login")
        #expect(response.status == .ok)
        #expect(response.text.contains("casuser"))
        #expect(response.text.contains("/cas/logout"))
    }

    @Test func `without a service the default service is where a session goes`() throws {
        let server = try TestServer("sso: { default_service: 'https://app.example.org/start' }")
        let browser = Browser(server)
        #expect(browser.logIn()["Location"] == "https://app.example.org/start")
    }

    @Test func `a planted or expired cookie leads to the form`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        browser.plant("TGC", "AAAA")
        #expect(browser.get("/cas/login" + query(app)).status == .ok)
        _ = browser.logIn()
        server.advance(by: .seconds(7199))
        #expect(browser.get("/cas/login" + query(app)).ticket != nil)
        server.advance(by: .seconds(7200))
        #expect(browser.get("/cas/login" + query(app)).status == .ok)
    }
}

@Suite("CAS 3.0 §2.2 /login as credential acceptor") struct LoginAcceptorTests {
    private let service = "?service=https%3A%2F%2Fapp.example.org%2Fhome"

    @Test func `the right password leads to the service with a ticket, by GET`() throws {
        let response = Browser(try TestServer()).logIn(query: service)
        #expect(response.status == .seeOther)
        #expect(response["Location"]?.hasPrefix("https://app.example.org/home?ticket=ST-") == true)
    }

    @Test func `the right password without a service shows who is logged in`() throws {
        let response = Browser(try TestServer()).logIn()
        #expect(response.status == .ok)
        #expect(response.text.contains("casuser"))
    }

    @Test func `the cookie is secure, hidden, lax, and holds no ticket`() throws {
        let response = Browser(try TestServer()).logIn()
        let cookie = response.fields.first { $0.value.hasPrefix("TGC=") }?.value ?? ""
        for part in ["; Path=/cas", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            #expect(cookie.contains(part))
        }
        #expect(!cookie.contains("TGT-"))
        #expect(!cookie.contains("Max-Age"))
    }

    @Test func `an unknown user and a wrong password get the same answer`() throws {
        let server = try TestServer()
        let wrong = Browser(server).logIn("casuser", "wrong", query: service)
        let unknown = Browser(server).logIn("casuses", "wrong", query: service)
        #expect(wrong.status == .unauthorized)
        #expect(unknown.status == .unauthorized)
        let bare = { (response: Response, name: String) in
            response.text.split(separator: "\n")
                .filter { !$0.contains("execution") && !$0.contains("\"lt\"") }
                .joined().replacing(name, with: "")
        }
        #expect(bare(wrong, "casuser") == bare(unknown, "casuses"))
        #expect(wrong["Location"] == nil)
    }

    @Test(arguments: ["locked", "disabled", "expired", "mustchange"])
    func `an account that is not in order says so, and does not log in`(user: String) throws {
        let browser = Browser(try TestServer())
        let response = browser.logIn(user, "Mellon")
        #expect(response.status == .unauthorized)
        #expect(browser.cookies["TGC"] == nil)
        #expect(browser.logIn(user, "wrong").text != response.text)
    }

    @Test(arguments: [("", "Mellon"), ("casuser", ""), ("", "")])
    func `an incomplete form is shown again`(user: String, password: String) throws {
        #expect(Browser(try TestServer()).logIn(user, password).status == .badRequest)
    }

    @Test func `a form without the browser's cookie is not taken`() throws {
        let browser = Browser(try TestServer())
        let page = browser.get("/cas/login")
        browser.forget("__Host-casd-login")
        let response = browser.post(
            "/cas/login",
            [
                "username": "casuser", "password": "Mellon",
                "execution": page.hiddenField("execution") ?? "",
            ])
        #expect(response.status == .forbidden)
        #expect(browser.cookies["TGC"] == nil)
    }

    @Test func `another browser's form is not taken`() throws {
        let server = try TestServer()
        let foreign = Browser(server).get("/cas/login").hiddenField("execution") ?? ""
        let browser = Browser(server)
        _ = browser.get("/cas/login")
        let response = browser.post(
            "/cas/login",
            ["username": "casuser", "password": "Mellon", "execution": foreign])
        #expect(response.status == .forbidden)
        #expect(try server.log.contains("form foreign"))
    }

    @Test func `a form without a token is not taken`() throws {
        let browser = Browser(try TestServer())
        _ = browser.get("/cas/login")
        let response = browser.post("/cas/login", ["username": "casuser", "password": "Mellon"])
        #expect(response.status == .forbidden)
    }

    @Test func `a form is taken for an hour and not a second longer`() throws {
        for (age, status) in [(3600, Status.ok), (3601, .forbidden)] {
            let server = try TestServer()
            let browser = Browser(server)
            let page = browser.get("/cas/login")
            server.advance(by: .seconds(age))
            let response = browser.post(
                "/cas/login",
                [
                    "username": "casuser", "password": "Mellon",
                    "lt": page.hiddenField("lt") ?? "",
                ])
            #expect(response.status == status)
        }
    }

    @Test func `credentials in the address are refused`() throws {
        let response = Browser(try TestServer()).get("/cas/login?username=casuser&password=Mellon")
        #expect(response.status == .badRequest)
    }

    @Test func `a body that is no form is refused`() throws {
        let response = Browser(try TestServer()).send(
            .post, "/cas/login", body: Array("{}".utf8), type: "application/json")
        #expect(response.status == .unsupportedMediaType)
    }

    @Test func `a new login replaces the browser's session`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let form = browser.get("/cas/login")
        _ = browser.logIn()
        _ = browser.post(
            "/cas/login",
            [
                "username": "other", "password": "Mellon",
                "execution": form.hiddenField("execution") ?? "",
            ])
        #expect(try server.registry.counts().sessions == 1)
        #expect(browser.get("/cas/login").text.contains("other"))
    }

    @Test func `a renewed login leaves cookie and session as they were if it shall`() throws {
        let browser = Browser(try TestServer("sso: { cookie_on_renew: false }"))
        #expect(browser.logIn(query: service + "&renew=true").ticket != nil)
        #expect(browser.cookies["TGC"] == nil)
        _ = browser.logIn("other")
        let before = browser.cookies["TGC"]
        #expect(browser.logIn("other", query: service + "&renew=true").ticket != nil)
        #expect(browser.cookies["TGC"] == before)
        #expect(browser.get("/cas/login").text.contains("other"))
    }

    @Test func `somebody without the required attributes may not enter`() throws {
        let staff = "?service=https%3A%2F%2Fstaff.example.org%2F"
        let server = try TestServer()
        #expect(Browser(server).logIn("casuser", query: staff).ticket != nil)
        let refused = Browser(server).logIn("other", query: staff)
        #expect(refused.status == .forbidden)
        #expect(refused["Location"] == nil)
        #expect(try server.log.contains("memberOf"))
    }

    @Test func `neither passwords nor tickets reach the log`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: "https://app.example.org/home")
        _ = browser.logIn("casuser", "planted-password")
        _ = browser.get("/cas/serviceValidate?ticket=\(ticket)&service=x")
        let log = try server.log
        #expect(!log.contains("Mellon") && !log.contains("planted-password"))
        #expect(!log.contains(ticket) && !log.contains("TGT-"))
        #expect(!log.contains(browser.cookies["TGC"] ?? "none"))
    }

    @Test func `hostile text is shown as text`() throws {
        let response = Browser(try TestServer()).logIn("\"><script>alert(1)</script>", "x")
        #expect(!response.text.contains("<script"))
    }
}
