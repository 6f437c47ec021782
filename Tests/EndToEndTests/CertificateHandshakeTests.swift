import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    /// Certificates in real handshakes with nginx, and what casd then says.
    @Suite("Client certificates", .serialized, .certificates) enum Certificates {}
}

extension EndToEnd.Certificates {
    @Suite("Handshakes") struct Handshakes {
        enum TLSVersion: String, CaseIterable, Sendable { case tls12, tls13 }

        private static let service = "https://app.example.org/start?a=1&b=%20x"

        private func curl(_ version: TLSVersion, _ client: ClientFiles?) throws -> Curl {
            let current = try CertificateSite.current
            return switch version {
            case .tls12: current.older.curl(client, ["--tls-max", "1.2"])
            case .tls13: current.site.curl(client)
            }
        }

        @Test(arguments: TLSVersion.allCases, ClientKind.allCases)
        func `each certificate has its answer over REST`(
            _ version: TLSVersion, _ kind: ClientKind
        ) throws {
            let current = try CertificateSite.current
            let log = current.site.log
            let client = try current.client(kind)
            let answer = try curl(version, client).createSession()
            switch kind.outcome {
            case .accepted:
                try #require(answer.status == 201, "\(answer)")
                #expect(try current.site.user(of: answer.body) == kind.rawValue)
            case .refused(let reason):
                #expect(answer.status == 401)
                #expect(answer.body.contains("authentication_exceptions"))
                #expect(answer["Location"] == nil)
                #expect(log.has("\"event\":\"login refused\"") && log.has(reason), "\(log.text)")
                #expect(!answer.body.contains("CN="), "reasons are for the operator")
            case .refusedByGateway(let reason):
                #expect(answer.isGatewayPage(400))
                #expect(answer.body.contains("Your certificate was not accepted"))
                #expect(log.text.isEmpty, "nothing reaches casd")
                // casd does not rely on that: it builds the path itself.
                let direct = try current.site.direct(
                    "POST", "/cas/v1/tickets",
                    [
                        ("SSL_CLIENT_VERIFY", "SUCCESS"),
                        ("SSL_CLIENT_CERT", try client.text),
                    ])
                #expect(direct.hasPrefix(reason == nil ? "Status: 201" : "Status: 401"))
                if let reason { #expect(log.has(reason), "\(log.text)") }
            }
        }

        @Test(arguments: TLSVersion.allCases, ClientKind.allCases)
        func `each certificate has its answer in the browser`(
            _ version: TLSVersion, _ kind: ClientKind
        ) throws {
            let current = try CertificateSite.current
            let client = try current.client(kind)
            let answer = try curl(version, client)(Browser.login(Self.service))
            switch kind.outcome {
            case .accepted:
                #expect(answer.status == 302)
                #expect(answer["Location"]?.hasPrefix(Self.service + "&ticket=ST-") == true)
                let ticket = try #require(answer.ticket)
                let user = try current.site.user(ofTicket: ticket, for: Self.service)
                #expect(user == kind.rawValue)
            case .refused:
                #expect(answer.status == 401)
                #expect(answer.body.contains("Your certificate was not accepted. Please log in"))
                let action = try #require(answer.body.between("action=\"", "\"")).unescaped
                #expect(action == "/cas" + Browser.login(Self.service))
                #expect(answer.all("Set-Cookie").allSatisfy { !$0.hasPrefix("TGC=") })
            case .refusedByGateway:
                #expect(answer.isGatewayPage(400))
                #expect(answer.all("Set-Cookie").isEmpty)
            }
        }

        @Test func `the form beside a refused certificate leads on to the service`() throws {
            let current = try CertificateSite.current
            let folder = try TemporaryDirectory()
            let jar = ["-b", folder.file("jar"), "-c", folder.file("jar")]
            let curl = current.site.curl(try current.client(.revoked), jar)
            let page = try curl(Browser.login(Self.service))
            let action = try #require(page.body.between("action=\"", "\"")).unescaped
            let origin = try #require(curl.base.components(separatedBy: "/cas").first)
            let entered = try curl.post(
                origin + action,
                page.hiddenFields + [
                    ("username", "casuser"), ("password", "Mellon"), ("_eventId", "submit"),
                ])
            #expect(entered["Location"]?.hasPrefix(Self.service + "&ticket=ST-") == true)
            let ticket = try #require(entered.ticket)
            #expect(try current.site.user(ofTicket: ticket, for: Self.service) == "casuser")
        }

        @Test func `a gateway of TLS 1_2 and one of TLS 1_3 keep to it`() throws {
            let current = try CertificateSite.current
            let client = try current.client(.direct)
            for (curl, options) in [
                (current.older.curl(client), ["--tlsv1.3"]),
                (current.site.curl(client), ["--tls-max", "1.2"]),
            ] {
                let command = try Command(
                    curl.options + options + [curl.base + "/login"], seconds: 20)
                #expect(command.status == 35, "no handshake: \(command.text)")
            }
            let lines = Log(current.site.file("logs/nginx-access.log"), fromStart: true).lines
            #expect(lines.contains { $0.contains("\"tls\":\"TLSv1.3\"") })
        }

        /// Whoever could resume it there would be in without a certificate (CVE-2025-23419).
        @Test(arguments: TLSVersion.allCases)
        func `a TLS session of the main port is worth nothing on the certificate port`(
            _ version: TLSVersion
        ) throws {
            let current = try CertificateSite.current
            let port = version == .tls12 ? current.older.port : current.site.port
            let folder = try TemporaryDirectory()
            func ask(_ port: Int, _ options: [String]) throws -> String {
                let request =
                    "GET /cas/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                return try Command(
                    [
                        "openssl", "s_client", version == .tls12 ? "-tls1_2" : "-tls1_3",
                        "-connect", "127.0.0.1:\(port)", "-servername", "localhost",
                        "-CAfile", current.site.authority, "-ign_eof",
                    ] + options, input: Array(request.utf8), seconds: 20
                ).text
            }
            let session = folder.file("session")
            let first = try ask(port, ["-sess_out", session])
            #expect(first.contains("name=\"password\""))
            let resumed = try ask(port, ["-sess_in", session])
            #expect(resumed.contains("Reused, TLS"), "there it is resumed")
            #expect(resumed.contains("name=\"password\""))
            let elsewhere = try ask(port + 1, ["-sess_in", session])
            #expect(!elsewhere.contains("Reused, TLS"))
            #expect(elsewhere.contains("A certificate is needed here"), "\(elsewhere)")
        }

