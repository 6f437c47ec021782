import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite(
        "mod_auth_cas, unmodified",
        .enabled(if: Apache.isInstalled, "mod_auth_cas is missing: deploy/test installs it"))
    struct ModAuthCAS {
        @Test(arguments: [false, true])
        func `protects a page and learns the user and all values of an attribute`(
            validatesSAML: Bool
        ) throws {
            let site = try EndToEnd.site
            let apache = try Apache(site, validatesSAML: validatesSAML)
            let page = apache.page("secret")
            let browser = try site.browser()

            let asked = try browser.plain(page)
            #expect(asked.status == 302)
            let login = try #require(asked["Location"])
            #expect(login.hasPrefix(site.base + "/login?service="))

            let entered = try browser.submit(login)
            #expect(entered.status == 303)
            let back = try browser.plain(try #require(entered["Location"]))
            #expect(back.status == 302, "\(back) \(apache.errors)")
            let shown = try browser.plain(try #require(back["Location"]))
            #expect(shown.status == 200, "\(shown) \(apache.errors)")
            #expect(shown.body == "the secret page\n")
            #expect(shown["X-Remote-User"] == "casuser")
            #expect(shown["X-Mail"] == "casuser@example.org")
            #expect(
                shown["X-Member-Of"]
                    == "cn=staff,ou=groups,dc=example,dc=org|cn=library,ou=groups,dc=example,dc=org"
            )

            let invented = page + "&ticket=ST-" + String(repeating: "x", count: 32)
            let forged = try site.browser().plain(invented)
            #expect(forged.status != 200)
        }

        @Test(arguments: [false, true])
        func `its session ends with casd's`(validatesSAML: Bool) throws {
            let site = try EndToEnd.site
            let apache = try Apache(site, validatesSAML: validatesSAML)
            let page = apache.page("secret")
            let browser = try site.browser()
            let other = try site.browser()
            for browser in [browser, other] {
                let shown = try browser.logIn(at: try browser.visit(page))
                try #require(shown.answer.body == "the secret page\n", "\(apache.errors)")
            }
            let out = try browser.get("/logout")
            #expect(out.status == 200)
            let isOut = try eventually { try browser.plain(page).status == 302 }
            #expect(isOut, "\(apache.errors)")
            #expect(try other.plain(page).status == 200, "somebody else's session goes on")
        }

        @Test func `a page with CASRenew wants the password again`() throws {
            let site = try EndToEnd.site
            let apache = try Apache(site)
            let browser = try site.browser()
            _ = try browser.logIn(at: try browser.visit(apache.page("secret")))

            let asked = try browser.visit(apache.page("renewed"))
            #expect(asked.addresses.last?.contains("renew=true") == true, "\(asked.addresses)")
            let shown = try browser.logIn(at: asked)
            #expect(shown.answer.body == "the renewed page\n", "\(shown) \(apache.errors)")

            // A ticket of single sign-on is not enough, even if the browser brings one.
            let second = try site.browser()
            _ = try second.logIn("https://app.example.org/")
            let log = site.log
            let sneaked = try second.visit(Browser.login(apache.page("renewed")))
            #expect(sneaked.answer.body != "the renewed page\n")
            #expect(log.has("\"reason\":\"not from new login\""), "\(log.text)")
        }

        @Test func `a page with CASGateway asks nobody, and knows who is there already`() throws {
            let site = try EndToEnd.site
            let apache = try Apache(site)
            let stranger = try site.browser().visit(apache.page("open"))
            #expect(stranger.answer.body == "the open page\n", "\(stranger) \(apache.errors)")
            #expect(stranger.answer["X-Remote-User"] == "")
            #expect(stranger.addresses.contains { $0.contains("gateway=true") })

            let browser = try site.browser()
            _ = try browser.logIn()
            let known = try browser.visit(apache.page("open"))
            #expect(known.answer.body == "the open page\n", "\(known) \(apache.errors)")
            #expect(known.answer["X-Remote-User"] == "casuser")
        }
    }
}
