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
        throw OpenSSLError(draining: "OCSP question")
    }

    /// Reads the responder's answer and checks that it is signed by the issuer or by a responder
    /// that the issuer has appointed, speaks of the certificate, and is in force.
    ///
    /// - Parameter now: Clocks may differ by five minutes.
    /// - Throws: If one of that is not so.
    package func answer(
        _ response: [UInt8], at now: Instant
    ) throws(OCSPError) -> OCSPAnswer {
        throw .malformed("not read")
    }
}
