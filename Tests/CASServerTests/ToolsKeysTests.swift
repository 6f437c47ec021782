import JOSE
import JSON
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("casd keys") struct ToolsKeysTests {
    private let scene: TokenKeyScene
    private let pair = "signing: { algorithm: ES256 }"

    init() throws {
        scene = try TokenKeyScene()
    }

    private func list(_ jwt: String = "", _ format: ToolFormat = .text) -> ToolOutput {
        KeyTools.list(format: format) { try scene.tools(jwt) }
    }

    private func states(_ jwt: String = "") throws -> [String] {
        let object = try JSONValue(parsing: list(jwt, .json).text).objectValue
        return try #require(object?["keys"]?.arrayValue).compactMap(\.objectValue).map {
            "\($0["purpose"]?.stringValue ?? "") \($0["state"]?.stringValue ?? "") "
                + "\($0["algorithm"]?.stringValue ?? "")"
        }
    }

    @Test func `keys are listed without the keys`() throws {
        #expect(list().text == "There are no keys yet; casd makes them.\n")
        _ = try scene.catalog(pair)
        _ = try KeyRing.load(
            scene.folder.file("state/keys"), now: scene.now.withLock { $0 },
            random: scene.randomBytes)
        #expect(scene.rotate(.signing, pair, force: true).status == .good)
        #expect(
            try states(pair) == [
                "signing current ES256", "signing next ES256", "signing previous ES256",
                "encryption current A256CBC-HS512", "encryption next A256CBC-HS512",
                "sealing current A256GCM",
            ])
        let output = list(pair)
        #expect(output.status == .good)
        #expect(output.text.contains("2023-11-14 22:13:20Z"))
        let ring = try #require(try scene.ring.readRing()?.signing)
        #expect(
            output.text.contains(try #require(try scene.ring.signing(ring.next).key.thumbprint)))
        for secret in try scene.secrets() {
            for line in secret.split(separator: "\n") where !line.contains("KEY") {
                #expect(!output.text.contains(line))
                #expect(!list(pair, .json).text.contains(line))
            }
        }
    }

    @Test func `configured keys are listed by their names`() throws {
        let text = "signing: { key: \(String(repeating: "s", count: 64)) }"
        _ = try scene.catalog(text)
        #expect(
            try states(text).prefix(2) == [
                "signing configured HS512", "encryption current A256CBC-HS512",
            ])
        #expect(!list(text).text.contains("ssss"))
    }

    @Test func `a key that cannot be read is pointed out`() throws {
        _ = try scene.catalog()
        let entry = try #require(try scene.ring.readRing()?.signing?.next)
        File.remove(scene.ring.path + "/" + entry.file)
        let output = list()
        #expect(output.status == .remarkable)
        #expect(output.text.contains("Cannot be used: \(scene.ring.path)/\(entry.file)"))
    }

    @Test func `a rotation waits until the next key is known, unless it is forced`() throws {
        _ = try scene.catalog()
        let ring = try #require(try scene.ring.readRing()?.signing)
        scene.advance(by: .seconds(3599))
        let early = scene.rotate()
        #expect(early.status == .failed)
        #expect(early.complaint.contains("59 min 59 s old"))
        #expect(early.complaint.contains("--force"))
        #expect(try scene.ring.readRing()?.signing == ring)
        scene.advance(by: .seconds(1))
        let output = scene.rotate()
        #expect(output.status == .good)
        let rotated = try #require(try scene.ring.readRing()?.signing)
        #expect(rotated.current.id == ring.next.id && rotated.previous.first?.id == ring.current.id)
        #expect(output.text.contains("\(ring.next.id) (HS512) is the current key"))
        #expect(output.text.contains("before the next rotation \(rotated.next.file)"))
        #expect(scene.rotate(force: true).status == .good)
        #expect(scene.rotate(.encryption, force: true).status == .good)
    }

    @Test func `previous keys are dropped with their files behind the longest life`() throws {
        let catalog = try scene.catalog()
        let token = try catalog.token()
        let first = try #require(try scene.ring.readRing()?.signing?.current)
        #expect(scene.rotate(force: true).status == .good)
        // Sessions of eight hours, and an hour for clocks that differ.
        scene.advance(by: .seconds(9 * 3600))
        #expect(!scene.rotate().text.contains("dropped"))
        #expect(catalog.accepts(token) && scene.ring.holdsKey(first))
        scene.advance(by: .seconds(3601))
        #expect(scene.rotate().text.contains("dropped: \(first.id)"))
        #expect(!catalog.accepts(token) && !scene.ring.holdsKey(first))
    }

    @Test func `the longest life knows remembered sessions and services`() throws {
        let remembered = try scene.configuration(
            "", "tickets: { remember_me: { enabled: true, lifetime: 20d } }")
        #expect(TokenKeyLives(remembered).longest == .seconds(20 * 86_400 + 3600))
        let long = try scene.configuration("service_ticket_lifetime: 30d")
        #expect(TokenKeyLives(long).longest == .seconds(30 * 86_400 + 3600))
        #expect(TokenKeyLives(try scene.configuration()).longest == .seconds(9 * 3600))
    }

    @Test func `a rotation is undone`() throws {
        _ = try scene.catalog()
        let before = try #require(try scene.ring.readRing()?.signing)
        #expect(scene.rotate(back: true).complaint.contains("no previous key"))
        #expect(scene.rotate(force: true).status == .good)
        #expect(scene.rotate(back: true).status == .good)
        let after = try #require(try scene.ring.readRing()?.signing)
        #expect(after.current.id == before.current.id && after.next.id == before.next.id)
        #expect(try scene.secrets().count == 4)
        // The key was in use before: nobody has to wait for it.
        #expect(scene.rotate().status == .good)
    }

    @Test func `another next key takes the place of one that was never used`() throws {
        _ = try scene.catalog()
        let before = try #require(try scene.ring.readRing()?.signing)
        let output = KeyTools.generate(.signing) { try scene.tools() }
        let after = try #require(try scene.ring.readRing()?.signing)
        #expect(after.current == before.current && after.next.id != before.next.id)
        #expect(output.text.contains("instead of \(before.next.id)"))
        #expect(!scene.ring.holdsKey(before.next) && scene.ring.holdsKey(after.next))
    }

    @Test func `what cannot be rotated says why`() throws {
        #expect(scene.rotate().complaint.contains("casd makes them when it starts"))
        #expect(File.kind(scene.ring.path) == nil)
        _ = try scene.catalog()
        #expect(
            scene.rotate(.signing, "signing: { key: \(String(repeating: "s", count: 64)) }")
                .complaint.contains("jwt.signing.key is configured"))
        #expect(
            scene.rotate(.encryption, "encryption: { enabled: false }")
                .complaint.contains("jwt.encryption.enabled is false"))
        #expect(scene.rotate(.signing, pair).complaint.contains("reload casd"))
        let other = KeyTools.rotate(.signing) { try scene.tools(user: CurrentProcess.user + 1) }
        #expect(other.complaint.contains("sudo -u casd"))
        _ = try scene.catalog(pair)
        #expect(
            scene.rotate(.signing, pair, back: true).complaint.contains("is for HS512"))
    }

    @Test func `a failed rotation leaves the ring and no new key`() throws {
        _ = try scene.catalog()
        let ring = try #require(try scene.ring.readRing())
        let next = try #require(ring.signing?.next)
        File.remove(scene.ring.path + "/" + next.file)
        let output = scene.rotate(force: true)
        #expect(output.status == .failed && output.complaint.contains(next.file))
        #expect(try scene.ring.readRing() == ring)
        #expect(try scene.secrets().count == 3)
    }

    @Test(arguments: ["HS512", "ES256", "RS256", "A128CBC-HS256", "RSA-OAEP-256"])
    func `a key for somebody else is made once`(algorithm: String) throws {
        let file = scene.folder.file("own.key")
        let output = KeyTools.generate(algorithm: algorithm, file: file)
        #expect(output.status == .good && output.text.contains("file:\(file)"))
        #expect(File.permissions(file) == 0o600)
        let content = try File.readText(file)
        #expect(!output.text.contains(content.prefix(60)))
        let isSigning = SignatureAlgorithm(rawValue: algorithm) != nil
        #expect(output.text.contains("SigningKey") == isSigning)
        if isSigning {
            #expect(throws: Never.self) { try TokenKeyText.signing("file:" + file) }
        } else {
            #expect(throws: Never.self) {
                try TokenKeyText.encryption(
                    "file:" + file, method: .a128CBCHS256, isCompressed: false)
            }
        }
        let again = KeyTools.generate(algorithm: algorithm, file: file)
        #expect(again.status == .failed && again.complaint.contains("File exists"))
        #expect(try File.readText(file) == content)
        #expect(KeyTools.generate(algorithm: "none", file: file + "2").status == .failed)
        #expect(File.kind(file + "2") == nil)
    }

    @Test func `the public half is exported as PEM and as a key set`() throws {
        let pem = KeyTools.exportPublic(.pem) { try scene.tools(pair) }
        #expect(pem.complaint.contains("no keys yet"))
        let catalog = try scene.catalog(pair)
        #expect(
            KeyTools.exportPublic(.pem) { try scene.tools(pair) }.text
                == catalog.current.publicSigningPEM)
        #expect(
            KeyTools.exportPublic(.jwks) { try scene.tools(pair) }.text
                == String(decoding: catalog.current.keySet, as: UTF8.self) + "\n")
    }

    @Test func `a secret has no public half`() throws {
        _ = try scene.catalog()
        for form in [KeyTools.PublicForm.pem, .jwks] {
            let output = KeyTools.exportPublic(form) { try scene.tools() }
            #expect(output.status == .failed && output.text.isEmpty)
            #expect(output.complaint.contains("jwt.signing.algorithm"))
        }
    }

    @Test func `the public half of a file is exported`() throws {
        let file = scene.folder.file("own.pem")
        #expect(KeyTools.generate(algorithm: "RS256", file: file).status == .good)
        let key = try TokenKeyText.signingKey(file: file)
        #expect(KeyTools.exportPublic(.pem, file: file).text == key.publicPEM)
        let set = KeyTools.exportPublic(.jwks, file: file, algorithm: "PS256").text
        #expect(set.contains(#""alg":"PS256""#) && !set.contains(#""d":"#))
        #expect(KeyTools.exportPublic(.pem, file: file, algorithm: "ES256").status == .failed)
        #expect(KeyTools.exportPublic(.pem, file: file + "x").complaint.contains("No such file"))
    }
}
