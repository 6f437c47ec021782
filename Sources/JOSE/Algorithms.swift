/// How a token is signed (RFC 7518 §3.1, RFC 8037 §3.1); the raw value is the `alg` of its header.
package enum SignatureAlgorithm: String, Hashable, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    /// Whether whoever verifies can sign as well, because there is one secret for both.
    package var isSymmetric: Bool {
        switch self {
        case .hs256, .hs384, .hs512: true
        default: false
        }
    }
}

/// How the key of a token's content is found (RFC 7518 §4.1); the raw value is the `alg` of its
/// header.
package enum KeyManagement: String, Hashable, Sendable, CaseIterable {
    /// The shared key itself.
    case direct = "dir"
    /// A fresh key for each token, encrypted for the owner of an RSA key.
    case rsaOAEP256 = "RSA-OAEP-256"
}

/// How a token's content is encrypted (RFC 7518 §5.1); the raw value is the `enc` of its header.
package enum ContentEncryption: String, Hashable, Sendable, CaseIterable {
    case a128CBCHS256 = "A128CBC-HS256"
    case a192CBCHS384 = "A192CBC-HS384"
    case a256CBCHS512 = "A256CBC-HS512"
    case a128GCM = "A128GCM"
    case a192GCM = "A192GCM"
    case a256GCM = "A256GCM"

    /// The exact length of the content's key.
    package var keyBytes: Int {
        switch self {
        case .a128GCM: 16
        case .a192GCM: 24
        case .a128CBCHS256, .a256GCM: 32
        case .a192CBCHS384: 48
        case .a256CBCHS512: 64
        }
    }
}

/// Which layer of a token is made last; the raw value is Apereo's word for it.
package enum LayerOrder: String, Hashable, Sendable, CaseIterable {
    /// A signed token around an encrypted one.
    case encryptAndSign = "ENCRYPT_AND_SIGN"
    /// An encrypted token around a signed one, as RFC 7519 §11.2 advises.
    case signAndEncrypt = "SIGN_AND_ENCRYPT"
}
