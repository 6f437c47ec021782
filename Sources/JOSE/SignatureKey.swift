internal import OpenSSL

extension SignatureAlgorithm {
    /// What kind of key an algorithm takes.
    enum Family: Hashable {
        case hmac
        case rsa
        case ec(EllipticCurve)
        case ed25519
    }

    var family: Family {
        switch self {
        case .hs256, .hs384, .hs512: .hmac
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .ec(.p256)
        case .es384: .ec(.p384)
        case .es512: .ec(.p521)
        case .edDSA: .ed25519
        }
    }

    /// The digest that is signed; `nil` where the algorithm has one built in.
    var digest: DigestAlgorithm? {
        switch self {
        case .hs256, .rs256, .ps256, .es256: .sha256
        case .hs384, .rs384, .ps384, .es384: .sha384
        case .hs512, .rs512, .ps512, .es512: .sha512
        case .edDSA: nil
        }
    }

    private var isPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }

    /// How key pairs sign; `nil` for HMAC.
    fileprivate var scheme: SignatureScheme? {
        switch (family, digest) {
        case (.rsa, .some(let digest)): isPSS ? .pss(digest) : .pkcs1(digest)
        case (.ec, .some(let digest)): .ecdsa(digest)
        case (.ed25519, _): .ed25519
        default: nil
        }
    }
}

/// A key, ready to sign or to verify with one algorithm.
package struct SignatureKey: Sendable {
    package let algorithm: SignatureAlgorithm
    private let form: Form

    private enum Form: Sendable {
        case hmac(HMACKey)
        case pair(AsymmetricKey, SignatureScheme)
    }

    /// `nil` if the key does not fit the algorithm.
    package init?(_ key: JSONWebKey, _ algorithm: SignatureAlgorithm) {
        guard key.fault(verifyingWith: algorithm) == nil else { return nil }
        self.algorithm = algorithm
        switch key.material {
        case .octets(let secret):
            guard let digest = algorithm.digest else { return nil }
            form = .hmac(HMACKey(secret, digest))
        case .pair(let pair):
            guard let scheme = algorithm.scheme else { return nil }
            form = .pair(pair, scheme)
        }
    }

    /// The signature of a text as RFC 7518 §3 writes it.
    ///
    /// - Throws: ``JOSEError/key`` if the key is public.
    package func sign(_ text: [UInt8]) throws(JOSEError) -> [UInt8] {
        switch form {
        case .hmac(let key): return key.code(text)
        case .pair(let pair, let scheme):
            do throws(OpenSSLError) {
                return try pair.sign(text, scheme)
            } catch {
                throw .key
            }
        }
    }

    /// Whether the signature is one of this key.
    package func isSignature(_ signature: [UInt8], of text: [UInt8]) -> Bool {
        switch form {
        case .hmac(let key): isEqualInConstantTime(key.code(text), signature)
        case .pair(let pair, let scheme): pair.isSignature(signature, of: text, scheme)
        }
    }
}
