import JOSE
import JSON
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Tokens there and back") struct TokenTests {
    static let claims = Array("{\"sub\":\"alice\",\"aud\":\"https://app.example.org/\"}".utf8)

    static func encryption(
        _ management: KeyManagement, _ content: ContentEncryption, isCompressed: Bool = false
    ) -> (TokenWriter.Encryption, TokenReader.Decryption) {
        let key =
            management == .direct
            ? JSONWebKey(octets: TestKeys.secret(for: content)) : TestKeys.rsa
        return (
            .init(
                key: key, management: management, content: content, isCompressed: isCompressed,
                keyID: nil),
            .init(key: key, management: management, contents: [content])
        )
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `every signature algorithm`(algorithm: SignatureAlgorithm) throws {
        let key = TestKeys.key(for: algorithm)
        let writer = try TokenWriter(
            order: .encryptAndSign,
            signing: .init(key: key, algorithm: algorithm, keyID: "one"), encryption: nil)
        let token = try writer.write(Self.claims)
        for reading in [key, try TestKeys.publicHalf(key)] {
            let reader = TokenReader(
                order: nil, verification: [.init(key: reading, algorithms: [algorithm])],
                decryption: [])
            #expect(try reader.read(token) == Self.claims)
        }
        for other in SignatureAlgorithm.allCases where other != algorithm {
            let reader = TokenReader(
                order: nil,
                verification: [.init(key: TestKeys.key(for: other), algorithms: [other])],
                decryption: [])
            #expect(throws: JOSEError.algorithm("signature")) { try reader.read(token) }
        }
    }

    @Test(arguments: KeyManagement.allCases, ContentEncryption.allCases)
    func `every encryption, in both orders, compressed or not`(
        management: KeyManagement, content: ContentEncryption
    ) throws {
        for isCompressed in [false, true] {
            let (encryption, decryption) = Self.encryption(
                management, content, isCompressed: isCompressed)
            for order in LayerOrder.allCases {
                let writer = try TokenWriter(
                    order: order,
                    signing: .init(key: TestKeys.p256, algorithm: .es256, keyID: nil),
                    encryption: encryption)
                let reader = TokenReader(
                    order: order,
                    verification: [.init(key: TestKeys.p256, algorithms: [.es256])],
                    decryption: [decryption])
                let token = try writer.write(Self.claims)
                #expect(try reader.read(token) == Self.claims)
                #expect(try writer.write(Self.claims) != token)
            }
            let alone = try TokenWriter(
                order: .encryptAndSign, signing: nil, encryption: encryption)
            let reader = TokenReader(order: nil, verification: [], decryption: [decryption])
            #expect(try reader.read(try alone.write(Self.claims)) == Self.claims)
        }
    }

    /// A writer for each mode, and who reads it.
    static func modes() throws -> [(TokenWriter, TokenReader)] {
        var modes: [(TokenWriter, TokenReader)] = []
        for algorithm in [SignatureAlgorithm.hs512, .rs256, .ps256, .es256, .es512, .edDSA] {
            let key = TestKeys.key(for: algorithm)
            modes.append(
                (
                    try TokenWriter(
                        order: .encryptAndSign,
                        signing: .init(key: key, algorithm: algorithm, keyID: nil),
                        encryption: nil),
                    TokenReader(
                        order: nil, verification: [.init(key: key, algorithms: [algorithm])],
                        decryption: [])
                ))
        }
        for (management, content) in [
            (KeyManagement.direct, ContentEncryption.a256CBCHS512), (.direct, .a256GCM),
            (.rsaOAEP256, .a128CBCHS256), (.rsaOAEP256, .a128GCM),
        ] {
            let (encryption, decryption) = encryption(management, content)
            modes.append(
                (
                    try TokenWriter(
                        order: .encryptAndSign, signing: nil, encryption: encryption),
                    TokenReader(order: nil, verification: [], decryption: [decryption])
                ))
            for order in LayerOrder.allCases {
                modes.append(
                    (
                        try TokenWriter(
                            order: order,
                            signing: .init(
                                key: TestKeys.secret, algorithm: .hs256, keyID: nil),
                            encryption: encryption),
                        TokenReader(
                            order: order,
                            verification: [.init(key: TestKeys.secret, algorithms: [.hs256])],
                            decryption: [decryption])
                    ))
            }
        }
        return modes
    }

    @Test func `every change of one bit is refused`() throws {
        var random = SeededRandom(seed: 11)
        for (writer, reader) in try Self.modes() {
            let token = Array(try writer.write(Self.claims).utf8)
            // RSA takes long: a sample of its long tokens, all of the others.
            let isLong = token.count > 700
            for place in token.indices where !isLong || Int.random(in: 0..<8, using: &random) == 0 {
                for bit in 0..<7 {
                    var changed = token
                    changed[place] ^= 1 << UInt8(bit)
                    #expect(throws: JOSEError.self) { try reader.read(text(changed)) }
                }
            }
            #expect(try reader.read(text(token)) == Self.claims)
        }
    }

    @Test func `every cut is refused`() throws {
        for (writer, reader) in try Self.modes() {
            let token = try writer.write(Self.claims)
            for count in stride(from: 0, to: token.utf8.count, by: 3) {
                #expect(throws: JOSEError.self) { try reader.read(String(token.prefix(count))) }
            }
            for added in [" ", "\n", ".", "=", "A", "\u{0}", "é"] {
                #expect(throws: JOSEError.self) { try reader.read(token + added) }
                #expect(throws: JOSEError.self) { try reader.read(added + token) }
            }
            var segments = token.split(separator: ".", omittingEmptySubsequences: false)
            for index in segments.indices {
                let segment = segments[index]
                segments[index] = ""
                let emptied = segments.joined(separator: ".")
                if emptied != token {
                    #expect(throws: JOSEError.self) { try reader.read(emptied) }
                }
                segments[index] = segment
            }
        }
    }

    @Test func `keys are found by their identifier, and without it`() throws {
        let keys = [TestKeys.secret, TestKeys.otherSecret]
        let reader = TokenReader(
            order: nil,
            verification: zip(keys, ["one", "two"]).map {
                .init(key: $0, algorithms: [.hs256], keyID: $1)
            }, decryption: [])
        for key in keys {
            for keyID in ["one", "two", "three", nil] {
                let writer = try TokenWriter(
                    order: .encryptAndSign,
                    signing: .init(key: key, algorithm: .hs256, keyID: keyID), encryption: nil)
                #expect(try reader.read(try writer.write(Self.claims)) == Self.claims)
            }
        }
    }

    @Test func `of several keys for encryption each is tried`() throws {
        let secrets = [0, 1, 2].map { JSONWebKey(octets: [UInt8](repeating: $0, count: 64)) }
        let reader = TokenReader(
            order: nil, verification: [],
            decryption: [
                .init(
                    key: TestKeys.rsa, management: .rsaOAEP256,
                    contents: Set(ContentEncryption.allCases))
            ]
                + secrets.prefix(2).map {
                    .init(
                        key: $0, management: .direct, contents: Set(ContentEncryption.allCases))
                })
        for (index, secret) in secrets.enumerated() {
            let writer = try TokenWriter(
                order: .encryptAndSign, signing: nil,
                encryption: .init(key: secret, management: .direct, content: .a256CBCHS512))
            let token = try writer.write(Self.claims)
            if index < 2 {
                #expect(try reader.read(token) == Self.claims)
            } else {
                #expect(throws: JOSEError.encryption) { try reader.read(token) }
            }
        }
    }

    @Test func `encryption may be optional, a signature never`() throws {
        let (encryption, decryption) = Self.encryption(.direct, .a128GCM)
        let signing = TokenWriter.Signing(
            key: TestKeys.secret, algorithm: .hs512, keyID: nil)
        let verification = TokenReader.Verification(
            key: TestKeys.secret, algorithms: [.hs512])
        let both = try TokenWriter(
            order: .signAndEncrypt, signing: signing, encryption: encryption
        ).write(Self.claims)
        let signed = try TokenWriter(
            order: .signAndEncrypt, signing: signing, encryption: nil
        ).write(Self.claims)
        let encrypted = try TokenWriter(
            order: .signAndEncrypt, signing: nil, encryption: encryption
        ).write(Self.claims)
        for order in LayerOrder.allCases + [nil] {
            let strict = TokenReader(
                order: order, verification: [verification], decryption: [decryption])
            let lax = TokenReader(
                order: order, verification: [verification], decryption: [decryption],
                isEncryptionOptional: true)
            #expect(throws: JOSEError.layers) { try strict.read(signed) }
            #expect(try lax.read(signed) == Self.claims)
            for reader in [strict, lax] {
                #expect(throws: JOSEError.layers) { try reader.read(encrypted) }
                if order != .encryptAndSign { #expect(try reader.read(both) == Self.claims) }
            }
        }
        let unsigned = TokenReader(
            order: nil, verification: [], decryption: [decryption], isEncryptionOptional: true)
        #expect(try unsigned.read(encrypted) == Self.claims)
        #expect(throws: JOSEError.layers) { try unsigned.read(signed) }
        #expect(throws: JOSEError.malformed("claims")) { try unsigned.read(both) }
    }
}
