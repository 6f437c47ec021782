/// Reads tokens (RFC 7519) in compact form.
package struct TokenReader: Sendable {
    /// A key that may have signed.
    package struct Verification: Sendable {
        package var key: JSONWebKey
        package var algorithms: Set<SignatureAlgorithm>
        /// The `kid` with which the key is tried first.
        package var keyID: String?

        package init(
            key: JSONWebKey, algorithms: Set<SignatureAlgorithm>, keyID: String? = nil
        ) {
            self.key = key
            self.algorithms = algorithms
            self.keyID = keyID
        }
    }

    /// A key for which may have been encrypted.
    package struct Decryption: Sendable {
        package var key: JSONWebKey
        package var management: KeyManagement
        package var contents: Set<ContentEncryption>

        package init(
            key: JSONWebKey, management: KeyManagement, contents: Set<ContentEncryption>
        ) {
            self.key = key
            self.management = management
            self.contents = contents
        }
    }

    package init(
        order: LayerOrder?, verification: [Verification], decryption: [Decryption],
        isEncryptionOptional: Bool = false, bytesMax: Int = 16 << 10,
        claimsBytesMax: Int = 64 << 10
    ) {}

    /// The claims of a token.
    package func read(_ token: String) throws(JOSEError) -> [UInt8] {
        throw .key
    }
}
