import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Bad input gets an answer, a line in the log, and nothing else") struct BadInput {
        private let service = "https://app.example.org/"

        /// Expects a refusal at /login: a page with the status, and one line with the reason.
        private func refused(
            _ path: String, _ status: Int, _ options: [String] = [], body: [UInt8]? = nil,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let site = try EndToEnd.site
            let log = site.log
            let answer = try site.curl(path, options, body: body)
            #expect(answer.status == status, "\(path.prefix(120))", sourceLocation: sourceLocation)
            #expect(answer["Location"] == nil, sourceLocation: sourceLocation)
            #expect(log.has("\"reason\":\""), "no reason", sourceLocation: sourceLocation)
            #expect(
                log.lines.count == 1, "\(path.prefix(120)): \(log.text)",
                sourceLocation: sourceLocation)
        }

        @Test func `addresses that are no services are refused`() throws {
            let bad = [
                "https://casuser@app.example.org/", "https://a:b@app.example.org/",
                "https://app.example.org\\@evil.example.net/", "https:\\\\app.example.org/",
                "https://app.example.org/\u{1}", "https://app.example.org/\r\nX: y",
                "https://app.example.org/\u{0}", "javascript:alert(1)//app.example.org",
                "data:text/html,x", "ftp://app.example.org/", "//app.example.org/",
                "app.example.org",
                "https://", "https://app.example.org/" + String(repeating: "x", count: 4096),
            ]
            for service in bad { try refused(Browser.login(service), 400) }
            try refused("/login?service=https://app.example.org/%ff%fe", 400)
            try refused(Browser.login("https://app.example.org.evil.example.net/"), 403)
            try refused(Browser.login("https://evil.example.net/?https://app.example.org/"), 403)
        }

        @Test func `a service of 4 KiB is the longest`() throws {
            let longest = service + String(repeating: "x", count: 4096 - service.utf8.count)
            #expect(try EndToEnd.site.curl(Browser.login(longest)).status == 200)
            try refused(Browser.login(longest + "x"), 400)
        }

        @Test func `parameters that are too many, doubled or unreadable are refused`() throws {
            let many = (0..<201).map { "p\($0)=1" }.joined(separator: "&")
            try refused("/login?" + many, 400)
            try refused("/login?service=\(encoded(service))&service=\(encoded(service))", 400)
            try refused("/login?renew=true&renew=false", 400)
            try refused("/login?x=%ff", 400)
            try refused("/login?username=casuser&password=x", 400)
            try refused("/login", 400, [], body: Array(many.utf8))
        }

        @Test func `unknown paths, methods and types are refused`() throws {
            for path in ["/nothing", "/login/", "/LOGIN", "/v1/tickets/a/b"] {
                try refused(path, 404)
            }
            for path in [
                "/lo%67in", "/%2Flogin", "//login", "/../cas/login", "/login%00", "/%ff",
                "/assets/../login",
            ] {
                let answer = try EndToEnd.site.curl(path)
                #expect([400, 404].contains(answer.status), "\(path): \(answer.status)")
            }
            try refused("/login", 405, ["-X", "DELETE"])
            try refused("/serviceValidate", 405, ["-X", "PUT"])
            try refused("/login", 501, ["-X", "BREW"])
            try refused(
                "/login", 415, ["-H", "Content-Type: application/json"], body: Array("{}".utf8))
        }

        @Test func `a form without its token, or with another browser's, logs nobody in`() throws {
            let site = try EndToEnd.site
            let form = [("username", "casuser"), ("password", "Mellon"), ("_eventId", "submit")]
            let page = try site.browser().get("/login")
            let foreign = try #require(page.body.between("name=\"execution\" value=\"", "\""))
            let browser = try site.browser()
            _ = try browser.get("/login")
            for token in [nil, "", "x", foreign, foreign + "x"] {
                let log = site.log
                let answer = try browser.curl.post(
                    "/login", form + (token.map { [("execution", $0)] } ?? []))
                #expect(answer.status == 403)
                #expect(!answer.all("Set-Cookie").contains { $0.hasPrefix("TGC=") })
                #expect(log.has("\"reason\":\"form "))
                #expect(!log.text.contains("logged in"))
            }
        }

        @Test func `tickets that are none are protocol failures`() throws {
            let site = try EndToEnd.site
            let at = "service=\(encoded(service))"
            let cases = [
                ("\(at)&ticket=ST-unknown", "INVALID_TICKET"),
                ("\(at)&ticket=" + String(repeating: "S", count: 5000), "INVALID_TICKET"),
                ("\(at)&ticket=ST-x%00", "INVALID_REQUEST"),
                ("\(at)&ticket=ST-x%01", "INVALID_TICKET"),
                ("\(at)&ticket=%ff", "INVALID_REQUEST"),
                ("\(at)", "INVALID_REQUEST"), ("ticket=ST-x", "INVALID_REQUEST"),
                ("\(at)&ticket=", "INVALID_REQUEST"), ("", "INVALID_REQUEST"),
                ("\(at)&ticket=ST-x&ticket=ST-y", "INVALID_REQUEST"),
                ("\(at)&\(at)&ticket=ST-x", "INVALID_REQUEST"),
                ("\(at)&ticket=ST-x&format=YAML", "INVALID_REQUEST"),
            ]
            for (query, code) in cases {
                let log = site.log
                let answer = try site.curl("/serviceValidate?" + query)
                #expect(answer.status == 200)
                let what = "\(query.prefix(99)): \(answer.body)"
                #expect(answer.body.contains("code=\"\(code)\""), "\(what)")
                #expect(log.has("\"reason\":\""))
                #expect(log.lines.count == 1, "\(log.text)")
                #expect(!answer.body.contains("ST-"), "nothing of the request is repeated")
            }
        }

        @Test func `a request that is refused uses no ticket up`() throws {
            let site = try EndToEnd.site
            let session = try site.session()
            let ticket = try site.ticket(of: session)
            let at = "service=\(encoded(service))"
            for query in [
                "ticket=\(ticket)", "\(at)&ticket=\(ticket)&ticket=\(ticket)",
                "\(at)&\(at)&ticket=\(ticket)", "\(at)&ticket=\(ticket)&format=YAML",
                "\(at)&ticket=\(ticket)&x=%ff",
            ] {
                _ = try site.curl("/serviceValidate?" + query)
                #expect(try site.isLive(ticket), "\(query.replacing(ticket, with: "ST"))")
            }
            _ = try site.curl("/nothing?\(at)&ticket=\(ticket)")
            #expect(try site.isLive(ticket))
            // A ticket shown for another service is used up (CAS 3.0 §2.5.3).
            let other = "service=\(encoded("https://localhost/"))"
            let wrong = try site.curl("/serviceValidate?\(other)&ticket=\(ticket)")
            #expect(wrong.body.contains("code=\"INVALID_SERVICE\""))
            #expect(try !site.isLive(ticket))
            // A session is no ticket, and asking does not end it.
            let mixed = try site.curl("/serviceValidate?\(at)&ticket=\(session)")
            #expect(mixed.body.contains("authenticationFailure"))
            #expect(try site.isLive(session))
        }

        @Test func `HEAD uses no ticket up, for nobody reads its answer`() throws {
            let site = try EndToEnd.site
            let at = "service=\(encoded(service))"
            for path in ["/validate", "/serviceValidate", "/p3/serviceValidate"] {
                let ticket = try site.ticket(of: site.session())
                _ = try site.curl("\(path)?\(at)&ticket=\(ticket)", ["-I"])
                #expect(try site.isLive(ticket), "\(path)")
            }
        }
    }
}
