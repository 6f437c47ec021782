internal import CASProtocol
internal import HTTP
internal import OpenSSL
internal import Tickets

/// Sessions that are good only with the certificate with which they began, as RFC 8705 §3 has it
/// for access tokens.
struct CertificateBinding: Sendable {
    let mode: Configuration.Authentication.X509.BoundTickets
    let sources: CertificateSources

    /// Why a session is of no use to whoever sent a request.
    enum Mismatch: String, Error {
        case otherCertificate = "session bound to another certificate"
        case noCertificate = "session bound to a certificate"
        case unbound = "session without a certificate"
    }

    /// Whether whoever sent the request may use the session; `nil` if they may.
    ///
    /// - Parameter field: The form field `cert`.
    func mismatch(
        _ event: AuthenticationEvent, with request: Request, field: String? = nil
    ) -> Mismatch? {
        guard mode != .off else { return nil }
        guard let bound = event.certificateDigest else {
            return mode == .required ? .unbound : nil
        }
        guard let presented = sources.digest(of: request, field: field) else {
            return .noCertificate
        }
        return isEqualInConstantTime(presented, bound) ? nil : .otherCertificate
    }

    /// Whether a session may begin so.
    func allows(_ event: AuthenticationEvent) -> Bool {
        mode != .required || event.certificateDigest != nil
    }
}

extension CertificateBinding.Mismatch {
    /// What the client is told.
    var text: String {
        switch self {
        case .otherCertificate: "The session is bound to another client certificate"
        case .noCertificate: "The session is bound to a client certificate, which was not presented"
        case .unbound: "Sessions without a client certificate are not accepted"
        }
    }
}
