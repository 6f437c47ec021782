import CASProtocol
import CASServer
import Platform
import TestSupport
import Testing

@Suite("Configuration") struct ConfigurationTests {
    private let minimum = """
        server: { public_url: https://sso.example.org/cas }
        authentication: { users: { file: users.json } }

        """

    private func load(_ text: String) throws -> Configuration {
        let folder = try TemporaryDirectory()
        let path = folder.file("casd.yaml")
        try File.replace(path, with: Array(text.utf8))
        return try Configuration.load(path)
    }

    private func problems(_ text: String) throws -> [ConfigurationProblem] {
        do {
            _ = try load(text)
            return []
        } catch let error as ConfigurationProblems {
            return error.problems
        }
    }

    @Test func `the defaults are those of the documentation`() throws {
        let configuration = try load(minimum)
        #expect(configuration.server.publicURL.prefix == "/cas")
        #expect(configuration.tickets.sessionLifetime == .seconds(28_800))
        #expect(configuration.tickets.sessionIdle == .seconds(7200))
        #expect(configuration.tickets.serviceTicketLifetime == .seconds(10))
        #expect(configuration.tickets.mapSizeBytes == 1 << 30)
        #expect(configuration.limits.requestBodyBytes == 65_536)
        #expect(configuration.workers.threads == 2)
        #expect(configuration.listen.mode == 0o660)
        #expect(!configuration.rest.isEnabled)
        #expect(!configuration.logout.followService)
        #expect(configuration.protocolOptions.attributesOnServiceValidate)
    }

