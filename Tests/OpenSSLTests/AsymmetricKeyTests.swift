import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Key pairs") struct AsymmetricKeyTests {
    private static let rsa = Result { try AsymmetricKey.generate(.rsa(bits: 2048)) }
    private static let message = Array("message".utf8)

    private func made(_ arguments: [String]) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/key.pem"
        try openssl(arguments.map { $0.replacing("OUT", with: path) })
        return Array(try File.readText(path).utf8)
    }

    @Test func `forms that the openssl command writes are read`() throws {
        for (arguments, kind) in [
            (["genpkey", "-algorithm", "RSA", "-out", "OUT"], .rsa(bits: 2048)),
            (["genrsa", "-traditional", "-out", "OUT", "2048"], .rsa(bits: 2048)),
            (["ecparam", "-name", "prime256v1", "-genkey", "-out", "OUT"], .ec(.p256)),
            (["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "OUT"], .ec(.p384)),
            (
                [
                    "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-out",
                    "OUT",
                ],
                .ec(.p521)
            ),
            (["genpkey", "-algorithm", "ed25519", "-out", "OUT"], .ed25519),
        ] as [([String], AsymmetricKey.Kind)] {
            let key = try AsymmetricKey(pem: try made(arguments))
            #expect(key.kind == kind && key.isPrivate)
            let open = try AsymmetricKey(pem: Array(key.publicPEM.utf8))
            #expect(open.kind == kind && !open.isPrivate && open.privatePEM == nil)
            let again = try AsymmetricKey(pem: Array(try #require(key.privatePEM).utf8))
            #expect(again.publicPEM == key.publicPEM)
            #expect(try AsymmetricKey(key.publicComponents).publicPEM == key.publicPEM)
        }
    }

    @Test func `what is no key that casd takes says why`() throws {
        for (arguments, reason) in [
            (
                [
                    "genpkey", "-algorithm", "RSA", "-aes128", "-pass", "pass:secret", "-out",
                    "OUT",
                ], "password"
            ),
            (
                [
                    "genrsa", "-traditional", "-aes128", "-passout", "pass:secret", "-out", "OUT",
                    "2048",
                ], "password"
            ),
            (["genrsa", "-out", "OUT", "1024"], "RSA of 1024 bits"),
            (["ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "OUT"], "curve"),
            (["genpkey", "-algorithm", "x25519", "-out", "OUT"], "other than"),
            (["genpkey", "-algorithm", "ed448", "-out", "OUT"], "other than"),
            (["genpkey", "-algorithm", "RSA-PSS", "-out", "OUT"], "other than"),
            (["ecparam", "-name", "prime256v1", "-out", "OUT"], "no key"),
        ] {
            let pem = try made(arguments)
            let error = #expect(throws: AsymmetricKeyError.self) { try AsymmetricKey(pem: pem) }
            #expect(error?.reason.contains(reason) == true, "\(arguments): \(error?.reason ?? "")")
        }
        let key = Array(try Self.rsa.get().publicPEM.utf8)
        for (pem, reason) in [
            ([], "no key"), (Array("text".utf8), "no key"), (key + key, "more than one"),
            (Array(try TestCA().certificate.utf8), "certificate"),
            (Array("-----BEGIN CMS-----\nAAAA\n-----END CMS-----\n".utf8), "something else"),
            (Array("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".utf8), "damaged"),
            (Array(key.dropLast(40)), "damaged"),
            (key + [UInt8](repeating: 10, count: 1 << 16), "bytes"),
        ] as [([UInt8], String)] {
            let error = #expect(throws: AsymmetricKeyError.self) { try AsymmetricKey(pem: pem) }
            #expect(error?.reason.contains(reason) == true, "\(reason): \(error?.reason ?? "")")
        }
    }

    @Test func `signatures of every scheme, and of none other`() throws {
        let pairs: [(AsymmetricKey, [SignatureScheme])] = [
            (
                try Self.rsa.get(),
                DigestAlgorithm.allCases.flatMap { [SignatureScheme.pkcs1($0), .pss($0)] }
            ),
            (try .generate(.ec(.p256)), [.ecdsa(.sha256)]),
            (try .generate(.ec(.p384)), [.ecdsa(.sha384)]),
            (try .generate(.ec(.p521)), [.ecdsa(.sha512)]),
            (try .generate(.ed25519), [.ed25519]),
        ]
        let all = pairs.flatMap(\.1)
        for (key, schemes) in pairs {
            for scheme in schemes {
                let signature = try key.sign(Self.message, scheme)
                if case .ec(let curve) = key.kind {
                    #expect(signature.count == 2 * curve.coordinateBytes)
                }
                for other in all {
                    #expect(
                        key.isSignature(signature, of: Self.message, other) == (other == scheme))
                }
                #expect(!key.isSignature(signature, of: [], scheme))
                #expect(!key.isSignature(signature + [0], of: Self.message, scheme))
                #expect(!key.isSignature(Array(signature.dropLast()), of: Self.message, scheme))
            }
            for other in all where !schemes.contains(other) {
                if case .ec = key.kind, case .ecdsa = other { continue }
                #expect(throws: OpenSSLError.self) { try key.sign(Self.message, other) }
            }
            let open = try AsymmetricKey(key.publicComponents)
            #expect(throws: OpenSSLError.self) { try open.sign(Self.message, schemes[0]) }
        }
    }

    @Test func `OAEP decrypts what it has encrypted and nothing else`() throws {
        let key = try Self.rsa.get()
        for text in [[], [1], [UInt8](0..<64), [UInt8](repeating: 1, count: 190)] as [[UInt8]] {
            let encrypted = try key.encryptOAEP(text)
            #expect(encrypted.count == 256)
            #expect(key.decryptOAEP(encrypted) == text)
            var changed = encrypted
            changed[100] ^= 1
            #expect(key.decryptOAEP(changed) == nil)
            #expect(key.decryptOAEP(encrypted + [0]) == nil)
            #expect(key.decryptOAEP(Array(encrypted.dropFirst())) == nil)
        }
        #expect(throws: OpenSSLError.self) {
            try key.encryptOAEP([UInt8](repeating: 1, count: 191))
        }
        let pkcs1 = try RSAPublicKey(Array(key.publicPEM.utf8)).encrypt([1])
        #expect(key.decryptOAEP(pkcs1) == nil)
        let curve = try AsymmetricKey.generate(.ec(.p256))
        #expect(throws: OpenSSLError.self) { try curve.encryptOAEP([1]) }
        #expect(curve.decryptOAEP([1]) == nil)
        #expect(throws: AsymmetricKeyError.self) { try AsymmetricKey.generate(.rsa(bits: 1024)) }
    }

    @Test func `one key serves many threads`() async throws {
        let key = try AsymmetricKey.generate(.ec(.p256))
        let code = HMACKey(SecretBytes([1, 2, 3]), .sha512)
        let expected = code.code(Self.message)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<50).allSatisfy { _ in
                        // A failure is what is looked for.
                        guard let signature = try? key.sign(Self.message, .ecdsa(.sha256)) else {
                            return false
                        }
                        return key.isSignature(signature, of: Self.message, .ecdsa(.sha256))
                            && code.code(Self.message) == expected
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `damaged PEM never does more than fail`() throws {
        var random = SeededRandom(seed: 6)
        let key = try AsymmetricKey.generate(.ec(.p256))
        for text in [key.publicPEM, try #require(key.privatePEM)] {
            for _ in 0..<1000 {
                var bytes = Array(text.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                        in: 0x20..<0x7F, using: &random)
                }
                if let key = try? AsymmetricKey(pem: bytes), key.isPrivate {
                    #expect(throws: Never.self) { try key.sign([1], .ecdsa(.sha256)) }
                }
            }
        }
    }
}
