import Foundation
import Platform
import TestSupport
import Testing

/// A deployment whose services take tokens for tickets, and the keys to these.
final class TokenSite: Sendable {
    /// The one that all suites about tokens share.
    @TaskLocal static var shared: TokenSite?

    let site: Deployment
    /// Where keys, definitions and users are.
    private let folder: TemporaryDirectory
    private let running: Lock<String>

    /// - Parameter settings: Lines of the `jwt` section, YAML.
    init(_ settings: String = "") throws {
        folder = try TemporaryDirectory()
        try Self.makeKeys(in: folder)
        try Command.check(
            ["cp", "-R", Repository.root + "/deploy/demo/services", folder.file("services")])
        for definition in TokenService.all {
            let text = definition.text(keys: folder.path)
            try File.replace(
                folder.file("services/\(definition.name)-\(definition.id).json"),
                with: Array(text.utf8))
        }
        try File.replace(folder.file("users.json"), with: Array(try Self.users().utf8))
        let configuration = Self.configuration(settings, folder.path)
        running = Lock(configuration)
        site = try Deployment(configuration: configuration)
    }

    /// Has it run with these settings, and starts it again if it does not.
    ///
    /// - Parameters:
    ///   - settings: Lines of the `jwt` section, YAML.
    ///   - operations: The `operations` section, YAML on one line.
    ///   - required: What tokens that log in have to say.
    func use(
        _ settings: String, operations: String = TokenSite.local,
        required: String = "[exp, aud, iss]"
    ) throws {
        let wanted = Self.configuration(settings, folder.path, operations, required)
        guard wanted != running.withLock({ $0 }) else { return }
        running.withLock { $0 = wanted }
        try site.stop()
        try site.configure(wanted)
        try site.start()
    }

    /// This machine alone, as it is without the section.
    static let local = "{ networks: [127.0.0.1/32, '::1/128'] }"

    private static func configuration(
        _ settings: String, _ folder: String, _ operations: String = TokenSite.local,
        _ required: String = "[exp, aud, iss]"
    ) -> String {
        """
        operations: \(operations)
        services: { directory: \(folder)/services }
        authentication: { users: { file: \(folder)/users.json } }
        jwt:
          claims_from_request: [department]
          login_by_token:
            enabled: true
            algorithms: [HS256, RS256]
            require: \(required)
            endpoint: true

        """ + settings.split(separator: "\n").map { "  \($0)\n" }.joined()
    }

    // MARK: Keys

    /// The file of a key.
    func key(_ name: String) -> String { folder.file(name) }

    /// The text of a secret.
    func secret(_ name: String) throws -> String {
        try File.readText(key(name)).trimmingCharacters(in: .newlines)
    }

    /// The text of the key that casd has made for its own tokens.
    func ownSecret(_ layer: String) throws -> String {
        let ring = try #require(
            try JSONSerialization.jsonObject(
                with: Data(File.read(site.file("state/jwt/ring.json")))) as? [String: Any])
        let current = (ring[layer] as? [String: Any])?["current"] as? [String: Any]
        let id = try #require(current?["id"] as? String, "\(ring)")
        return try File.readText(site.file("state/jwt/\(id).key"))
            .trimmingCharacters(in: .newlines)
    }

    /// What no log may hold: of each key the first line.
    var secrets: [String] {
        get throws {
            let folders = [folder.path, site.file("state/jwt")]
            return try folders.flatMap { folder in
                try File.names(in: folder).filter { $0.hasSuffix(".key") || $0.hasSuffix(".pem") }
                    .compactMap { name in
                        try File.readText("\(folder)/\(name)").split(separator: "\n")
                            .first { !$0.hasPrefix("-----") }.map(String.init)
                    }
            }
        }
    }

    private static func makeKeys(in folder: TemporaryDirectory) throws {
        let keys = [
            ("signing.key", "HS512"), ("encryption.key", "A256CBC-HS512"),
            ("short.key", "A128CBC-HS256"), ("rsa.pem", "RS256"), ("oaep.pem", "RSA-OAEP-256"),
            ("p256.pem", "ES256"), ("ed25519.pem", "EdDSA"),
        ]
        for (file, algorithm) in keys {
            try Command.check([
                Repository.server, "keys", "generate", "--algorithm", algorithm, "--file",
                folder.file(file),
            ])
        }
        try Command.check([
            "openssl", "pkey", "-in", folder.file("oaep.pem"), "-pubout", "-out",
            folder.file("oaep.public.pem"),
        ])
    }

    // MARK: Users

    /// Users in many groups: for a long token in a path, for almost the longest one that is sent by
    /// a redirect, and for one too long for that.
    private static let groupCounts = [("busy", 70), ("crowded", 218), ("overcrowded", 260)]

    private static func user(_ hash: String, _ attributes: String) -> String {
        #"{"password": "\#(hash)", "status": "OK", "attributes": {\#(attributes)}}"#
    }

    private static func users() throws -> String {
        let hash = try Command.check(
            [Repository.server, "password"], input: Array("Mellon\n".utf8)
        )
        .trimmingCharacters(in: .newlines)
        let attributes = """
            "mail": ["casuser@example.org"], "memberOf": ["staff", "library"],
            "username": ["casuser"], "email": ["casuser@apereo.example.org"],
            "name": ["CAS"], "gender": ["female"], "sub": ["root"], "exp": ["9999999999"]
            """
        let users =
            ["\"casuser\": \(user(hash, attributes))"]
            + groupCounts.map { name, count in
                let groups = (100..<(100 + count)).map { "\"cn=group \($0),dc=org\"" }
                return "\"\(name)\": "
                    + user(hash, "\"memberOf\": [\(groups.joined(separator: ","))]")
            }
        return "{\(users.joined(separator: ","))}"
    }
}

