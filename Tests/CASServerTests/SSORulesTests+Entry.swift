import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("CAS 3.0 §2.2.1 warn") struct WarningTests {
    private let app = "https://app.example.org/home"

    private func warned() throws -> Browser {
        let browser = Browser(try TestServer())
        _ = browser.logIn(ticking: ["warn"])
        return browser
    }

    private func proceed(
        _ browser: Browser, _ page: Response, execution: String? = nil, ignoring: Bool = false
    ) -> Response {
        let token = execution ?? page.hiddenField("execution") ?? ""
        let body =
            "execution=\(percentEncoded(token))&_eventId=proceed"
            + (ignoring ? "&ignorewarn=true" : "")
        return browser.send(.post, page.formAction ?? "", body: Array(body.utf8))
    }

    @Test func `the wish is kept in a session cookie of the browser`() throws {
        let browser = Browser(try TestServer())
        let cookie = browser.logIn(ticking: ["warn"]).cookie("CASPRIVACY") ?? ""
        #expect(cookie.contains("; Secure") && cookie.contains("; HttpOnly"))
        #expect(!cookie.contains("Max-Age"))
        #expect(Browser(try TestServer()).logIn().cookie("CASPRIVACY") == nil)
    }

    @Test(arguments: ["", "&gateway=true"])
    func `no ticket is granted before the person has agreed`(extra: String) throws {
        let browser = try warned()
        let before = try browser.server.registry.counts()
        let page = browser.enter(app, extra)
        #expect(page.status == .ok && page["Location"] == nil && !page.isLoginForm)
        #expect(page.text.contains("app.example.org") && page.names("casuser"))
        #expect(page.hiddenField("_eventId") == "proceed")
        #expect(!page.text.contains("ST-"))
        #expect(try browser.server.registry.counts() == before)
    }

    @Test func `who agrees enters, and is asked again the next time`() throws {
        let browser = try warned()
        let entered = proceed(browser, browser.enter(app))
        #expect(entered.status == .seeOther)
        #expect(browser.validate(try #require(entered.ticket), for: app).isSuccess)
        #expect(browser.enter(app).ticket == nil)
    }

    @Test func `the question keeps what was asked for`() throws {
        let browser = try warned()
        let page = browser.enter(app, "&method=POST")
        let answer = proceed(browser, page)
        #expect(answer.status == .ok && answer.hiddenField("ticket")?.hasPrefix("ST-") == true)
    }

    @Test func `agreeing needs the token of that form in that browser`() throws {
        let browser = try warned()
        let foreign = Browser(browser.server).get("/cas/login").hiddenField("execution") ?? ""
        let page = browser.enter(app)
        let before = try browser.server.registry.counts()
        for token in ["", "nonsense", foreign] {
            let response = proceed(browser, page, execution: token)
            #expect(response.status == .forbidden && response.ticket == nil)
        }
        browser.server.advance(by: .seconds(3601))
        #expect(proceed(browser, page).status == .forbidden)
        #expect(try browser.server.registry.counts() == before)
    }

    @Test func `ignorewarn takes the wish back`() throws {
        let browser = try warned()
        let response = proceed(browser, browser.enter(app), ignoring: true)
        #expect(response.ticket != nil)
        #expect(response.cookie("CASPRIVACY")?.contains("Max-Age=0") == true)
        #expect(browser.enter(app).ticket != nil)
    }

    @Test func `a later login without the tick takes the wish back`() throws {
        let browser = try warned()
        _ = browser.get("/cas/logout")
        #expect(browser.cookies["CASPRIVACY"] == "true")
        _ = browser.logIn()
        #expect(browser.cookies["CASPRIVACY"] == nil)
        #expect(browser.enter(app).ticket != nil)
    }

    @Test func `who has just given a password is not asked as well`() throws {
        let browser = try warned()
        let page = browser.get("/cas/login?renew=true&service=" + percentEncoded(app))
        #expect(page.isLoginForm)
        #expect(browser.submit(page, ticking: ["warn"]).ticket != nil)
    }

    @Test func `agreeing without a session leads to the login form`() throws {
        let browser = try warned()
        let page = browser.enter(app)
        browser.forget("TGC")
        let response = proceed(browser, page)
        #expect(response.ticket == nil && response.text.contains("name=\"password\""))
    }

    @Test func `agreeing is no way around renew`() throws {
        let browser = try warned()
        let page = browser.enter(app)
        let body = "execution=\(percentEncoded(page.hiddenField("execution") ?? ""))"
        for service in [
            "https://app.example.org/home&renew=true", "https://sensitive.example.org/",
        ] {
            let target = service.split(separator: "&", maxSplits: 1)
            let address = "/cas/login?service=" + percentEncoded(String(target[0]))
            let response = browser.send(
                .post, address + (target.count > 1 ? "&" + target[1] : ""),
                body: Array((body + "&_eventId=proceed").utf8))
            #expect(response.ticket == nil)
        }
    }

    @Test func `the box can be left out of the page`() throws {
        let page = Browser(try TestServer("sso: { offer_warning: false }")).get("/cas/login")
        #expect(!page.text.contains("name=\"warn\""))
    }
}

