import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A real browser") struct RealBrowser {
        @Test(.enabled(if: Chromium.isInstalled, "chromium is missing: deploy/test installs it"))
        func `lands on the service with a ticket after the form, and logs out`() throws {
            let site = try EndToEnd.site
            let folder = try TemporaryDirectory()
            let port = try freePorts()
            // Another origin than the login page's: a policy for the form's target would block it.
            let service = "https://127.0.0.1:\(port)/app?x=1"
            let application = try Running(
                [
                    "python3", Repository.script("app.py"), "\(port)",
                    site.file("pki/server.pem"), site.file("pki/server.key"),
                ], log: folder.file("app.log"))
            defer { application.stop() }

            let browser = try Chromium()
            try browser.open(site.base + Browser.login(service))
            try browser.type("casuser", into: "#username")
            try browser.type("Mellon", into: "#password")
            try browser.click("button[type=submit]")
            let hasArrived = try browser.arrives(at: service + "&ticket=ST-")
            let place = try "\(browser.url): \(browser.console)"
            try #require(hasArrived, "\(place)")
            #expect(try browser.source.contains("/app?x=1&amp;ticket=ST-"))
            #expect(try !browser.console.contains("Content Security Policy"))
            let ticket = try #require(try browser.url.components(separatedBy: "ticket=").last)
            let valid = try site.curl(
                "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
            #expect(valid.body.contains("<cas:user>casuser</cas:user>"))

            try browser.open(site.base + "/login")
            #expect(try browser.source.contains("casuser"))
            try browser.click("form[action$='/logout'] button, a[href$='/logout']")
            #expect(try browser.arrives(at: site.base + "/logout"))
            try browser.open(site.base + "/login")
            #expect(try browser.source.contains("id=\\\"password\\\""))
            #expect(try !browser.console.contains("Content Security Policy"))
        }
    }
}
