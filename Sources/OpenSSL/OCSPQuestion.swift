internal import COpenSSL
package import Platform

/// The question to a responder whether a certificate has been revoked (RFC 6960 §4.1).
package struct OCSPQuestion: Sendable {
    /// The longest answer that is read, in bytes.
    package static let answerBytesMax = 64 << 10

    /// The body of the request, `application/ocsp-request`.
    package let der: [UInt8]
    private let certificate: X509Certificate
    private let issuer: X509Certificate

    /// Makes a question about one certificate.
    ///
    /// - Parameters:
    ///   - issuer: The authority that issued the certificate.
    ///   - nonce: 16 to 32 random bytes (RFC 8954), or `nil` to accept answers made before.
    /// - Throws: If the nonce has another length, or OpenSSL has no memory.
    package init(
        _ certificate: X509Certificate, issuer: X509Certificate, nonce: [UInt8]?
    ) throws(OpenSSLError) {
        self.certificate = certificate
        self.issuer = issuer
        guard nonce.map({ Self.nonceBytes.contains($0.count) }) ?? true else {
            throw OpenSSLError(draining: "OCSP question: the nonce must have 16 to 32 bytes")
        }
        let request = unsafe OCSP_REQUEST_new()
        defer { unsafe OCSP_REQUEST_free(request) }
        guard let request = unsafe request,
            let identifier = unsafe OCSP_cert_to_id(EVP_sha1(), certificate.handle, issuer.handle)
        else { throw OpenSSLError(draining: "OCSP question") }
        guard unsafe OCSP_request_add0_id(request, identifier) != nil else {
            unsafe OCSP_CERTID_free(identifier)
            throw OpenSSLError(draining: "OCSP question")
        }
        if var nonce {
            guard unsafe OCSP_request_add1_nonce(request, &nonce, Int32(nonce.count)) == 1 else {
                throw OpenSSLError(draining: "OCSP question: nonce")
            }
        }
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = unsafe Int(i2d_OCSP_REQUEST(request, &encoded))
        defer { unsafe CRYPTO_free(encoded, #file, #line) }
        guard length > 0, let start = unsafe encoded else {
            throw OpenSSLError(draining: "OCSP question")
        }
        der = unsafe Array(UnsafeBufferPointer(start: start, count: length))
    }

    private static let nonceBytes = 16...32

    /// Reads the responder's answer and checks that it is signed by the issuer or by a responder
    /// that the issuer has appointed, speaks of the certificate, and is in force.
    ///
    /// An answer that names no next update is in force for a day, or if it has the nonce.
    ///
    /// - Parameter now: Clocks may differ by five minutes.
    /// - Throws: If one of that is not so.
    package func answer(
        _ response: [UInt8], at now: Instant
    ) throws(OCSPError) -> OCSPAnswer {
        defer { ERR_clear_error() }
        let reading = try OCSPReading(response)
        let responder = try reading.responder(besides: issuer, at: now)
        let hasNonce = try reading.hasNonce(of: der)
        return try reading.answer(
            about: certificate, of: issuer, responder: responder, hasNonce: hasNonce, at: now)
    }
}
