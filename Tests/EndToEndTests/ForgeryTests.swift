import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("FastCGI records in a body forge no request") struct Forgery {
        @Test func `no body on any route is taken for a request of the gateway`() throws {
            let site = try EndToEnd.site
            let log = site.log
            let accesses = Log(site.file("logs/nginx-access.log"))
            let report = try forge(site.base, site)
            #expect(!report.contains("broken"), "\(report)")
            let sent = try #require(report.split(separator: " ").first.flatMap { Int($0) })
            #expect(sent > 4000)
            // Everything has been answered, so whatever was left behind has been read.
            for effect in ["forged-user", "192.0.2.66", "\"event\":\"logged in\""] {
                #expect(log.lines.count { $0.contains(effect) } == 0, "\(effect)")
            }
            #expect(accesses.lines.count >= sent, "the requests did go through nginx")
        }

        /// The same bytes against a back end that has the fault; if this finds nothing, the test
        /// above proves nothing.
        @Test func `a back end that leaves bodies unread would be caught`() throws {
            let site = try EndToEnd.site
            let folder = try TemporaryDirectory()
            try Command.check([
                "gcc", "-w", "-O1", "-o", folder.file("careless"), Repository.script("careless.c"),
                "-lfcgi", "-lpthread",
            ])
            let backEnd = try Running(
                [folder.file("careless"), folder.file("socket"), folder.file("requests")],
                log: folder.file("log"))
            defer { backEnd.stop() }
            let gateway = try Gateway(like: site, upstream: folder.file("socket"))
            defer { gateway.stop() }
            _ = try forge(gateway.base, site, ["quick"])
            let forged = Log(folder.file("requests"), fromStart: true).lines
                .count { $0.contains("192.0.2.66") }
            #expect(forged > 0, "the forging does not work any more")
        }

        private func forge(
            _ base: String, _ site: Deployment, _ more: [String] = []
        ) throws -> String {
            try Command.check(
                [
                    "python3", Repository.script("forge.py"), base, site.authority,
                    site.clientCertificate,
                ] + more, seconds: 150)
        }
    }
}
