package import JSON
package import OpenSSL

/// One key (RFC 7517), parsed once and safe to share between threads.
package final class JSONWebKey: Sendable {
    package typealias Curve = EllipticCurve

    /// What kind of key it is.
    package enum Kind: Hashable, Sendable {
        /// A secret shared with whoever reads the tokens.
        case octets(count: Int)
        case rsa(bits: Int)
        case ec(curve: Curve)
        case ed25519
    }

    package let kind: Kind
    /// Whether it can sign and decrypt; always so for octets.
    package let isPrivate: Bool

    /// Makes a secret of these bytes.
    package init(octets: [UInt8]) {
        kind = .octets(count: octets.count)
        isPrivate = true
    }

    /// Reads a key in PEM.
    package init(pem: [UInt8]) throws(JSONWebKeyError) {
        throw JSONWebKeyError(reason: "keys in PEM are not read yet")
    }

    /// Reads a key in JSON (RFC 7517).
    package init(jwk: [UInt8]) throws(JSONWebKeyError) {
        throw JSONWebKeyError(reason: "keys in JSON are not read yet")
    }

    /// Makes a new private key for an algorithm; RSA has 3,072 bits.
    package static func generate(
        for algorithm: SignatureAlgorithm
    ) throws(JSONWebKeyError) -> JSONWebKey {
        throw JSONWebKeyError(reason: "keys are not made yet")
    }

    /// The public half as JSON; `nil` for octets.
    package func publicJWK(keyID: String?, algorithm: SignatureAlgorithm?) -> JSONObject? { nil }

    /// The public half in PEM (`PUBLIC KEY`); `nil` for octets.
    package var publicPEM: String? { nil }

    /// The private half in PEM (PKCS#8); `nil` for octets and for a public key.
    package var privatePEM: String? { nil }

    /// The key's fingerprint (RFC 7638); `nil` for octets.
    package var thumbprint: String? { nil }

    /// Why it cannot sign so; `nil` if it can.
    package func fault(signingWith algorithm: SignatureAlgorithm) -> String? { nil }

    /// Why it cannot verify so; `nil` if it can.
    package func fault(verifyingWith algorithm: SignatureAlgorithm) -> String? { nil }

    /// Why nothing can be encrypted so; `nil` if it can.
    package func fault(
        encryptingFor management: KeyManagement, _ content: ContentEncryption
    ) -> String? { nil }

    /// Why nothing can be decrypted so; `nil` if it can.
    package func fault(
        decryptingFor management: KeyManagement, _ content: ContentEncryption
    ) -> String? { nil }
}
