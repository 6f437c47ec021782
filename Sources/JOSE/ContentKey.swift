package import OpenSSL

extension ContentEncryption {
    var cipher: ContentCipher {
        switch self {
        case .a128CBCHS256: .aes128CBC
        case .a192CBCHS384: .aes192CBC
        case .a256CBCHS512: .aes256CBC
        case .a128GCM: .aes128GCM
        case .a192GCM: .aes192GCM
        case .a256GCM: .aes256GCM
        }
    }

    /// The length of the initialization vector.
    package var nonceBytes: Int { cipher.nonceBytes }

    /// The length of the tag: half of a digest for CBC (RFC 7518 §5.2.3 to §5.2.5).
    package var tagBytes: Int { cipher.isAuthenticated ? cipher.tagBytes : keyBytes / 2 }

    fileprivate var digest: DigestAlgorithm {
        switch self {
        case .a192CBCHS384: .sha384
        case .a256CBCHS512: .sha512
        default: .sha256
        }
    }
}

/// A key, ready to encrypt contents with one algorithm (RFC 7518 §5).
package struct ContentKey: Sendable {
    package let content: ContentEncryption
    private let cipherKey: SecretBytes
    /// The first half of the key for CBC; `nil` for GCM.
    private let codeKey: HMACKey?

    /// `nil` if the key has not the exact length.
    package init?(_ key: SecretBytes, _ content: ContentEncryption) {
        guard key.count == content.keyBytes else { return nil }
        self.content = content
        if content.cipher.isAuthenticated {
            cipherKey = key
            codeKey = nil
        } else {
            let half = content.keyBytes / 2
            guard let first = key.part(0..<half), let second = key.part(half..<2 * half) else {
                return nil
            }
            codeKey = HMACKey(first, content.digest)
            cipherKey = second
        }
    }

    /// Encrypts and authenticates, also the context.
    ///
    /// - Throws: ``JOSEError/key`` if the nonce has the wrong length, or too much is encrypted.
    package func encrypt(
        _ text: [UInt8], nonce: [UInt8], authenticating context: [UInt8]
    ) throws(JOSEError) -> ContentCipher.Sealed {
        do throws(OpenSSLError) {
            guard let codeKey else {
                return try content.cipher.encrypt(
                    text, key: cipherKey, nonce: nonce, authenticating: context)
            }
            var sealed = try content.cipher.encrypt(text, key: cipherKey, nonce: nonce)
            sealed.tag = tag(codeKey, context, nonce, sealed.content)
            return sealed
        } catch {
            throw .key
        }
    }

    /// The content; `nil` if it was not encrypted with this key for this context, or was changed.
    ///
    /// Nothing is decrypted with CBC before the tag is known to be right.
    package func decrypt(
        _ sealed: ContentCipher.Sealed, nonce: [UInt8], authenticating context: [UInt8]
    ) -> [UInt8]? {
        guard nonce.count == content.nonceBytes, sealed.tag.count == content.tagBytes else {
            return nil
        }
        guard let codeKey else {
            return content.cipher.decrypt(
                sealed, key: cipherKey, nonce: nonce, authenticating: context)
        }
        let expected = tag(codeKey, context, nonce, sealed.content)
        guard isEqualInConstantTime(expected, sealed.tag) else { return nil }
        return content.cipher.decrypt(
            .init(content: sealed.content, tag: []), key: cipherKey, nonce: nonce)
    }

    /// The tag of RFC 7518 §5.2.2.1: half of the code over context, nonce, content, and the
    /// context's length in bits.
    private func tag(
        _ key: HMACKey, _ context: [UInt8], _ nonce: [UInt8], _ encrypted: [UInt8]
    ) -> [UInt8] {
        let bits = UInt64(context.count) * 8
        let length = (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
        return Array(key.code(context, nonce, encrypted, length).prefix(content.tagBytes))
    }
}
