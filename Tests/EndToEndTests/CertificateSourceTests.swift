import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    /// Certificates that nginx does not trust, or that others send on.
    @Suite("Where certificates come from", .serialized, .sources) enum CertificateSources {}
}

extension EndToEnd.CertificateSources {
    @Suite("ssl_verify_client optional_no_ca") struct OptionalNoCA {
        private static let service = "https://app.example.org/"

        @Test func `who only casd trusts is let in, and as shipped is not`() throws {
            let current = try SourceSite.current
            let client = try current.issue(user: "upn@example.org")
            let created = try current.lax.curl(client).createSession()
            try #require(created.status == 201, "\(created)")
            let entered = try current.lax.curl(client)(Browser.login(Self.service))
            #expect(entered.status == 302)
            let ticket = try #require(entered.ticket)
            #expect(try current.site.user(ofTicket: ticket) == "upn@example.org")
            #expect(try current.site.curl(client).createSession().isGatewayPage(400))
            let lines = Log(current.lax.directory + "/logs/nginx-access.log", fromStart: true)
            #expect(lines.text.contains("\"client_certificate\":\"FAILED:"))
        }

        @Test func `whom casd does not trust is refused by casd`() throws {
            let current = try SourceSite.current
            let name = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:upn@example.org"
            let namesake = try TestCA("/O=Test/CN=Only casd").issue(
                "/O=Test/CN=x", adding: ["subjectAltName = " + name])
            let selfSigned = try TestCA(
                "/O=Test/CN=x",
                extensions: TestCA.clientExtensions.dropLast() + ["subjectAltName = " + name]
            ).own
            for issued in [namesake, selfSigned] {
                let log = current.site.log
                let curl = current.lax.curl(try current.client(issued))
                let refused = try curl.createSession()
                #expect(refused.status == 401, "\(refused)")
                let page = try curl(Browser.login(Self.service))
                #expect(page.status == 401)
                #expect(page.body.contains("Your certificate was not accepted"))
                #expect(page.all("Set-Cookie").allSatisfy { !$0.hasPrefix("TGC=") })
                #expect(log.has("\"event\":\"login refused\"", count: 2), "\(log.text)")
            }
        }

        @Test func `an expired certificate is refused, whoever has issued it`() throws {
            let current = try SourceSite.current
            let now = Instant.now
            let wish = TestCA.Wish(validity: (now - .seconds(9000))...(now - .seconds(60)))
            let own = try current.issue(
                "late", names: "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:late", wish: wish)
            let folder = try TemporaryDirectory()
            try BadCertificate.expired.make(in: folder, current.site)
            let trusted = ClientFiles(
                certificate: folder.file("bad.pem"), key: folder.file("bad.key"))
            for client in [own, trusted] {
                let answer = try current.lax.curl(client).createSession()
                #expect([400, 401].contains(answer.status), "\(answer)")
                #expect(answer["Location"] == nil)
                let direct = try current.site.direct(
                    "POST", "/cas/v1/tickets",
                    [
                        ("SSL_CLIENT_VERIFY", "FAILED:certificate has expired"),
                        ("SSL_CLIENT_CERT", try client.text),
                    ])
                #expect(direct.hasPrefix("Status: 401"), "\(direct)")
            }
        }

        @Test func `no certificate at all is no error there`() throws {
            let current = try SourceSite.current
            let page = try current.lax.curl(nil)(Browser.login(Self.service))
            #expect(page.status == 200)
            #expect(page.body.contains("name=\"password\""))
            #expect(try current.lax.curl(nil).createSession().status == 400)
        }

        @Test func `without the setting, what nginx does not trust is no credential`() throws {
            let current = try SourceSite.current
            let gateway = try Gateway(
                like: EndToEnd.site,
                edits: [
                    .certificates("ssl_verify_client on;", "ssl_verify_client optional_no_ca;")
                ])
            defer { gateway.stop() }
            let curl = gateway.curl(try current.issue(user: "upn@example.org"))
            let refused = try curl.createSession()
            #expect(refused.status == 400)
            #expect(refused.body.contains("No credentials"))
            #expect(try curl(Browser.login(Self.service)).status == 200)
            let good = try EndToEnd.site.clientCertificate
            let client = ClientFiles(
                certificate: good, key: good.replacing(".pem", with: ".key"))
            #expect(try gateway.curl(client).createSession().status == 201)
        }
    }

