internal import COpenSSL
internal import Platform

/// The signed part of a responder's answer while it is being checked; on one thread only.
@safe
struct OCSPReading: ~Copyable {
    let handle: OpaquePointer

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
        about certificate: X509Certificate, of issuer: X509Certificate,
        responder: X509Certificate?, hasNonce: Bool, at now: Instant
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
            responder: responder)
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
}
