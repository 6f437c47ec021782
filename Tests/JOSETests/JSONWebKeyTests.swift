import JOSE
import JSON
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Keys in JSON (RFC 7517) and PEM") struct JSONWebKeyTests {
    private func key(_ json: String) throws -> JSONWebKey { try JSONWebKey(jwk: Array(json.utf8)) }

    @Test(arguments: SignatureAlgorithm.allCases.filter { !$0.isSymmetric })
    func `a new key in JSON and in PEM is the same key`(algorithm: SignatureAlgorithm) throws {
        let key = TestKeys.key(for: algorithm)
        #expect(key.isPrivate && key.fault(signingWith: algorithm) == nil)
        let object = try #require(key.publicJWK(keyID: "one", algorithm: algorithm))
        #expect(
            object.members.prefix(4).map(\.name) == ["kty", "kid", "use", "alg"]
                && object["use"]?.stringValue == "sig"
                && object["alg"]?.stringValue == algorithm.rawValue)
        #expect(object["d"] == nil)
        let copies = [
            try self.key(JSONValue.object(object).text()),
            try JSONWebKey(pem: Array(try #require(key.publicPEM).utf8)),
            try JSONWebKey(pem: Array(try #require(key.privatePEM).utf8)),
        ]
        for copy in copies {
            #expect(copy.kind == key.kind && copy.thumbprint == key.thumbprint)
            #expect(copy.publicPEM == key.publicPEM)
        }
        #expect(copies.map(\.isPrivate) == [false, false, true])
        #expect(copies[0].privatePEM == nil && copies[2].privatePEM == key.privatePEM)
        #expect(copies[0].fault(signingWith: algorithm)?.contains("private") == true)
        #expect(copies[0].fault(verifyingWith: algorithm) == nil)
        #expect(throws: JSONWebKeyError.self) {
            try TokenWriter(
                order: .encryptAndSign, signing: .init(key: copies[0], algorithm: algorithm),
                encryption: nil)
        }
    }

    @Test func `HMAC has no pairs`() {
        for algorithm in SignatureAlgorithm.allCases where algorithm.isSymmetric {
            #expect(throws: JSONWebKeyError.self) { try JSONWebKey.generate(for: algorithm) }
        }
        #expect(TestKeys.secret.publicPEM == nil && TestKeys.secret.privatePEM == nil)
        #expect(TestKeys.secret.publicJWK(keyID: nil, algorithm: nil) == nil)
    }

    @Test func `a shared secret in JSON`() throws {
        let secret = try key("{\"kty\":\"oct\",\"k\":\"AAECAwQF\"}")
        #expect(secret.kind == .octets(count: 6) && secret.isPrivate)
        for json in [
            "{\"kty\":\"oct\"}", "{\"kty\":\"oct\",\"k\":\"AAECAwQ=\"}",
            "{\"kty\":\"oct\",\"k\":7}",
            "{\"kty\":\"oct\",\"k\":\"AA+/\"}", "{\"kty\":\"oct\",\"k\":\"\"}",
            "{\"kty\":\"oct\",\"k\":\"AAEC\",\"k\":\"AAED\"}", "{\"kty\":\"oct\",\"k\":\"AB\"}",
            "{\"kty\":\"OCT\",\"k\":\"AAEC\"}", "{\"k\":\"AAEC\"}", "[]", "", "{", "\"AAEC\"",
            "{\"kty\":\"oct\",\"k\":\"AAEC\"} ;",
        ] {
            #expect(throws: JSONWebKeyError.self) { try key(json) }
        }
    }

    @Test func `keys that do not fit say why`() throws {
        let short = JSONWebKey(octets: Array(0..<63))
        #expect(short.fault(signingWith: .hs512) == "HS512 needs 64 bytes or more, these are 63")
        #expect(short.fault(signingWith: .hs384) == nil)
        #expect(JSONWebKey(octets: []).fault(signingWith: .hs256) != nil)
        #expect(
            short.fault(encryptingFor: .direct, .a256CBCHS512)
                == "A256CBC-HS512 needs 64 bytes, these are 63")
        for content in ContentEncryption.allCases {
            let exact = JSONWebKey(octets: TestKeys.secret(for: content))
            #expect(exact.fault(decryptingFor: .direct, content) == nil)
            #expect(exact.fault(decryptingFor: .rsaOAEP256, content) != nil)
            let longer = JSONWebKey(octets: TestKeys.secret(for: content) + [0])
            #expect(longer.fault(encryptingFor: .direct, content) != nil)
            #expect(TestKeys.rsa.fault(encryptingFor: .rsaOAEP256, content) == nil)
            #expect(TestKeys.rsa.fault(encryptingFor: .direct, content) != nil)
            #expect(TestKeys.p256.fault(encryptingFor: .rsaOAEP256, content) != nil)
        }
        let open = try TestKeys.publicHalf(TestKeys.rsa)
        #expect(open.fault(encryptingFor: .rsaOAEP256, .a256GCM) == nil)
        #expect(open.fault(decryptingFor: .rsaOAEP256, .a256GCM) != nil)
        for algorithm in SignatureAlgorithm.allCases {
            for other in SignatureAlgorithm.allCases {
                let fits = TestKeys.key(for: other).fault(signingWith: algorithm) == nil
                #expect(fits == (TestKeys.key(for: other) === TestKeys.key(for: algorithm)))
            }
        }
        #expect(
            TestKeys.p256.fault(signingWith: .rs512) == "RS512 needs a key of RSA, this is P-256")
    }

    @Test func `numbers that make no key, or one of two`() throws {
        var members: [String: String] = [:]
        for member in try JSONValue(parsing: Examples.a3.key).objectValue?.members ?? [] {
            members[member.name] = member.value.stringValue
        }
        func json(_ members: [String: String]) -> String {
            JSONValue.object(JSONObject(pairs: members.map { ($0, .string($1)) })).text()
        }
        #expect(try key(json(members)).kind == .ec(curve: .p256))
        let other = try #require(TestKeys.p256.publicJWK(keyID: nil, algorithm: nil))
        for (name, value) in [
            ("x", other["x"]?.stringValue), ("y", members["x"]), ("crv", "P-384"),
            ("crv", "secp256k1"), ("d", members["x"]), ("x", "AAAA"), ("kty", "RSA"), ("x", nil),
        ] {
            var changed = members
            changed[name] = value
            #expect(throws: JSONWebKeyError.self) { try key(json(changed)) }
        }
        for member in try JSONValue(parsing: Examples.a2.key).objectValue?.members ?? [] {
            members[member.name] = member.value.stringValue
        }
        #expect(try key(json(members)).kind == .rsa(bits: 2048))
        for (name, value) in [
            ("e", "AQ"), ("e", "AAEAAQ"), ("e", "AQABAQABAQABAQAB"), ("n", "AQAB"), ("p", nil),
            ("oth", "x"), ("e", "Ag"), ("p", members["q"]), ("n", "AA" + (members["n"] ?? "")),
        ] {
            var changed = members
            changed[name] = value
            #expect(throws: JSONWebKeyError.self, "\(name)") { try key(json(changed)) }
        }
        let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
        for json in [
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(seed)\",\"d\":\"\(seed)\"}",
            "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"\(seed)\"}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAEC\"}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"\(seed)\"}",
        ] {
            #expect(throws: JSONWebKeyError.self) { try key(json) }
        }
    }

    @Test func `damaged keys in JSON never do more than fail`() throws {
        var random = SeededRandom(seed: 13)
        for example in [Examples.a1, Examples.a2, Examples.a3, Examples.ed25519] {
            for _ in 0..<300 {
                var bytes = Array(example.key.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                        in: 0x20..<0x7F, using: &random)
                }
                if let key = try? JSONWebKey(jwk: bytes), key.isPrivate,
                    let prepared = SignatureKey(key, example.algorithm)
                {
                    #expect(prepared.isSignature(try prepared.sign([1]), of: [1]))
                }
            }
        }
    }
}