    @Suite("The header of a listed peer") struct Header {
        private let stranger = ["--interface", "127.0.0.7"]

        private func forms(_ pem: String) throws -> [(name: String, value: String)] {
            let lines = pem.split(separator: "\n")
            let bare = lines.dropFirst().dropLast().joined()
            return [
                ("RFC 9440", ":\(bare):"), ("percent-encoded", encoded(pem)),
                ("spaces", pem.trimmingCharacters(in: .newlines).replacing("\n", with: " ")),
                ("bare", bare),
            ]
        }

        @Test func `a listed peer is believed in every form, another one is not heard`() throws {
            let current = try SourceSite.current
            let pem = try current.issue(user: "carried@example.org").text
            for (form, value) in try forms(pem) {
                let header = ["-H", "Ssl-Client-Cert: " + value]
                let created = try current.site.curl.createSession(header)
                try #require(created.status == 201, "\(form): \(created)")
                // The session is bound to it, so that each step needs it.
                let ticket = try current.site.curl.post(
                    "/v1/tickets/\(created.body)", [("service", "https://app.example.org/")],
                    header)
                #expect(ticket.status == 200, "\(form): \(ticket)")
                #expect(
                    try current.site.user(ofTicket: ticket.body) == "carried@example.org")

                let refused = try current.site.curl.createSession(header + stranger)
                #expect(refused.status == 400, "\(form): \(refused)")
                #expect(refused.body.contains("No credentials"))
                let login = try current.site.curl("/login", header + stranger)
                #expect(login.status == 200)
            }
        }

        @Test func `what a listed peer sends is checked like any other certificate`() throws {
            let current = try SourceSite.current
            let foreign = try TestCA("/O=Test/CN=Only casd").issue("/O=Test/CN=x").certificate
            for value in [encoded(foreign), "rubbish", ":AAAA:", "%"] {
                let answer = try current.site.curl.createSession(
                    ["-H", "Ssl-Client-Cert: " + value])
                #expect(answer.status == 401, "\(value.prefix(20)): \(answer)")
            }
            let absent = try current.site.curl.createSession(["-H", "Ssl-Client-Cert: (null)"])
            #expect(absent.status == 400)
        }

