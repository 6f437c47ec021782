import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite(
        "django-cas-ng, unmodified",
        .enabled(
            if: Python.has("django_cas_ng"), "django-cas-ng is missing: deploy/test installs it"))
    struct DjangoCASNG {
        @Test func `logs in, gets proxy tickets, and is logged out by casd`() throws {
            let site = try EndToEnd.site
            let application = try Application(script: "django_client.py", site, [site.base])
            let address = "https://localhost:\(application.port)"
            let browser = try site.browser()

            let asked = try browser.visit(address + "/login?next=/")
            #expect(asked.address.hasPrefix(site.base + "/login?service="))
            let shown = try browser.logIn(at: asked)
            #expect(shown.address == address + "/", "\(shown.addresses) \(application.output)")
            #expect(shown.answer.body.contains("\"user\": \"casuser\""), "\(shown.answer)")
            #expect(
                shown.answer.body.contains(
                    "\"memberOf\": [\"cn=staff,ou=groups,dc=example,dc=org\", "
                        + "\"cn=library,ou=groups,dc=example,dc=org\"]"))
            #expect(shown.answer.body.contains("\"isFromNewLogin\": \"true\""))
            #expect(shown.answer.body.contains("\"granting\": 1, \"unclaimed\": 0"))

            let target = "https://localhost:9/back%20end?x=1&y=ä"
            let ticket = try proxyTicket(browser, address, target)
            #expect(ticket.hasPrefix("PT-"))
            let validated = try Python.run(
                "proxied.py", [site.base, site.authority, target, ticket],
                trusting: site.authority)
            #expect(validated[0].contains("\"user\": \"casuser\""), "\(validated)")
            #expect(validated[0].contains("\"proxies\": [\"\(address)/callback\"]"))
            #expect(validated[0].contains("\"new\": \"false\""))
            let again = try Python.run(
                "proxied.py",
                [site.base, site.authority, target, ticket, "/proxyValidate"],
                trusting: site.authority)
            #expect(again[0].contains("\"code\": \"INVALID_TICKET\""), "\(again)")

            let refused = try browser.plain(
                address + "/proxied?service=" + encoded("https://evil.example.net/"))
            #expect(refused.status == 502)

            _ = try browser.get("/logout")
            let isOut = try eventually {
                try browser.plain(address + "/").body.contains("\"user\": \"\"")
            }
            #expect(isOut, "\(application.output)")
        }

        @Test func `its own logout leads through casd's and ends the single sign-on`() throws {
            let site = try EndToEnd.site
            let application = try Application(script: "django_client.py", site, [site.base])
            let address = "https://localhost:\(application.port)"
            let browser = try site.browser()
            _ = try browser.logIn(at: try browser.visit(address + "/login?next=/"))
            try #require(browser.cookies["TGC"] != nil)
            let out = try browser.visit(address + "/logout")
            #expect(out.address.hasPrefix(site.base + "/logout?service="))
            #expect(browser.cookies["TGC"] == nil)
            #expect(out.answer.body.contains(address), "the page offers the way back")
        }

        private func proxyTicket(
            _ browser: Browser, _ address: String, _ target: String
        ) throws -> String {
            let answer = try browser.plain(address + "/proxied?service=" + encoded(target))
            return try #require(answer.body.between("\"ticket\": \"", "\""), "\(answer)")
        }
    }
}
