import HTTP
import Testing
internal import Tickets

@Suite("CAS 3.0 §2.3 /logout") struct LogoutEndpointTests {
    private let service = "?service=https%3A%2F%2Fapp.example.org%2Fbye"

    @Test(arguments: [HTTP.Method.get, .post]) func `the session and the cookie are gone`(
        method: HTTP.Method
    ) throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        #expect(browser.send(method, "/cas/logout").status == .ok)
        #expect(browser.cookies["TGC"] == nil)
        #expect(try server.registry.counts().sessions == 0)
    }

    @Test func `a copied cookie is worth nothing after the logout`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let cookie = browser.cookies["TGC"] ?? ""
        _ = browser.get("/cas/logout")
        browser.plant("TGC", cookie)
        #expect(browser.get("/cas/login").text.contains("name=\"password\""))
    }

    @Test func `a registered service is linked, and followed only if configured`() throws {
        let linked = Browser(try TestServer()).get("/cas/logout" + service)
        #expect(linked.status == .ok)
        #expect(linked.text.contains("https://app.example.org/bye"))
        let followed = Browser(try TestServer("logout: { follow_service: true }"))
            .get("/cas/logout" + service)
        #expect(followed.status == .found)
        #expect(followed["Location"] == "https://app.example.org/bye")
    }

    @Test(arguments: ["https%3A%2F%2Fevil.example%2F", "javascript%3Aalert(1)", "%2F%2Fevil"])
    func `an unregistered service is neither linked nor followed`(text: String) throws {
        for name in ["service", "url"] {
            let browser = Browser(try TestServer("logout: { follow_service: true }"))
            let response = browser.get("/cas/logout?\(name)=\(text)")
            #expect(response.status == .ok)
            #expect(response["Location"] == nil)
            #expect(!response.text.contains("evil") && !response.text.contains("javascript"))
        }
    }

    @Test func `the parameter of CAS 2 never redirects`() throws {
        let browser = Browser(try TestServer("logout: { follow_service: true }"))
        let response = browser.get("/cas/logout?url=https%3A%2F%2Fapp.example.org%2F")
        #expect(response.status == .ok)
        #expect(response.text.contains("https://app.example.org/"))
    }

    @Test func `without a session the page is the same`() throws {
        #expect(Browser(try TestServer()).get("/cas/logout").status == .ok)
    }

    @Test func `a HEAD ends nothing`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        _ = browser.get("/cas/logout", method: .head)
        #expect(try server.registry.counts().sessions == 1)
    }
}
