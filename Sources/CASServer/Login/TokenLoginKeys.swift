internal import JOSE
internal import OpenSSL
internal import Platform
internal import Services

/// The keys with which a service's programs and casd make and read tokens for logging in.
struct TokenLoginKeys: Sendable {
    /// Takes signed tokens, which may be encrypted if the service has a key for that.
    let reader: TokenReader
    /// Makes tokens as the service's programs do; not possible with the public half of a key.
    let writer: Result<TokenWriter, TokenLoginFault>
    /// What tells the issuers of two services apart, unless they share their key.
    let fingerprint: [UInt8]

    /// The most bytes of a token's claims.
    static let claimsBytesMax = 16 << 10

    /// - Parameter allowed: The only algorithms that count, whatever the service says.
    /// - Throws: `keys`, with what is wrong and never with a key.
    init(
        _ secrets: ServiceTokenLogin, allowed: [SignatureAlgorithm]
    ) throws(TokenLoginFault) {
        let algorithm = secrets.signingAlgorithm
        guard allowed.contains(algorithm) else {
            throw .keys(
                "\(algorithm.rawValue) is not one of jwt.login_by_token.algorithms")
        }
        let signing = try Self.key(
            secrets.signingSecret, isSecret: algorithm.isSymmetric, secrets.areSecretsBase64,
            "jwtSigningSecret")
        if let fault = signing.key.fault(verifyingWith: algorithm) {
            throw .keys("jwtSigningSecret: \(fault)")
        }
        fingerprint = signing.fingerprint
        let encryption = try Self.encryption(secrets, signing: signing.key)
        reader = TokenReader(
            order: .signAndEncrypt,
            verification: [.init(key: signing.key, algorithms: [algorithm])],
            decryption: encryption.map { [$0.reading] } ?? [], isEncryptionOptional: true,
            claimsBytesMax: Self.claimsBytesMax)
        writer = Result { () throws(TokenLoginFault) in
            do throws(JSONWebKeyError) {
                return try TokenWriter(
                    order: .signAndEncrypt,
                    signing: .init(key: signing.key, algorithm: algorithm),
                    encryption: encryption?.writing)
            } catch {
                throw .keys("jwtSigningSecret: \(error.reason)")
            }
        }
    }

    private struct Encryption {
        let reading: TokenReader.Decryption
        let writing: TokenWriter.Encryption
    }

    /// With RSA one pair may serve both layers: its private half signs and decrypts.
    private static func encryption(
        _ secrets: ServiceTokenLogin, signing: JSONWebKey
    ) throws(TokenLoginFault) -> Encryption? {
        guard let text = secrets.encryptionSecret else { return nil }
        let (management, content) = (secrets.keyManagement, secrets.encryptionMethod)
        let name = "jwtEncryptionSecret"
        let writing = try key(
            text, isSecret: management == .direct, secrets.areSecretsBase64, name
        ).key
        var reading = writing
        if !writing.isPrivate {
            guard signing.isPrivate, let thumbprint = writing.thumbprint,
                signing.thumbprint == thumbprint
            else {
                throw .keys(
                    "\(name): the private half is needed, here or as jwtSigningSecret")
            }
            reading = signing
        }
        if let fault = reading.fault(decryptingFor: management, content) {
            throw .keys("\(name): \(fault)")
        }
        return Encryption(
            reading: .init(key: reading, management: management, contents: [content]),
            writing: .init(key: writing, management: management, content: content))
    }

    /// Reads a shared secret, or the key of a file.
    private static func key(
        _ text: String, isSecret: Bool, _ isBase64: Bool, _ name: String
    ) throws(TokenLoginFault) -> (key: JSONWebKey, fingerprint: [UInt8]) {
        if isSecret {
            guard !text.hasPrefix("file:") else {
                throw .keys("\(name): a secret is expected, and not a file")
            }
            let secret = isBase64 ? decoded(text) : Array(text.utf8)
            guard let secret else { throw .keys("\(name): it is not Base64") }
            return (JSONWebKey(octets: secret), sha256(secret))
        }
        do throws(TokenKeyFault) {
            let key = try TokenKeyText.verificationKey(text)
            guard let thumbprint = key.thumbprint else {
                throw TokenKeyFault("the path of a key in PEM is expected, such as file:/etc/…")
            }
            return (key, sha256(Array(thumbprint.utf8)))
        } catch {
            throw .keys("\(error.of(name))")
        }
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        bytes(base64: text) ?? bytes(base64: text, .url)
    }
}
