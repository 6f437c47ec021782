import CASProtocol
import HTTP
import Platform
import Testing
import Tickets

/// CAS 3.0 §3.5.1, where casd departs: the form's value is good for more than one attempt.
@Suite("CAS 3.0 §3.5 a login form that is sent again") struct LoginFormRepeatTests {
    private let app = "https://app.example.org/home"
    private let server: TestServer
    private let browser: Browser
    private let page: Response

    init() throws {
        server = try TestServer()
        browser = Browser(server)
        page = browser.enter(app)
        try #require(page.hiddenField("execution") != nil)
    }

    @Test func `within its hour it logs in again, with a session and a ticket of their own`()
        throws
    {
        let first = try #require(browser.submit(page).ticket)
        let cookie = browser.cookies["TGC"]
        server.advance(by: .seconds(3600))
        let second = try #require(browser.submit(page).ticket)
        #expect(first != second && browser.cookies["TGC"] != cookie)
        #expect(browser.validate(second, for: app).text.contains("<cas:user>casuser<"))
        #expect(try server.registry.counts().sessions == 1)
        #expect(browser.enter(app).ticket != nil)
    }

    @Test func `a second later it is not taken, and the session stays as it was`() throws {
        _ = browser.submit(page)
        let cookie = browser.cookies["TGC"]
        server.advance(by: .seconds(3601))
        let response = browser.submit(page)
        #expect(response.status == .forbidden && response.ticket == nil)
        #expect(response.cookie("TGC") == nil && browser.cookies["TGC"] == cookie)
        #expect(try server.reasons.last?.contains("form expired") == true)
        #expect(browser.enter(app).ticket != nil)
        // The page that says so has a form that is good again.
        #expect(browser.submit(response).ticket != nil)
    }

    @Test func `sending it does not prolong it`() throws {
        for _ in 1...3 {
            server.advance(by: .seconds(1200))
            #expect(browser.submit(page).ticket != nil)
        }
        server.advance(by: .seconds(1))
        #expect(browser.submit(page).status == .forbidden)
    }

    @Test func `a wrong password does not use it up`() throws {
        #expect(browser.submit(page, "casuser", "wrong").status == .unauthorized)
        #expect(browser.submit(page, "", "").status == .badRequest)
        #expect(browser.submit(page).ticket != nil)
    }

    @Test func `after a logout it asks for the password as before`() throws {
        _ = browser.submit(page)
        _ = browser.get("/cas/logout")
        #expect(browser.cookies["TGC"] == nil)
        #expect(browser.submit(page, "casuser", "wrong").status == .unauthorized)
        #expect(browser.submit(page, "casuser", "").status == .badRequest)
        #expect(browser.cookies["TGC"] == nil)
        #expect(browser.submit(page).ticket != nil)
    }

    @Test func `it may log in somebody else, who replaces the first`() throws {
        _ = try #require(browser.submit(page).ticket)
        let ticket = try #require(browser.submit(page, "other").ticket)
        #expect(browser.validate(ticket, for: app).text.contains("<cas:user>other<"))
        #expect(try server.registry.counts().sessions == 1)
    }

    @Test func `another browser cannot send it, before or after`() throws {
        let stranger = Browser(server)
        _ = stranger.enter(app)
        #expect(stranger.submit(page).status == .forbidden)
        _ = browser.submit(page)
        #expect(stranger.submit(page).status == .forbidden)
        #expect(stranger.cookies["TGC"] == nil)
    }
}
