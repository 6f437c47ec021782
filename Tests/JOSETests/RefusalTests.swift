import Deflate
import JOSE
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Tokens that are refused") struct RefusalTests {
    private static let claims = Array("{\"sub\":\"mallory\"}".utf8)
    private static let good = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
    private static let contentKey = [UInt8](0..<64)
    private static let goodOuter = "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"typ\":\"JWT\"}"

    private let signed = TokenReader(
        order: nil, verification: [.init(key: TestKeys.secret, algorithms: [.hs256])],
        decryption: [])
    private let encrypted = TokenReader(
        order: nil, verification: [],
        decryption: [
            .init(
                key: JSONWebKey(octets: contentKey), management: .direct,
                contents: [.a256CBCHS512])
        ])

    private static func signed(_ header: String) throws -> String {
        try forged(header: header, key: TestKeys.secret, algorithm: .hs256)
    }

    private static func encrypted(_ header: String, _ content: [UInt8]) throws -> String {
        try forged(
            header: header, content: content, key: contentKey, encryption: .a256CBCHS512)
    }

    @Test func `an unsigned token`() throws {
        for algorithm in ["none", "None", "NONE", "nOnE", ""] {
            let input = encoded("{\"alg\":\"\(algorithm)\"}") + "." + encoded("{\"sub\":\"m\"}")
            for token in [input + ".", input + ".AAAA", input] {
                #expect(throws: JOSEError.self) { try signed.read(token) }
                #expect(throws: JOSEError.self) { try encrypted.read(token) }
            }
        }
    }

    @Test func `a reader without keys reads nothing`() throws {
        let nobody = TokenReader(
            order: nil, verification: [], decryption: [], isEncryptionOptional: true)
        #expect(throws: JOSEError.layers) { try nobody.read(try Self.signed(Self.good)) }
        #expect(throws: JOSEError.layers) {
            try nobody.read(try Self.encrypted(Self.goodOuter, Self.claims))
        }
        // Keys that fit nothing do not make the layer optional.
        let unfit = TokenReader(
            order: nil, verification: [.init(key: TestKeys.rsa, algorithms: [.hs256])],
            decryption: [
                .init(key: TestKeys.rsa, management: .direct, contents: [.a256CBCHS512])
            ], isEncryptionOptional: true)
        #expect(throws: JOSEError.key) { try unfit.read(try Self.signed(Self.good)) }
        #expect(throws: JOSEError.key) {
            try unfit.read(try Self.encrypted(Self.goodOuter, Self.claims))
        }
    }

    @Test func `headers that change the meaning`() throws {
        #expect(try signed.read(try Self.signed(Self.good)) == Self.claims)
        #expect(try signed.read(try Self.signed("{\"alg\":\"HS256\"}")) == Self.claims)
        #expect(
            try signed.read(try Self.signed("{\"typ\":\"jwt\",\"alg\":\"HS256\",\"x\":[1]}"))
                == Self.claims)
        for member in [
            "\"crit\":[\"exp\"]", "\"crit\":[]", "\"crit\":null", "\"b64\":true", "\"b64\":false",
            "\"alg\":\"HS256\"", "\"\\u0061lg\":\"none\"", "\"zip\":\"DEF\"", "\"zip\":null",
            "\"enc\":\"A128GCM\"", "\"typ\":\"at+jwt\"", "\"typ\":\"JWS\"", "\"typ\":1",
            "\"typ\":null", "\"cty\":\"text\"", "\"kid\":7", "\"kid\":{}",
            "\"x\":\"\(String(repeating: "x", count: 2048))\"",
        ] {
            let header = "{\"alg\":\"HS256\",\(member)}"
            let error = #expect(throws: JOSEError.self) { try signed.read(Self.signed(header)) }
            #expect(error?.reasonClass == "malformed", "\(member)")
        }
        for header in [
            "", "{}", "[]", "\"HS256\"", "{\"alg\":1}", "{\"alg\":\"HS256\"",
            "{\"alg\":\"HS256\"} x", "{'alg':'HS256'}", "{\"alg\":\"HS256\",}", "\u{FEFF}{}",
        ] {
            #expect(throws: JOSEError.self) { try signed.read(Self.signed(header)) }
        }
        for member in ["\"zip\":\"GZ\"", "\"zip\":\"\"", "\"zip\":1", "\"crit\":[\"zip\"]"] {
            let header = "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\(member)}"
            #expect(throws: JOSEError.self) {
                try encrypted.read(Self.encrypted(header, Self.claims))
            }
        }
    }

    @Test func `algorithms that are not allowed, or unknown`() throws {
        for algorithm in ["HS512", "hs256", "HS256 ", "RS256", "RSA1_5", "none", "dir"] {
            #expect(throws: JOSEError.algorithm("signature")) {
                try signed.read(Self.signed("{\"alg\":\"\(algorithm)\"}"))
            }
        }
        for (algorithm, encryption) in [
            ("dir", "A128CBC-HS256"), ("dir", "A256GCM"), ("dir", "none"),
            ("RSA1_5", "A256CBC-HS512"), ("RSA-OAEP", "A256CBC-HS512"),
            ("RSA-OAEP-256", "A256CBC-HS512"), ("A256KW", "A256CBC-HS512"),
            ("PBES2-HS256+A128KW", "A256CBC-HS512"), ("ECDH-ES", "A256CBC-HS512"),
        ] {
            let header = "{\"alg\":\"\(algorithm)\",\"enc\":\"\(encryption)\"}"
            #expect(throws: JOSEError.algorithm("encryption")) {
                try encrypted.read(Self.encrypted(header, Self.claims))
            }
        }
    }

    @Test func `a public key taken for a shared secret`() throws {
        let pem = try #require(TestKeys.rsa.publicPEM)
        let secret = octets(pem)
        #expect(secret.fault(signingWith: .hs256) != nil)
        #expect(secret.fault(verifyingWith: .hs256) != nil)
        let input = encoded("{\"alg\":\"HS256\"}") + "." + encoded("{\"sub\":\"mallory\"}")
        let code = hmac(.sha256, key: SecretBytes(Array(pem.utf8)), Array(input.utf8))
        let token = input + "." + base64(code, .url)
        for algorithms in [[.rs256], [.rs256, .hs256]] as [Set<SignatureAlgorithm>] {
            let reader = TokenReader(
                order: nil,
                verification: [
                    .init(
                        key: try TestKeys.publicHalf(TestKeys.rsa), algorithms: algorithms)
                ], decryption: [])
            #expect(throws: JOSEError.algorithm("signature")) { try reader.read(token) }
        }
    }

    @Test func `signatures of another curve, scheme or form`() throws {
        let input = encoded("{\"alg\":\"ES256\"}") + "." + encoded("{\"sub\":\"mallory\"}")
        let reader = TokenReader(
            order: nil, verification: [.init(key: TestKeys.p256, algorithms: [.es256])],
            decryption: [])
        let zeros = [UInt8](repeating: 0, count: 64)
        for signature in [[], zeros, [UInt8](repeating: 0xFF, count: 64), zeros + [0]] {
            #expect(throws: JOSEError.signature) {
                try reader.read(input + "." + base64(signature, .url))
            }
        }
        let pss = try forged(
            header: "{\"alg\":\"RS256\"}", key: TestKeys.rsa, algorithm: .ps256)
        let rsa = TokenReader(
            order: nil, verification: [.init(key: TestKeys.rsa, algorithms: [.rs256, .ps256])],
            decryption: [])
        #expect(throws: JOSEError.signature) { try rsa.read(pss) }
    }

    @Test func `base64url that is not the only form`() throws {
        let token = try Self.signed(Self.good)
        let parts = token.split(separator: ".").map(String.init)
        // 32 bytes end in two bits, which are zero.
        let last = try #require(parts[2].last)
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        where other != last {
            let changed = parts[0] + "." + parts[1] + "." + parts[2].dropLast() + String(other)
            #expect(throws: JOSEError.self) { try signed.read(changed) }
        }
        for changed in [
            token + "=", token + "==", parts[0] + "=." + parts[1] + "." + parts[2],
            parts[0] + "\n." + parts[1] + "." + parts[2],
            token.replacing("-", with: "+").replacing("_", with: "/") + " ",
        ] {
            #expect(throws: JOSEError.self) { try signed.read(changed) }
        }
    }

    @Test func `three layers, or two of one kind`() throws {
        let secret = TestKeys.secret
        let inner = try Self.signed(Self.good)
        let twice = try forged(
            header: Self.good, claims: inner, key: secret, algorithm: .hs256)
        #expect(throws: JOSEError.malformed("claims")) { try signed.read(twice) }
        let both = TokenReader(
            order: nil, verification: [.init(key: secret, algorithms: [.hs256])],
            decryption: [
                .init(
                    key: JSONWebKey(octets: Self.contentKey), management: .direct,
                    contents: [.a256CBCHS512])
            ])
        #expect(throws: JOSEError.layers) { try both.read(twice) }
        let around = try Self.encrypted(Self.goodOuter, Array(inner.utf8))
        #expect(try both.read(around) == Self.claims)
        let third = try forged(
            header: Self.good, claims: around, key: secret, algorithm: .hs256)
        #expect(throws: JOSEError.malformed("claims")) { try both.read(third) }
        let outermost = try Self.encrypted(
            Self.goodOuter, Array(try Self.encrypted(Self.goodOuter, Array(inner.utf8)).utf8))
        #expect(throws: JOSEError.layers) { try both.read(outermost) }
    }

    @Test func `claims that are no object`() throws {
        for claims in ["", "[]", "\"sub\"", "null", "x{", "\u{FEFF}{}"] {
            let token = try forged(
                header: Self.good, claims: claims, key: TestKeys.secret, algorithm: .hs256)
            #expect(throws: JOSEError.malformed("claims")) { try signed.read(token) }
        }
    }

    /// A gigabyte of one byte in a megabyte: a block with the fixed code (RFC 1951 §3.2.6) of one
    /// literal and matches of 258 bytes, 13 bits each.
    private static func gigabyte() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer: UInt64 = 0
        var count: UInt64 = 0
        func put(_ bits: UInt64, _ length: UInt64) {
            buffer |= bits << count
            count += length
            while count >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: buffer))
                buffer >>= 8
                count -= 8
            }
        }
        put(0b011, 3)
        // A blank is 0x30 + 0x20 in 8 bits; codes begin with their highest bit.
        put(0b0000_1010, 8)
        // Length 258 is code 285, 0b11000101 in 8 bits; distance 1 is five zeros.
        for _ in 0..<((1 << 30) / 258) { put(0b0_0000_1010_0011, 13) }
        put(0, 7)
        put(0, 7)
        return bytes
    }

    @Test func `bombs stop at the limit`() throws {
        let bomb = Self.gigabyte()
        let header = "{\"zip\":\"DEF\",\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\"}"
        let token = try Self.encrypted(header, bomb)
        let encrypted = TokenReader(
            order: nil, verification: [],
            decryption: [
                .init(
                    key: JSONWebKey(octets: Self.contentKey), management: .direct,
                    contents: [.a256CBCHS512])
            ], bytesMax: 2 << 20)
        let duration = ContinuousClock().measure {
            #expect(throws: JOSEError.tooLarge) { try encrypted.read(token) }
        }
        #expect(duration < .milliseconds(100))
        for content in [[], [0], bomb.dropLast(), bomb + [0]] as [[UInt8]] {
            #expect(throws: JOSEError.self) {
                try encrypted.read(try Self.encrypted(header, content))
            }
        }
    }

    @Test func `what is too long`() throws {
        let claims = "{\"x\":\"" + String(repeating: "x", count: 20 << 10) + "\"}"
        let token = try forged(
            header: Self.good, claims: claims, key: TestKeys.secret, algorithm: .hs256)
        #expect(throws: JOSEError.tooLarge) { try signed.read(token) }
        let verification = TokenReader.Verification(key: TestKeys.secret, algorithms: [.hs256])
        for (bytesMax, claimsBytesMax, isRead) in [
            (1 << 20, 1 << 20, true), (1 << 20, 20 << 10, false), (1 << 10, 1 << 20, false),
        ] {
            let reader = TokenReader(
                order: nil, verification: [verification], decryption: [], bytesMax: bytesMax,
                claimsBytesMax: claimsBytesMax)
            if isRead {
                #expect(try reader.read(token) == Array(claims.utf8))
            } else {
                #expect(throws: JOSEError.tooLarge) { try reader.read(token) }
            }
        }
        let writer = try TokenWriter(
            order: .encryptAndSign,
            signing: .init(key: TestKeys.secret, algorithm: .hs256), encryption: nil)
        #expect(throws: JOSEError.tooLarge) {
            try writer.write([UInt8](repeating: 0x20, count: TokenWriter.claimsBytesMax + 1))
        }
    }

    @Test func `a wrong encrypted key is not told apart from a wrong tag`() throws {
        let (encryption, decryption) = TokenTests.encryption(.rsaOAEP256, .a256CBCHS512)
        let token = try TokenWriter(order: .encryptAndSign, signing: nil, encryption: encryption)
            .write(Self.claims)
        let reader = TokenReader(order: nil, verification: [], decryption: [decryption])
        var parts = token.split(separator: ".").map(String.init)
        let key = parts[1]
        let pair = try AsymmetricKey(pem: Array(try #require(TestKeys.rsa.publicPEM).utf8))
        for encryptedKey in [
            [], [1], [UInt8](repeating: 0, count: 384), [UInt8](repeating: 0xFF, count: 384),
            try pair.encryptOAEP([1, 2, 3]), try pair.encryptOAEP(Self.contentKey),
        ] {
            parts[1] = base64(encryptedKey, .url)
            #expect(throws: JOSEError.encryption) {
                try reader.read(parts.joined(separator: "."))
            }
        }
        parts[1] = key
        parts[4] = base64([UInt8](repeating: 0, count: 32), .url)
        #expect(throws: JOSEError.encryption) { try reader.read(parts.joined(separator: ".")) }
        // A shared key leaves no room for an encrypted one.
        let direct = try forged(
            header: Self.goodOuter, content: Self.claims, encryptedKey: [1],
            key: Self.contentKey, encryption: .a256CBCHS512)
        #expect(throws: JOSEError.encryption) { try encrypted.read(direct) }
    }

    @Test func `damage never does more than fail`() throws {
        var random = SeededRandom(seed: 12)
        for (writer, reader) in try TokenTests.modes() {
            let token = Array(try writer.write(Self.claims).utf8)
            for _ in 0..<150 {
                var changed = token
                for _ in 0..<Int.random(in: 1...4, using: &random) where !changed.isEmpty {
                    let place = Int.random(in: changed.indices, using: &random)
                    let byte = UInt8(truncatingIfNeeded: random.next())
                    switch byte % 5 {
                    case 0: changed.insert(UInt8(ascii: "."), at: place)
                    case 1: changed.removeSubrange(place..<min(changed.count, place + Int(byte)))
                    case 2: changed.insert(contentsOf: changed[place...].prefix(64), at: place)
                    case 3: changed[place] = byte
                    default: changed[place] = Array("Aa0-_.{=".utf8)[Int(byte) % 8]
                    }
                }
                if changed == token { continue }
                #expect(throws: JOSEError.self) { try reader.read(text(changed)) }
            }
        }
    }

    @Test func `errors say what kind they are, and nothing of the token`() throws {
        let errors: [JOSEError] = [
            .malformed("header"), .algorithm("signature"), .layers, .key, .signature, .encryption,
            .tooLarge,
        ]
        #expect(Set(errors.map(\.reasonClass)).count == errors.count)
        #expect(Set(errors.map(\.description)).count == errors.count)
    }
}
