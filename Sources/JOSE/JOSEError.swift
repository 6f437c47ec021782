/// Why a token was refused, or could not be made; it never quotes a key, and nothing of the token
/// but what is said here.
package enum JOSEError: Error, Hashable, CustomStringConvertible {
    /// It has not the form of a token, or a header that casd does not take; what is wrong with it.
    case malformed(String)
    /// Its header names an algorithm that is not allowed here; what kind of algorithm.
    case algorithm(String)
    /// It is not signed, or not encrypted, and must be; or the layers are in the wrong order.
    case layers
    /// There is no key for it.
    case key
    /// The signature is of none of the keys.
    case signature
    /// It was not encrypted for any of the keys, or was changed.
    case encryption
    /// It is, or would become, larger than the limit.
    case tooLarge

    /// One word for logs and counters, with nothing of the token in it.
    package var reasonClass: String {
        switch self {
        case .malformed: "malformed"
        case .algorithm: "algorithm"
        case .layers: "layers"
        case .key: "key"
        case .signature: "signature"
        case .encryption: "encryption"
        case .tooLarge: "too_large"
        }
    }

    package var description: String {
        switch self {
        case .malformed(let reason): "malformed token: \(reason)"
        case .algorithm(let kind): "token with a \(kind) that is not allowed"
        case .layers: "token whose layers are not those that are expected"
        case .key: "no key for the token"
        case .signature: "token whose signature is wrong"
        case .encryption: "token that was not encrypted for this key, or was changed"
        case .tooLarge: "token that is too large"
        }
    }
}

/// Why a key cannot be read, or does not fit; never with anything of the key.
package struct JSONWebKeyError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in words.
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}
