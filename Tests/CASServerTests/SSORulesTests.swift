import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("CAS 3.0 §2.1.1 renew and gateway") struct RenewGatewayTests {
    /// What a GET of `/login` leads to.
    enum Outcome { case form, ticket, back, loggedIn, other }

    private static let app = "https://app.example.org/home"

    private func outcome(_ response: Response) -> Outcome {
        if response.isLoginForm { return .form }
        if response.ticket?.hasPrefix("ST-") == true { return .ticket }
        if response["Location"] == Self.app { return .back }
        return response.status == .ok && response.names("casuser") ? .loggedIn : .other
    }

    @Test(
        arguments: [
            // session, renew, gateway, service
            (false, false, false, false, .form), (false, false, true, false, .form),
            (false, true, false, false, .form), (false, true, true, false, .form),
            (true, false, false, false, .loggedIn), (true, false, true, false, .loggedIn),
            (true, true, false, false, .form), (true, true, true, false, .form),
            (false, false, false, true, .form), (false, false, true, true, .back),
            (false, true, false, true, .form), (false, true, true, true, .form),
            (true, false, false, true, .ticket), (true, false, true, true, .ticket),
            (true, true, false, true, .form), (true, true, true, true, .form),
        ] as [(Bool, Bool, Bool, Bool, Outcome)])
    func `renew wins over gateway, and both over single sign-on`(
        hasSession: Bool, renew: Bool, gateway: Bool, service: Bool, expected: Outcome
    ) throws {
        // An empty value and `false` are the same as nothing.
        for (on, off) in [("true", nil), ("1", ""), ("TRUE", "false")] as [(String, String?)] {
            let browser = Browser(try TestServer())
            if hasSession { _ = browser.logIn() }
            var query: [String] = []
            if service { query.append("service=" + percentEncoded(Self.app)) }
            if let value = renew ? on : off { query.append("renew=" + value) }
            if let value = gateway ? on : off { query.append("gateway=" + value) }
            let address = "/cas/login?" + query.joined(separator: "&")
            #expect(outcome(browser.get(address)) == expected, "\(address)")
        }
    }

    @Test func `gateway never sends a browser to an unregistered service, session or not`() throws {
        let browser = Browser(try TestServer())
        for _ in 1...2 {
            let response = browser.enter("https://evil.example/", "&gateway=true")
            #expect(response.status == .forbidden && response["Location"] == nil)
            _ = browser.logIn()
        }
    }

    @Test func `gateway with a session that has ended leads back without a ticket`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        server.advance(by: .seconds(3 * 3600))
        #expect(outcome(browser.enter(Self.app, "&gateway=true")) == .back)
    }

    @Test func `gateway never shows a form for a service without single sign-on`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let service = "https://sensitive.example.org/"
        #expect(browser.enter(service, "&gateway=true")["Location"] == service)
        #expect(browser.enter(service, "&gateway=true&renew=true").isLoginForm)
    }

    @Test func `a ticket of a renewed login satisfies renew at validation, one of a session not`()
        throws
    {
        let browser = Browser(try TestServer())
        let first = try browser.ticket(for: Self.app)
        #expect(browser.validate(first, for: Self.app, "&renew=true").isSuccess)
        let second = try #require(browser.enter(Self.app).ticket)
        #expect(
            browser.validate(second, for: Self.app, "&renew=true").failureCode == "INVALID_TICKET")
        // The attempt has used it up (§3.1.1).
        #expect(browser.validate(second, for: Self.app).failureCode == "INVALID_TICKET")
        let third = try browser.ticket(for: Self.app)
        #expect(browser.validate(third, for: Self.app, "&renew=true").isSuccess)
        let fourth = try #require(browser.enter(Self.app).ticket)
        #expect(browser.validate(fourth, for: Self.app, "&renew=false").isSuccess)
    }
}

@Suite("Logins on top of a session") struct SessionReplacementTests {
    private let app = "https://app.example.org/home"

