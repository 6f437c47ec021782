internal import COpenSSL
internal import Platform

/// The signed part of a responder's answer while it is being checked; on one thread only.
@safe
struct OCSPReading: ~Copyable {
    private let handle: OpaquePointer

    /// How much the clocks of a responder and of this machine may differ.
    private static let skew: Duration = .seconds(300)
    /// How old an answer may be that names no next update.
    private static let ageMax: Duration = .seconds(86_400)

    init(_ der: [UInt8]) throws(OCSPError) {
        guard der.count <= OCSPQuestion.answerBytesMax else { throw .tooLarge }
        let (response, isWhole) = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let response = unsafe d2i_OCSP_RESPONSE(nil, &position, buffer.count)
            let end = unsafe buffer.baseAddress.map { unsafe $0 + buffer.count }
            return unsafe (response, position == end)
        }
        defer { unsafe OCSP_RESPONSE_free(response) }
        guard let response = unsafe response else {
            throw .malformed(OpenSSLError(draining: "").reasons.first ?? "unreadable")
        }
        guard isWhole else { throw .malformed("bytes behind the answer") }
        let status = unsafe OCSP_response_status(response)
        guard status == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
            throw unsafe .noAnswer(String(cString: OCSP_response_status_str(Int(status))))
        }
        guard let handle = unsafe OCSP_response_get1_basic(response) else {
            throw .malformed(OpenSSLError(draining: "").reasons.first ?? "no basic answer")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe OCSP_BASICRESP_free(handle) }

    /// Checks who has signed: the issuer itself, or somebody to whom it has directly issued a
    /// certificate for just that (RFC 6960 §4.2.2.2).
    func checkSignature(of issuer: X509Certificate, at now: Instant) throws(OCSPError) {
        guard let algorithm = unsafe OCSP_resp_get0_tbs_sigalg(handle) else {
            throw .malformed("signature algorithm")
        }
        if let weakness = unsafe weakness(of: algorithm) { throw .weak(weakness) }
        guard let store = unsafe X509_STORE_new(), let parameters = unsafe X509_VERIFY_PARAM_new(),
            let authorities = unsafe OPENSSL_sk_new_null()
        else { throw .malformed("no memory") }
        defer {
            unsafe X509_STORE_free(store)
            unsafe X509_VERIFY_PARAM_free(parameters)
            unsafe OPENSSL_sk_free(authorities)
        }
        unsafe X509_VERIFY_PARAM_set_time(parameters, time_t(now.seconds))
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        guard unsafe X509_STORE_add_cert(store, issuer.handle) == 1,
            unsafe X509_STORE_set1_param(store, parameters) == 1,
            unsafe OPENSSL_sk_push(authorities, UnsafeRawPointer(issuer.handle)) > 0
        else { throw .malformed("no memory") }
        // The issuer is the only anchor, also if it is no root; nothing that the answer brings
        // along may stand between; no trust setting makes up for a missing appointment.
        let flags = OCSP_PARTIAL_CHAIN | OCSP_NOCHAIN | OCSP_NOEXPLICIT
        guard unsafe OCSP_basic_verify(handle, authorities, store, UInt(flags)) == 1 else {
            let reasons = OpenSSLError(draining: "").reasons
            throw .untrusted(reasons.last ?? "unknown signer")
        }
        var signer: OpaquePointer?
        guard unsafe OCSP_resp_get0_signer(handle, &signer, authorities) == 1,
            let key = unsafe X509_get0_pubkey(signer)
        else { throw .untrusted("unknown signer") }
        if let weakness = unsafe weakness(ofKey: key) { throw .weak(weakness) }
    }

    /// Whether the nonce of the question comes back.
    ///
    /// - Throws: If another one comes.
    func hasNonce(of question: [UInt8]) throws(OCSPError) -> Bool {
        let request = unsafe question.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_OCSP_REQUEST(nil, &position, buffer.count)
        }
        defer { unsafe OCSP_REQUEST_free(request) }
        guard let request = unsafe request else { throw .malformed("no memory") }
        switch unsafe OCSP_check_nonce(request, handle) {
        case 1: return true
        case 0: throw .otherNonce
        // Neither has one, or only one of them has.
        default: return false
        }
    }

    /// What the answer says about the certificate.
    func answer(
        about certificate: X509Certificate, of issuer: X509Certificate, hasNonce: Bool,
        at now: Instant
    ) throws(OCSPError) -> OCSPAnswer {
        let identifier = unsafe OCSP_cert_to_id(EVP_sha1(), certificate.handle, issuer.handle)
        defer { unsafe OCSP_CERTID_free(identifier) }
        guard let identifier = unsafe identifier else { throw .malformed("no memory") }
        let place = unsafe OCSP_resp_find(handle, identifier, -1)
        guard place >= 0, let single = unsafe OCSP_resp_get0(handle, place) else {
            throw .otherCertificate
        }
        try unsafe checkExtensions(single)
        var reason: Int32 = 0
        var revoked: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var this: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var next: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        let code = unsafe OCSP_single_get0_status(single, &reason, &revoked, &this, &next)
        guard let thisUpdate = unsafe Instant(this) else { throw .malformed("this update") }
        let nextUpdate = unsafe Instant(next)
        guard unsafe next == nil || nextUpdate != nil else { throw .malformed("next update") }
        try Self.check(thisUpdate, nextUpdate, hasNonce: hasNonce, at: now)
        let status: OCSPAnswer.Status
        switch code {
        case V_OCSP_CERTSTATUS_GOOD: status = .good
        case V_OCSP_CERTSTATUS_UNKNOWN: status = .unknown
        case V_OCSP_CERTSTATUS_REVOKED:
            guard let revokedAt = unsafe Instant(revoked) else { throw .malformed("revocation") }
            status = .revoked(
                .init(
                    revokedAt: revokedAt,
                    reason: UInt8(exactly: reason).flatMap(RevocationReason.init)))
        default: throw .malformed("status")
        }
        return OCSPAnswer(
            status: status, thisUpdate: thisUpdate, nextUpdate: nextUpdate, hasNonce: hasNonce,
            responder: try responder(besides: issuer))
    }

    private static func check(
        _ thisUpdate: Instant, _ nextUpdate: Instant?, hasNonce: Bool, at now: Instant
    ) throws(OCSPError) {
        guard thisUpdate <= now + skew else { throw .notYetValid }
        if let nextUpdate {
            guard nextUpdate >= thisUpdate else {
                throw .malformed("the next update is before this one")
            }
            guard nextUpdate + skew >= now else { throw .expired }
        } else if !hasNonce {
            guard thisUpdate + ageMax + skew >= now else { throw .expired }
        }
    }

    /// Refuses critical extensions, but for the nonce.
    @unsafe
    private func checkExtensions(_ single: OpaquePointer) throws(OCSPError) {
        let place = unsafe OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1)
        if place >= 0 {
            throw unsafe .criticalExtension(identifier(OCSP_SINGLERESP_get_ext(single, place)))
        }
        var last: Int32 = -1
        while true {
            last = unsafe OCSP_BASICRESP_get_ext_by_critical(handle, 1, last)
            guard last >= 0 else { return }
            let object = unsafe X509_EXTENSION_get_object(OCSP_BASICRESP_get_ext(handle, last))
            guard unsafe OBJ_obj2nid(object) == NID_id_pkix_OCSP_Nonce else {
                throw unsafe .criticalExtension(dottedIdentifier(object))
            }
        }
    }

    @unsafe
    private func identifier(_ found: OpaquePointer?) -> String {
        unsafe dottedIdentifier(X509_EXTENSION_get_object(found))
    }

    /// The certificate of the signer, `nil` if that is the issuer.
    private func responder(
        besides issuer: X509Certificate
    ) throws(OCSPError) -> X509Certificate? {
        guard let authorities = unsafe OPENSSL_sk_new_null() else {
            throw .malformed("no memory")
        }
        defer { unsafe OPENSSL_sk_free(authorities) }
        unsafe OPENSSL_sk_push(authorities, UnsafeRawPointer(issuer.handle))
        var signer: OpaquePointer?
        guard unsafe OCSP_resp_get0_signer(handle, &signer, authorities) == 1,
            let signer = unsafe signer
        else { throw .untrusted("unknown signer") }
        if unsafe signer == issuer.handle || X509_cmp(signer, issuer.handle) == 0 { return nil }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe Int(i2d_X509(signer, &encoded))
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
