package import CASProtocol
package import Platform

/// What somebody presents to prove who they are.
package enum Credential: Sendable {
    case password(username: String, password: String)
    /// A client certificate whose private key the TLS handshake has proved, as nginx passed it.
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

/// A client certificate as the gateway vouches for it.
package struct ClientCertificate: Sendable {
    /// The text of `SSL_CLIENT_CERT`: PEM with newlines, PEM with tabs, or percent-encoded PEM.
    package let text: String

    package init(text: String) {
        self.text = text
    }
}

/// A credential that was accepted.
package struct Authenticated: Hashable, Sendable {
    package let principal: Principal
    /// The handler that accepted it: `users` or `x509`.
    package let handler: String
    /// `UsernamePasswordCredential` or `X509CertificateCredential`, Apereo's names.
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
