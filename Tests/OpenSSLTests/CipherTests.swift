import OpenSSL
import Platform
import Testing

@Suite("Digests and AES-256-GCM") struct CipherTests {
    private let key = SecretBytes(Array(0..<32))

    @Test func `SHA-256 gives the standard's value`() {
        #expect(
            hexadecimal(sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `SHA-1 gives the standard's value`() {
        #expect(
            hexadecimal(sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    }

    @Test func `HMAC-SHA256 gives RFC 4231's value`() {
        let code = hmacSHA256(
            Array("what do ya want for nothing?".utf8), key: SecretBytes(Array("Jefe".utf8)))
        #expect(
            hexadecimal(code)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `a sealed value is nonce, cipher text and tag`() throws {
        // Test case 16 of McGrew and Viega's GCM paper.
        let key = SecretBytes(
            try #require(
                bytes(
                    hexadecimal: "feffe9928665731c6d6a8f9467308308"
                        + "feffe9928665731c6d6a8f9467308308")))
        let nonce = try #require(bytes(hexadecimal: "cafebabefacedbaddecaf888"))
        let content = try #require(
            bytes(
                hexadecimal: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                    + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"))
        let context = try #require(bytes(hexadecimal: "feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        let sealed = try AuthenticatedCipher.seal(
            content, with: key, authenticating: context, random: { _ in nonce })
        #expect(
            hexadecimal(sealed) == "cafebabefacedbaddecaf888"
                + "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b")
        #expect(AuthenticatedCipher.open(sealed, with: key, authenticating: context) == content)
    }

    @Test func `nothing sealed is a value too`() throws {
        let sealed = try AuthenticatedCipher.seal([], with: key)
        #expect(sealed.count == AuthenticatedCipher.overheadBytes)
        #expect(AuthenticatedCipher.open(sealed, with: key) == [])
    }

    @Test func `a changed byte anywhere is noticed`() throws {
        let sealed = try AuthenticatedCipher.seal(Array("secret".utf8), with: key)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(AuthenticatedCipher.open(changed, with: key) == nil)
        }
        for count in 0..<sealed.count {
            #expect(AuthenticatedCipher.open(Array(sealed.prefix(count)), with: key) == nil)
        }
        #expect(AuthenticatedCipher.open(sealed + [0], with: key) == nil)
    }

    @Test func `another key or context opens nothing`() throws {
        let sealed = try AuthenticatedCipher.seal([1, 2], with: key, authenticating: [3])
        #expect(AuthenticatedCipher.open(sealed, with: key, authenticating: [3]) == [1, 2])
        #expect(AuthenticatedCipher.open(sealed, with: key, authenticating: [4]) == nil)
        #expect(AuthenticatedCipher.open(sealed, with: key) == nil)
        #expect(
            AuthenticatedCipher.open(
                sealed, with: key.derived(for: "other"), authenticating: [3]) == nil)
    }

    @Test func `a key of the wrong length is refused`() {
        #expect(throws: OpenSSLError.self) {
            try AuthenticatedCipher.seal([1], with: SecretBytes([1, 2, 3]))
        }
        #expect(
            AuthenticatedCipher.open([UInt8](repeating: 0, count: 40), with: SecretBytes([])) == nil
        )
    }

    @Test func `a random source that gives too little is refused`() {
        #expect(throws: OpenSSLError.self) {
            try AuthenticatedCipher.seal([1], with: key, random: { _ in [1] })
        }
    }

    @Test func `the same content is sealed differently each time`() throws {
        let first = try AuthenticatedCipher.seal([1], with: key)
        #expect(try AuthenticatedCipher.seal([1], with: key) != first)
    }

    @Test func `a secret does not print itself`() {
        let secret = SecretBytes(Array("hunter2".utf8))
        #expect(!"\(secret)\(String(reflecting: secret))".contains("hunter2"))
        #expect("\(secret)" == "SecretBytes(7 bytes, redacted)")
        var text = ""
        dump(secret, to: &text)
        #expect(!text.contains("hunter2"))
    }

    @Test func `keys for different purposes differ`() {
        let cookie = hmacSHA256([1], key: key.derived(for: "cookie"))
        #expect(cookie == hmacSHA256([1], key: key.derived(for: "cookie")))
        #expect(cookie != hmacSHA256([1], key: key.derived(for: "form")))
    }
}
