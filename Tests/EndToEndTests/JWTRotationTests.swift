import Foundation
import Glibc
import Platform
import TestSupport
import Testing

extension EndToEnd.Tokens {
    /// Keys that change while tokens are made and verified.
    @Suite("Rotation", .serialized) struct Rotation {
        private static let settings = "signing: { algorithm: ES256 }"

        @Test func `keys rotate under load, and no token is refused`() throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use(Self.settings)
            let site = tokens.site
            let folder = try TemporaryDirectory()
            let log = site.log
            let load = try Running(
                [
                    Python.path, Repository.script("jwt_load.py"), site.base,
                    TokenService.plain.url, site.file("state/jwt"), "9",
                ], environment: ["SSL_CERT_FILE": site.authority], log: folder.file("load"))
            let asked = Log(folder.file("load"), fromStart: true)
            #expect(asked.has("keys"))
            for layer in [
                "signing", "encryption", "signing", "signing", "encryption", "signing", "signing",
            ] {
                // One answer may have been on its way.
                let count = asked.lines.count { $0 == "keys" }
                let rotated = try site.tool("keys", "rotate", layer, "--force")
                #expect(rotated.status == 0, "\(rotated.errors)")
                #expect(asked.has("keys", count: count + 2))
            }
            try #require(kill(try site.supervisor, SIGHUP) == 0)
            #expect(log.has("\"event\":\"reloaded\""))
            #expect(load.isRunning, "the load lasted longer than the rotations")
            let report = try load.finish()
            #expect(!report.contains("failed after"), "\(report)")
            let last = try #require(report.split(separator: "\n").last)
            let counts = try #require(
                try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Int])
            #expect(counts["failures"] == 0)
            #expect((counts["sessions"] ?? 0) > 10, "\(counts)")
            #expect((counts["tokens"] ?? 0) > 50, "\(counts)")
            #expect((counts["key_names"] ?? 0) >= 5, "\(counts)")
        }

        @Test func `keys and sessions' tokens outlive workers that are killed`() throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use(Self.settings)
            let site = tokens.site
            let token = try site.sessionToken()
            let before = try site.workers
            let keySet = try site.curl("/jwks").body
            for worker in before { kill(worker, SIGKILL) }
            let isWhole = try eventually {
                try site.workers.count == before.count && site.workers.isDisjoint(with: before)
            }
            #expect(isWhole)
            let rotated = try site.tool("keys", "rotate", "signing", "--force")
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(try site.curl("/v1/tickets/\(token)").status == 200)
            #expect(try site.ticket(of: token, for: TokenService.plain.url).hasPrefix("eyJ"))
            #expect(try site.curl("/jwks").body != keySet)

            let back = try site.tool("keys", "rotate", "signing", "--back")
            #expect(back.status == 0, "\(back.errors)")
            let other = try site.sessionToken()
            for token in [token, other] {
                #expect(try site.curl("/v1/tickets/\(token)").status == 200)
            }
        }

        @Test func `a ring that cannot be read changes nothing`() throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use(Self.settings)
            let site = tokens.site
            let token = try site.sessionToken()
            let ring = try File.read(site.file("state/jwt/ring.json"))
            let log = site.log
            try File.replace(site.file("state/jwt/ring.json"), with: Array("{".utf8))
            #expect(log.has("token keys not reloaded", count: 2))
            #expect(try site.curl("/v1/tickets/\(token)").status == 200)
            #expect(try site.sessionToken().hasPrefix("eyJ"))
            let check = try site.tool("check")
            #expect(check.status != 0)
            #expect((check.text + check.errors).contains("ring.json"))
            try File.replace(site.file("state/jwt/ring.json"), with: ring)
            #expect(log.has("token keys reloaded", count: 2))
            #expect(try site.curl("/v1/tickets/\(token)").status == 200)
        }
    }
}
