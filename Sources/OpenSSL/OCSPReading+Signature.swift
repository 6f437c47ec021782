internal import COpenSSL
internal import Platform

extension OCSPReading {
    /// Checks who has signed: the issuer itself, or somebody to whom it has directly issued a
    /// certificate for just that (RFC 6960 §4.2.2.2).
    ///
    /// - Returns: The certificate of the signer, `nil` if that is the issuer.
    func responder(
        besides issuer: X509Certificate, at now: Instant
    ) throws(OCSPError) -> X509Certificate? {
        guard let algorithm = unsafe OCSP_resp_get0_tbs_sigalg(handle) else {
            throw .malformed("signature algorithm")
        }
        if let weakness = unsafe weakness(of: algorithm) { throw .weak(weakness) }
        let store = unsafe X509_STORE_new()
        let parameters = unsafe X509_VERIFY_PARAM_new()
        let authorities = unsafe OPENSSL_sk_new_null()
        defer {
            unsafe X509_STORE_free(store)
            unsafe X509_VERIFY_PARAM_free(parameters)
            unsafe OPENSSL_sk_free(authorities)
        }
        unsafe X509_VERIFY_PARAM_set_time(parameters, time_t(now.seconds))
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        guard let store = unsafe store, unsafe X509_STORE_add_cert(store, issuer.handle) == 1,
            unsafe X509_STORE_set1_param(store, parameters) == 1,
            unsafe OPENSSL_sk_push(authorities, UnsafeRawPointer(issuer.handle)) > 0
        else { throw .malformed("no memory") }
        // The issuer is the only anchor, also if it is no root; nothing that the answer brings
        // along may stand between; no trust setting makes up for a missing appointment.
        let flags = OCSP_PARTIAL_CHAIN | OCSP_NOCHAIN | OCSP_NOEXPLICIT
        guard unsafe OCSP_basic_verify(handle, authorities, store, UInt(flags)) == 1 else {
            throw .untrusted(OpenSSLError(draining: "").reasons.last ?? "unknown signer")
        }
        var signer: OpaquePointer?
        guard unsafe OCSP_resp_get0_signer(handle, &signer, authorities) == 1,
            let signer = unsafe signer, let key = unsafe X509_get0_pubkey(signer)
        else { throw .untrusted("unknown signer") }
        if let weakness = unsafe weakness(ofKey: key) { throw .weak(weakness) }
        return unsafe X509_cmp(signer, issuer.handle) == 0 ? nil : try certificate(signer)
    }

    @unsafe
    private func certificate(_ handle: OpaquePointer) throws(OCSPError) -> X509Certificate {
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe Int(i2d_X509(handle, &encoded))
        defer { unsafe CRYPTO_free(encoded, #file, #line) }
        guard length > 0, let start = unsafe encoded else { throw .malformed("no memory") }
        do throws(CertificateError) {
            return try unsafe X509Certificate(
                der: Array(UnsafeBufferPointer(start: start, count: length)))
        } catch {
            throw .untrusted("the responder's certificate: \(error)")
        }
    }
}
