import OpenSSL
import Platform
import Testing

@Suite("AES in the modes of tokens, HMAC") struct ContentCipherTests {
    @Test func `HMAC gives RFC 4231's values`() throws {
        // Test case 2.
        let text = Array("what do ya want for nothing?".utf8)
        let key = SecretBytes(Array("Jefe".utf8))
        for (digest, code) in [
            (
                DigestAlgorithm.sha256,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                .sha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                    + "8e2240ca5e69e2c78b3239ecfab21649"
            ),
            (
                .sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                    + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
            ),
        ] {
            #expect(hexadecimal(hmac(digest, key: key, text)) == code)
            let prepared = HMACKey(key, digest)
            for _ in 0..<2 {
                #expect(
                    hexadecimal(prepared.code(Array(text[..<5]), [], Array(text[5...]))) == code)
            }
        }
    }

    @Test func `AES-128-CBC gives SP 800-38A's block`() throws {
        // F.2.1, the first block; the second is padding.
        let key = SecretBytes(try #require(bytes(hexadecimal: "2b7e151628aed2a6abf7158809cf4f3c")))
        let text = try #require(bytes(hexadecimal: "6bc1bee22e409f96e93d7e117393172a"))
        let sealed = try ContentCipher.aes128CBC.encrypt(text, key: key, nonce: Array(0..<16))
        #expect(hexadecimal(sealed.content).hasPrefix("7649abac8119b246cee98e9b12e9197d"))
        #expect(sealed.content.count == 32 && sealed.tag.isEmpty)
        #expect(ContentCipher.aes128CBC.decrypt(sealed, key: key, nonce: Array(0..<16)) == text)
    }

    @Test(arguments: ContentCipher.allCases)
    func `what is encrypted is decrypted`(cipher: ContentCipher) throws {
        let key = SecretBytes(Array(0..<UInt8(cipher.keyBytes)))
        let nonce = Array(0..<UInt8(cipher.nonceBytes))
        let context: [UInt8] = cipher.isAuthenticated ? [1, 2] : []
        for count in [0, 1, 15, 16, 17, 1000] {
            let text = [UInt8](repeating: 9, count: count)
            let sealed = try cipher.encrypt(
                text, key: key, nonce: nonce, authenticating: context)
            #expect(sealed.tag.count == cipher.tagBytes)
            #expect(
                cipher.decrypt(sealed, key: key, nonce: nonce, authenticating: context) == text)
            guard cipher.isAuthenticated else { continue }
            #expect(cipher.decrypt(sealed, key: key, nonce: nonce) == nil)
            for index in sealed.tag.indices {
                var changed = sealed
                changed.tag[index] ^= 1
                #expect(
                    cipher.decrypt(changed, key: key, nonce: nonce, authenticating: context)
                        == nil)
            }
            var cut = sealed
            cut.tag.removeLast()
            #expect(
                cipher.decrypt(cut, key: key, nonce: nonce, authenticating: context) == nil)
        }
        #expect(throws: OpenSSLError.self) {
            try cipher.encrypt([], key: SecretBytes([1]), nonce: nonce)
        }
        #expect(throws: OpenSSLError.self) { try cipher.encrypt([], key: key, nonce: [1]) }
        #expect(cipher.decrypt(.init(content: [1], tag: []), key: key, nonce: nonce) == nil)
        #expect(cipher.decrypt(.init(content: [], tag: []), key: key, nonce: nonce) == nil)
    }

    @Test func `a part of a secret`() {
        let secret = SecretBytes([1, 2, 3])
        #expect(secret.part(1..<3)?.count == 2)
        #expect(secret.part(1..<4) == nil)
    }
}
