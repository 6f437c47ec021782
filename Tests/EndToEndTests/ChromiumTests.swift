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

        @Test(.enabled(if: Chromium.isInstalled, "chromium is missing: deploy/test installs it"))
        func `posts the ticket by itself, and tells a service of the logout in a frame`() throws {
            let site = try EndToEnd.site
            let folder = try TemporaryDirectory()
            let port = try freePorts()
            let application = try Running(
                [
                    "python3", Repository.script("app.py"), "\(port)",
                    site.file("pki/server.pem"), site.file("pki/server.key"), folder.file("log"),
                ], log: folder.file("out"))
            defer { application.stop() }
            try site.define(
                "Framed-4001",
                """
                {
                  "@class": "org.apereo.cas.services.CasRegisteredService",
                  "serviceId": "^https://127\\\\.0\\\\.0\\\\.1:\(port)/framed.*$",
                  "name": "Told in a frame", "id": 4001, "evaluationOrder": 1,
                  "responseType": "POST", "logoutType": "FRONT_CHANNEL"
                }
                """)
            let service = "https://127.0.0.1:\(port)/framed?x=1"
            let requests = Log(folder.file("log"), fromStart: true)

            let browser = try Chromium()
            try browser.open(site.base + Browser.login(service))
            try browser.type("casuser", into: "#username")
            try browser.type("Mellon", into: "#password")
            try browser.click("button[type=submit]")
            let hasArrived = try browser.arrives(at: service)
            let place = try "\(browser.url): \(browser.console)"
            try #require(hasArrived, "\(place)")
            #expect(try !browser.url.contains("ticket="))
            let shown = try browser.source
            let ticket = String(
                try #require(shown.firstMatch(of: /ticket=ST-([A-Za-z0-9.-]+)/), "\(shown)").1)
            let valid = try site.curl(
                "/serviceValidate?service=\(encoded(service))&ticket=ST-\(ticket)")
            try #require(valid.body.contains("authenticationSuccess"), "\(valid)")

            try browser.open(site.base + "/logout")
            #expect(requests.has("GET /framed?x=1&logoutRequest="), "\(requests.text)")
            let line = requests.lines.first { $0.contains("logoutRequest=") } ?? ""
            let value = try #require(line.between("logoutRequest=", " ")?.removingPercentEncoding)
            let stream = try #require(Data(base64Encoded: value))
            let message = String(decoding: stream.dropFirst(7).dropLast(4), as: UTF8.self)
            #expect(message.contains("<samlp:SessionIndex>ST-\(ticket)</samlp:SessionIndex>"))
            #expect(try browser.source.contains("Told in a frame"))
            let console = try browser.console
            #expect(!console.contains("Content Security Policy"), "\(console)")
        }
    }
}
