import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets
import XML

@Suite("CAS 3.0 §2.3.3 single logout by the back channel") struct BackChannelTests {
    private let app = "https://app.example.org/home"
    private let plain = "https://plain.example.org/in"

    private func scene(_ settings: String = "", _ definitions: String...) throws -> Browser {
        let browser = Browser(try TestServer(settings, definitions: definitions))
        _ = browser.logIn()
        return browser
    }

    private func message(_ call: OutboundRequest) throws -> String {
        let body = call.bodyText
        #expect(body.hasPrefix("logoutRequest="))
        return percentDecoded(String(body.dropFirst("logoutRequest=".count)))
    }

    private func records(_ server: TestServer) throws -> [LogoutDelivery] {
        try server.registry.deliveries(matching: DeliveryFilter(), limit: 100)
    }

    @Test func `the message is exactly that of Appendix C`() throws {
        let browser = try scene()
        let ticket = try browser.use(app)
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        let call = try #require(browser.server.network.calls.first)
        #expect(call.url == app)
        guard case .post(_, let type) = call.method else {
            Issue.record("no POST")
            return
        }
        #expect(type == "application/x-www-form-urlencoded")
        let text = try message(call)
        #expect(!text.contains("\n") && !text.contains("<?xml"))
        let id = try #require(text.between(" ID=\"", "\""))
        #expect(id.hasPrefix("LR-") && id.utf8.count >= 20)
        #expect(
            text == """
                <samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
                xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="\(id)" Version="2.0" \
                IssueInstant="2024-05-01T07:55:39Z"><saml:NameID>casuser</saml:NameID>\
                <samlp:SessionIndex>\(ticket)</samlp:SessionIndex></samlp:LogoutRequest>
                """)
        #expect(try XMLElement.parse(Array(text.utf8)).name == "LogoutRequest")
    }

    @Test func `a service is told once, with the ticket that it got last`() throws {
        let browser = try scene()
        let first = try browser.use(app)
        let last = try browser.use(app)
        _ = try browser.use(plain)
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        browser.server.deliverLogouts()
        let calls = browser.server.network.calls
        #expect(Set(calls.map(\.url)) == [app, plain] && calls.count == 2)
        let text = calls.first { $0.url == app }?.bodyText ?? ""
        #expect(text.contains(last) && !text.contains(first))
    }

    @Test func `two messages differ in their identifiers`() throws {
        let browser = try scene()
        _ = try browser.use(app)
        _ = try browser.use(plain)
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        let ids = try browser.server.network.calls.map { try message($0).between(" ID=\"", "\"") }
        #expect(Set(ids).count == 2)
    }

    @Test func `a service whose ticket was never validated is not told`() throws {
        let browser = try scene()
        #expect(browser.enter(app).ticket != nil)
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.isEmpty)
    }

    @Test func `the page is there before anybody was called`() throws {
        let browser = try scene()
        browser.server.network.answers { _ throws(OutboundError) in throw .timeout }
        _ = try browser.use(app)
        let response = browser.get("/cas/logout")
        #expect(response.status == .ok && response.text.contains("app.example.org"))
        #expect(browser.server.network.calls.isEmpty)
        #expect(try browser.server.registry.counts().pendingDeliveries == 1)
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.count == 1)
    }

    @Test func `a definition says whether and where it wants the message`() throws {
        let browser = try scene(
            "", Definition.json("silent", id: 241, #""logoutType": "NONE""#),
            Definition.json(
                "elsewhere", id: 242, #""logoutUrl": "https://elsewhere.example.org/slo?x=1""#),
            Definition.json("back", id: 243, #""logoutType": "BACK_CHANNEL""#))
        for name in ["silent", "elsewhere", "back"] {
            _ = try browser.use("https://\(name).example.org/in")
        }
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        #expect(
            Set(browser.server.network.calls.map(\.url)) == [
                "https://elsewhere.example.org/slo?x=1", "https://back.example.org/in",
            ])
        let silent = try records(browser.server).first { $0.service.contains("silent") }
        #expect(silent?.status == .skipped)
    }

    @Test func `a fragment is not sent, and http is allowed for a message`() throws {
        let browser = try scene(
            "", Definition.of("^http://open\\\\.example\\\\.org/.*", name: "open", id: 244))
        _ = try browser.use("http://open.example.org/a?b=c#part")
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.map(\.url) == ["http://open.example.org/a?b=c"])
        #expect(browser.server.network.calls.first?.allowsPlain == true)
    }

    @Test func `the end of a session by REST tells its services`() throws {
        let server = try TestServer("rest: { enabled: true }")
        let browser = Browser(server)
        let session = browser.post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"], accept: "text/plain"
        ).text
        let ticket = browser.post("/cas/v1/tickets/" + session, ["service": app]).text
        #expect(browser.validate(ticket, for: app).isSuccess)
        #expect(browser.send(.delete, "/cas/v1/tickets/" + session).status == .ok)
        server.deliverLogouts()
        #expect(server.network.calls.map(\.url) == [app])
        #expect(server.network.calls.first?.bodyText.contains(ticket) == true)
    }

    @Test(arguments: [true, false])
    func `the expiry of a session tells its services only if configured`(isTold: Bool) throws {
        let browser = try scene()
        _ = try browser.use(app)
        browser.server.advance(by: .seconds(7201))
        // What the upkeep does with logout.on_expiry.
        _ = try browser.server.registry.sweep(
            at: browser.server.time, limit: 100, queueing: isTold)
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.count == (isTold ? 1 : 0))
    }

    @Test func `a service behind a proxy is told as well, with its own ticket`() throws {
        let scene = try ProxyScene()
        let ticket = try scene.proxyTicket(try scene.grant().ticket)
        #expect(
            scene.browser.validate(ticket, for: ProxyScene.backend, at: "proxyValidate").isSuccess)
        let before = scene.server.network.calls.count
        _ = scene.browser.get("/cas/logout")
        scene.server.deliverLogouts()
        let calls = scene.server.network.calls.dropFirst(before)
        #expect(Set(calls.map(\.url)) == [ProxyScene.portal, ProxyScene.backend])
        let backend = calls.first { $0.url == ProxyScene.backend }
        #expect(backend?.bodyText.contains(ticket) == true)
    }

    @Test func `a service entered by a browser and by a proxy is told of both tickets`() throws {
        let scene = try ProxyScene()
        let own = try scene.browser.use(ProxyScene.backend)
        let proxied = try scene.proxyTicket(try scene.grant().ticket)
        #expect(
            scene.browser.validate(proxied, for: ProxyScene.backend, at: "proxyValidate").isSuccess)
        _ = scene.browser.get("/cas/logout")
        scene.server.deliverLogouts()
        let messages = scene.server.network.calls.filter { $0.url == ProxyScene.backend }
            .map(\.bodyText)
        #expect(messages.count == 2)
        for ticket in [own, proxied] {
            #expect(messages.count { $0.contains(ticket) } == 1)
        }
    }

    @Test func `a service that is not registered any more is skipped`() throws {
        let browser = try scene("", Definition.json("gone", id: 245))
        _ = try browser.use("https://gone.example.org/in")
        _ = try browser.use(app)
        _ = browser.get("/cas/logout")
        try browser.server.redefine([])
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.map(\.url) == [app])
        let gone = try records(browser.server).first { $0.service.contains("gone") }
        #expect(gone?.status == .skipped)
        browser.server.advance(by: .seconds(600))
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.count == 1)
    }

    @Test func `a definition that was corrected meanwhile counts`() throws {
        let browser = try scene("", Definition.json("moving", id: 246))
        _ = try browser.use("https://moving.example.org/in")
        _ = browser.get("/cas/logout")
        try browser.server.redefine([
            Definition.json("moving", id: 246, #""logoutUrl": "https://moving.example.org/slo""#)
        ])
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.map(\.url) == ["https://moving.example.org/slo"])
    }

    @Test func `it can be switched off as a whole`() throws {
        let browser = try scene(
            "logout: { single_logout: false }",
            Definition.json("front", id: 247, #""logoutType": "FRONT_CHANNEL""#))
        _ = try browser.use(app)
        _ = try browser.use("https://front.example.org/in")
        let page = browser.get("/cas/logout")
        #expect(!page.text.contains("iframe") && !page.text.contains("front.example.org"))
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.isEmpty)
        #expect(try records(browser.server).isEmpty)
    }
}

