import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A browser logs in, goes on and logs out") struct BrowserFlow {
        private let service = "https://app.example.org/start?a=1&b=%20x"

        @Test func `a login leads to the service with a ticket that validates once`() throws {
            let site = try EndToEnd.site
            let entered = try site.browser().logIn(service)
            #expect(entered.status == 303)
            let location = try #require(entered["Location"])
            #expect(
                location.hasPrefix(service + "&ticket=ST-"), "the service's text stays as it is")

            let ticket = try #require(entered.ticket)
            let validate = "/p3/serviceValidate?service=\(encoded(service))&ticket=\(ticket)"
            let valid = try site.curl(validate)
            #expect(valid.status == 200)
            #expect(valid["Content-Type"] == "application/xml;charset=UTF-8")
            #expect(valid.body.contains("<cas:user>casuser</cas:user>"))
            #expect(valid.body.contains("<cas:mail>casuser@example.org</cas:mail>"))
            #expect(valid.body.contains("<cas:isFromNewLogin>true</cas:isFromNewLogin>"))
            #expect(!valid.body.contains("memberOf"), "the service is not to learn it")
            let again = try site.curl(validate)
            #expect(again.status == 200)
            #expect(again.body.contains("code=\"INVALID_TICKET\""))
        }

        @Test func `single sign-on gives a second service its ticket without a question`() throws {
            let site = try EndToEnd.site
            let browser = try site.browser()
            _ = try browser.logIn(service)
            let other = "http://localhost:9/other"
            let entered = try browser.get(Browser.login(other))
            #expect(entered.status == 302)
            let ticket = try #require(entered.ticket)
            let valid = try site.curl(
                "/serviceValidate?service=\(encoded(other))&ticket=\(ticket)&format=JSON")
            #expect(valid["Content-Type"] == "application/json;charset=UTF-8")
            #expect(valid.body.contains("\"user\" : \"casuser\""))
            #expect(valid.body.contains("\"isFromNewLogin\" : [ false ]"))
            #expect(valid.body.contains("cn=library,ou=groups,dc=example,dc=org"))

            let renewed = try browser.get(Browser.login(other) + "&renew=true")
            #expect(renewed.status == 200)
            #expect(renewed.body.contains("name=\"password\""))
            let stranger = try site.browser().get(Browser.login(other) + "&gateway=true")
            #expect(stranger.status == 302)
            #expect(stranger["Location"] == other)
        }

        @Test func `CAS 1 answers with two lines`() throws {
            let site = try EndToEnd.site
            let ticket = try #require(try site.browser().logIn(service).ticket)
            let validate = "/validate?service=\(encoded(service))&ticket=\(ticket)"
            let valid = try site.curl(validate)
            #expect(valid["Content-Type"] == "text/plain;charset=UTF-8")
            #expect(valid.body == "yes\ncasuser\n")
            #expect(try site.curl(validate).body == "no\n\n")
        }

        @Test func `cookies are for this server and its browser alone`() throws {
            let site = try EndToEnd.site
            let browser = try site.browser()
            let page = try browser.get("/login")
            let form = try #require(page["Set-Cookie"])
            let entered = try browser.logIn(service)
            let session = try #require(entered.all("Set-Cookie").first { $0.hasPrefix("TGC=") })
            #expect(form.hasPrefix("__Host-"))
            for (cookie, path) in [(form, "Path=/"), (session, "Path=/cas")] {
                let attributes = cookie.components(separatedBy: "; ").dropFirst()
                #expect(
                    Set(attributes) == [path, "Secure", "HttpOnly", "SameSite=Lax"], "\(cookie)")
            }
            #expect(!session.contains("TGT-"))
        }

        @Test func `logging out ends the session, not only the cookie`() throws {
            let site = try EndToEnd.site
            let browser = try site.browser()
            _ = try browser.logIn()
            let cookie = try #require(browser.cookies["TGC"])
            #expect(try browser.get("/login").body.contains("casuser"))
            let out = try browser.get("/logout")
            #expect(out.status == 200)
            #expect(browser.cookies["TGC"] == nil)
            let stolen = try site.curl("/login", ["-b", "TGC=\(cookie)"])
            #expect(stolen.status == 200)
            #expect(stolen.body.contains("name=\"password\""))
            #expect(try site.leaks(planted: [cookie]).isEmpty)
        }

        @Test func `wrong credentials bring the form back, and no cookie`() throws {
            let site = try EndToEnd.site
            let log = site.log
            for user in ["casuser", "nobody"] {
                let answer = try site.browser().logIn(
                    service, user: user, password: "planted-9f2c-password")
                #expect(answer.status == 401)
                #expect(answer.body.contains("name=\"password\""))
                #expect(!answer.body.contains("planted-9f2c"))
                #expect(!answer.all("Set-Cookie").contains { $0.hasPrefix("TGC=") })
            }
            #expect(log.has("\"reason\":\"wrong credential\"", count: 1))
            #expect(log.has("\"reason\":\"unknown user\"", count: 1))
            #expect(try site.leaks(planted: ["planted-9f2c"]).isEmpty)
        }

        @Test func `an unregistered service gets a page, never a redirect`() throws {
            let browser = try EndToEnd.site.browser()
            let asked = "https://evil.example.net/x"
            let page = try browser.get(Browser.login(asked))
            #expect(page.status == 403)
            #expect(page["Location"] == nil)
            _ = try browser.logIn()
            for more in ["", "&gateway=true", "&renew=true"] {
                let answer = try browser.get(Browser.login(asked) + more)
                #expect(answer.status == 403)
                #expect(answer["Location"] == nil)
            }
        }

        @Test func `pages forbid what they do not need`() throws {
            for path in ["/login", "/logout", "/login?service=https%3A%2F%2Fevil.example.net%2F"] {
                let page = try EndToEnd.site.curl(path)
                let policy = try #require(page["Content-Security-Policy"])
                #expect(policy.contains("default-src 'none'"))
                #expect(policy.contains("frame-ancestors 'none'"))
                #expect(!policy.contains("unsafe"))
                #expect(page["X-Frame-Options"] == "DENY")
                #expect(page["Referrer-Policy"] == "no-referrer")
                #expect(page["Cache-Control"]?.contains("no-store") == true)
                #expect(!page.body.contains("<script"))
            }
        }

        @Test func `no log holds a ticket, a password or a cookie`() throws {
            let site = try EndToEnd.site
            let browser = try site.browser()
            let ticket = try #require(try browser.logIn(service).ticket)
            let session = try site.session()
            let cookie = try #require(browser.cookies["TGC"])
            _ = try browser.get("/validate?service=x&ticket=\(ticket)")
            _ = try browser.get("/v1/tickets/\(session)")
            _ = try browser.get("/nowhere/\(session)?ticket=\(ticket)")
            _ = try site.curl("/login?x=\(String(repeating: "y", count: 9000))&ticket=\(ticket)")
            _ = try site.curl("/login?username=casuser&password=planted-query-password")
            _ = try site.curl("/login", ["-H", "Cookie: TGC=\(cookie)\u{1}"])
            let planted = [ticket, session, cookie, "planted-query-password"]
            #expect(try site.leaks(planted: planted) == [])
        }
    }
}
