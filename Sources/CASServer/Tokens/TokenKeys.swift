package import JOSE
package import JSON

/// The keys of tokens that are in force: what makes tokens, what accepts them, what is published.
package struct TokenKeys: Sendable {
    package let writer: TokenWriter
    /// Accepts the tokens of all keys of the ring; nothing if casd has only the public half of the
    /// key to encrypt with, or if tokens are not signed and anybody may have that half.
    ///
    /// The layers may be in either order if all keys are secrets, else only in the configured one:
    /// what must be signed last is never decrypted with a private key before it is verified.
    package let reader: TokenReader
    /// Whether ``reader`` can accept anything.
    package let canRead: Bool
    /// The public halves of the keys that sign, the current one first; empty for secrets.
    package let publicKeys: [JSONObject]
    /// ``publicKeys`` as a JWK Set (RFC 7517 §5).
    package let keySet: [UInt8]
    /// The public half of the key that signs, in PEM; `nil` for a secret.
    package let publicSigningPEM: String?

    /// - Parameters:
    ///   - signing: The first one signs; the tokens of all are accepted. Empty for no signature.
    ///   - encryption: The first one encrypts; the tokens of all are opened. Empty for none.
    /// - Throws: If a key does not fit, or there is neither layer.
    package init(
        order: LayerOrder, signing: [TokenWriter.Signing], encryption: [TokenWriter.Encryption]
    ) throws(JSONWebKeyError) {
        writer = try TokenWriter(order: order, signing: signing.first, encryption: encryption.first)
        let decryption = encryption.compactMap(\.decryption)
        // What is only encrypted with a public key, anybody may have made.
        let isProof = !signing.isEmpty || encryption.allSatisfy { $0.management == .direct }
        canRead = isProof && (encryption.isEmpty || !decryption.isEmpty)
        // A reader without keys accepts nothing. One that only verifies would take the content
        // that nobody has opened for the claims.
        let isCheap =
            signing.allSatisfy(\.algorithm.isSymmetric)
            && encryption.allSatisfy { $0.management == .direct }
        reader = TokenReader(
            order: isCheap ? nil : order, verification: canRead ? signing.map(\.verification) : [],
            decryption: canRead ? decryption : [])
        publicKeys = signing.compactMap { Self.jwk(for: $0) }
        keySet = Self.keySet(publicKeys)
        publicSigningPEM = signing.first?.key.publicPEM
    }

    /// What is published of a key that signs; `nil` for a secret.
    package static func jwk(for signing: TokenWriter.Signing) -> JSONObject? {
        signing.key.publicJWK(
            keyID: signing.keyID ?? signing.key.thumbprint, algorithm: signing.algorithm)
    }

    /// A JWK Set of public keys, each one once.
    package static func keySet(_ keys: [JSONObject]) -> [UInt8] {
        var seen: Set<JSONObject> = []
        let once = keys.filter { seen.insert($0).inserted }
        let set: JSONValue = ["keys": .array(once.map(JSONValue.object))]
        return Array(set.text().utf8)
    }
}
