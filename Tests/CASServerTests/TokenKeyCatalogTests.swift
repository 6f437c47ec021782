import JOSE
import JSON
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("The token keys in force") struct TokenKeyCatalogTests {
    private let scene: TokenKeyScene

    init() throws {
        scene = try TokenKeyScene()
    }

    @Test func `the first start makes keys that only casd may read, and keeps them`() throws {
        let catalog = try scene.catalog()
        let names = try File.names(in: scene.ring.path)
        #expect(names.count { $0.hasSuffix(".key") } == 4)
        #expect(File.permissions(scene.ring.path) == 0o700)
        for name in names {
            #expect(File.permissions(scene.ring.path + "/" + name) == 0o600)
        }
        let token = try catalog.token()
        #expect(catalog.accepts(token))
        #expect(try scene.catalog().accepts(token))
        #expect(try File.names(in: scene.ring.path) == names)
        #expect(try scene.ring.readRing()?.signing?.current.algorithm == "HS512")
        #expect(try scene.ring.readRing()?.encryption?.current.algorithm == "A256CBC-HS512")
        for secret in try scene.secrets() {
            #expect(secret.utf8.count == 87 && !secret.contains("-") && !secret.contains("_"))
        }
    }

    @Test func `workers that start together agree`() throws {
        _ = try scene.configuration()
        let configuration = try scene.configuration()
        let found = Lock<[TokenKeyCatalog]>([])
        onThreads(8) { [scene] _ in
            do {
                let catalog = try TokenKeyCatalog(
                    configuration, clock: { scene.now.withLock { $0 } }, random: systemRandomBytes)
                found.withLock { $0.append(catalog) }
            } catch {
                Issue.record("\(error)")
            }
        }
        let catalogs = found.withLock { $0 }
        #expect(catalogs.count == 8)
        for catalog in catalogs {
            let token = try catalog.token()
            #expect(catalogs.allSatisfy { $0.accepts(token) })
        }
        #expect(try scene.secrets().count == 4)
    }

    @Test(arguments: ["", "signing: { algorithm: ES256 }", "strategy: sign_and_encrypt"])
    func `no token is refused because of rotations`(jwt: String) throws {
        let first = try scene.catalog(jwt)
        let second = try scene.catalog(jwt)
        var tokens = [try first.token()]
        for round in 1...5 {
            scene.advance(by: .seconds(3601))
            // What was taken before the rotation is what a worker uses that has not looked yet.
            let stale = second.current
            let layer: TokenKeyRing.Layer = round.isMultiple(of: 2) ? .encryption : .signing
            #expect(scene.rotate(layer, jwt).status == .good)
            first.reloadIfChanged()
            let new = try first.token()
            #expect(stale.accepts(new))
            let old = try stale.token()
            #expect(first.accepts(old))
            tokens += [new, old]
            #expect(tokens.allSatisfy(first.accepts))
            #expect(tokens.allSatisfy(second.accepts))
        }
    }

    @Test func `rotations under load refuse no token`() throws {
        let workers = try (0..<3).map { _ in try scene.catalog() }
        let isOver = Lock(false)
        let counts = Lock((made: 0, refused: 0))
        onThreads(4) { [scene] number in
            guard number > 0 else {
                for round in 1...20 {
                    let layer: TokenKeyRing.Layer = round.isMultiple(of: 3) ? .encryption : .signing
                    let isBack = round.isMultiple(of: 5)
                    let output = scene.rotate(layer, back: isBack, force: !isBack)
                    #expect(output.status == .good, "\(output.complaint)")
                    // So that every state of the ring is seen by somebody.
                    let before = counts.withLock { $0.made }
                    _ = waitUntil { counts.withLock { $0.made } > before + 5 }
                }
                isOver.withLock { $0 = true }
                return
            }
            while !isOver.withLock({ $0 }) {
                let token = try? workers[number - 1].token()
                workers[number - 1].reloadIfChanged()
                let isAccepted = token.map { workers[number % 3].accepts($0) } ?? false
                counts.withLock {
                    $0.made += 1
                    if !isAccepted { $0.refused += 1 }
                }
            }
        }
        let (made, refused) = counts.withLock { $0 }
        #expect(made > 100 && refused == 0)
    }

    @Test func `an undone rotation refuses no token either`() throws {
        let catalog = try scene.catalog()
        let before = try catalog.token()
        scene.advance(by: .seconds(3601))
        #expect(scene.rotate().status == .good)
        let stale = catalog.current
        let between = try stale.token()
        #expect(scene.rotate(back: true).status == .good)
        let after = try catalog.token()
        for token in [before, between, after] {
            #expect(catalog.accepts(token) && stale.accepts(token))
        }
        #expect(scene.rotate().status == .good)
        #expect([before, between, after].allSatisfy(catalog.accepts))
    }

    @Test func `a rotation is noticed at once, and without the counter at the next look`() throws {
        let catalog = try scene.catalog("signing: { algorithm: ES256 }")
        let first = catalog.current.publicSigningPEM
        #expect(
            scene.rotate(.signing, "signing: { algorithm: ES256 }", force: true).status == .good)
        #expect(catalog.current.publicSigningPEM != first)
        var ring = try #require(try scene.ring.readRing())
        _ = ring.signing?.goBack(at: .now)
        try scene.ring.writeRing(ring)
        #expect(catalog.current.publicSigningPEM != first)
        catalog.reloadIfChanged()
        #expect(catalog.current.publicSigningPEM == first)
    }

    @Test func `a broken ring changes nothing and is logged once`() throws {
        let catalog = try scene.catalog()
        let token = try catalog.token()
        let ring = try File.read(scene.ring.ringFile)
        try File.replace(scene.ring.ringFile, with: Array("{".utf8), permissions: 0o600)
        catalog.reloadIfChanged()
        catalog.reloadIfChanged()
        #expect(catalog.accepts(token))
        #expect(scene.logText.ranges(of: "token keys not reloaded").count == 1)
        #expect(scene.logText.contains("ring.json: is damaged"))
        File.remove(scene.ring.ringFile)
        catalog.reloadIfChanged()
        #expect(catalog.accepts(token))
        #expect(scene.logText.contains("ring.json: is missing"))
        try File.replace(scene.ring.ringFile, with: ring, permissions: 0o600)
        catalog.reloadIfChanged()
        #expect(catalog.accepts(token))
        #expect(scene.logText.contains("token keys reloaded"))
    }

    @Test func `a broken ring keeps casd from starting, and is left as it is`() throws {
        _ = try scene.catalog()
        try File.replace(scene.ring.ringFile, with: Array("{".utf8), permissions: 0o600)
        let failure = #expect(throws: Assembly.Failure.self) { try scene.catalog() }
        #expect(failure?.description.hasPrefix(scene.ring.ringFile) == true)
        #expect(try File.read(scene.ring.ringFile) == Array("{".utf8))
    }

    @Test func `keys of the ring that others may read are refused, and named`() throws {
        _ = try scene.catalog()
        let current = try #require(try scene.ring.readRing()?.signing?.current)
        let file = scene.ring.path + "/" + current.file
        try File.replaceDurably(file, with: try File.read(file), permissions: 0o640)
        let failure = #expect(throws: Assembly.Failure.self) { try scene.catalog() }
        #expect(failure?.description == "\(file): others may read this file; its mode must be 0600")
        File.remove(file)
        let missing = #expect(throws: Assembly.Failure.self) { try scene.catalog() }
        #expect(missing?.description == "\(file): No such file or directory")
        _ = try File.replace(file, with: Array("short\n".utf8), permissions: 0o600)
        let short = #expect(throws: Assembly.Failure.self) { try scene.catalog() }
        #expect(short?.description == "\(file): HS512 needs 64 bytes or more, these are 5")
    }

    @Test func `a previous key whose file was removed is revoked`() throws {
        let catalog = try scene.catalog()
        let token = try catalog.token()
        #expect(scene.rotate(force: true).status == .good)
        let old = try #require(try scene.ring.readRing()?.signing?.previous.first)
        File.remove(scene.ring.path + "/" + old.file)
        #expect(try !scene.catalog().accepts(token))
        #expect(scene.logText.contains("token key left out"))
    }

    @Test func `a ring that is gone is not mended silently`() throws {
        _ = try scene.catalog()
        File.remove(scene.ring.ringFile)
        _ = try scene.catalog()
        #expect(scene.logText.contains("token keys without a ring"))
        #expect(try scene.secrets().count == 8)
    }

    @Test func `another algorithm takes another key, and tokens of the old one are accepted`()
        throws
    {
        let hmac = try scene.catalog()
        let old = try hmac.token()
        let es = try scene.catalog("signing: { algorithm: ES256 }")
        #expect(es.accepts(old))
        #expect(es.current.publicSigningPEM?.contains("BEGIN PUBLIC KEY") == true)
        let new = try es.token()
        #expect(hmac.accepts(new))
        // The old worker, which is about to be replaced, goes on as it was configured.
        let late = try hmac.token()
        #expect(es.accepts(late))
        #expect(hmac.current.publicSigningPEM == nil)
        #expect(try scene.catalog("signing: { algorithm: ES256 }").accepts(old))
        #expect(try scene.ring.readRing()?.signing?.previous.count == 1)
    }

    @Test func `the layout of Apereo 7.0 is compressed, with shorter keys`() throws {
        let old = try scene.catalog("layout: apereo_7.0")
        #expect(try scene.ring.readRing()?.encryption?.current.algorithm == "A128CBC-HS256")
        let token = try old.token()
        let layout72 = try scene.catalog()
        #expect(layout72.accepts(token))
        #expect(old.accepts(try layout72.token()))
    }

    @Test func `tokens have the layers that are configured`() throws {
        let signed = try scene.catalog("encryption: { enabled: false }")
        #expect(try signed.token().utf8.count { $0 == UInt8(ascii: ".") } == 2)
        #expect(signed.accepts(try signed.token()))
        #expect(try scene.ring.readRing()?.encryption == nil)
        let encrypted = try scene.catalog("signing: { enabled: false }")
        #expect(try encrypted.token().utf8.count { $0 == UInt8(ascii: ".") } == 4)
        #expect(encrypted.accepts(try encrypted.token()))
        #expect(try !encrypted.accepts(signed.token()))
    }

    @Test func `configured keys take the place of the ring's`() throws {
        let secret = String(repeating: "s", count: 64)
        let content = base64([UInt8](repeating: 3, count: 64), .url)
        let file = try scene.write("key", content)
        let catalog = try scene.catalog(
            "signing: { key: \(secret) }, encryption: { key_file: \(file) }")
        #expect(catalog.accepts(try catalog.token()))
        #expect(File.kind(scene.ring.path) == nil)
        let reader = TokenReader(
            order: .encryptAndSign,
            verification: [
                .init(key: JSONWebKey(octets: Array(secret.utf8)), algorithms: [.hs512])
            ],
            decryption: [
                .init(
                    key: JSONWebKey(octets: [UInt8](repeating: 3, count: 64)), management: .direct,
                    contents: [.a256CBCHS512])
            ])
        #expect(try reader.read(try catalog.token()) == TokenKeyScene.claims)
    }

    @Test func `with a public key alone, tokens are made that casd cannot read`() throws {
        let key = try JSONWebKey.generate(for: .rs256)
        let file = try scene.write("public.pem", try #require(key.publicPEM), permissions: 0o644)
        let jwt = "encryption: { key_file: \(file) }"
        let catalog = try scene.catalog(jwt)
        #expect(!catalog.current.canRead)
        #expect(throws: JOSEError.self) { try catalog.current.reader.read(catalog.token()) }
        #expect(
            Assembly.tokenKeyWarnings(try scene.configuration(jwt)).first?.contains("public half")
                == true)
        #expect(Assembly.tokenKeyWarnings(try scene.configuration()).isEmpty)
    }

    @Test func `what is only encrypted with an RSA key is not believed`() throws {
        let file = scene.folder.file("own.pem")
        #expect(KeyTools.generate(algorithm: "RSA-OAEP-256", file: file).status == .good)
        let both = try scene.catalog("encryption: { key_file: \(file) }")
        let believed = try both.token()
        #expect(both.current.canRead && both.accepts(believed))
        let jwt = "signing: { enabled: false }, encryption: { key_file: \(file) }"
        let failure = #expect(throws: Assembly.Failure.self) { try scene.catalog(jwt) }
        #expect(failure?.problems.count == 1)
        #expect(failure?.description.contains("could make tokens") == true)
        let keys = try TokenKeys(
            order: .encryptAndSign, signing: [],
            encryption: [
                try TokenKeyText.encryption(file, method: .a256CBCHS512, isCompressed: false)
            ])
        let token = try keys.token()
        #expect(!keys.canRead && !keys.accepts(token))
    }

    @Test(arguments: ["RS256", "ES256", "EdDSA"])
    func `the key set has the public halves of all keys, by fingerprint`(algorithm: String) throws {
        let jwt = "signing: { algorithm: \(algorithm) }"
        let catalog = try scene.catalog(jwt)
        #expect(scene.rotate(.signing, jwt, force: true).status == .good)
        let set = try JSONValue(parsing: catalog.current.keySet).objectValue
        let keys = try #require(set?["keys"]?.arrayValue).compactMap(\.objectValue)
        #expect(keys.count == 3)
        let ring = try #require(try scene.ring.readRing()?.signing)
        let expected = try ring.all.map { try scene.ring.signing($0).key.thumbprint }
        #expect(keys.map { $0["kid"]?.stringValue } == expected)
        for key in keys {
            #expect(key["alg"] == .string(algorithm) && key["use"] == "sig")
            for name in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] { #expect(key[name] == nil) }
        }
        let token = try catalog.token()
        let header = try #require(bytes(base64: String(token.prefix { $0 != "." }), .url))
        #expect(
            try JSONValue(parsing: header).objectValue?["kid"]?.stringValue == expected.first)
    }

    @Test func `secrets are in no key set`() throws {
        let keys = try scene.catalog().current
        #expect(String(decoding: keys.keySet, as: UTF8.self) == #"{"keys":[]}"#)
        #expect(keys.publicSigningPEM == nil && keys.publicKeys.isEmpty)
    }

    @Test func `no key is logged`() throws {
        let catalog = try scene.catalog("signing: { algorithm: RS256 }")
        #expect(
            scene.rotate(.signing, "signing: { algorithm: RS256 }", force: true).status == .good)
        catalog.reloadIfChanged()
        let log = scene.logText
        #expect(log.contains("token keys made"))
        for secret in try scene.secrets() {
            for line in secret.split(separator: "\n") where !line.contains("KEY") {
                #expect(!log.contains(line))
            }
        }
    }
}
