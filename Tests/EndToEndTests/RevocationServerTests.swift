import Foundation
import Glibc
import Platform
import TestSupport
import Testing

extension EndToEnd.Certificates {
    @Suite("Revocation while casd runs") struct Revocation {
        private static let service = "https://app.example.org/"

        /// Whether a login is let in.
        private func isAccepted(_ client: ClientFiles) throws -> Bool {
            let current = try CertificateSite.current
            let answer = try current.site.curl(client).createSession()
            try #require([201, 401].contains(answer.status), "\(answer)")
            return answer.status == 201
        }

        /// Nothing but the workers themselves notices the file.
        @Test func `a new list in a file is in force in all workers at once`() throws {
            let current = try CertificateSite.current
            let middle = current.authorities.middle
            let issued = try middle.issue("/O=Test/CN=leaver", wish: .init(serial: "0x5B01"))
            let folder = try TemporaryDirectory()
            let leaver = try ClientFiles(issued, chain: [middle], at: folder.file("leaver"))
            #expect(try isAccepted(leaver))

            let log = current.site.log
            let now = Instant.now
            let validity = (now - .seconds(60))...(now + .seconds(86_400))
            let list = try middle.revocationList(
                [.init("5B01", reason: "superseded")], number: "02", validity: validity)
            try File.replace(current.list("middle"), with: list)
            #expect(log.has("middle.crl: read, 1 in force, 1 revoked", count: 2), "\(log.text)")
            for _ in 1...6 { #expect(try !isAccepted(leaver)) }
            #expect(log.has("(superseded): CN=leaver,O=Test", count: 6))
            #expect(try isAccepted(current.client(.overIntermediate)), "nobody else")

            // What is no list leaves the one before in force, and so does an older one.
            try File.replace(current.list("middle"), with: Array("no list".utf8))
            #expect(log.has("middle.crl: no X.509 revocation list", count: 2))
            for _ in 1...4 { #expect(try !isAccepted(leaver)) }
            let older = try middle.revocationList(
                validity: (now - .seconds(9000))...(now + .seconds(86_400)))
            try File.replace(current.list("middle"), with: older)
            #expect(log.has("older than the list in force", count: 2), "\(log.text)")
            for _ in 1...4 { #expect(try !isAccepted(leaver)) }
            #expect(log.lines.allSatisfy { !$0.contains("\"reloaded\"") })
        }

        @Test func `the list of a distribution point is renewed before it ends`() throws {
            let current = try CertificateSite.current
            let points = current.authorities.points
            let now = Instant.now
            let client = try current.issue(
                by: points, "pointed", adding: [current.lists.point(.file, "points")],
                serial: "5C01")
            #expect(try !isAccepted(client), "there is no list yet")

            let other = try current.issue(
                by: points, "pointed2", adding: [current.lists.point(.file, "points2")],
                serial: "5C02")
            try current.lists.publish(
                "points2",
                try points.revocationList(
                    validity: (now - .seconds(3600))...(now + .seconds(6))))
            // Each worker has to fetch it for itself.
            let curl = current.site.curl(other)
            let isKnown = eventually {
                onThreads(4) { _ in _ = try? curl.createSession() }
                return current.lists.requests(.file, "points2") >= 2
            }
            try #require(isKnown)
            #expect(try isAccepted(other))
            try current.lists.publish(
                "points2",
                try points.revocationList(
                    [.init("5C02", reason: "affiliationChanged")], number: "02"))
            let log = current.site.log
            // Between the old list's end and the new one nobody is let in either.
            let isRefused = try eventually(within: 20_000) {
                let wasAccepted = try isAccepted(other)
                return !wasAccepted && log.text.contains("(affiliationChanged): CN=pointed2,O=Test")
            }
            #expect(isRefused, "\(log.text)")
            let count = current.lists.requests(.file, "points2")
            #expect((3...8).contains(count), "\(count) requests: most logins need none")
        }

        @Test(arguments: [
            (ListServer.Way.huge, "response too large"), (.garbage, "no X.509 revocation list"),
            (.file, "status 404"),
        ])
        func `a distribution point without a list is no reason to let anybody in`(
            _ way: ListServer.Way, _ reason: String
        ) throws {
            let current = try CertificateSite.current
            let client = try current.issue(
                by: current.authorities.points, "bad-\(way)",
                adding: [current.lists.point(way, "bad")])
            let log = current.site.log
            let start = monotonicMilliseconds()
            #expect(try !isAccepted(client))
            #expect(monotonicMilliseconds() - start < 5000)
            #expect(log.has("revocation unknown: CN=bad-\(way),O=Test"))
            #expect(log.has(reason), "\(log.text)")
        }

        @Test func `a list of another authority is no list`() throws {
            let current = try CertificateSite.current
            let client = try current.issue(
                by: current.authorities.points, "foreign",
                adding: [current.lists.point(.file, "foreign")])
            try current.lists.publish(
                "foreign", try TestCA("/O=Test/CN=Points").revocationList())
            let log = current.site.log
            #expect(try !isAccepted(client))
            #expect(log.has("revocation unknown: CN=foreign,O=Test"), "\(log.text)")
        }

        @Test func `a silent server delays one login a little and nothing else`() throws {
            let current = try CertificateSite.current
            let site = current.site
            let client = try current.issue(
                by: current.authorities.points, "silent",
                adding: [current.lists.point(.slow, "silent")])
            let session = try site.session()
            let folder = try TemporaryDirectory()
            let curl = site.curl(client, ["-w", "\n%{time_total}"])
            let logins = try (0..<6).map { number in
                try Running(
                    curl.options + ["-X", "POST", curl.base + "/v1/tickets"],
                    log: folder.file("\(number)"))
            }
            defer { logins.forEach { $0.stop() } }
            try #require(eventually { current.lists.requests(.slow, "silent") > 0 })
            #expect(logins.contains { $0.isRunning })
            var slowest: Int64 = 0
            repeat {
                let start = monotonicMilliseconds()
                #expect(try site.user(of: session) == "casuser")
                slowest = max(slowest, monotonicMilliseconds() - start)
            } while logins.contains { $0.isRunning }
            #expect(slowest < 1000, "a ticket and its validation took \(slowest) ms")
            for login in logins {
                let text = try login.finish()
                #expect(text.contains(" 401"), "\(text)")
                let seconds = try #require(text.split(separator: "\n").last.flatMap { Double($0) })
                #expect(seconds < 3, "outbound.timeout is a second")
            }
            try current.with(rules: "unavailable: allow, expired: deny") {
                let start = monotonicMilliseconds()
                let isAccepted = try isAccepted(client)
                #expect(isAccepted)
                #expect(monotonicMilliseconds() - start < 3000)
            }
        }

        @Test func `a responder says good, revoked and unknown, and then nothing`() throws {
            let current = try CertificateSite.current
            let authority = current.authorities.responder
            let responder = try Responder(
                of: authority, port: current.responderPort, good: ["5D01", "5D04"],
                revoked: [.init("5D02", reason: "cessationOfOperation")])
            defer { responder.stop() }
            let clients = try ["5D01", "5D02", "5D03", "5D04"].map { (serial: String) in
                try current.issue(
                    by: authority, "asked-" + serial,
                    adding: ["authorityInfoAccess = OCSP;URI:\(responder.url)"], serial: serial)
            }
            let log = current.site.log
            #expect(try isAccepted(clients[0]))
            #expect(try !isAccepted(clients[1]))
            #expect(log.has("(cessationOfOperation): CN=asked-5D02,O=Test"), "\(log.text)")
            #expect(try !isAccepted(clients[2]))
            #expect(log.has("the responder does not know the certificate"), "\(log.text)")

            let explained = try current.site.tool(
                "certificate", "explain", clients[0].certificate)
            #expect(explained.status == 0, "\(explained.text)")
            responder.stop()
            let start = monotonicMilliseconds()
            #expect(try !isAccepted(clients[3]), "nobody knows")
            #expect(monotonicMilliseconds() - start < 3000)
            let unexplained = try current.site.tool(
                "certificate", "explain", clients[3].certificate)
            #expect(unexplained.status == 1, "\(unexplained.text)")
            #expect(unexplained.text.contains("Refused at"))
            #expect(unexplained.text.contains("revocation unknown: CN=asked-5D04,O=Test"))
        }
    }
}
