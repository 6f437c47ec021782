import CASProtocol
import HTTP
import JSON
import Outbound
import Platform
import TestSupport
import Testing
import Tickets

@testable import CASServer

@Suite("casd sessions") struct ToolsSessionsTests {
    private let app = "https://app.example.org/home"

    private func surroundings(
        _ server: TestServer, queuesLogout: Bool = true
    ) -> SessionTools.Surroundings {
        SessionTools.Surroundings(
            registry: server.registry, queuesLogout: queuesLogout,
            clock: { [now = server.now] in now.withLock { $0 } })
    }

    private func list(
        _ server: TestServer, user: String? = nil, limit: Int = 100, _ format: ToolFormat = .text
    ) -> String {
        SessionTools.list(user: user, limit: limit, format: format) { surroundings(server) }.text
    }

    private func report(
        _ server: TestServer, user: String? = nil, session: String? = nil, status: String? = nil,
        _ format: ToolFormat = .text
    ) -> ToolOutput {
        SessionTools.logoutReport(
            user: user, session: session, status: status, limit: 100, format: format
        ) { surroundings(server) }
    }

    private func handle(_ server: TestServer) throws -> String {
        let sessions = try server.registry.allSessions(limit: 1, at: server.now.withLock { $0 })
        return try #require(sessions.first).handle.description
    }

    /// Somebody who has entered the application.
    private func visit(_ server: TestServer, _ user: String = "casuser") throws {
        let browser = Browser(server)
        let ticket = try #require(
            browser.logIn(user, query: "?service=" + percentEncoded(app)).ticket)
        _ = browser.get("/cas/serviceValidate?service=\(percentEncoded(app))&ticket=\(ticket)")
    }

    @Test func `sessions are listed, the newest first`() throws {
        let server = try TestServer()
        try visit(server)
        let first = try handle(server)
        server.advance(by: .seconds(61))
        _ = Browser(server).logIn("other")
        let second = try handle(server)
        #expect(
            list(server) == """
                SESSION           USER     BEGAN                 LAST USED             \
                ENDS                  SERVICES  LOGIN
                \(second)  other    2024-05-01 07:56:40Z  2024-05-01 07:56:40Z  \
                2024-05-01 09:56:40Z  0
                \(first)  casuser  2024-05-01 07:55:39Z  2024-05-01 07:55:39Z  \
                2024-05-01 09:55:39Z  1

                """)
        #expect(list(server, user: "casuser").contains(first))
        #expect(!list(server, user: "casuser").contains(second))
        #expect(list(server, limit: 1).hasSuffix("There are more; --limit shows them.\n"))
        #expect(!list(server, limit: 2).contains("There are more"))
        #expect(list(server, user: "nobody") == "No live sessions.\n")
        let json = try #require(try JSONValue(parsing: list(server, .json)).objectValue)
        #expect(json["sessions"]?.arrayValue?.count == 2)
        #expect(json["complete"] == true)
    }

    @Test func `a session is ended only after a yes, and its services are told`() throws {
        let server = try TestServer()
        try visit(server)
        let digits = try handle(server)
        var asked = ""
        let no = SessionTools.revoke(
            .handle(digits),
            confirm: {
                asked = $0
                return false
            }
        ) { surroundings(server) }
        #expect(asked.contains(digits))
        #expect(no.text == "Nothing was ended.\n")
        #expect(no.status == .remarkable)
        #expect(try server.registry.counts().sessions == 1)

        let yes = SessionTools.revoke(.handle(String(digits.prefix(8))), confirm: { _ in true }) {
            surroundings(server)
        }
        #expect(
            yes.text
                == "Ended session \(digits) of casuser, 1 service to be told by the workers.\n")
        #expect(try server.registry.counts().sessions == 0)
        server.deliverLogouts()
        #expect(server.network.calls.first?.url == app)
        #expect(report(server).text.contains("revoked"))
    }

    @Test func `all sessions of a user are ended, and nobody else's`() throws {
        let server = try TestServer()
        for user in ["casuser", "casuser", "other"] { _ = Browser(server).logIn(user) }
        var recorded = 0
        let output = SessionTools.revoke(.user("casuser"), confirm: { _ in true }) {
            SessionTools.Surroundings(
                registry: server.registry, queuesLogout: true,
                clock: { [now = server.now] in now.withLock { $0 } },
                record: { _ in recorded += 1 })
        }
        #expect(output.text.split(separator: "\n").count == 2)
        #expect(recorded == 2)
        #expect(!list(server).contains("casuser"))
        #expect(list(server).contains("other"))
    }

    @Test func `without single logout nobody is told, and the operator knows`() throws {
        let server = try TestServer()
        try visit(server)
        let output = SessionTools.revoke(.user("casuser"), confirm: { _ in true }) {
            surroundings(server, queuesLogout: false)
        }
        #expect(output.text.contains("1 service, not told: logout.single_logout is off"))
        server.deliverLogouts()
        #expect(server.network.calls.isEmpty)
    }

    @Test func `a session that is not there is no success`() throws {
        let server = try TestServer()
        let missing = SessionTools.revoke(.handle("0123456789abcdef"), confirm: { _ in true }) {
            surroundings(server)
        }
        #expect(missing.status == .remarkable)
        let short = SessionTools.revoke(.handle("0123"), confirm: { _ in true }) {
            surroundings(server)
        }
        #expect(short.complaint.contains("8 to 64 hexadecimal digits"))
    }

    @Test func `the report tells how each message has fared`() throws {
        let server = try TestServer()
        try visit(server)
        let digits = try handle(server)
        _ = SessionTools.revoke(.user("casuser"), confirm: { _ in true }) { surroundings(server) }
        #expect(
            report(server).text == """
                SESSION ENDED         WHY      SESSION           USER     \
                SERVICE                       STATUS   TRIES  LAST TRY  NOTE
                2024-05-01 07:55:39Z  revoked  \(digits)  casuser  \
                https://app.example.org/home  pending  0      never
                1 pending

                """)
        server.advance(by: .seconds(2))
        server.deliverLogouts()
        let delivered = report(server, user: "casuser", session: digits, status: "delivered").text
        #expect(delivered.contains("delivered  1      2024-05-01 07:55:41Z  status 200\n"))
        #expect(report(server, status: "failed").text.hasPrefix("No such logout messages"))
        #expect(report(server, user: "other").text.hasPrefix("No such logout messages"))
        #expect(report(server, status: "lost").complaint.contains("pending, delivered, failed"))
        let json = try #require(
            try JSONValue(parsing: report(server, .json).text).objectValue)
        let delivery = try #require(json["deliveries"]?.arrayValue?.first?.objectValue)
        #expect(delivery["status"] == "delivered")
        #expect(delivery["tries"] == 1)
    }
}