    @Test func `the sample in deploy is read without a problem`() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let configuration = try Configuration.load(root + "/deploy/config/casd.yaml")
        #expect(configuration.listen.socket == "/run/casd/casd.sock")
    }

    @Test func `JSON is a configuration as well`() throws {
        let configuration = try load(
            """
            {"server": {"public_url": "https://sso.example.org"},
             "authentication": {"users": {"file": "/etc/users.json"}}, "rest": {"enabled": true}}
            """)
        #expect(configuration.rest.isEnabled)
        #expect(configuration.server.publicURL.prefix == "")
    }

    @Test func `relative paths are relative to the file`() throws {
        let path = try load(minimum).authentication.usersFile ?? ""
        #expect(path.hasPrefix("/tmp/") && path.hasSuffix("/users.json"))
    }

    @Test func `an unknown key is named with its line and the nearest known one`() throws {
        let found = try problems(minimum + "tickets:\n  session: { liftime: 8h }\n")
        #expect(found.count == 1)
        #expect(found.first?.line == 4)
        #expect(found.first?.key == "tickets.session.liftime")
        #expect(found.first?.text.contains("did you mean 'lifetime'") == true)
    }

    @Test func `all problems are listed at once`() throws {
        let found = try problems(
            """
            server: { public_url: http://sso.example.org }
            workers: { threads: many, processes: 0 }
            tickets: { session: { lifetime: 8, idle: 9x } }
            limits: { request_body: 64kb }
            log: { level: loud }
            nonsense: true
            """)
        let keys = found.map(\.key)
        for key in [
            "server.public_url", "workers.threads", "workers.processes", "tickets.session.lifetime",
            "tickets.session.idle", "limits.request_body", "log.level", "nonsense",
            "authentication.users",
        ] {
            #expect(keys.contains(key), "\(key) is missing")
        }
    }

    @Test(arguments: [
        ("server: {}\n", "server.public_url"),
        ("server: { public_url: 'https://a/b/../c' }\n", "server.public_url"),
        ("server: { public_url: 'https://u@a/' }\n", "server.public_url"),
        ("server: { public_url: 'https://a/?b' }\n", "server.public_url"),
    ])
    func `a public address that is none is a problem`(text: String, key: String) throws {
        let found = try problems(text + "authentication: { users: { file: u } }\n")
        #expect(found.map(\.key).contains(key))
    }

    @Test(arguments: [
        ("tickets: { session: { lifetime: 1h, idle: 2h } }\n", "tickets.session.idle"),
        ("tickets: { registry: memory }\nworkers: { processes: 2 }\n", "tickets.registry"),
        ("listen: { socket: 'tcp:0.0.0.0:9000' }\n", "listen.gateway_secret_file"),
        ("listen: { socket: /run/\(String(repeating: "a", count: 120)) }\n", "listen.socket"),
        ("listen: { mode: rw }\n", "listen.mode"),
        ("sso: { default_service: nonsense }\n", "sso.default_service"),
        ("tickets: { service: { lifetime: 301s } }\n", "tickets.service.lifetime"),
        ("tickets: { lmdb: { map_size: 1MiB } }\n", "tickets.lmdb.map_size"),
        (
            "tickets: { remember_me: { lifetime: 91d } }\n", "tickets.remember_me.lifetime"
        ),
        ("outbound: { deny_networks: [10.0.0.0/33] }\n", "outbound.deny_networks"),
        ("outbound: { timeout: 61s }\n", "outbound.timeout"),
        ("logout: { single_logout: false, on_expiry: true }\n", "logout.on_expiry"),
        ("protocol: { saml1: { lifetime: 0 } }\n", "protocol.saml1.lifetime"),
        (
            "authentication: { x509: { subject_pattern: '(' } }\n",
            "authentication.x509.subject_pattern"
        ),
    ])
    func `values that cannot work are problems`(text: String, key: String) throws {
        let base =
            text.hasPrefix("authentication")
            ? minimum.replacing(
                "authentication: { users: { file: users.json } }\n", with: "") : minimum
        #expect(try problems(base + text).map(\.key).contains(key))
    }

    @Test(arguments: [
        ("- { login_url: https://up.example.org/cas/login }", "delegated[0].name"),
        ("- { name: 'a b', login_url: https://up.example.org/cas/login }", "delegated[0].name"),
        ("- { name: a }", "delegated[0].login_url"),
        ("- { name: a, login_url: http://up.example.org/login }", "delegated[0].login_url"),
        ("- { name: a, login_url: https://up.example.org/login?x }", "delegated[0].login_url"),
        (
            "- { name: a, login_url: https://up.example.org/login, protocol: saml }",
            "delegated[0].protocol"
        ),
        ("- { name: a, login_url: https://up.example.org/login, lable: A }", "delegated[0].lable"),
        (
            "- { name: a, login_url: https://u.example.org/login }\n"
                + "    - { name: a, login_url: https://v.example.org/login }", "delegated[1].name"
        ),
        (
            "- { name: a, login_url: https://u.example.org/login, auto_redirect: true }\n"
                + "    - { name: b, login_url: https://v.example.org/login }", "delegated"
        ),
    ])
    func `an upstream server that cannot work is a problem`(entry: String, key: String) throws {
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication:
              delegated:
                \(entry)
            """
        #expect(try problems(text + "\n").map(\.key) == ["authentication." + key])
    }

    @Test func `an upstream server is read with its defaults`() throws {
        let configuration = try load(
            """
            server: { public_url: https://sso.example.org/cas }
            authentication:
              delegated:
                - name: campus
                  login_url: https://up.example.org/cas/login
                  attributes: { prefix: up_, names: { eMail: mail } }
            """)
        let upstream = try #require(configuration.authentication.delegated.first)
        #expect(upstream.label == "campus")
        #expect(upstream.baseURL == "https://up.example.org/cas")
        #expect(upstream.version == .cas3 && upstream.acceptsLogout && !upstream.forwardsLogout)
        #expect(upstream.attributePrefix == "up_")
        #expect(upstream.attributeNames.map(\.to) == ["mail"])
    }

    @Test func `what does not exist yet is refused and says so`() throws {
        let found = try problems(minimum + "tickets: { registry: redis }\n")
        #expect(found.count == 1)
        #expect(found.first?.text.contains("not available yet") == true)
    }

    @Test func `a broken file is named with its line`() throws {
        #expect(try problems("server:\n  public_url: [\n").first?.line ?? 0 > 0)
    }

    @Test func `a missing file is a problem, not a crash`() {
        #expect(throws: ConfigurationProblems.self) { try Configuration.load("/nonexistent.yaml") }
    }

    @Test func `the effective configuration is read again, and holds no secret`() throws {
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("secret"), with: Array("a-planted-gateway-secret".utf8))
        let path = folder.file("casd.yaml")
        try File.replace(
            path, with: Array((minimum + "listen: { gateway_secret_file: secret }\n").utf8))
        let text = try Configuration.load(path).effectiveText
        #expect(!text.contains("planted"))
        try File.replace(folder.file("again.yaml"), with: Array(text.utf8))
        #expect(try Configuration.load(folder.file("again.yaml")).effectiveText == text)
    }
}
