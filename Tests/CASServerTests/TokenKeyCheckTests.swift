import JOSE
import Platform
import Services
import TestSupport
import Testing

@testable import CASServer

@Suite("casd check, on token keys") struct TokenKeyCheckTests {
    private let scene: TokenKeyScene

    init() throws {
        scene = try TokenKeyScene()
    }

    /// What a check says of the configuration.
    private func problems(_ jwt: String) throws -> [String] {
        do {
            try Assembly.check(try scene.configuration(jwt))
            return []
        } catch let failure as Assembly.Failure {
            return failure.problems
        }
    }

    @Test func `a check makes no keys, and reads those that there are`() throws {
        #expect(try problems("").isEmpty)
        #expect(File.kind(scene.ring.path) == nil)
        _ = try scene.catalog()
        #expect(try problems("").isEmpty)
        #expect(try problems("signing: { algorithm: ES256 }").isEmpty)
        let next = try #require(try scene.ring.readRing()?.encryption?.next)
        let file = scene.ring.path + "/" + next.file
        try File.replace(file, with: Array("c2hvcnQ\n".utf8), permissions: 0o600)
        let found = try problems("")
        #expect(found.count == 1 && found.first?.hasPrefix(file + ": A256CBC-HS512") == true)
    }

    @Test func `all configured keys are named with file and reason`() throws {
        let missing = scene.folder.file("missing.pem")
        let short = try scene.write("short.key", "c2hvcnQ")
        let found = try problems(
            "signing: { key_file: \(missing) }, encryption: { key_file: \(short) }")
        #expect(found.count == 2)
        #expect(
            found.first == "jwt.signing.key_file: \(missing): No such file or directory")
        #expect(found.last?.hasPrefix("jwt.encryption.key_file: \(short): ") == true)
        #expect(
            try problems("signing: { key: short }") == [
                "jwt.signing.key: HS512 needs 64 bytes or more, these are 5"
            ])
        let pem = try scene.write(
            "ec.pem", try #require(try JSONWebKey.generate(for: .es256).privatePEM))
        #expect(
            try problems("signing: { key_file: \(pem), algorithm: RS256 }").first?
                .hasPrefix("jwt.signing.key_file: \(pem): ") == true)
        #expect(try problems("signing: { key_file: \(pem) }").isEmpty)
    }

    private func serviceProblems(
        _ properties: String, _ jwt: String = "", _ others: String = ""
    ) throws -> [String] {
        let definition = """
            { "@class": "org.apereo.cas.services.RegexRegisteredService", "id": 7, "name": "app",
              "serviceId": "^https://app\\\\.example\\\\.org/.*", "properties": { \(properties) } }
            """
        _ = try scene.write("services/app-7.json", definition)
        let (registry, problems) = ServiceDirectory.load(scene.folder.file("services"))
        #expect(problems.isEmpty)
        return Assembly.serviceKeyProblems(try scene.configuration(jwt, others), registry)
    }

    private func property(_ name: String, _ value: String) -> String {
        """
        "\(name)": { "@class": "org.apereo.cas.services.DefaultRegisteredServiceProperty",
          "values": [ "\(value)" ] }
        """
    }

    @Test func `the keys of services are named with definition, file and reason`() throws {
        let definition = scene.folder.file("services/app-7.json")
        let file = scene.folder.file("own.pem")
        let properties = [
            property("jwtAsServiceTicket", "true"),
            property("jwtAsServiceTicketSigningKey", "file:" + file),
        ].joined(separator: ",")
        #expect(
            try serviceProblems(properties) == [
                "\(definition): jwtAsServiceTicketSigningKey: \(file): No such file or directory"
            ])
        _ = try scene.write("own.pem", "short")
        #expect(
            try serviceProblems(properties) == [
                "\(definition): jwtAsServiceTicketSigningKey: \(file): "
                    + "HS512 needs 64 bytes or more, these are 5"
            ])
        _ = try scene.write("own.pem", String(repeating: "k", count: 64))
        #expect(try serviceProblems(properties).isEmpty)
    }

    @Test func `secrets for logging in by token are looked at where that is on`() throws {
        let secret = property("jwtSigningSecret", "short")
        #expect(try serviceProblems(secret).isEmpty)
        let found = try serviceProblems(
            secret, "login_by_token: { enabled: true, algorithms: [HS256] }")
        #expect(found.count == 1 && found.first?.contains("jwtSigningSecret") == true)
        // The endpoint alone makes such tokens.
        #expect(
            try serviceProblems(
                secret, "login_by_token: { endpoint: true, algorithms: [HS256] }",
                "operations: { networks: [127.0.0.1/32] }") == found)
    }

    @Test func `a service whose tokens anybody can make is warned of`() throws {
        let file = try scene.write(
            "rsa.pem", try #require(try JSONWebKey.generate(for: .rs256).privatePEM))
        let encrypted = [
            property("jwtAsServiceTicket", "true"),
            property("jwtAsServiceTicketEncryptionKey", "file:" + file),
        ]
        let signed = property("jwtAsServiceTicketSigningKey", String(repeating: "k", count: 64))
        func warnings(_ properties: [String]) throws -> [String] {
            #expect(try serviceProblems(properties.joined(separator: ",")).isEmpty)
            let (registry, _) = ServiceDirectory.load(scene.folder.file("services"))
            return Assembly.serviceKeyWarnings(try scene.configuration(), registry)
        }
        let found = try warnings(encrypted)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(scene.folder.file("services/app-7.json")) == true)
        #expect(try warnings(encrypted + [signed]).isEmpty)
    }

    @Test func `keys of a service that cannot be used are read again after ten seconds`() throws {
        let file = scene.folder.file("own.key")
        let properties = [
            property("jwtAsServiceTicket", "true"),
            property("jwtAsServiceTicketSigningKey", "file:" + file),
        ].joined(separator: ",")
        #expect(try serviceProblems(properties).count == 1)
        let (registry, _) = ServiceDirectory.load(scene.folder.file("services"))
        let service = try #require(registry.services.first)
        let keys = ServiceTokenKeys(try scene.configuration().jwt)
        let now = Instant(milliseconds: 1_700_000_000_000)
        #expect(throws: TokenKeyFault.self) { try keys.material(for: service, at: now) }
        _ = try scene.write("own.key", String(repeating: "k", count: 64))
        #expect(throws: TokenKeyFault.self) {
            try keys.material(for: service, at: now + .milliseconds(9999))
        }
        #expect(try keys.material(for: service, at: now + .seconds(10)) != nil)
        File.remove(file)
        #expect(try keys.material(for: service, at: now + .seconds(99)) != nil)
    }

    @Test func `encrypting with an RSA key alone is refused`() throws {
        let file = try scene.write(
            "rsa.pem", try #require(try JSONWebKey.generate(for: .rs256).privatePEM))
        let encryption = "encryption: { key_file: \(file) }"
        #expect(try problems(encryption).isEmpty)
        let found = try problems("signing: { enabled: false }, " + encryption)
        #expect(found.count == 1 && found.first?.hasPrefix("jwt.signing.enabled: ") == true)
    }
}
