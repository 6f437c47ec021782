import JOSE
import OpenSSL
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("How token keys are written") struct TokenKeyTextTests {
    private let scene: TokenKeyScene

    /// Apereo's documented lengths: 64 octets in Base64.
    private static let octets = (0..<64).map { UInt8($0 + 190) }
    private static let secret = base64(octets, .url)

    init() throws {
        scene = try TokenKeyScene()
    }

    private static func pem(_ algorithm: SignatureAlgorithm) throws -> String {
        try #require(try JSONWebKey.generate(for: algorithm).privatePEM)
    }

    private func reason(_ body: () throws -> JSONWebKey) -> String {
        do {
            return "no fault: \(try body().kind)"
        } catch {
            return "\(error)"
        }
    }

    @Test func `a secret to sign with is the text, one to encrypt with what it stands for`() throws
    {
        let signing = try TokenKeyText.signingKey(Self.secret)
        #expect(signing.kind == .octets(count: 86))
        let encryption = try TokenKeyText.encryptionKey(Self.secret)
        #expect(encryption.kind == .octets(count: 64))
        for text in [base64(Self.octets), Self.secret + "==", " \(Self.secret)\n"] {
            #expect(try TokenKeyText.encryptionKey(text).kind == .octets(count: 64))
        }
        #expect(Self.secret.contains("-") || Self.secret.contains("_"))
    }

    @Test func `the text of a secret is the key of the HMAC`() throws {
        let text = String(repeating: "k", count: 64)
        let writer = try TokenWriter(
            order: .encryptAndSign, signing: try TokenKeyText.signing(text), encryption: nil)
        let token = try writer.write(TokenKeyScene.claims, random: systemRandomBytes)
        let reader = TokenReader(
            order: nil,
            verification: [
                .init(key: JSONWebKey(octets: Array(text.utf8)), algorithms: [.hs512])
            ], decryption: [])
        #expect(try reader.read(token) == TokenKeyScene.claims)
    }

    @Test(arguments: [SignatureAlgorithm.rs256, .es256, .es384, .es512, .edDSA])
    func `private keys come from files, whole texts and JSON`(algorithm: SignatureAlgorithm) throws
    {
        let pem = try Self.pem(algorithm)
        let path = try scene.write("key.pem", pem)
        let usual: SignatureAlgorithm = algorithm == .rs256 ? .rs512 : algorithm
        for text in [path, "file:" + path, "file://" + path, pem, "\n" + pem] {
            let signing = try TokenKeyText.signing(text)
            #expect(signing.key.isPrivate && signing.algorithm == usual)
            #expect(signing.keyID == signing.key.thumbprint && signing.keyID?.count == 43)
        }
        let chosen = try TokenKeyText.signing(path, algorithm: algorithm)
        #expect(chosen.algorithm == algorithm)
    }

    @Test func `secrets come from files and JSON as well`() throws {
        let path = try scene.write("secret.key", Self.secret + "\n")
        #expect(try TokenKeyText.signingKey("file:" + path).kind == .octets(count: 86))
        #expect(try TokenKeyText.encryptionKey(path).kind == .octets(count: 64))
        let jwk = #"{"kty":"oct","k":"\#(Self.secret)"}"#
        #expect(try TokenKeyText.signingKey(jwk).kind == .octets(count: 64))
        #expect(try TokenKeyText.encryptionKey(jwk).kind == .octets(count: 64))
        #expect(try TokenKeyText.signing(jwk).keyID == nil)
    }

    @Test func `contents are encrypted for a public RSA key, which everybody may read`() throws {
        let key = try JSONWebKey.generate(for: .rs256)
        let path = try scene.write(
            "public.pem", try #require(key.publicPEM), permissions: 0o644)
        let encryption = try TokenKeyText.encryption(
            path, method: .a256CBCHS512, isCompressed: false)
        #expect(encryption.management == .rsaOAEP256 && encryption.decryption == nil)
        let pair = try TokenKeyText.encryption(
            try #require(key.privatePEM), method: .a256CBCHS512, isCompressed: true)
        #expect(pair.decryption != nil && pair.isCompressed)
        #expect(try TokenKeyText.verificationKey(path).isPrivate == false)
    }

    @Test func `files that cannot be used are named with the reason`() throws {
        let file = scene.folder.file("key")
        #expect(
            reason { try TokenKeyText.signingKey("file:" + file) }
                == "\(file): No such file or directory")
        #expect(
            reason { try TokenKeyText.signingKey(scene.folder.path) }
                == "\(scene.folder.path): is a folder")
        _ = try scene.write("key", "")
        #expect(reason { try TokenKeyText.signingKey(file) } == "\(file): is empty")
        try File.replace(file, with: [0xff, 0xfe, 0x00])
        #expect(reason { try TokenKeyText.signingKey(file) } == "\(file): not valid UTF-8")
        _ = try scene.write("key", String(repeating: "k", count: 65 << 10))
        #expect(reason { try TokenKeyText.signingKey(file) }.contains("larger than 65536 bytes"))
        _ = try scene.write("key", "one\ntwo\n")
        #expect(
            reason { try TokenKeyText.signingKey(file) }
                == "\(file): is neither PEM nor JSON nor one line of text")
        _ = try scene.write("key", Self.secret, permissions: 0o644)
        #expect(
            reason { try TokenKeyText.encryptionKey(file) }
                == "\(file): everybody may read this key; make its mode 0640 or 0600")
        _ = try scene.write("key", Self.secret, permissions: 0o640)
        #expect(try TokenKeyText.encryptionKey(file).kind == .octets(count: 64))
    }

    @Test func `a secret may begin as a path does, and no fault quotes it`() throws {
        let octets = [0xFF, 0xF0] + [UInt8](repeating: 0x5A, count: 62)
        let text = base64(octets)
        #expect(text.hasPrefix("//"))
        #expect(try TokenKeyText.signing(text).algorithm == .hs512)
        #expect(try TokenKeyText.encryptionKey(text).kind == .octets(count: 64))
        #expect(try TokenKeyText.path(text) == nil)
        let short = "/planted-secret"
        #expect(
            reason { try TokenKeyText.signing(short).key }
                == "HS512 needs 64 bytes or more, these are 15")
        #expect(!reason { try TokenKeyText.encryptionKey(short + "!") }.contains("planted"))
        let missing = scene.folder.file(String(repeating: "m", count: 64) + ".pem")
        #expect(
            reason { try TokenKeyText.signingKey(missing) }
                == "looks like a path, and there is no such file")
        #expect(
            reason { try TokenKeyText.signingKey("file:" + missing) }
                == "\(missing): No such file or directory")
    }

    @Test func `what is no regular file is not opened`() {
        for text in ["/dev/null", "file:/dev/zero"] {
            #expect(reason { try TokenKeyText.signingKey(text) }.hasSuffix(": is no regular file"))
        }
    }

    @Test func `keys of the wrong kind are told apart`() throws {
        let key = try JSONWebKey.generate(for: .es256)
        let publicPEM = try #require(key.publicPEM)
        #expect(reason { try TokenKeyText.signingKey(publicPEM) }.contains("is a public key"))
        #expect(
            reason { try TokenKeyText.encryptionKey(publicPEM) }
                == "is no key to encrypt with; a secret or an RSA key is")
        let path = try scene.write("key.pem", try #require(key.privatePEM))
        let fault = #expect(throws: TokenKeyFault.self) {
            try TokenKeyText.signing(path, algorithm: .rs256)
        }
        #expect(fault?.place == path)
        let short = #expect(throws: TokenKeyFault.self) { try TokenKeyText.signing("tooshort") }
        #expect(short?.description == "HS512 needs 64 bytes or more, these are 8")
        let small = #expect(throws: TokenKeyFault.self) {
            try TokenKeyText.encryption(
                base64([UInt8](repeating: 1, count: 32), .url), method: .a256CBCHS512,
                isCompressed: false)
        }
        #expect(small?.reason.contains("64") == true)
        #expect(
            reason { try TokenKeyText.encryptionKey("not base64 !") }
                == "is not Base64, as keys to encrypt with must be")
    }

    @Test(arguments: [
        "${#environmentVars['KEY']}", "classpath:keys/private.pem", "https://example.org/key",
        "file:relative.pem", "#{systemProperties['x']}",
    ])
    func `what casd does not read is no secret by mistake`(text: String) {
        #expect(throws: TokenKeyFault.self) { try TokenKeyText.signingKey(text) }
        #expect(throws: TokenKeyFault.self) { try TokenKeyText.encryptionKey(text) }
    }

    @Test func `no fault quotes a key`() throws {
        let planted = "planted-secret-value"
        let texts = [
            planted, "{\"kty\":\"oct\",\"k\":\"\(planted)!\"}", "{\(planted)",
            "-----BEGIN PRIVATE KEY-----\n\(planted)\n-----END PRIVATE KEY-----",
            "\(planted)\nsecond line", "{\"kty\":\"\(planted)\"}",
        ]
        for text in texts {
            let path = try scene.write("key", text)
            for source in [text, path] {
                #expect(!reason { try TokenKeyText.signingKey(source) }.contains(planted))
                #expect(!reason { try TokenKeyText.encryptionKey(source) }.contains(planted))
                do {
                    _ = try TokenKeyText.signing(source)
                } catch {
                    #expect(!error.description.contains(planted))
                }
            }
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `a key made for an algorithm signs with it`(algorithm: SignatureAlgorithm) throws {
        let text = try TokenKeyMaking.text(
            algorithm: algorithm.rawValue, random: scene.randomBytes)
        #expect(try TokenKeyText.signing(text, algorithm: algorithm).algorithm == algorithm)
    }

    @Test(arguments: ContentEncryption.allCases)
    func `a key made for a method encrypts with it, in both alphabets`(
        method: ContentEncryption
    ) throws {
        for _ in 0..<20 {
            let text = try TokenKeyMaking.text(
                algorithm: method.rawValue, random: scene.randomBytes)
            #expect(!text.contains("-") && !text.contains("_") && !text.contains("+"))
            let encryption = try TokenKeyText.encryption(
                text, method: method, isCompressed: false)
            #expect(encryption.management == .direct)
            #expect(encryption.key.kind == .octets(count: method.keyBytes))
        }
    }

    @Test func `random bytes that repeat themselves make no key`() {
        #expect(throws: TokenKeyFault.self) {
            try TokenKeyMaking.text(algorithm: "HS512") { [UInt8](repeating: 255, count: $0) }
        }
        #expect(throws: TokenKeyFault.self) {
            try TokenKeyMaking.text(algorithm: "HS999", random: scene.randomBytes)
        }
    }
}