@Suite("CAS 3.0 §2.1.1 method and the ways to a service") struct ServiceAnswerTests {
    private let app = "https://app.example.org/home?a=b#part"

    private func browser(_ definitions: String...) throws -> Browser {
        let browser = Browser(try TestServer(definitions: definitions))
        _ = browser.logIn()
        return browser
    }

    @Test(arguments: ["GET", "get", "REDIRECT", "PUT", "nonsense", ""])
    func `GET, an unknown method and an empty one redirect`(method: String) throws {
        let response = try browser().enter(app, "&method=" + method)
        #expect(response.status == .found)
        #expect(
            response["Location"]?.hasPrefix("https://app.example.org/home?a=b&ticket=ST-") == true)
        #expect(response["Location"]?.hasSuffix("#part") == true)
    }

    @Test(arguments: ["POST", "post"])
    func `POST answers with a form for the service that sends itself`(method: String) throws {
        let browser = try browser()
        let response = browser.enter(app, "&method=" + method)
        #expect(response.status == .ok && response["Location"] == nil)
        #expect(response.formAction == app)
        let ticket = try #require(response.hiddenField("ticket"))
        #expect(response["Content-Security-Policy"]?.contains("script-src 'sha256-") == true)
        #expect(response.text.contains("type=\"submit\""))
        #expect(browser.validate(ticket, for: app).isSuccess)
    }

    @Test func `HEADER answers with fields`() throws {
        let browser = try browser()
        let response = browser.enter(app, "&method=HEADER")
        #expect(response.status == .ok && response["Location"] == nil)
        #expect(response["service"] == app)
        #expect(browser.validate(try #require(response["ticket"]), for: app).isSuccess)
    }

    @Test func `the method outlives the login form`() throws {
        let browser = Browser(try TestServer())
        let response = browser.logIn(query: "?method=POST&service=" + percentEncoded(app))
        #expect(response.status == .ok)
        #expect(response.hiddenField("ticket")?.hasPrefix("ST-") == true)
        let redirected = Browser(try TestServer()).logIn(
            query: "?method=GET&service=" + percentEncoded(app))
        #expect(redirected.status == .seeOther)
    }

    @Test func `the definition says how to answer if the request does not`() throws {
        for (type, own) in [("POST", "posting"), ("HEADER", "heading"), ("REDIRECT", "plainly")] {
            let browser = try browser(Definition.json(own, #""responseType": "\#(type)""#))
            let service = "https://\(own).example.org/"
            let response = browser.enter(service)
            let hasTicket =
                switch type {
                case "POST": response.hiddenField("ticket") != nil
                case "HEADER": response["ticket"] != nil
                default: response.ticket != nil
                }
            #expect(hasTicket, "\(type)")
            #expect(browser.enter(service, "&method=GET").ticket != nil)
        }
    }

    @Test func `a redirectUrl takes the ticket, which stays one for the service`() throws {
        let browser = try browser(
            Definition.json("moved", #""redirectUrl": "https://new.example.org/in?x=1""#))
        let service = "https://moved.example.org/old"
        let response = browser.enter(service)
        #expect(
            response["Location"]?.hasPrefix("https://new.example.org/in?x=1&ticket=ST-") == true)
        #expect(browser.validate(try #require(response.ticket), for: service).isSuccess)
        #expect(
            browser.enter(service, "&method=POST").formAction == "https://new.example.org/in?x=1")
    }

    @Test func `targetService wins over service, and gets a ticket of its own`() throws {
        let browser = try browser()
        let target = "https://plain.example.org/x"
        let response = browser.enter(app, "&targetService=" + percentEncoded(target))
        #expect(response["Location"]?.hasPrefix(target + "?ticket=ST-") == true)
        #expect(browser.validate(try #require(response.ticket), for: target).isSuccess)
    }

    @Test func `an unregistered targetService is refused even if the service is registered`() throws
    {
        let response = try browser().enter(app, "&targetService=https%3A%2F%2Fevil.example%2F")
        #expect(response.status == .forbidden && response["Location"] == nil)
    }

    @Test func `TARGET is answered with SAMLart, always by redirect, and wins over service`() throws
    {
        let browser = try browser()
        let target = "https://plain.example.org/x"
        for extra in ["", "&method=POST", "&method=HEADER"] {
            let response = browser.enter(app, extra + "&TARGET=" + percentEncoded(target))
            #expect(response.status == .found)
            #expect(response["Location"]?.hasPrefix(target + "?SAMLart=ST-") == true)
        }
        let login = Browser(try TestServer()).logIn(query: "?TARGET=" + percentEncoded(target))
        #expect(login["Location"]?.hasPrefix(target + "?SAMLart=ST-") == true)
    }

    @Test func `the service parameters count once each and are all checked`() throws {
        for name in ["service", "targetService", "TARGET", "method", "renew", "gateway"] {
            let twice = try browser().get("/cas/login?\(name)=a&\(name)=a")
            #expect(twice.status == .badRequest, "\(name)")
        }
        for name in ["service", "targetService", "TARGET"] {
            let refused = try browser().get("/cas/login?\(name)=https%3A%2F%2Fevil.example%2F")
            #expect(refused.status == .forbidden, "\(name)")
        }
    }
}

@Suite("CAS 3.0 §2.1 login without a service") struct DefaultServiceTests {
    private let start = "https://app.example.org/start"

    @Test func `a session is sent to the default service, without a ticket`() throws {
        let browser = Browser(try TestServer("sso: { default_service: '\(start)' }"))
        #expect(browser.get("/cas/login").isLoginForm)
        #expect(browser.get("/cas/login?gateway=true").isLoginForm)
        #expect(browser.logIn()["Location"] == start)
        #expect(browser.get("/cas/login")["Location"] == start)
        #expect(browser.get("/cas/login?service=")["Location"] == start)
    }

    @Test(arguments: ["https://evil.example/", "https://off.example.org/"])
    func `a default that is not registered is left aside`(service: String) throws {
        let browser = Browser(try TestServer("sso: { default_service: '\(service)' }"))
        let response = browser.logIn()
        #expect(response.status == .ok && response.names("casuser"))
    }
}

@Suite("Access to services at login") struct EntryPolicyTests {
    private func browser(_ definitions: String...) throws -> Browser {
        Browser(try TestServer(definitions: definitions))
    }

    private func time(_ seconds: Int64) -> String {
        Instant(milliseconds: 1_714_550_139_123 + seconds * 1000).rfc3339
    }

    @Test func `a service without single sign-on gets tickets for passwords only`() throws {
        let browser = try browser()
        let service = "https://sensitive.example.org/"
        _ = browser.logIn()
        let page = browser.enter(service)
        #expect(page.isLoginForm)
        let ticket = try #require(browser.submit(page).ticket)
        #expect(browser.validate(ticket, for: service, "&renew=true").isSuccess)
        #expect(browser.enter(service).isLoginForm)
        #expect(browser.enter("https://app.example.org/").ticket != nil)
    }

    @Test func `a disabled service leads where its definition says`() throws {
        let elsewhere = "https://help.example.org/why?a=b"
        let closed = #""enabled": false, "unauthorizedRedirectUrl": "\#(elsewhere)""#
        let browser = try browser(Definition.json("closed", Definition.access(closed)))
        for extra in ["", "&gateway=true", "&renew=true"] {
            let response = browser.enter("https://closed.example.org/", extra)
            #expect(response.status == .found && response["Location"] == elsewhere)
        }
        _ = browser.logIn()
        #expect(browser.enter("https://closed.example.org/")["Location"] == elsewhere)
    }

    @Test func `who may not enter is sent where the definition says, without a ticket`() throws {
        let elsewhere = "https://help.example.org/why"
        let rules =
            #""requiredAttributes": { "memberOf": ["^board$"] }, "unauthorizedRedirectUrl": "#
            + #""\#(elsewhere)""#
        let browser = try browser(Definition.json("board", Definition.access(rules)))
        let before = try browser.server.reasons.count
        let query = "?service=" + percentEncoded("https://board.example.org/")
        let response = browser.logIn(query: query)
        #expect(response["Location"] == elsewhere)
        #expect(try browser.server.registry.counts().serviceTickets == 0)
        #expect(try browser.server.reasons.count == before + 1)
        #expect(browser.enter("https://board.example.org/")["Location"] == elsewhere)
    }

    @Test func `a rejected attribute keeps people out`() throws {
        let rules = #""rejectedAttributes": { "memberOf": ["^staff$"] }"#
        let browser = try browser(Definition.json("guests", Definition.access(rules)))
        _ = browser.logIn()
        let response = browser.enter("https://guests.example.org/")
        #expect(response.status == .forbidden && response["Location"] == nil)
    }

    @Test func `a time window opens and closes on the second`() throws {
        let window = Definition.object(
            "accessStrategy", "TimeBasedRegisteredServiceAccessStrategy",
            #""startingDateTime": "\#(time(60))", "endingDateTime": "\#(time(120))""#)
        let browser = try browser(Definition.json("exam", window))
        _ = browser.logIn()
        let service = "https://exam.example.org/"
        browser.server.advance(by: .seconds(59))
        #expect(browser.enter(service).status == .forbidden)
        browser.server.advance(by: .seconds(1))
        let ticket = try #require(browser.enter(service).ticket)
        #expect(browser.validate(ticket, for: service).isSuccess)
        browser.server.advance(by: .seconds(59))
        let late = try #require(browser.enter(service).ticket)
        browser.server.advance(by: .seconds(2))
        #expect(browser.enter(service).status == .forbidden)
        #expect(browser.validate(late, for: service).failureCode == "UNAUTHORIZED_SERVICE")
    }

    @Test func `an expired definition admits nobody, and its tickets are worth nothing`() throws {
        let policy = Definition.object(
            "expirationPolicy", "DefaultRegisteredServiceExpirationPolicy",
            #""expirationDate": "\#(time(60))""#)
        let browser = try browser(Definition.json("trial", policy))
        _ = browser.logIn()
        let service = "https://trial.example.org/"
        browser.server.advance(by: .seconds(59))
        let ticket = try #require(browser.enter(service).ticket)
        browser.server.advance(by: .seconds(1))
        #expect(browser.enter(service).status == .forbidden)
        #expect(browser.enter(service, "&gateway=true").status == .forbidden)
        #expect(browser.validate(ticket, for: service).failureCode == "UNAUTHORIZED_SERVICE")
    }

    @Test func `tickets live for as long as the definition says`() throws {
        let policy = Definition.object(
            "serviceTicketExpirationPolicy",
            "DefaultRegisteredServiceServiceTicketExpirationPolicy",
            #""numberOfUses": 1, "timeToLive": "3""#)
        let browser = try browser(Definition.json("quick", policy))
        _ = browser.logIn()
        for (service, seconds) in [
            ("https://quick.example.org/", 3), ("https://app.example.org/", 10),
        ] as [(String, Int)] {
            let inTime = try #require(browser.enter(service).ticket)
            browser.server.advance(by: .milliseconds(seconds * 1000 - 1))
            #expect(browser.validate(inTime, for: service).isSuccess)
            let late = try #require(browser.enter(service).ticket)
            browser.server.advance(by: .seconds(seconds))
            #expect(browser.validate(late, for: service).failureCode == "INVALID_TICKET")
        }
    }

    @Test func `a session lives for as long as the service says on whose way it began`() throws {
        let policy = Definition.object(
            "ticketGrantingTicketExpirationPolicy",
            "DefaultRegisteredServiceTicketGrantingTicketExpirationPolicy",
            #""maxTimeToLiveInSeconds": 300"#)
        let browser = try browser(Definition.json("kiosk", policy))
        _ = browser.logIn(query: "?service=" + percentEncoded("https://kiosk.example.org/"))
        browser.server.advance(by: .seconds(299))
        #expect(browser.enter("https://app.example.org/").ticket != nil)
        browser.server.advance(by: .seconds(1))
        #expect(browser.enter("https://app.example.org/").isLoginForm)
    }

    @Test(arguments: [
        ("CAS10", "validate"), ("CAS20", "serviceValidate"), ("CAS30", "p3/serviceValidate"),
    ])
    func `a ticket validates in the protocols of the definition only`(
        allowed: String, path: String
    ) throws {
        let browser = try browser(
            Definition.json("strict", #""supportedProtocols": ["\#(allowed)"]"#))
        _ = browser.logIn()
        let service = "https://strict.example.org/"
        for other in ["validate", "serviceValidate", "p3/serviceValidate"] {
            let ticket = try #require(browser.enter(service).ticket)
            let answer = browser.validate(ticket, for: service, at: other)
            let isGood = answer.isSuccess || answer.text.hasPrefix("yes")
            #expect(isGood == (other == path), "\(other)")
            if other != path, other != "validate" {
                #expect(answer.failureCode == "UNAUTHORIZED_SERVICE")
            }
        }
    }
}