extension Deployment {
    /// A ticket-granting ticket by password that is a token, over REST.
    func sessionToken(
        user: String = "casuser", _ more: [(String, String)] = []
    ) throws -> String {
        let answer = try curl.post(
            "/v1/tickets",
            [("username", user), ("password", "Mellon"), ("token", "true")] + more)
        try #require(answer.status == 201, "\(answer)")
        return answer.body
    }
}

/// A definition whose tickets are tokens.
struct TokenService: Sendable {
    let name: String
    let id: Int
    /// Its `properties`; `KEYS` stands for the folder of keys, `TEXT:` for what a file holds.
    var properties: [(String, String)] = []
    var fields = ""

    var url: String { "https://\(name).example.org/" }

    /// - Parameter keys: The folder of the keys.
    func text(keys: String) -> String {
        let members = ([("jwtAsServiceTicket", "true")] + properties).map { name, value in
            var value = value.replacing("KEYS", with: keys)
            if value.hasPrefix("TEXT:") {
                // A file that is missing shows as a key that does not fit.
                value = ((try? File.readText("\(keys)/\(value.dropFirst(5))")) ?? "")
                    .trimmingCharacters(in: .newlines)
            }
            return """
                "\(name)": {
                  "@class": "org.apereo.cas.services.DefaultRegisteredServiceProperty",
                  "values": ["java.util.HashSet", ["\(value)"]]
                }
                """
        }
        return """
            {
              "@class": "org.apereo.cas.services.CasRegisteredService",
              "serviceId": "^https://\(name)\\\\.example\\\\.org/.*", "name": "\(name)",
              "id": \(id), \(fields)
              "attributeReleasePolicy": {
                "@class": "org.apereo.cas.services.ReturnAllAttributeReleasePolicy"
              },
              "properties": {"@class": "java.util.HashMap", \(members.joined(separator: ", "))}
            }
            """
    }
}

/// Runs a suite with a ``TokenSite``, and looks through its logs for tokens and keys at the end.
struct TokenSiteTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let tokens = try TokenSite()
        defer { tokens.site.end() }
        try await TokenSite.$shared.withValue(tokens) { try await function() }
        let leaks = try tokens.site.leaks(planted: ["eyJ"] + tokens.secrets)
        #expect(leaks.isEmpty, "no log may hold a token, a ticket or a key")
    }
}

extension Trait where Self == TokenSiteTrait {
    /// With a ``TokenSite`` that all tests of the suite share.
    static var tokenSite: Self { TokenSiteTrait() }
}

extension EndToEnd {
    /// Tickets that are JSON Web Tokens, behind nginx.
    @Suite("Tokens", .serialized, .tokenSite) enum Tokens {
        static var shared: TokenSite {
            get throws { try #require(TokenSite.shared, "the deployment did not start") }
        }
    }
}
