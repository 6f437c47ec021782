package import CASProtocol
package import Platform

/// What somebody presents to prove who they are.
package enum Credential: Sendable {
    case password(username: String, password: String)
    /// A client certificate; its source says what is known of the private key.
    case certificate(ClientCertificate)
}

extension Credential: CustomStringConvertible, CustomReflectable {
    /// The kind and the name, never the password.
    package var description: String {
        switch self {
        case .password(let username, _): "password of \(username)"
        case .certificate: "certificate"
        }
    }

    /// Nothing, so that `dump` and debuggers show no password either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A client certificate that came with a request.
package struct ClientCertificate: Sendable {
    /// How the certificate came here, which is what the trust in it rests on.
    package enum Source: String, Hashable, Sendable {
        /// The gateway's own TLS handshake, which proved possession of the private key.
        case tls
        /// A header that a listed peer has written; the peer vouches for the possession.
        case header
        /// A field of the body that a listed peer has sent; the peer vouches for the possession.
        case body
    }

    /// Any of the forms that `X509Certificate` reads.
    package let text: String
    package let source: Source

    package init(text: String, source: Source = .tls) {
        self.text = text
        self.source = source
    }
}

/// A credential that was accepted.
package struct Authenticated: Hashable, Sendable {
    /// Apereo's names of the kinds of credentials.
    package static let passwordCredential = "UsernamePasswordCredential"
    package static let certificateCredential = "X509CertificateCredential"

    package let principal: Principal
    /// The handler that accepted it: `users` or `x509`.
    package let handler: String
    /// ``passwordCredential`` or ``certificateCredential``.
    package let credentialType: String
    /// SHA-256 over the DER of the certificate, if the credential was one.
    package let certificateDigest: [UInt8]?

    package init(
        principal: Principal, handler: String, credentialType: String,
        certificateDigest: [UInt8]? = nil
    ) {
        self.principal = principal
        self.handler = handler
        self.credentialType = credentialType
        self.certificateDigest = certificateDigest
    }
}

/// Why a credential was not accepted.
///
/// The page and the REST answer show less than the log.
package enum AuthenticationFailure: Error, Hashable, Sendable {
    /// Unknown user, wrong password; the associated text is for the log only and holds no secret.
    case wrongCredential(String)
    /// No such user. What was typed is not logged: it may be a password in the wrong field.
    case unknownUser
    case accountDisabled
    case accountLocked
    case accountExpired
    case mustChangePassword
    case passwordExpired
    /// The certificate is not acceptable; the text says why, for the operator.
    case certificateRefused(String)
    /// No handler takes this kind of credential.
    case unsupportedCredential
    /// The source could not be asked; never shown as a wrong password.
    case unavailable(String)
    /// Too many failures lately; nothing was checked. The time is until the next try is welcome.
    case throttled(retryAfter: Duration)
}

/// Checks one kind of credential.
package protocol AuthenticationHandler: Sendable {
    /// A short name for logs and assertions.
    var name: String { get }

    /// Whether this handler is the one for such a credential.
    func accepts(_ credential: Credential) -> Bool

    /// Who presents the credential.
    ///
    /// - Throws: Why it is refused.
    func authenticate(
        _ credential: Credential, at now: Instant
    ) throws(AuthenticationFailure)
        -> Authenticated
}