        @Test func `ssl_verify_depth bounds what nginx passes on`() throws {
            let current = try CertificateSite.current
            let gateway = try Gateway(
                like: current.site,
                edits: [.certificates("ssl_verify_depth  4", "ssl_verify_depth  1")])
            defer { gateway.stop() }
            let one = try current.client(.overIntermediate)
            #expect(try gateway.curl(one).createSession().status == 201)
            let two = try current.client(.tooLong)
            #expect(try gateway.curl(two).createSession().isGatewayPage(400))
            #expect(try current.site.curl(two).createSession().status == 401, "casd's own bound")
        }

        @Test func `with milder rules only the worst are refused`() throws {
            let current = try CertificateSite.current
            let rules = "unavailable: allow, expired: threshold, threshold: 2d"
            try current.with(rules: rules, usage: "check_key_usage: true") {
                try expect(
                    [.direct, .stale, .unlisted, .noUsage], [.ancient, .agreement, .revoked])
            }
            try current.with(rules: "unavailable: deny, expired: allow") {
                try expect([.stale, .ancient, .agreement], [.unlisted, .revoked, .tooLong])
            }
            try expect([.direct], [.stale, .ancient, .unlisted, .noUsage])
        }

        private func expect(_ accepted: [ClientKind], _ refused: [ClientKind]) throws {
            let current = try CertificateSite.current
            for (kinds, status) in [(accepted, 201), (refused, 401)] {
                for kind in kinds {
                    let answer = try current.site.curl(current.client(kind)).createSession()
                    #expect(answer.status == status, "\(kind)")
                }
            }
        }
    }
}
