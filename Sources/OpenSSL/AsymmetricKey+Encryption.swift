internal import COpenSSL

extension AsymmetricKey {
    /// A short text, encrypted with RSAES-OAEP with SHA-256 (RFC 8017 §7.1) and no label.
    ///
    /// - Throws: If the key is not RSA, or the text is too long for it.
    package func encryptOAEP(_ text: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: unsafe Int(EVP_PKEY_get_size(handle)))
        var length = result.count
        guard case .rsa = kind, let run = unsafe OAEPRun(handle),
            unsafe EVP_PKEY_encrypt_init(run.context) == 1, run.prepare(),
            unsafe EVP_PKEY_encrypt(run.context, &result, &length, text, text.count) == 1
        else { throw OpenSSLError(draining: "encrypt") }
        return Array(result.prefix(length))
    }

    /// What ``encryptOAEP(_:)`` has encrypted.
    ///
    /// Why it fails must not be told, nor that it did, to who sent it.
    ///
    /// - Returns: `nil` if it was not encrypted for this key, or the key is not private.
    package func decryptOAEP(_ encrypted: [UInt8]) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: unsafe Int(EVP_PKEY_get_size(handle)))
        defer { wipe(&result) }
        var length = result.count
        guard case .rsa = kind, isPrivate, encrypted.count == result.count,
            let run = unsafe OAEPRun(handle),
            unsafe EVP_PKEY_decrypt_init(run.context) == 1, run.prepare(),
            unsafe EVP_PKEY_decrypt(
                run.context, &result, &length, encrypted, encrypted.count) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return Array(result.prefix(length))
    }
}

/// One encryption or decryption.
@safe
private struct OAEPRun: ~Copyable {
    let context: OpaquePointer

    init?(_ key: OpaquePointer) {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return nil }
        unsafe self.context = context
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// Sets OAEP with SHA-256 for both digests.
    func prepare() -> Bool {
        unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
    }
}
