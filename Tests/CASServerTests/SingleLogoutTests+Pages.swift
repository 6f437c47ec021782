import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("Single logout by the front channel") struct FrontChannelTests {
    private let definitions = [
        Definition.json("front", id: 251, #""logoutType": "FRONT_CHANNEL""#),
        Definition.json(
            "side", id: 252, #""logoutType": "FRONT_CHANNEL""#,
            #""logoutUrl": "https://side.example.org:8443/slo?x=1""#),
    ]
    private let front = "https://front.example.org/in"

    private func scene(_ settings: String = "") throws -> Browser {
        let browser = Browser(try TestServer(settings, definitions: definitions))
        _ = browser.logIn()
        return browser
    }

    private func frames(_ page: Response) -> [String] {
        page.text.split(separator: "\n").filter { $0.contains("<iframe") }.compactMap { line in
            String(line).between("src=\"", "\"")?.replacing("&amp;", with: "&")
        }
    }

    @Test func `the page tells the services by frames, under a policy for just these`() throws {
        let browser = try scene()
        let ticket = try browser.use(front)
        _ = try browser.use("https://side.example.org/in")
        _ = try browser.use("https://app.example.org/home")
        let page = browser.get("/cas/logout")
        let frames = frames(page)
        #expect(frames.count == 2)
        let address = try #require(frames.first { $0.hasPrefix(front + "?logoutRequest=") })
        #expect(
            frames.contains { $0.hasPrefix("https://side.example.org:8443/slo?x=1&logoutRequest=") }
        )
        let policy = page["Content-Security-Policy"] ?? ""
        let sources = policy.between("frame-src ", ";")?.split(separator: " ").map(String.init)
        #expect(
            Set(sources ?? [])
                == ["https://front.example.org", "https://side.example.org:8443"])
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        // Deflated in one stored block behind seven bytes of header, before four of checksum.
        let stream = try #require(
            parameter("logoutRequest", of: address).flatMap { bytes(base64: $0) })
        let text = String(decoding: stream.dropFirst(7).dropLast(4), as: UTF8.self)
        #expect(text.contains("<samlp:SessionIndex>\(ticket)</samlp:SessionIndex>"))
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.map(\.url) == ["https://app.example.org/home"])
    }

    @Test func `without such services there are no frames`() throws {
        let browser = try scene()
        _ = try browser.use("https://app.example.org/home")
        let page = browser.get("/cas/logout")
        #expect(frames(page).isEmpty)
        #expect(page["Content-Security-Policy"]?.contains("frame-src") == false)
    }

    @Test func `where no browser is there, nobody is told, and the record says so`() throws {
        let browser = Browser(try TestServer(definitions: definitions))
        let otherTab = browser.get("/cas/login")
        _ = browser.logIn()
        _ = try browser.use(front)
        _ = browser.submit(otherTab, "other")
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.isEmpty)
        let record = try browser.server.registry.deliveries(
            matching: DeliveryFilter(), limit: 9
        ).first
        #expect(record?.status == .skipped && record?.cause == .replaced)
    }

    @Test func `the way on waits for the frames, and only for them`() throws {
        let query = "?service=" + percentEncoded("https://app.example.org/bye")
        let browser = try scene("logout: { follow_service: true }")
        _ = try browser.use(front)
        let page = browser.get("/cas/logout" + query)
        #expect(page.status == .ok && page["Location"] == nil && frames(page).count == 1)
        #expect(
            page["Refresh"]?.hasSuffix(";url=https://app.example.org/bye") == true
                || page["Refresh"]?.hasSuffix("; url=https://app.example.org/bye") == true)
        _ = browser.logIn()
        _ = try browser.use("https://app.example.org/home")
        #expect(browser.get("/cas/logout" + query)["Location"] == "https://app.example.org/bye")
        #expect(browser.server.network.calls.isEmpty)
    }
}

@Suite("CAS 3.0 §2.3 logout with a question") struct ConfirmLogoutTests {
    private let app = "https://app.example.org/home"

