internal import COpenSSL

extension X509Certificate {
    /// SHA-256 over the SubjectPublicKeyInfo: 32 bytes.
    package var publicKeyDigest: [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle), &encoded)
        defer { unsafe CRYPTO_free(encoded, #file, #line) }
        return unsafe OpenSSL.sha256(
            Array(UnsafeBufferPointer(start: encoded, count: Int(max(0, length)))))
    }
}