@Suite("Deliveries of logout messages") struct LogoutDeliveryTests {
    private let app = "https://app.example.org/home"

    /// A server whose only session has ended, with one message to deliver.
    private func scene() throws -> TestServer {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        _ = try browser.use(app)
        _ = browser.get("/cas/logout")
        return browser.server
    }

    private func record(_ server: TestServer) throws -> LogoutDelivery {
        try #require(try server.registry.deliveries(matching: DeliveryFilter(), limit: 9).first)
    }

    @Test(arguments: [200, 204, 302, 400, 403, 404, 405])
    func `whatever a service answers, it has heard it`(status: Int) throws {
        let server = try scene()
        server.network.answers(status: status)
        server.deliverLogouts()
        let record = try record(server)
        #expect(record.status == .delivered && record.tries == 1 && record.cause == .logout)
        #expect(record.note?.contains("\(status)") == true)
        #expect(record.lastTriedAt == server.time)
        server.advance(by: .seconds(600))
        server.deliverLogouts()
        #expect(server.network.calls.count == 1)
    }

    @Test(arguments: [500, 502, 503, nil] as [Int?])
    func `an outage is tried again with growing pauses, four times in all`(status: Int?) throws {
        let server = try scene()
        if let status {
            server.network.answers(status: status)
        } else {
            server.network.answers { _ throws(OutboundError) in throw .unreachable }
        }
        var times: [Instant] = []
        for _ in 0..<900 {
            let before = server.network.calls.count
            server.deliverLogouts()
            if server.network.calls.count > before { times.append(server.time) }
            server.advance(by: .seconds(1))
        }
        #expect(times.count == 4)
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(pauses.first.map { $0 >= .seconds(2) } == true)
        #expect(zip(pauses.dropFirst(), pauses).allSatisfy { $0 > $1 })
        let record = try record(server)
        #expect(record.status == .failed && record.tries == 4)
        #expect(try server.log.contains("\"status\":\"failed\""))
        #expect(try server.registry.counts().pendingDeliveries == 0)
    }

