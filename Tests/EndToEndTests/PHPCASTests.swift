import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite(
        "phpCAS, unmodified",
        .enabled(
            if: File.exists("/usr/share/php/CAS.php") && File.exists("/usr/bin/php"),
            "phpCAS is missing: deploy/test installs it"))
    struct PHPCAS {
        @Test func `logs in with CAS 2, CAS 3 and SAML, and out with casd`() throws {
            let site = try EndToEnd.site
            let application = try Application(php: "phpcas.php", site)
            let browser = try site.browser()
            let pages = ["2", "3", "saml"].map {
                "http://localhost:\(application.port)/\($0)/x?a=1&b=2"
            }

            for (index, page) in pages.enumerated() {
                let asked = try browser.visit(page)
                let shown = index == 0 ? try browser.logIn(at: asked) : asked
                #expect(shown.answer.status == 200, "\(shown) \(application.output)")
                #expect(shown.answer.body.contains("\"user\":\"casuser\""), "\(shown)")
                #expect(
                    shown.answer.body.contains(
                        "[\"cn=staff,ou=groups,dc=example,dc=org\","
                            + "\"cn=library,ou=groups,dc=example,dc=org\"]"), "\(shown)")
                #expect(shown.answer.body.contains("\"mail\":\"casuser@example.org\""))
                #expect(shown.address == page, "phpCAS takes the ticket out of the address")
            }
            for page in pages { #expect(try browser.plain(page).status == 200) }

            _ = try browser.get("/logout")
            for page in pages {
                let isOut = try eventually { try browser.plain(page).status == 302 }
                #expect(isOut, "\(page) \(application.output)")
            }
        }
    }
}
