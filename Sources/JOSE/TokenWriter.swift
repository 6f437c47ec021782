package import Platform

/// Writes tokens (RFC 7519) in compact form, signed, encrypted or both.
package struct TokenWriter: Sendable {
    /// The layer that proves who wrote the token.
    package struct Signing: Sendable {
        package var key: JSONWebKey
        package var algorithm: SignatureAlgorithm
        /// The header's `kid`; `nil`: a random UUID for each token, which names nothing.
        package var keyID: String?

        package init(key: JSONWebKey, algorithm: SignatureAlgorithm, keyID: String? = nil) {
            self.key = key
            self.algorithm = algorithm
            self.keyID = keyID
        }
    }

    /// The layer that hides the claims.
    package struct Encryption: Sendable {
        package var key: JSONWebKey
        package var management: KeyManagement
        package var content: ContentEncryption
        /// Whether the content is compressed (`zip: DEF`).
        package var isCompressed: Bool
        /// The header's `kid`; `nil`: a random UUID for each token, which names nothing.
        package var keyID: String?

        package init(
            key: JSONWebKey, management: KeyManagement, content: ContentEncryption,
            isCompressed: Bool = false, keyID: String? = nil
        ) {
            self.key = key
            self.management = management
            self.content = content
            self.isCompressed = isCompressed
            self.keyID = keyID
        }
    }

    /// Prepares the keys.
    ///
    /// - Throws: If a key does not fit, or there is neither layer.
    package init(
        order: LayerOrder, signing: Signing?, encryption: Encryption?, serviceMember: String? = nil
    ) throws(JSONWebKeyError) {
        guard signing != nil || encryption != nil else {
            throw JSONWebKeyError(reason: "a token must be signed or encrypted")
        }
    }

    /// The token of these claims, which are JSON.
    package func write(
        _ claims: [UInt8], random: RandomBytes = systemRandomBytes
    ) throws(JOSEError) -> String {
        throw .key
    }
}
