import CASProtocol
import HTTP
import Platform
import TestSupport
import Testing
import Tickets

@testable import CASServer

@Suite("casd explain") struct ToolsExplainTests {
    private let app = "https://app.example.org/home?a=1"

    private func explain(_ text: String, _ server: TestServer, log: String? = nil) -> ToolOutput {
        let output = TicketTools.explain(
            text, registry: server.registry, log: log, at: server.now.withLock { $0 })
        if text.contains("-") {
            #expect(!output.text.contains(text.dropFirst(4)), "the ticket shows")
        }
        return output
    }

    private func validate(_ browser: Browser, _ ticket: String, _ service: String) {
        _ = browser.get(
            "/cas/serviceValidate?service=\(percentEncoded(service))&ticket=\(ticket)")
    }

    private func handle(_ ticket: String) throws -> TicketHandle {
        TicketHandle(of: try #require(TicketID(ticket)))
    }

    @Test func `a live ticket is good for what is left of its time`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: app)
        server.advance(by: .milliseconds(2500))
        let output = explain(ticket, server)
        #expect(output.text.hasPrefix("ticket        \(try handle(ticket)), a service ticket\n"))
        #expect(
            output.text.contains("granted       2024-05-01 07:55:39Z (2.5 s ago)\n"))
        #expect(output.text.contains("for           \(app)\n"))
        #expect(output.text.contains("user          casuser\n"))
        #expect(output.text.contains("It is live"))
        #expect(output.text.contains("good for 7.5 s more"))
        #expect(output.status == .good)
    }

    @Test func `the hash finds what the ticket finds`() throws {
        let server = try TestServer()
        let ticket = try Browser(server).ticket(for: app)
        let digits = try handle(ticket).description
        #expect(explain(digits, server) == explain(ticket, server))
        #expect(explain(String(digits.prefix(8)).uppercased(), server).text.contains("It is live"))
    }

    @Test func `an expired ticket says when and how late it is`() throws {
        let server = try TestServer()
        let ticket = try Browser(server).ticket(for: app)
        server.advance(by: .seconds(40))
        let text = explain(ticket, server).text
        #expect(text.contains("never used and expired 2024-05-01 07:55:49Z (30.0 s ago)"))
        #expect(text.contains("tickets.service.lifetime"))
    }

    @Test func `a used ticket says when`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: app)
        server.advance(by: .seconds(1))
        validate(browser, ticket, app)
        server.advance(by: .seconds(60))
        let text = explain(ticket, server).text
        #expect(
            text.contains("It was used 2024-05-01 07:55:40Z (1 min ago), 1.0 s after"))
        #expect(text.contains("already used"))
    }

    @Test func `another service is shown beside the right one with a caret`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: app)
        validate(browser, ticket, "https://app.example.org/home?a=2")
        let text = explain(ticket, server).text
        #expect(text.contains("and refused: other service.\n"))
        #expect(
            text.contains(
                """
                  granted for  https://app.example.org/home?a=1
                  presented    https://app.example.org/home?a=2
                                                              ^
                Likely reason: the queries differ
                """))
    }

    @Test func `a ticket left in the address is found and not shown`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: "https://app.example.org/home")
        validate(browser, ticket, "https://app.example.org/home?ticket=" + ticket)
        let text = explain(ticket, server).text
        #expect(text.contains("?ticket=ST-***"))
        #expect(text.contains("has left the ticket in its address"))
    }

    @Test func `what else was wrong is named with what to do`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        _ = browser.get("/cas/login?service=" + percentEncoded(app))
        let ticket = try #require(
            browser.get("/cas/login?service=" + percentEncoded(app)).ticket)
        _ = browser.get(
            "/cas/serviceValidate?service=\(percentEncoded(app))&ticket=\(ticket)&renew=true")
        let text = explain(ticket, server).text
        #expect(text.contains("refused: not from new login.\n"))
        #expect(text.contains("renew=true at login too"))
    }

    @Test func `a session that ended is named`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: app)
        _ = browser.get("/cas/logout")
        validate(browser, ticket, app)
        let text = explain(ticket, server).text
        #expect(text.contains(", ended\n"))
        #expect(text.contains("Its session has ended"))
    }

    @Test func `a session says whose it is and how long it lives`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        _ = browser.logIn()
        let session = try #require(
            try server.registry.allSessions(limit: 1, at: server.now.withLock { $0 }).first)
        let text = explain(session.handle.description, server).text
        #expect(text.contains("a ticket-granting ticket (a session)\n"))
        #expect(text.contains("user          casuser\n"))
        #expect(text.contains("logged in by  users\n"))
        #expect(
            text.contains(
                "lives until   2024-05-01 09:55:39Z, if used until 2024-05-01 15:55:39Z\n"))
        server.advance(by: .seconds(3 * 3600))
        #expect(
            explain(session.handle.description, server).text
                .contains("It expired 2024-05-01 09:55:39Z (1 h ago).\n"))
    }

    @Test func `a proxy-granting ticket names its service and dies with its session`() throws {
        let registry = MemoryTicketRegistry()
        let now = Instant(milliseconds: 1_714_550_139_123)
        func session(_ text: String, _ proxy: ProxyGrant?) throws -> TicketGrantingTicket {
            TicketGrantingTicket(
                handle: try handle(text), principal: Principal(id: "casuser"),
                event: AuthenticationEvent(
                    date: now, handlers: ["users"], credentialTypes: []),
                grantedAt: now, lifetime: SessionLifetime(hard: .seconds(60), idle: .zero),
                proxy: proxy)
        }
        try registry.insert(try session("TGT-root", nil))
        let grant = ProxyGrant(
            root: try handle("TGT-root"), service: app,
            proxies: ["https://app.example.org/callback"])
        try registry.insert(try session("PGT-on-top", grant))
        let text = TicketTools.explain("PGT-on-top", registry: registry, log: nil, at: now).text
        #expect(text.contains("a proxy-granting ticket\n"))
        #expect(text.contains("granted to    \(app)\n"))
        #expect(text.contains("proxy         https://app.example.org/callback\n"))
        #expect(text.contains("session       \(try handle("TGT-root")), lives until"))
        #expect(text.contains("It is live"))
    }

    @Test func `an unknown ticket is looked for in the log`() throws {
        let server = try TestServer()
        let browser = Browser(server)
        let ticket = try browser.ticket(for: app)
        server.advance(by: .seconds(600))
        _ = try server.registry.sweep(
            at: server.now.withLock { $0 }, limit: 100, queueing: false)
        validate(browser, ticket, app)
        let output = explain(ticket, server, log: server.logFile)
        #expect(output.text.contains("knows nothing of service ticket \(try handle(ticket))"))
        #expect(output.text.contains("Z  ticket granted  service=\(app)"))
        #expect(output.text.contains("validation refused"))
        #expect(output.text.contains("reason=unknown"))
        #expect(output.status == .good)
    }

    @Test func `a ticket that nobody knows says where to look`() throws {
        let server = try TestServer()
        let nowhere = explain("ST-nobody-knows-this-one", server)
        #expect(nowhere.text.contains("journalctl -u casd | grep"))
        #expect(nowhere.status == .remarkable)
        let silent = explain("ST-nobody-knows-this-one", server, log: server.logFile)
        #expect(silent.text.contains("does not mention it"))
        let missing = explain("ST-nobody-knows-this-one", server, log: "/nowhere/log")
        #expect(missing.text.contains("/nowhere/log: No such file"))
    }

    @Test(arguments: ["", "nonsense", "1234567", "https://app.example.org/?ticket=ST-1"])
    func `what is neither ticket nor hash is refused without being repeated`(
        text: String
    ) throws {
        let output = explain(text, try TestServer())
        #expect(output.text.isEmpty)
        #expect(output.complaint.contains("neither a ticket nor a hash"))
        #expect(text.isEmpty || !output.complaint.contains(text))
        #expect(output.status == .failed)
    }
}

