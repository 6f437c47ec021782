import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The pool of workers", .serialized) struct WorkerPool {
        /// Shorter than nginx keeps connections, so only where idle ones may be cut off.
        private static let settings = "workers: { drain_timeout: 4s }\n"

        @Test func `SIGHUP under load replaces all workers, and no request fails`() throws {
            let site = try Deployment()
            defer { site.end() }
            let folder = try TemporaryDirectory()
            let before = try site.workers
            let log = site.log
            let load = try Self.load(site, seconds: 6, in: folder)
            var old = before
            for round in 1...2 {
                try #require(kill(try site.supervisor, SIGHUP) == 0)
                #expect(log.has("\"event\":\"reloaded\"", count: round))
                let new = try site.workers.subtracting(old)
                #expect(new.count == 2, "both workers are new")
                old.formUnion(new)
            }
            #expect(load.isRunning, "the load lasted longer than the reloads")
            let report = try load.finish()
            let failures = Log(site.file("logs/nginx-access.log"), fromStart: true).lines
                .filter { !$0.contains("\"status\":\"20") }
            #expect(report.contains("failed=0 broken=0"), "\(report) \(failures)")
            #expect(!report.contains("answered=0"), "\(report)")
            // nginx closes the connections that it kept to them after ten seconds.
            let haveGone = try eventually(within: 20_000) { try site.workers.count == 2 }
            #expect(haveGone, "those that drained are gone")
            #expect(try site.workers.isDisjoint(with: before))
        }

        @Test func `a killed worker is replaced, and tickets and sessions live on`() throws {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            let folder = try TemporaryDirectory()
            let browser = try site.browser()
            _ = try browser.logIn()
            let session = try site.session()
            let ticket = try site.ticket(of: session)
            let log = site.log
            let load = try Self.load(site, seconds: 2, in: folder)
            let before = try site.workers
            for worker in before { kill(worker, SIGKILL) }
            #expect(log.has("worker ended unexpectedly", count: 2))
            let isWhole = try eventually {
                try site.workers.count == 2 && site.workers.isDisjoint(with: before)
            }
            #expect(isWhole)
            let service = "https://app.example.org/"
            let valid = try site.curl(
                "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
            #expect(valid.body.contains("<cas:user>casuser</cas:user>"))
            #expect(try site.isLive(session))
            #expect(try browser.get(Browser.login(service)).ticket != nil)
            _ = try load.finish()
            #expect(try site.curl("/login").status == 200)
        }

        @Test func `sessions live through a stop, and through a reboot`() throws {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            let browser = try site.browser()
            _ = try browser.logIn()
            let session = try site.session()
            for losesRuntimeDirectory in [false, true] {
                try site.stop()
                if losesRuntimeDirectory {
                    try Command.check(["rm", "-rf", site.file("run/tickets")])  // as a reboot does
                }
                try site.start()
                #expect(
                    try site.isLive(session), "runtime directory lost: \(losesRuntimeDirectory)")
                let entered = try browser.get(Browser.login("https://app.example.org/"))
                #expect(entered.status == 302)
                #expect(entered.ticket != nil)
            }
        }

        @Test func `SIGTERM ends within the deadline`() throws {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            let folder = try TemporaryDirectory()
            let log = site.log
            let supervisor = try site.supervisor
            let load = try Self.load(site, seconds: 1, in: folder)
            try #require(log.has("\"event\":\"logged in\""))
            kill(supervisor, SIGTERM)
            let begin = monotonicMilliseconds()
            let ended = eventually(within: 20_000) { kill(supervisor, 0) != 0 }
            #expect(ended)
            #expect(monotonicMilliseconds() - begin < 4000 + 2500)
            #expect(log.has("\"event\":\"stopped\""))
            #expect(log.lines.contains { $0.contains("\"killed\":\"0\"") })
            let report = try load.finish()
            #expect(report.contains("broken=0"), "nginx says 502, it does not hang: \(report)")
            let page = try site.curl("/login")
            #expect(page.status == 502)
            #expect(page.isGatewayPage(502))
            #expect(page["Retry-After"] == "5")
        }

        @Test func `a configuration with a fault leaves the workers as they are`() throws {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            let log = site.log
            let before = try site.workers
            let good = try File.read(site.file("casd.yaml"))
            try File.replace(site.file("casd.yaml"), with: good + Array("servr: {}\n".utf8))
            kill(try site.supervisor, SIGHUP)
            #expect(log.has("\"event\":\"reload refused\""))
            #expect(log.text.contains("servr"))
            #expect(try site.workers == before)
            #expect(try site.curl("/login").status == 200)

            try File.replace(site.file("casd.yaml"), with: good)
            kill(try site.supervisor, SIGHUP)
            #expect(log.has("\"event\":\"reloaded\""))
            #expect(try eventually { try site.workers.isDisjoint(with: before) })
        }

        @Test func `workers that cannot start are tried ever more rarely`() throws {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            let log = site.log
            let users = try File.read(site.file("users.json"))
            try File.replace(site.file("users.json"), with: Array("{".utf8))
            let before = try site.workers
            for worker in before { kill(worker, SIGKILL) }
            #expect(log.has("worker ended unexpectedly", count: 6))
            let begin = monotonicMilliseconds()
            _ = eventually(within: 3000) { monotonicMilliseconds() - begin > 2500 }
            let count = log.lines.count { $0.contains("worker ended unexpectedly") }
            #expect(count <= 16, "\(count) ends in about three seconds")

            try File.replace(site.file("users.json"), with: users)
            let isMended = try eventually(within: 20_000) { try site.curl("/login").status == 200 }
            #expect(isMended)
        }

        /// Starts wrk with the script of validations, pages and logins.
        private static func load(
            _ site: Deployment, seconds: Int, in folder: TemporaryDirectory
        ) throws -> Running {
            try Running(
                [
                    "wrk", "-t", "1", "-c", "16", "-d", "\(seconds)s", "--timeout", "15s",
                    "-s", Repository.script("load.lua"), "https://localhost:\(site.port)/",
                ], log: folder.file("wrk"))
        }
    }
}
