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

    enum Material: Sendable {
        case octets(SecretBytes)
        case pair(AsymmetricKey)
    }

    let material: Material
    /// Whether a secret is the text of a key in PEM, taken for a secret by mistake: its public
    /// half may be known to everybody.
    private let isText: Bool

    /// Makes a secret of these bytes.
    package init(octets: [UInt8]) {
        material = .octets(SecretBytes(octets))
        isText = octets.starts(with: "-----BEGIN ".utf8)
    }

    /// Reads a key in PEM: PKCS#8, PKCS#1, SEC 1, or the public half of a pair.
    ///
    /// - Throws: If it is protected by a password, not alone, damaged, or of a kind that
    ///   ``AsymmetricKey`` does not take.
    package init(pem: [UInt8]) throws(JSONWebKeyError) {
        do throws(AsymmetricKeyError) {
            material = .pair(try AsymmetricKey(pem: pem))
        } catch {
            throw JSONWebKeyError(reason: error.reason)
        }
        isText = false
    }

    /// Reads a key in JSON: `oct`, `RSA`, `EC` or `OKP`.
    ///
    /// - Throws: If the text is not strict JSON, numbers have not the form of RFC 7518 §6, the
    ///   private ones belong to another key, or it is of a kind that ``AsymmetricKey`` does not
    ///   take.
    package init(jwk: [UInt8]) throws(JSONWebKeyError) {
        material = try Self.material(jwk: jwk)
        isText = false
    }

    private init(pair: AsymmetricKey) {
        material = .pair(pair)
        isText = false
    }

    /// Makes a new private key for an algorithm; RSA has 3,072 bits.
    ///
    /// - Throws: For HMAC, which needs no more than random bytes.
    package static func generate(
        for algorithm: SignatureAlgorithm
    ) throws(JSONWebKeyError) -> JSONWebKey {
        let kind: AsymmetricKey.Kind
        switch algorithm.family {
        case .hmac: throw JSONWebKeyError(reason: "\(algorithm.rawValue) has no key pairs")
        case .rsa: kind = .rsa(bits: 3072)
        case .ec(let curve): kind = .ec(curve)
        case .ed25519: kind = .ed25519
        }
        do throws(AsymmetricKeyError) {
            return JSONWebKey(pair: try AsymmetricKey.generate(kind))
        } catch {
            throw JSONWebKeyError(reason: error.reason)
        }
    }

    package var kind: Kind {
        switch material {
        case .octets(let secret): return .octets(count: secret.count)
        case .pair(let pair):
            switch pair.kind {
            case .rsa(let bits): return .rsa(bits: bits)
            case .ec(let curve): return .ec(curve: curve)
            case .ed25519: return .ed25519
            }
        }
    }

    /// Whether it can sign and decrypt; always so for octets.
    package var isPrivate: Bool {
        switch material {
        case .octets: true
        case .pair(let pair): pair.isPrivate
        }
    }

    /// The public half in PEM (`PUBLIC KEY`); `nil` for octets.
    package var publicPEM: String? {
        if case .pair(let pair) = material { pair.publicPEM } else { nil }
    }

    /// The private half in PEM (PKCS#8); `nil` for octets and for a public key.
    package var privatePEM: String? {
        if case .pair(let pair) = material { pair.privatePEM } else { nil }
    }
}

extension JSONWebKey {
    /// Why it cannot sign with an algorithm; `nil` if it can.
    package func fault(signingWith algorithm: SignatureAlgorithm) -> String? {
        if let fault = fault(verifyingWith: algorithm) { return fault }
        return isPrivate ? nil : "\(algorithm.rawValue) needs the private key, this is the public"
    }

    /// Why it cannot verify with an algorithm; `nil` if it can.
    package func fault(verifyingWith algorithm: SignatureAlgorithm) -> String? {
        let name = algorithm.rawValue
        switch (algorithm.family, kind) {
        case (.hmac, .octets(let count)):
            let bytes = algorithm.digest?.bytes ?? 0
            if isText { return "\(name) needs a secret, this is the text of a key in PEM" }
            return count >= bytes ? nil : "\(name) needs \(bytes) bytes or more, these are \(count)"
        case (.rsa, .rsa), (.ed25519, .ed25519): return nil
        case (.ec(let wanted), .ec(let curve)):
            return wanted == curve ? nil : "\(name) needs \(wanted.rawValue), this is \(kindText)"
        case (.hmac, _): return "\(name) needs a secret, this is \(kindText)"
        case (.rsa, _): return "\(name) needs a key of RSA, this is \(kindText)"
        case (.ec(let curve), _): return "\(name) needs \(curve.rawValue), this is \(kindText)"
        case (.ed25519, _): return "\(name) needs Ed25519, this is \(kindText)"
        }
    }

    /// Why contents cannot be encrypted so; `nil` if they can.
    package func fault(
        encryptingFor management: KeyManagement, _ content: ContentEncryption
    ) -> String? {
        switch (management, kind) {
        case (.direct, .octets(let count)):
            return count == content.keyBytes
                ? nil
                : "\(content.rawValue) needs \(content.keyBytes) bytes, these are \(count)"
        case (.direct, _): return "dir needs a secret, this is \(kindText)"
        case (.rsaOAEP256, .rsa): return nil
        case (.rsaOAEP256, _): return "RSA-OAEP-256 needs a key of RSA, this is \(kindText)"
        }
    }

    /// Why contents cannot be decrypted so; `nil` if they can.
    package func fault(
        decryptingFor management: KeyManagement, _ content: ContentEncryption
    ) -> String? {
        if let fault = fault(encryptingFor: management, content) { return fault }
        return isPrivate ? nil : "decryption needs the private key, this is the public"
    }

    private var kindText: String {
        switch kind {
        case .octets: "a secret"
        case .rsa: "RSA"
        case .ec(let curve): curve.rawValue
        case .ed25519: "Ed25519"
        }
    }
}
