import Foundation
import Glibc
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Logout messages reach whom they can") struct LogoutDelivery {
        private static let settings = """
            outbound: { connect_timeout: 500ms, timeout: 1s }
            """

        /// The applications of these tests: one on each address, for a host that does not answer
        /// is left alone for a while.
        private static let definition = """
            {
              "@class": "org.apereo.cas.services.CasRegisteredService",
              "serviceId": "^http://127\\\\.0\\\\.0\\\\.\\\\d+:\\\\d+/.*$",
              "name": "Receivers", "id": 3001, "evaluationOrder": 1
            }
            """

        private static let ways = [
            "answer", "hang", "garbage", "flood", "redirect", "cut", "recover",
        ]

        private static func address(_ way: String) -> String {
            "127.0.0.\(11 + (ways.firstIndex(of: way) ?? ways.count))"
        }

        @Test func `whatever the applications do, the page comes at once and the rest is told`()
            throws
        {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            try site.define("Receivers-3001", Self.definition)
            let receiver = try Receiver(addresses: Self.ways.map(Self.address))
            let browser = try site.browser()
            var services = Self.ways.map { receiver.service($0, at: Self.address($0)) }
            services.append("http://127.0.0.30:\(receiver.port)/refuses/app")
            let tickets = try enter(services, with: browser, at: site)

            let log = site.log
            try endSessions(30, of: receiver.service("hang", at: Self.address("hang")), at: site)
            let begin = monotonicMilliseconds()
            let out = try browser.get("/logout")
            let duration = monotonicMilliseconds() - begin
            #expect(out.status == 200)
            #expect(duration < 700, "the page took \(duration) ms")

            // The first tries: everybody who can be told has been told, with the very message.
            for (way, ticket) in zip(Self.ways, tickets) where way != "hang" {
                let message = try #require(
                    try receiver.messages("/\(way)/", count: 1).first, "\(way): \(log.text)")
                #expect(message.sessionIndex == ticket)
                expectExact(message, receiver)
            }
            let wait = monotonicMilliseconds() - begin
            #expect(wait < 4000, "those behind a host that hangs waited \(wait) ms")
            #expect(log.has("\"status\":\"delivered\"", count: 2), "\(log.text)")

            // The second tries come, and not at once.
            let second = try receiver.messages("/recover/", count: 2, within: 20_000)
            try #require(second.count == 2, "\(log.text)")
            #expect(second[1].at - second[0].at >= 4500)
            #expect(second[0].sessionIndex == second[1].sessionIndex)
            let cut = try receiver.messages("/cut/", count: 2, within: 20_000)
            #expect(cut.count == 2, "\(log.text)")
            // The host rests between the tries, and thirty others wait for it as well.
            let isTriedAgain = try eventually(within: 90_000) {
                let indexes = try receiver.messages("/hang/").compactMap(\.sessionIndex)
                return Set(indexes).count < indexes.count
            }
            #expect(isTriedAgain, "\(log.text)")
            #expect(log.has("\"reason\":\"status 503\""))
            let isDelivered = eventually {
                log.lines.contains { $0.contains("/recover/") && $0.contains("\"tries\":\"2\"") }
            }
            #expect(isDelivered, "\(log.text)")
            #expect(try receiver.messages("/answer/").count == 1)
            #expect(try receiver.messages("/redirect/").count == 1)
            #expect(try receiver.messages("/followed").isEmpty, "redirects are not followed")
            #expect(
                log.lines.contains { $0.contains("/refuses/") && $0.contains("logout message") })
            #expect(try site.leaks().isEmpty)
        }

        @Test func `what a killed worker was about to deliver, another one delivers`() throws {
            let site = try Deployment(configuration: Self.settings)
            defer { site.end() }
            try site.define("Receivers-3001", Self.definition)
            let receiver = try Receiver(addresses: ["127.0.0.20"])
            let browser = try site.browser()
            let tickets = try enter(
                [receiver.service("stall", at: "127.0.0.20")], with: browser, at: site)
            let before = try site.workers
            _ = try browser.get("/logout")

            let first = try #require(try receiver.messages("/stall/", count: 1).first)
            let worker = try #require(sender(ofPort: first.port, among: before))
            kill(worker, SIGKILL)

            let messages = try receiver.messages("/stall/", count: 2, within: 30_000)
            #expect(messages.map(\.sessionIndex) == [tickets[0], tickets[0]], "\(site.log.text)")
            #expect(try !site.workers.contains(worker))
            let log = Log(site.file("logs/casd.log"), fromStart: true)
            #expect(log.has("\"status\":\"delivered\""), "\(log.text)")
        }

        /// Ends sessions that have entered a service, over REST.
        private func endSessions(_ count: Int, of service: String, at site: Deployment) throws {
            for _ in 0..<count {
                let session = try site.session()
                let ticket = try site.ticket(of: session, for: service)
                _ = try site.curl(
                    "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
                let end = try site.curl("/v1/tickets/\(session)", ["-X", "DELETE"])
                try #require(end.status == 200, "\(end)")
            }
        }

        /// Logs a browser in, and gets and validates a ticket for each of the services.
        private func enter(
            _ services: [String], with browser: Browser, at site: Deployment
        ) throws -> [String] {
            _ = try browser.logIn()
            return try services.map { service in
                let entered = try browser.get(Browser.login(service))
                let ticket = try #require(entered.ticket, "\(entered)")
                let valid = try site.curl(
                    "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
                try #require(valid.body.contains("authenticationSuccess"), "\(valid)")
                return ticket
            }
        }

        /// CAS 3.0 Appendix C, and what the clients in the field look for.
        private func expectExact(_ message: Receiver.Message, _ receiver: Receiver) {
            #expect(message.line.hasPrefix("POST /"))
            #expect(message.line.hasSuffix("/app?x=1&y=%20z HTTP/1.1"), "\(message.line)")
            #expect(message.headers["Content-Type"] == "application/x-www-form-urlencoded")
            #expect(message.headers["Content-Length"] == "\(message.body.utf8.count)")
            #expect(message.headers["Host"] == "\(message.address):\(receiver.port)")
            for name in ["Expect", "Cookie", "Authorization", "Transfer-Encoding"] {
                #expect(message.headers[name] == nil)
            }
            #expect(message.body.hasPrefix("logoutRequest=%3Csamlp%3ALogoutRequest"))
            #expect(message.body.utf8.count < 1024)
            #expect(!message.body.contains("+") && !message.body.contains("&"))
            let pattern =
                #/
                <samlp:LogoutRequest\ xmlns:samlp="urn:oasis:names:tc:SAML:2\.0:protocol"
                \ xmlns:saml="urn:oasis:names:tc:SAML:2\.0:assertion"
                \ ID="LR-[0-9a-f]+"\ Version="2\.0"
                \ IssueInstant="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ">
                <saml:NameID>casuser</saml:NameID>
                <samlp:SessionIndex>ST-[A-Za-z0-9.-]+</samlp:SessionIndex>
                </samlp:LogoutRequest>
                /#
            #expect(message.xml.wholeMatch(of: pattern) != nil, "\(message.xml)")
        }

        /// The process at the other end of a connection.
        private func sender(ofPort port: Int, among workers: Set<Int32>) -> Int32? {
            let local = ":" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
            let table = (try? File.readText("/proc/net/tcp")) ?? ""
            let inodes = table.split(separator: "\n").map { $0.split(separator: " ") }
                .filter { $0.count > 9 && $0[1].hasSuffix(local) }.map { "socket:[\($0[9])]" }
            return workers.first { worker in
                let folder = "/proc/\(worker)/fd"
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                return names.contains { name in
                    let target = try? FileManager.default.destinationOfSymbolicLink(
                        atPath: "\(folder)/\(name)")
                    return target.map(inodes.contains) ?? false
                }
            }
        }
    }
}

extension String {
    fileprivate func leftPadded(to count: Int) -> String {
        String(repeating: "0", count: max(0, count - utf8.count)) + self
    }
}