    @Test func `a renewal by the same person keeps the session and its applications`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        _ = try browser.use(app)
        let cookie = browser.cookies["TGC"]
        let renewed = try browser.ticket(for: "https://plain.example.org/")
        #expect(browser.cookies["TGC"] == cookie)
        #expect(try server.registry.counts().sessions == 1)
        #expect(
            browser.validate(renewed, for: "https://plain.example.org/", "&renew=true").isSuccess)
        server.deliverLogouts()
        #expect(server.network.calls.isEmpty)
        _ = browser.get("/cas/logout")
        server.deliverLogouts()
        #expect(server.network.calls.count == 2)
    }

    @Test func `a renewal brings a new date of authentication`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        server.advance(by: .seconds(600))
        let ticket = try browser.ticket(for: app)
        let answer = browser.validate(ticket, for: app).text
        #expect(
            answer.between("<cas:authenticationDate>", "<") == "2024-05-01T08:05:39.123Z")
    }

    @Test func `a login without renewal replaces the session and tells its applications`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let otherTab = browser.get("/cas/login")
        _ = browser.logIn()
        let ticket = try browser.use(app)
        let cookie = browser.cookies["TGC"]
        _ = browser.submit(otherTab, "other")
        #expect(browser.cookies["TGC"] != cookie)
        #expect(try server.registry.counts().sessions == 1)
        #expect(browser.get("/cas/login").names("other"))
        #expect(server.network.calls.isEmpty)
        server.deliverLogouts()
        #expect(server.network.calls.map(\.url) == [app])
        #expect(server.network.calls.first?.bodyText.contains(ticket) == true)
    }

    @Test(arguments: ["https://app.example.org/home", "https://sensitive.example.org/", ""])
    func `mixed principals are refused, and the session stays as it was`(service: String) throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        let cookie = browser.cookies["TGC"]
        let before = try server.registry.counts()
        let query =
            service.isEmpty ? "?renew=true" : "?renew=true&service=" + percentEncoded(service)
        let refusals = try server.reasons.count
        let response = browser.logIn("other", query: query)
        #expect(response.status == .forbidden)
        #expect(response["Location"] == nil && response.ticket == nil)
        #expect(response.names("casuser") && response.names("other"))
        #expect(response.cookie("TGC") == nil && browser.cookies["TGC"] == cookie)
        #expect(try server.registry.counts() == before)
        #expect(try server.registry.sessions(of: "other", at: server.time).isEmpty)
        #expect(browser.get("/cas/login").names("casuser"))
        let lines = try server.reasons.dropFirst(refusals)
        #expect(lines.count == 1 && lines.first?.contains("mixed principals") == true)
    }

    @Test func `a renewal on a shared computer ends the session and leaves no cookie`() throws {
        let server = try TestServer("sso: { offer_public_workstation: true }")
        let browser = Browser(server)
        _ = browser.logIn()
        let cookie = browser.cookies["TGC"] ?? ""
        let query = "?renew=true&service=" + percentEncoded(app)
        let response = browser.logIn(query: query, ticking: ["publicWorkstation"])
        #expect(response.ticket != nil)
        #expect(browser.cookies["TGC"] == nil)
        browser.plant("TGC", cookie)
        #expect(browser.enter(app).isLoginForm)
    }

    @Test func `who wants to be remembered at a renewal is, and the service is told so`() throws {
        let server = try TestServer("tickets: { remember_me: { enabled: true } }")
        let browser = Browser(server)
        _ = browser.logIn()
        let query = "?renew=true&service=" + percentEncoded(app)
        let response = browser.logIn(query: query, ticking: ["rememberMe"])
        let isRemembered = response.cookie("TGC")?.contains("Max-Age=1209600") == true
        let ticket = try #require(response.ticket)
        let flag = browser.validate(ticket, for: app).text.between(
            "<cas:longTermAuthenticationRequestTokenUsed>", "<")
        #expect(isRemembered && flag == "true")
        server.advance(by: .seconds(86_400))
        #expect(browser.enter(app).ticket != nil)
    }

    @Test func `whose session has ended may be followed by anybody`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        server.advance(by: .seconds(3 * 3600))
        let query = "?renew=true&service=" + percentEncoded(app)
        #expect(browser.logIn("other", query: query).ticket != nil)
    }

    @Test func `a wrong password at a renewal leaves the session alone`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let query = "?renew=true&service=" + percentEncoded(app)
        #expect(browser.logIn("casuser", "wrong", query: query).status == .unauthorized)
        #expect(browser.enter(app).ticket != nil)
    }

    @Test(
        arguments: [
            (global: true, own: nil, sets: true), (false, nil, false), (true, "FALSE", false),
            (false, "TRUE", true), (false, "UNDEFINED", false), (true, "UNDEFINED", true),
        ] as [(global: Bool, own: String?, sets: Bool)])
    func `a renewed login sets the cookie if the service or the configuration says so`(
        global: Bool, own: String?, sets: Bool
    ) throws {
        let policy = own.map {
            Definition.object(
                "singleSignOnParticipationPolicy",
                "DefaultRegisteredServiceSingleSignOnParticipationPolicy",
                #""createCookieOnRenewedAuthentication": "\#($0)""#)
        }
        let definition = Definition.json("renewing", policy ?? #""description": "plain""#)
        let browser = Browser(
            try TestServer("sso: { cookie_on_renew: \(global) }", definitions: [definition]))
        let query = "?renew=true&service=" + percentEncoded("https://renewing.example.org/")
        #expect(browser.logIn(query: query).ticket != nil)
        #expect((browser.cookies["TGC"] != nil) == sets)
    }

    @Test func `a renewed login without a cookie leaves another session alone`() throws {
        let server = try TestServer("sso: { cookie_on_renew: false }")
        let browser = Browser(server)
        _ = browser.logIn()
        _ = try browser.use(app)
        let cookie = browser.cookies["TGC"]
        #expect(try browser.ticket(for: app).hasPrefix("ST-"))
        #expect(browser.cookies["TGC"] == cookie)
        #expect(browser.enter(app).ticket != nil)
        server.deliverLogouts()
        #expect(server.network.calls.isEmpty)
    }
}

@Suite("CAS 3.0 §4.1 long-term authentication") struct RememberMeTests {
    private let app = "https://app.example.org/home"
    private let enabled = "tickets: { remember_me: { enabled: true } }"

    private func flag(_ browser: Browser) throws -> String? {
        let ticket = try #require(browser.enter(app).ticket)
        return browser.validate(ticket, for: app).text.between(
            "<cas:longTermAuthenticationRequestTokenUsed>", "<")
    }

    @Test func `it is off by default, whatever a form says`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        #expect(!browser.get("/cas/login").text.contains("rememberMe"))
        let response = browser.logIn(ticking: ["rememberMe"])
        #expect(response.cookie("TGC")?.contains("Max-Age") == false)
        #expect(try flag(browser) == "false")
        server.advance(by: .seconds(7201))
        #expect(browser.enter(app).isLoginForm)
    }

    @Test func `the box is not ticked on a first page`() throws {
        let page = Browser(try TestServer(enabled)).get("/cas/login").text
        let box = try #require(page.between("name=\"rememberMe\"", ">"))
        #expect(!box.contains("checked"))
    }

    @Test func `who does not tick it has an ordinary session`() throws {
        let server = try TestServer(enabled)
        let browser = Browser(server)
        #expect(browser.logIn().cookie("TGC")?.contains("Max-Age") == false)
        #expect(try flag(browser) == "false")
        server.advance(by: .seconds(7201))
        #expect(browser.enter(app).isLoginForm)
    }

    @Test(arguments: [("", 1_209_600), (", lifetime: 2d", 172_800)])
    func `who ticks it is remembered for as long as configured, and services are told`(
        setting: String, seconds: Int
    ) throws {
        let server = try TestServer("tickets: { remember_me: { enabled: true\(setting) } }")
        let browser = Browser(server)
        let cookie = browser.logIn(ticking: ["rememberMe"]).cookie("TGC")
        #expect(cookie?.contains("; Max-Age=\(seconds);") == true)
        #expect(try flag(browser) == "true")
        server.advance(by: .seconds(seconds - 1))
        #expect(try flag(browser) == "true")
        server.advance(by: .seconds(1))
        #expect(browser.enter(app).isLoginForm)
    }

    @Test func `an address cannot tick the box`() throws {
        let browser = Browser(try TestServer(enabled))
        #expect(
            browser.logIn(query: "?rememberMe=true").cookie("TGC")?.contains("Max-Age") == false)
    }

    @Test func `a shared computer is not remembered`() throws {
        let browser = Browser(
            try TestServer(enabled + "\nsso: { offer_public_workstation: true }"))
        let response = browser.logIn(ticking: ["rememberMe", "publicWorkstation"])
        #expect(response.cookie("TGC") == nil)
    }
}