        @Test func `headers do not stand beside, or in for, the handshake`() throws {
            let current = try SourceSite.current
            let one = try current.issue(user: "one@example.org")
            let other = try encoded(current.issue(user: "other@example.org").text)
            var forged: [String] = []
            for name in ["Ssl-Client-Verify", "SSL_CLIENT_VERIFY", "X-Ssl-Client-Verify"] {
                forged += ["-H", "\(name): SUCCESS"]
            }
            for name in ["Ssl-Client-Cert", "SSL_CLIENT_CERT", "X-Ssl-Client-Cert", "Client-Cert"] {
                forged += ["-H", "\(name): \(other)"]
            }
            // From an address that is not listed, the headers have no effect on either port.
            #expect(try current.site.curl.createSession(forged + stranger).status == 400)
            let unproved = try current.site.curl(nil).createSession(forged + stranger)
            #expect(unproved.isGatewayPage(400))
            let page = try current.site.curl("/login", forged + stranger)
            #expect(page.status == 200)
            #expect(page.all("Set-Cookie").allSatisfy { !$0.hasPrefix("TGC=") })
            let proved = try current.lax.curl(one).createSession(forged + stranger)
            try #require(proved.status == 201)
            let ticket = try current.lax.curl(one).post(
                "/v1/tickets/\(proved.body)", [("service", "https://app.example.org/")])
            #expect(try current.site.user(ofTicket: ticket.body) == "one@example.org")

            // From one that is, two certificates contradict each other.
            let contradiction = try current.lax.curl(one).createSession(
                ["-H", "Ssl-Client-Cert: " + other])
            #expect(contradiction.status == 400)
            let twice = ["-H", "Ssl-Client-Cert: \(other)", "-H", "Ssl-Client-Cert: \(other)"]
            #expect(try current.site.curl.createSession(twice).status >= 400)
        }
    }

    @Suite("Sessions bound to certificates") struct Bound {
        private static let service = "https://app.example.org/"

        @Test func `over REST each step wants the certificate`() throws {
            let current = try SourceSite.current
            let client = try current.issue(user: "bound@example.org")
            let session = try current.lax.curl(client).createSession().body
            let form = [("service", Self.service)]
            let path = "/v1/tickets/\(session)"

            let without = try current.site.curl.post(path, form)
            #expect(without.status == 403)
            #expect(
                without.body
                    == "The session is bound to a client certificate, which was not presented")
            #expect(try current.site.curl(path).status == 403)
            let other = try current.issue(user: "other@example.org")
            let wrong = try current.lax.curl(other).post(path, form)
            #expect(wrong.status == 403)
            #expect(wrong.body == "The session is bound to another client certificate")
            let again = try current.issue(user: "bound@example.org")
            #expect(try current.lax.curl(again).post(path, form).status == 403, "another key")

            let granted = try current.lax.curl(client).post(path, form)
            #expect(granted.status == 200)
            #expect(try current.site.user(ofTicket: granted.body) == "bound@example.org")
            #expect(try current.site.curl(path, ["-X", "DELETE"]).status == 200, "no harm")
            #expect(try current.lax.curl(client).post(path, form).status == 404)
        }

        @Test func `a password's session is bound to nothing`() throws {
            let current = try SourceSite.current
            #expect(try current.site.user(of: current.site.session()) == "casuser")
        }

        @Test func `in the browser the reason is on the page, and the session lives on`() throws {
            let current = try SourceSite.current
            let client = try current.issue(user: "bound@example.org")
            let folder = try TemporaryDirectory()
            let jar = ["-b", folder.file("jar"), "-c", folder.file("jar")]
            let withCertificate = current.lax.curl(client, jar)
            let entered = try withCertificate(Browser.login(Self.service))
            #expect(entered.ticket?.hasPrefix("ST-") == true)

            // The same cookie on the main port.
            let cookie = try #require(
                entered.all("Set-Cookie").first { $0.contains("TGC=") }?.split(separator: ";").first
            )
            let stolen = ["-H", "Cookie: \(cookie)"]
            let page = try current.site.curl(Browser.login(Self.service), stolen)
            #expect(page.status == 403)
            #expect(page.body.contains("Your session was opened with a certificate"))
            #expect(page.body.contains(current.site.certificateBase + "/login?service="))
            #expect(page.ticket == nil)

            let log = current.site.log
            let again = try withCertificate(Browser.login(Self.service))
            #expect(again.ticket?.hasPrefix("ST-") == true)
            #expect(again.all("Set-Cookie").allSatisfy { !$0.contains("TGC=") })
            #expect(log.lines.allSatisfy { !$0.contains("\"logged in\"") }, "single sign-on")
        }
    }

    @Suite("Whom certificates stand for") struct Principals {
        private func user(_ client: ClientFiles) throws -> String? {
            let current = try SourceSite.current
            let entered = try current.lax.curl(client)(Browser.login("https://app.example.org/"))
            return try entered.ticket.flatMap { try current.site.user(ofTicket: $0) }
        }

        @Test func `users_file names them by a fact, and the rest by their UPN`() throws {
            let current = try SourceSite.current
            let upn = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:upn@example.org"
            let cases: [(ClientFiles, String?)] = [
                (try current.issue("a", names: "email:alice@EXAMPLE.org,\(upn)"), "mapped-by-mail"),
                (try current.issue("By Subject"), "mapped-by-subject"),
                (try current.issue("b", wish: .init(serial: "0x5E01")), "mapped-by-number"),
                (try current.issue("c", names: upn), "upn@example.org"),
                (try current.issue("d", names: "email:d@example.org"), nil),
                (try current.issue("By Subject", names: "email:alice@example.org"), nil),
            ]
            for (number, (client, expected)) in cases.enumerated() {
                #expect(try user(client) == expected, "case \(number)")
            }
        }

        @Test func `a URI of the scheme names them`() throws {
            let current = try SourceSite.current
            let client = try current.issue(
                "e", names: "URI:https://example.org/e,URI:spiffe://example.org/e")
            let lacking = try current.issue("f", names: "URI:https://example.org/f")
            try current.with(principal: "type: san_uri, uri_scheme: spiffe") {
                let users = (try user(client), try user(lacking))
                #expect(users.0 == "spiffe://example.org/e")
                #expect(users.1 == nil)
            }
            #expect(try user(client) == nil, "it has no UPN")
        }
    }
}
