/// How a service's tickets are made into JSON Web Tokens: Apereo's properties
/// `jwtAsServiceTicket…`.
///
/// Keys are texts as they were written; whoever makes tokens reads them.
package struct ServiceTicketTokens: Hashable, Sendable {
    /// `jwtAsServiceTicketSigningKey`.
    package var signingKey: String?
    /// `jwtAsServiceTicketEncryptionKey`.
    package var encryptionKey: String?
    /// `jwtAsServiceTicketCipherStrategyType`, `ENCRYPT_AND_SIGN` or `SIGN_AND_ENCRYPT`; `nil` is
    /// the first.
    package var strategy: String?
    /// `jwtAsServiceTicketSigningEnabled`.
    package var isSigned = true
    /// `jwtAsServiceTicketEncryptionEnabled`.
    package var isEncrypted = true
    /// `jwtAsServiceTicketEncryptionAlg`: how contents are encrypted; `nil` leaves it to the
    /// configuration.
    package var encryptionMethod: String?

    package init() {}

    /// Whether the service has keys of its own, so that those of the configuration are not used.
    package var hasOwnKeys: Bool { signingKey != nil || encryptionKey != nil }
}

/// The secrets of tokens that log users in on the way to a service: Apereo's properties
/// `jwtSigningSecret…` and `jwtEncryptionSecret…`.
package struct ServiceTokenLogin: Hashable, Sendable {
    /// `jwtSigningSecret`: a secret, or the path of an RSA key.
    package var signingSecret: String
    /// `jwtSigningSecretAlg`.
    package var signingAlgorithm = "HS256"
    /// `jwtEncryptionSecret`: a secret, or the path of an RSA key.
    package var encryptionSecret: String?
    /// `jwtEncryptionSecretAlg`; `nil` is `dir`.
    package var encryptionAlgorithm: String?
    /// `jwtEncryptionSecretMethod`.
    package var encryptionMethod = "A192CBC-HS384"
    /// `jwtSecretsAreBase64Encoded`.
    package var areSecretsBase64 = false

    package init(signingSecret: String) {
        self.signingSecret = signingSecret
    }
}
