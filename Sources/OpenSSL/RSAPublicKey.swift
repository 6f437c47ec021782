internal import COpenSSL

/// An RSA public key, to encrypt short texts for its owner.
@safe
package final class RSAPublicKey: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; the key never changes.
    private let handle: OpaquePointer

    /// Reads a key in PEM (`PUBLIC KEY`) or in DER (SubjectPublicKeyInfo, as Java writes it).
    ///
    /// - Throws: If the bytes hold no public key, or one that is not RSA or has less than 2,048
    ///   bits.
    package init(_ content: [UInt8]) throws(OpenSSLError) {
        guard let handle = unsafe Self.pem(content) ?? Self.der(content) else {
            throw OpenSSLError(draining: "public key")
        }
        // What the failed attempt left behind says nothing about the next call.
        ERR_clear_error()
        guard unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA,
            unsafe EVP_PKEY_get_bits(handle) >= 2048
        else {
            unsafe EVP_PKEY_free(handle)
            throw OpenSSLError(draining: "public key: RSA of at least 2,048 bits is expected")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// The text, encrypted with RSAES-PKCS1-v1_5 (RFC 8017 §7.2).
    ///
    /// - Throws: If the text is too long for the key.
    package func encrypt(_ text: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let context = unsafe EVP_PKEY_CTX_new(handle, nil) else {
            throw OpenSSLError(draining: "encrypt")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var length = Int(unsafe EVP_PKEY_get_size(handle))
        var result = [UInt8](repeating: 0, count: length)
        guard unsafe EVP_PKEY_encrypt_init(context) == 1,
            unsafe EVP_PKEY_encrypt(context, &result, &length, text, text.count) == 1
        else { throw OpenSSLError(draining: "encrypt") }
        return Array(result.prefix(length))
    }

    private static func pem(_ content: [UInt8]) -> OpaquePointer? {
        guard let bio = unsafe BIO_new_mem_buf(content, Int32(clamping: content.count)) else {
            return nil
        }
        defer { unsafe BIO_free(bio) }
        return unsafe PEM_read_bio_PUBKEY(bio, nil, nil, nil)
    }

    private static func der(_ content: [UInt8]) -> OpaquePointer? {
        unsafe content.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_PUBKEY(nil, &position, buffer.count)
        }
    }
}