@Suite("The tickets of the running service") struct ToolsLiveRegistryTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func configure(_ settings: String = "") throws -> String {
        try File.replace(folder.file("users.json"), with: Array(TestServer.users.utf8))
        try File.makeDirectory(folder.file("services"))
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { users: { file: users.json, allow_plaintext: true } }
            services: { directory: services }
            state: { directory: state, runtime_directory: run }
            \(settings)
            """
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        return folder.file("casd.yaml")
    }

    private let now = Instant(milliseconds: 1_714_550_139_123)

    private func list(_ file: String) -> ToolOutput {
        SessionTools.list(user: nil, limit: 10, format: .text) {
            try .init(configuration: file, clock: { [now] in now })
        }
    }

    @Test func `what another process has stored is seen and can be ended`() throws {
        let file = try configure("log: { file: log }")
        let id = try #require(TicketID("TGT-live"))
        do {
            let registry = try Assembly.registry(try Configuration.load(file))
            try registry.insert(
                TicketGrantingTicket(
                    handle: TicketHandle(of: id), principal: Principal(id: "casuser"),
                    event: AuthenticationEvent(
                        date: now, handlers: ["users"], credentialTypes: []),
                    grantedAt: now, lifetime: SessionLifetime(hard: .seconds(60), idle: .zero)))
        }
        try File.replace(folder.file("log"), with: [])
        #expect(list(file).text.contains(TicketHandle(of: id).description))
        let explained = TicketTools.explain(
            "TGT-live", configuration: file, clock: { [now] in now })
        #expect(explained.text.contains("It is live"))
        let revoked = SessionTools.revoke(.user("casuser"), confirm: { _ in true }) {
            try .init(configuration: file, clock: { [now] in now })
        }
        #expect(revoked.text.hasPrefix("Ended session"))
        #expect(list(file).text == "No live sessions.\n")
        let log = try File.readText(folder.file("log"))
        #expect(log.contains("\"cause\":\"revoked\""))
        #expect(log.contains("\"user\":\"casuser\""))
    }

    @Test func `a store that is not there is not made`() throws {
        let file = try configure()
        let output = list(file)
        #expect(output.status == .failed)
        #expect(output.complaint.contains("run/tickets"))
        #expect(output.complaint.contains("--config"))
        #expect(!File.exists(folder.file("run")))
        #expect(!File.exists(folder.file("state")))
    }

    @Test func `a store of an earlier boot is left as it is`() throws {
        let file = try configure()
        _ = try Assembly.registry(try Configuration.load(file))
        try File.replace(folder.file("run/tickets/tickets.boot"), with: Array("another".utf8))
        let version = File.version(folder.file("run/tickets/tickets.mdb"))
        #expect(version != nil)
        #expect(list(file).complaint.contains("there are no tickets of this boot"))
        #expect(File.version(folder.file("run/tickets/tickets.mdb")) == version)
    }

    @Test func `a memory registry is out of reach, but the log can be searched`() throws {
        let file = try configure("tickets: { registry: memory }\nlog: { file: log }")
        #expect(list(file).complaint.contains("tickets.registry is memory"))
        let line = #"{"time":"T","event":"validation refused","ticket":"0123456789abcdef"}"#
        try File.replace(folder.file("log"), with: Array((line + "\n").utf8))
        let output = TicketTools.explain(
            "0123456789abcdef", configuration: file, clock: { [now] in now })
        #expect(output.text.contains("tickets.registry is memory"))
        #expect(output.text.contains("validation refused"))
    }

    @Test func `a configuration of another shape is told`() throws {
        let output = list(folder.file("nowhere.yaml"))
        #expect(output.complaint.contains("nowhere.yaml"))
        #expect(output.status == .failed)
    }
}
