package import JOSE
internal import OpenSSL

extension JSONWebKey {
    /// What it signs with if nobody says it: the pairs of Apereo, and for kinds of keys that it
    /// does not know the one that belongs to them.
    package var usualAlgorithm: SignatureAlgorithm {
        switch kind {
        case .octets: .hs512
        case .rsa: .rs512
        case .ec(curve: .p256): .es256
        case .ec(curve: .p384): .es384
        case .ec(curve: .p521): .es512
        case .ed25519: .edDSA
        }
    }

    /// How contents are encrypted with it: a secret is used as it is.
    package var usualManagement: KeyManagement {
        if case .octets = kind { .direct } else { .rsaOAEP256 }
    }
}

// Which algorithm goes with which key.
extension TokenKeyText {
    /// How to sign with a key; that of a pair has its fingerprint as `kid`.
    ///
    /// - Parameter algorithm: `nil` leaves it to the key.
    /// - Throws: Why the key cannot sign so.
    package static func signing(
        _ key: JSONWebKey, algorithm: SignatureAlgorithm?
    ) throws(TokenKeyFault) -> TokenWriter.Signing {
        let algorithm = algorithm ?? key.usualAlgorithm
        if let fault = key.fault(signingWith: algorithm) { throw TokenKeyFault(fault) }
        return TokenWriter.Signing(key: key, algorithm: algorithm, keyID: key.thumbprint)
    }

    /// How to encrypt with a key: a secret is used as it is, an RSA key with RSA-OAEP-256.
    ///
    /// - Throws: Why the key cannot encrypt so.
    package static func encryption(
        _ key: JSONWebKey, method: ContentEncryption, isCompressed: Bool
    ) throws(TokenKeyFault) -> TokenWriter.Encryption {
        let management = key.usualManagement
        if let fault = key.fault(encryptingFor: management, method) { throw TokenKeyFault(fault) }
        return TokenWriter.Encryption(
            key: key, management: management, content: method, isCompressed: isCompressed,
            keyID: key.thumbprint)
    }

    /// The key and algorithm that a service or the configuration names in one text.
    ///
    /// - Throws: Why they cannot be used.
    package static func signing(
        _ text: String, algorithm: SignatureAlgorithm? = nil
    ) throws(TokenKeyFault) -> TokenWriter.Signing {
        let key = try signingKey(text)
        do {
            return try signing(key, algorithm: algorithm)
        } catch {
            throw try path(text).map { error.of($0) } ?? error
        }
    }

    /// The same for encryption.
    ///
    /// - Throws: Why they cannot be used.
    package static func encryption(
        _ text: String, method: ContentEncryption, isCompressed: Bool
    ) throws(TokenKeyFault) -> TokenWriter.Encryption {
        let key = try encryptionKey(text)
        do {
            return try encryption(key, method: method, isCompressed: isCompressed)
        } catch {
            throw try path(text).map { error.of($0) } ?? error
        }
    }
}

extension TokenWriter.Signing {
    /// What accepts its tokens.
    package var verification: TokenReader.Verification {
        TokenReader.Verification(key: key, algorithms: [algorithm], keyID: keyID)
    }
}

extension TokenWriter.Encryption {
    /// What opens its tokens, or `nil` if only the owner of the private key can.
    package var decryption: TokenReader.Decryption? {
        guard key.isPrivate else { return nil }
        return TokenReader.Decryption(key: key, management: management, contents: [content])
    }
}
