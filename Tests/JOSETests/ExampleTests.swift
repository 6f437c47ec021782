import JOSE
import JSON
import OpenSSL
import Platform
import Testing

@Suite("The standards' examples, and Apereo's tokens") struct ExampleTests {
    @Test(arguments: [Examples.a1, Examples.a2, Examples.a3, Examples.a4, Examples.ed25519])
    func `signatures of RFC 7515 and RFC 8037 are right`(example: Signed) throws {
        let key = try JSONWebKey(jwk: Array(example.key.utf8))
        #expect(key.fault(signingWith: example.algorithm) == nil)
        let parts = example.token.split(separator: ".", omittingEmptySubsequences: false)
        let input = Array(parts.prefix(2).joined(separator: ".").utf8)
        let signature = try #require(bytes(base64: String(parts[2]), .url))
        let both = [key, try TestKeys.publicHalf(key)]
        for key in both {
            let prepared = try #require(SignatureKey(key, example.algorithm))
            #expect(prepared.isSignature(signature, of: input))
            #expect(!prepared.isSignature(signature, of: input + [0]))
            #expect(!prepared.isSignature(signature + [0], of: input))
            #expect(!prepared.isSignature([], of: input))
        }
        // The others are random, so only these can be made again.
        if [.hs256, .rs256, .edDSA].contains(example.algorithm) {
            #expect(try SignatureKey(key, example.algorithm)?.sign(input) == signature)
        }
    }

