import CASServer
import JOSE
import Platform
import TestSupport
import Testing

@Suite("Configuration of tokens and operations") struct ConfigurationJWTTests {
    private func load(_ text: String) throws -> Configuration {
        let folder = try TemporaryDirectory()
        let minimum = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { users: { file: users.json } }

            """
        try File.replace(folder.file("casd.yaml"), with: Array((minimum + text + "\n").utf8))
        return try Configuration.load(folder.file("casd.yaml"))
    }

    /// What is wrong, as `key: text`.
    private func problems(_ text: String) throws -> [String] {
        do {
            _ = try load(text)
            return []
        } catch let error as ConfigurationProblems {
            return error.problems.map { "\($0.key): \($0.text)" }
        }
    }

    @Test func `the defaults are Apereo's wire format, and no login by token`() throws {
        let configuration = try load("")
        let jwt = configuration.jwt
        #expect(jwt.issuer == nil && jwt.order == .encryptAndSign && jwt.layout == .apereo72)
        #expect(jwt.signing.isEnabled && jwt.signing.algorithm == nil && jwt.signing.key == nil)
        #expect(jwt.encryption.isEnabled && jwt.encryption.method == .a256CBCHS512)
        #expect(jwt.encryption.key == nil && jwt.serviceTicketLifetime == nil)
        #expect(jwt.claimsFromRequest.isEmpty && !jwt.sendsRedirectParameter)
        #expect(!jwt.login.isEnabled && jwt.login.algorithms.isEmpty)
        #expect(jwt.login.required == [.exp, .aud, .iss] && !jwt.login.hasEndpoint)
        #expect(jwt.login.lifetimeMax == .seconds(86_400))
        #expect(
            configuration.operations.networks.map(\.description) == ["127.0.0.1/32", "::1/128"])
    }

    @Test func `every key is read`() throws {
        let configuration = try load(
            """
            jwt:
              issuer: https://issuer.example.org
              strategy: sign_and_encrypt
              layout: apereo_7.0
              signing: { enabled: true, algorithm: PS384, key_file: keys/signing.pem }
              encryption: { enabled: true, method: A128GCM, key: "the-text" }
              service_ticket_lifetime: 8h
              claims_from_request: [client_id, purpose]
              redirect_parameter: true
              login_by_token:
                { enabled: true, algorithms: [HS256, RS512], require: [exp, jti],
                  issuers: [https://other.example.org], max_lifetime: 90m, endpoint: true }
            operations: { networks: [10.0.0.0/8] }
            """)
        let jwt = configuration.jwt
        #expect(jwt.issuer == "https://issuer.example.org" && jwt.order == .signAndEncrypt)
        #expect(jwt.layout == .apereo70 && jwt.signing.algorithm == .ps384)
        guard case .file(let path) = jwt.signing.key else {
            Issue.record("the key is not that of a file")
            return
        }
        #expect(path.hasPrefix("/") && path.hasSuffix("/keys/signing.pem"))
        #expect(jwt.encryption.method == .a128GCM && jwt.encryption.key == .text("the-text"))
        #expect(jwt.serviceTicketLifetime == .seconds(28_800))
        #expect(jwt.claimsFromRequest == ["client_id", "purpose"] && jwt.sendsRedirectParameter)
        #expect(jwt.login.isEnabled && jwt.login.algorithms == [.hs256, .rs512])
        #expect(jwt.login.required == [.exp, .jti] && jwt.login.hasEndpoint)
        #expect(jwt.login.issuers == ["https://other.example.org"])
        #expect(jwt.login.lifetimeMax == .seconds(5400))
        #expect(configuration.operations.networks.map(\.description) == ["10.0.0.0/8"])
    }

    @Test func `the layout of Apereo 7.0 brings its method, unless another is given`() throws {
        #expect(
            try load("jwt: { layout: apereo_7.0 }").jwt.encryption.method == .a128CBCHS256)
        let other = try load(
            "jwt: { layout: apereo_7.0, encryption: { method: A256CBC-HS512 } }")
        #expect(other.jwt.encryption.method == .a256CBCHS512)
    }

    @Test(arguments: [
        ("jwt: { strategy: both }", "jwt.strategy"),
        ("jwt: { layout: apereo_5 }", "jwt.layout"),
        ("jwt: { signing: { algorithm: none } }", "jwt.signing.algorithm"),
        ("jwt: { signing: { algorithm: RS1 } }", "jwt.signing.algorithm"),
        ("jwt: { signing: { key: a, key_file: b } }", "jwt.signing.key"),
        ("jwt: { signing: { size: 512 } }", "jwt.signing.size"),
        ("jwt: { encryption: { method: A256CBC } }", "jwt.encryption.method"),
        ("jwt: { signing: { enabled: false }, encryption: { enabled: false } }", "jwt.signing"),
        ("jwt: { claims_from_request: [device, password] }", "jwt.claims_from_request"),
        ("jwt: { claims_from_request: [sub] }", "jwt.claims_from_request"),
        ("jwt: { service_ticket_lifetime: 10 }", "jwt.service_ticket_lifetime"),
        ("jwt: { service_ticket_lifetime: 2y }", "jwt.service_ticket_lifetime"),
        ("jwt: { login_by_token: { enabled: true } }", "jwt.login_by_token.algorithms"),
        ("jwt: { login_by_token: { algorithms: [none] } }", "jwt.login_by_token.algorithms"),
        ("jwt: { login_by_token: { require: [sub] } }", "jwt.login_by_token.require"),
        ("jwt: { login_by_token: { max_lifetime: 59s } }", "jwt.login_by_token.max_lifetime"),
        ("jwt: { login_by_token: { max_lifetime: 32d } }", "jwt.login_by_token.max_lifetime"),
        ("jwt: { login_by_token: { endpoint: true } }", "jwt.login_by_token.endpoint"),
        (
            "jwt: { login_by_token: { endpoint: true } }\noperations: {}",
            "jwt.login_by_token.endpoint"
        ),
        ("operations: { networks: [everybody] }", "operations.networks"),
        ("operations: { hosts: [] }", "operations.hosts"),
    ])
    func `what cannot be is refused by its key`(text: String, key: String) throws {
        let found = try problems(text)
        #expect(found.count == 1 && found.first?.hasPrefix(key + ": ") == true, "\(found)")
    }

    @Test func `what is in effect is read again, and shows no key`() throws {
        let configuration = try load(
            """
            jwt:
              signing: { key: a-planted-key, algorithm: HS512 }
              login_by_token:
                { enabled: true, algorithms: [HS256], issuers: [other], max_lifetime: 2h }
              service_ticket_lifetime: 90s
            operations: { networks: [10.0.0.0/8] }
            """)
        let text = configuration.effectiveText
        #expect(!text.contains("planted"))
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        let again = try Configuration.load(folder.file("casd.yaml"))
        #expect(again.effectiveText == text)
        #expect(again.jwt.serviceTicketLifetime == .seconds(90))
        #expect(again.jwt.login.lifetimeMax == .seconds(7200))
        #expect(again.operations.networks.map(\.description) == ["10.0.0.0/8"])
    }
}