    @Test(
        arguments: [
            .refusedAddress("10.0.0.1"), .unresolved, .timeout, .tls("expired"), .responseTooLarge,
        ] as [OutboundError])
    func `a service that comes back is told after all`(error: OutboundError) throws {
        let server = try scene()
        server.network.answers { _ throws(OutboundError) in throw error }
        server.deliverLogouts()
        let first = try record(server)
        #expect(first.status == .pending && first.tries == 1)
        #expect(first.note?.contains(error.reasonClass) == true)
        server.network.answers(status: 200)
        server.deliverLogouts()
        #expect(server.network.calls.count == 1)
        server.advance(by: .seconds(30))
        server.deliverLogouts()
        let second = try record(server)
        #expect(second.status == .delivered && second.tries == 2)
    }

    @Test func `what a dead worker had taken is taken over when its time is up`() throws {
        let server = try scene()
        let lost = try server.registry.claimDeliveries(
            at: server.time, lease: .seconds(15), limit: 10)
        #expect(lost.count == 1)
        server.deliverLogouts()
        #expect(server.network.calls.isEmpty)
        server.advance(by: .seconds(15))
        server.deliverLogouts()
        #expect(server.network.calls.count == 1)
        #expect(try record(server).status == .delivered)
    }

    @Test func `a service that is down does not keep the others waiting`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        _ = try browser.use(app)
        _ = try browser.use("https://plain.example.org/")
        _ = browser.get("/cas/logout")
        browser.server.network.answers { request throws(OutboundError) in
            guard !request.url.contains("app.") else { throw .timeout }
            return OutboundResponse(status: 200, body: [], contentType: nil)
        }
        browser.server.deliverLogouts()
        let records = try browser.server.registry.deliveries(
            matching: DeliveryFilter(), limit: 9)
        let plain = records.first { $0.service.contains("plain") }
        #expect(plain?.status == .delivered)
        #expect(records.first { $0.service.contains("app.") }?.status == .pending)
    }

    @Test func `each outcome is one line, without the ticket`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let ticket = try browser.use(app)
        _ = browser.get("/cas/logout")
        browser.server.deliverLogouts()
        let log = try browser.server.log
        let lines = log.split(separator: "\n").filter { $0.contains("\"logout message\"") }
        #expect(lines.count == 1)
        for part in ["\"status\":\"delivered\"", "\"user\":\"casuser\"", "app.example.org"] {
            #expect(lines.first?.contains(part) == true)
        }
        #expect(!log.contains(ticket))
    }
}
