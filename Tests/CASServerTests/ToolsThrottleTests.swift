import HTTP
import JSON
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("casd throttle, and its configuration") struct ToolsThrottleTests {
    private func surroundings(_ server: TestServer) throws -> ThrottleTools.Surroundings {
        ThrottleTools.Surroundings(
            counters: server.registry, Configuration.Throttle(), keys: try server.keys,
            clock: { [now = server.now] in now.withLock { $0 } })
    }

    private func list(
        _ server: TestServer, limit: Int = 100, _ format: ToolFormat = .text
    ) -> String {
        ThrottleTools.list(limit: limit, format: format) { try surroundings(server) }.text
    }

    private func clear(_ server: TestServer, _ target: ThrottleTools.Target) -> ToolOutput {
        ThrottleTools.clear(target) { try surroundings(server) }
    }

    @Test func `counters are listed, with the names of users only`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        for _ in 0..<11 { _ = browser.logIn("casuser", "wrong") }
        server.advance(by: .milliseconds(500))
        _ = browser.logIn("hunter2", "casuser")
        let text = list(server)
        #expect(!text.contains("hunter2"))
        let lines = text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        #expect(lines.count == 6)
        #expect(
            lines.first?.joined(separator: " ") == "KIND ACCOUNT ADDRESS FAILURES WAITS UNTIL LAST")
        #expect(lines[1][0] == "account" && lines[1][1].hasPrefix("#"))
        #expect(text.contains("casuser"))
        #expect(text.contains("192.0.2.7"))
        #expect(list(server, limit: 1).hasSuffix("There are more; --limit shows them.\n"))
        let json = try #require(try JSONValue(parsing: list(server, .json)).objectValue)
        let counters = try #require(json["counters"]?.arrayValue)
        #expect(counters.count == 5)
        let account = try #require(
            counters.compactMap(\.objectValue).first {
                $0["account"] == "casuser" && $0["kind"] == "account"
            })
        #expect(account["failures"] == 11)
        #expect(account["waits_until"] == "2024-05-01T07:55:40.123Z")
    }

    @Test func `counters are cleared for an account, an address, or all`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        for _ in 0..<11 { _ = browser.logIn("casuser", "wrong") }
        #expect(browser.logIn().status == .tooManyRequests)
        #expect(clear(server, .account("nobody")).status == .remarkable)
        #expect(clear(server, .account(" CASuser")).text == "Cleared 2 counters.\n")
        #expect(browser.logIn("casuser", "wrong").status == .unauthorized)
        #expect(clear(server, .address("192.0.2.7")).text == "Cleared 2 counters.\n")
        #expect(clear(server, .address("192.0.2.x")).status == .failed)
        #expect(clear(server, .all).text == "Cleared 1 counter.\n")
        #expect(list(server) == "No failed logins are counted.\n")
    }

    @Test func `the configuration is read`() throws {
        let folder = try TemporaryDirectory()
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { users: { file: users.json } }
            throttle:
              enabled: true
              failures: 5
              address_failures: 50
              window: 10m
              delay_max: 1h
              rest_status: 429
              exempt_networks: [10.0.0.0/8]
              device_lifetime: 30d
            """
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        let throttle = try Configuration.load(folder.file("casd.yaml")).throttle
        #expect(throttle.failures == 5 && throttle.addressFailures == 50)
        #expect(throttle.window == .seconds(600) && throttle.delayMax == .seconds(3600))
        #expect(throttle.restStatus == 429 && throttle.exemptNetworks.count == 1)
        #expect(throttle.deviceLifetime == .seconds(30 * 86_400) && throttle.isEnabled)
    }

    @Test(arguments: [
        ("failures: 0", "failures"), ("failures: 200, address_failures: 100", "address_failures"),
        ("window: 5", "window"), ("window: 9s", "window"), ("delay_max: 0", "delay_max"),
        ("delay_max: 2d", "delay_max"), ("rest_status: 403", "rest_status"),
        ("exempt_networks: [campus]", "exempt_networks"),
        ("device_lifetime: 59m", "device_lifetime"), ("failure: 3", "failure"),
    ])
    func `what cannot work is a problem`(entry: String, key: String) throws {
        let folder = try TemporaryDirectory()
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { users: { file: users.json } }
            throttle: { \(entry) }
            """
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        do {
            _ = try Configuration.load(folder.file("casd.yaml"))
            Issue.record("\(entry) was taken")
        } catch {
            #expect(error.problems.map(\.key) == ["throttle." + key])
        }
    }
}