@Suite("Public workstations") struct PublicWorkstationTests {
    private let app = "https://app.example.org/home"
    private let offered = "sso: { offer_public_workstation: true }"

    @Test func `the box is there only if configured, and not ticked`() throws {
        #expect(!Browser(try TestServer()).get("/cas/login").text.contains("publicWorkstation"))
        let page = Browser(try TestServer(offered)).get("/cas/login").text
        #expect(page.between("name=\"publicWorkstation\"", ">")?.contains("checked") == false)
    }

    @Test func `the login leaves no cookie behind, and its ticket is good`() throws {
        let browser = Browser(try TestServer(offered))
        let query = "?service=" + percentEncoded(app)
        let response = browser.logIn(query: query, ticking: ["publicWorkstation"])
        let ticket = try #require(response.ticket)
        #expect(response.cookie("TGC") == nil && browser.cookies["TGC"] == nil)
        #expect(browser.validate(ticket, for: app).isSuccess)
        #expect(browser.enter(app).isLoginForm)
    }

    @Test func `a session that the browser had has ended, and its applications are told`() throws {
        let server = try TestServer(offered)
        let browser = Browser(server)
        let otherTab = browser.get("/cas/login?service=" + percentEncoded(app))
        _ = browser.logIn()
        _ = try browser.use("https://plain.example.org/")
        let cookie = browser.cookies["TGC"] ?? ""
        #expect(browser.submit(otherTab, ticking: ["publicWorkstation"]).ticket != nil)
        #expect(browser.cookies["TGC"] == nil)
        browser.plant("TGC", cookie)
        #expect(browser.enter(app).isLoginForm)
        server.deliverLogouts()
        #expect(server.network.calls.map(\.url) == ["https://plain.example.org/"])
    }
}