    private func scene() throws -> Browser {
        let browser = Browser(try TestServer("logout: { confirm: true }"))
        _ = browser.logIn()
        _ = try browser.use(app)
        return browser
    }

    private func answer(_ browser: Browser, _ page: Response, _ token: String? = nil) -> Response {
        let execution = token ?? page.hiddenField("execution") ?? ""
        return browser.post(
            page.formAction ?? "/cas/logout", ["execution": execution, "_eventId": "proceed"])
    }

    @Test func `a GET asks and ends nothing`() throws {
        let browser = try scene()
        let page = browser.get("/cas/logout?service=" + percentEncoded(app))
        #expect(page.status == .ok && page.text.contains("casuser"))
        #expect(page.formAction == "/cas/logout?service=" + percentEncoded(app))
        #expect(page.cookie("TGC") == nil)
        #expect(try browser.server.registry.counts().sessions == 1)
        #expect(browser.enter(app).ticket != nil)
    }

    @Test func `the answer ends the session, tells the services and keeps the way on`() throws {
        let browser = try scene()
        let page = browser.get("/cas/logout?service=" + percentEncoded(app))
        let done = answer(browser, page)
        #expect(done.status == .ok && done.text.contains(app))
        #expect(browser.cookies["TGC"] == nil)
        #expect(try browser.server.registry.counts().sessions == 0)
        browser.server.deliverLogouts()
        #expect(browser.server.network.calls.map(\.url) == [app])
    }

    @Test func `an answer without the browser's own token asks again`() throws {
        let browser = try scene()
        let foreign = Browser(browser.server).get("/cas/login").hiddenField("execution") ?? ""
        let page = browser.get("/cas/logout")
        for token in ["", "nonsense", foreign] {
            let again = answer(browser, page, token)
            #expect(again.hiddenField("execution") != nil)
            #expect(try browser.server.registry.counts().sessions == 1)
        }
        browser.server.advance(by: .seconds(3601))
        #expect(answer(browser, page).hiddenField("execution") != nil)
        #expect(try browser.server.registry.counts().sessions == 1)
    }

    @Test func `without a session there is nothing to ask`() throws {
        let browser = Browser(try TestServer("logout: { confirm: true }"))
        let page = browser.get("/cas/logout")
        #expect(page.status == .ok && page.hiddenField("execution") == nil)
    }

    @Test func `without the setting nothing is asked`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        _ = browser.get("/cas/logout")
        #expect(try browser.server.registry.counts().sessions == 0)
    }
}

@Suite("CAS 3.0 §2.3.1 the way on after the logout") struct LogoutTargetTests {
    @Test(arguments: [
        "https://evil.example/", "https://off.example.org/", "https://user@app.example.org/",
        "https://app.example.org/%0d%0aSet-Cookie:x", "javascript:alert(1)", "nonsense",
    ])
    func `only registered and enabled services are followed or linked`(service: String) throws {
        for settings in ["logout: { follow_service: true }", ""] {
            let browser = Browser(try TestServer(settings))
            _ = browser.logIn()
            let before = try browser.server.reasons.count
            let response = browser.get("/cas/logout?service=" + percentEncoded(service))
            #expect(response.status == .ok)
            #expect(response["Location"] == nil && response["Refresh"] == nil)
            #expect(!response.text.contains(service))
            #expect(try browser.server.registry.counts().sessions == 0)
            #expect(try browser.server.reasons.count == before + 1)
        }
    }

    @Test func `service wins over the url of CAS 2, which is never followed`() throws {
        let browser = Browser(try TestServer("logout: { follow_service: true }"))
        let url = "url=" + percentEncoded("https://plain.example.org/")
        #expect(browser.get("/cas/logout?" + url)["Location"] == nil)
        let service = "&service=" + percentEncoded("https://app.example.org/")
        #expect(
            browser.get("/cas/logout?" + url + service)["Location"] == "https://app.example.org/")
    }

    @Test func `a doubled service is refused and ends nothing`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        #expect(browser.get("/cas/logout?service=a&service=b").status == .badRequest)
        #expect(try browser.server.registry.counts().sessions == 1)
    }
}
