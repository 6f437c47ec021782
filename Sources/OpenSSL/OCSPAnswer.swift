package import Platform

/// What a responder says about one certificate (RFC 6960), its signature checked.
package struct OCSPAnswer: Hashable, Sendable {
    package enum Status: Hashable, Sendable {
        case good
        case revoked(RevocationList.Entry)
        /// The responder does not know the certificate.
        case unknown
    }

    package let status: Status
    package let thisUpdate: Instant
    /// When there is newer knowledge at the latest, or `nil` if the responder does not say.
    package let nextUpdate: Instant?
    /// Whether it has the nonce of the question, and therefore is fresh.
    package let hasNonce: Bool
    /// The certificate of the responder that signed for the issuer, `nil` if the issuer did.
    ///
    /// Unless it has ``X509Certificate/hasNoCheck``, it may be revoked as well.
    package let responder: X509Certificate?
}

/// Why an answer is not believed.
package enum OCSPError: Error, Hashable, CustomStringConvertible {
    /// More than ``OCSPQuestion/answerBytesMax`` bytes.
    case tooLarge
    /// The bytes are not one answer; the text says what OpenSSL thinks.
    case malformed(String)
    /// The responder gives no answer: `tryLater`, `unauthorized` and so on.
    case noAnswer(String)
    /// Signed neither by the issuer nor by a responder that the issuer has appointed.
    case untrusted(String)
    /// The signature's algorithm or key has less than 112 bits of strength.
    case weak(String)
    /// The dotted identifier of a critical extension that casd does not know.
    case criticalExtension(String)
    /// It speaks of other certificates only.
    case otherCertificate
    /// It has another nonce than the question: an answer to somebody else, or an old one.
    case otherNonce
    case notYetValid
    case expired

    package var description: String {
        switch self {
        case .tooLarge: "larger than \(OCSPQuestion.answerBytesMax) bytes"
        case .malformed(let reason): "no OCSP answer: \(reason)"
        case .noAnswer(let status): "the responder says \(status)"
        case .untrusted(let reason): "not signed for the issuer: \(reason)"
        case .weak(let what): "too weak a signature: \(what)"
        case .criticalExtension(let name): "unknown critical extension \(name)"
        case .otherCertificate: "the answer is about another certificate"
        case .otherNonce: "the answer has another nonce"
        case .notYetValid: "the answer is not valid yet"
        case .expired: "the answer has expired"
        }
    }
}