@Suite("The log of a ticket") struct ToolsLogTests {
    @Test func `only the end of a long log is read, and lines of other tickets are left out`()
        throws
    {
        let folder = try TemporaryDirectory()
        let line = #"{"time":"T","level":"info","event":"e","ticket":"0123456789abcdef","n":"#
        let content = (0..<100).map { line + "\($0)}\n" + line.replacing("0123", with: "ffff") }
        try File.replace(
            folder.file("log"), with: Array((content.map { $0 + "}\n" }).joined().utf8))
        let whole = TicketLog(of: "0123456789abcdef", in: folder.file("log"))
        #expect(whole.events.count == 100)
        #expect(whole.events.first?.time == "T")
        #expect(whole.events.last?.fields.last == .init(name: "n", value: "99"))
        let end = TicketLog(of: "0123456789abcdef", in: folder.file("log"), bytesMax: 1000)
        #expect((1..<10).contains(end.events.count))
        guard case .searched(_, isWhole: false) = end.outcome else {
            Issue.record("the whole file was read")
            return
        }
    }

    @Test func `a log for people is searched as well`() throws {
        let folder = try TemporaryDirectory()
        let line = #"2024-05-01T07:55:39.123Z info logged in session="0123456789abcdef" user="a""#
        try File.replace(folder.file("log"), with: Array((line + "\n").utf8))
        let log = TicketLog(of: "0123456789abcdef", in: folder.file("log"))
        #expect(log.text(for: "0123456789abcdef").contains("  " + line + "\n"))
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