    @Test func `the claims of RFC 7515 are read, with their blanks`() throws {
        for example in [Examples.a1, Examples.a2, Examples.a3] {
            let key = try JSONWebKey(jwk: Array(example.key.utf8))
            let reader = TokenReader(
                order: nil, verification: [.init(key: key, algorithms: [example.algorithm])],
                decryption: [])
            #expect(
                text(try reader.read(example.token))
                    == "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n"
                    + " \"http://example.com/is_root\":true}")
        }
    }

    @Test(arguments: Examples.encrypted)
    func `contents of RFC 7518 are encrypted and decrypted`(example: Encrypted) throws {
        let text = Array(
            ("A cipher system must not be required to be secret, and it must be able to fall "
                + "into the hands of the enemy without inconvenience").utf8)
        let context = Array("The second principle of Auguste Kerckhoffs".utf8)
        let nonce = try #require(bytes(hexadecimal: "1af38c2dc2b96ffdd86694092341bc04"))
        let secret = (0..<UInt8(example.algorithm.keyBytes)).map { $0 }
        let key = try #require(ContentKey(SecretBytes(secret), example.algorithm))
        let sealed = try key.encrypt(text, nonce: nonce, authenticating: context)
        #expect(hexadecimal(sealed.content) == example.content)
        #expect(hexadecimal(sealed.tag) == example.tag)
        #expect(key.decrypt(sealed, nonce: nonce, authenticating: context) == text)
        #expect(key.decrypt(sealed, nonce: nonce, authenticating: []) == nil)
    }

    @Test func `fingerprints are those of RFC 7638 and RFC 8037`() throws {
        let key = try JSONWebKey(jwk: Array(Examples.thumbprintKey.utf8))
        #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        let edwards = try JSONWebKey(jwk: Array(Examples.ed25519.key.utf8))
        #expect(edwards.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(TestKeys.secret.thumbprint == nil)
    }

    private static func apereoReader(_ order: LayerOrder?) throws -> TokenReader {
        let encryption = try #require(bytes(base64: Examples.apereoEncryptionKey, .url))
        return TokenReader(
            order: order,
            verification: [.init(key: octets(Examples.apereoSigningKey), algorithms: [.hs512])],
            decryption: [
                .init(
                    key: JSONWebKey(octets: encryption), management: .direct,
                    contents: [.a128CBCHS256, .a256CBCHS512])
            ])
    }

    @Test func `tokens that Apereo's server has made are read`() throws {
        for (token, order) in [
            (Examples.apereoA, LayerOrder.signAndEncrypt), (Examples.apereoB, .encryptAndSign),
            (Examples.apereoC, .encryptAndSign),
        ] {
            for order in [nil, order] {
                let claims = try Self.apereoReader(order).read(token)
                let object = try #require(try JSONValue(parsing: claims).objectValue)
                #expect(object["jti"]?.stringValue?.hasPrefix("ST-") == true)
                #expect(object["iss"]?.stringValue != nil && object["aud"]?.stringValue != nil)
            }
        }
        #expect(throws: JOSEError.layers) {
            try Self.apereoReader(.encryptAndSign).read(Examples.apereoA)
        }
        #expect(throws: JOSEError.layers) {
            try Self.apereoReader(.signAndEncrypt).read(Examples.apereoB)
        }
    }

    private static func signing() -> TokenWriter.Signing {
        .init(key: octets(Examples.signingKey), algorithm: .hs512, keyID: nil)
    }

    private static func encryption() throws -> TokenWriter.Encryption {
        let key = try #require(bytes(base64: Examples.encryptionKey, .url))
        return .init(
            key: JSONWebKey(octets: key), management: .direct, content: .a256CBCHS512,
            isCompressed: false, keyID: nil)
    }

    @Test func `tokens in Apereo's format are written and read to the byte`() throws {
        let claims = Array(Examples.claims.utf8)
        let outer = try TokenWriter(
            order: .encryptAndSign, signing: Self.signing(), encryption: try Self.encryption())
        #expect(
            try outer.write(
                claims, random: scripted(uuidBytes(1), Array(0..<16), uuidBytes(2)))
                == Examples.encryptedAndSigned)
        let inner = try TokenWriter(
            order: .signAndEncrypt, signing: Self.signing(), encryption: try Self.encryption())
        #expect(
            try inner.write(
                claims, random: scripted(uuidBytes(2), uuidBytes(1), Array(0..<16)))
                == Examples.signedAndEncrypted)
        for token in [Examples.encryptedAndSigned, Examples.signedAndEncrypted] {
            let reader = TokenReader(
                order: nil,
                verification: [.init(key: octets(Examples.signingKey), algorithms: [.hs512])],
                decryption: [
                    .init(
                        key: try Self.encryption().key, management: .direct,
                        contents: [.a256CBCHS512])
                ])
            #expect(try reader.read(token) == claims)
        }
    }

    @Test func `headers have Apereo's members in Apereo's order`() throws {
        var encryption = try Self.encryption()
        encryption.isCompressed = true
        let writer = try TokenWriter(
            order: .signAndEncrypt, signing: Self.signing(), encryption: encryption,
            serviceMember: "42")
        let token = try writer.write(
            Array("{}".utf8), random: scripted(uuidBytes(3), uuidBytes(4), Array(0..<16)))
        #expect(
            header(of: token) == "{\"zip\":\"DEF\",\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\","
                + "\"cty\":\"JWT\",\"typ\":\"JWT\","
                + "\"kid\":\"00000000-0000-4000-8000-000000000004\","
                + "\"org.apereo.cas.services.RegisteredService\":\"42\"}")
        let signed = try TokenWriter(
            order: .encryptAndSign, signing: Self.signing(), encryption: nil, serviceMember: "42")
        #expect(
            header(of: try signed.write([], random: { [UInt8](repeating: 0xFF, count: $0) }))
                == "{\"alg\":\"HS512\",\"typ\":\"JWT\","
                + "\"kid\":\"ffffffff-ffff-4fff-bfff-ffffffffffff\","
                + "\"org.apereo.cas.services.RegisteredService\":\"42\"}")
        let named = try TokenWriter(
            order: .encryptAndSign,
            signing: .init(key: TestKeys.ed25519, algorithm: .edDSA, keyID: "a\"b"),
            encryption: nil)
        #expect(
            header(of: try named.write([]))
                == "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"a\\\"b\"}")
    }
}
