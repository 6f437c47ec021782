package import JOSE

/// How a service's tickets are made into JSON Web Tokens: Apereo's properties
/// `jwtAsServiceTicket…`.
///
/// Keys are texts as they were written; whoever makes tokens reads them.
package struct ServiceTicketTokens: Hashable, Sendable {
    /// `jwtAsServiceTicketSigningKey`.
    package var signingKey: String?
    /// `jwtAsServiceTicketEncryptionKey`.
    package var encryptionKey: String?
    /// `jwtAsServiceTicketCipherStrategyType`.
    package var order = LayerOrder.encryptAndSign
    /// `jwtAsServiceTicketSigningEnabled`.
    package var isSigned = true
    /// `jwtAsServiceTicketEncryptionEnabled`.
    package var isEncrypted = true
    /// `jwtAsServiceTicketEncryptionAlg`: how contents are encrypted; `nil` leaves it to the
    /// configuration.
    package var encryptionMethod: ContentEncryption?

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
    package var signingAlgorithm = SignatureAlgorithm.hs256
    /// `jwtEncryptionSecret`: a secret, or the path of an RSA key; `nil` if contents are not
    /// encrypted.
    package var encryptionSecret: String?
    /// `jwtEncryptionSecretAlg`.
    package var keyManagement = KeyManagement.direct
    /// `jwtEncryptionSecretMethod`.
    package var encryptionMethod = ContentEncryption.a192CBCHS384
    /// `jwtSecretsAreBase64Encoded`.
    package var areSecretsBase64 = false

    package init(signingSecret: String) {
        self.signingSecret = signingSecret
    }
}
