internal import Deflate
internal import JSON
internal import OpenSSL
package import Platform

/// Writes tokens (RFC 7519) in compact form, signed, encrypted or both, as Apereo's server does.
///
/// Headers have Apereo's members in Apereo's order, so also `cty: JWT` for claims that are only
/// encrypted. With GCM and a shared key no more than 2³² tokens may be written.
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

    /// The most claims that are written, in bytes.
    package static let claimsBytesMax = 1 << 20

    private let order: LayerOrder
    private let signing: (key: SignatureKey, header: HeaderTemplate)?
    private let encryption: EncryptedLayer?

    /// Prepares the keys.
    ///
    /// - Parameters:
    ///   - order: Which layer is made last, if there are both.
    ///   - serviceMember: The number of the service, if the keys are its own: Apereo's header
    ///     `org.apereo.cas.services.RegisteredService`.
    /// - Throws: If a key does not fit, or there is neither layer.
    package init(
        order: LayerOrder, signing: Signing?, encryption: Encryption?, serviceMember: String? = nil
    ) throws(JSONWebKeyError) {
        guard signing != nil || encryption != nil else {
            throw JSONWebKeyError(reason: "a token must be signed or encrypted")
        }
        self.order = order
        if let signing {
            let algorithm = signing.algorithm
            if let fault = signing.key.fault(signingWith: algorithm) {
                throw JSONWebKeyError(reason: fault)
            }
            guard let key = SignatureKey(signing.key, algorithm) else {
                throw JSONWebKeyError(reason: "a key that does not fit \(algorithm.rawValue)")
            }
            let header = HeaderTemplate(
                ["alg": .string(algorithm.rawValue), "typ": "JWT"], keyID: signing.keyID,
                serviceMember: serviceMember)
            self.signing = (key, header)
        } else {
            self.signing = nil
        }
        self.encryption =
            if let encryption {
                try EncryptedLayer(encryption, serviceMember: serviceMember)
            } else { nil }
    }

    /// The token of these claims, which are JSON.
    ///
    /// - Parameter random: Is asked for each layer in turn: 16 bytes for the UUID unless the key
    ///   has an identifier, the fresh key unless it is shared, the initialization vector.
    /// - Throws: ``JOSEError/tooLarge``, and ``JOSEError/key`` if OpenSSL refuses.
    package func write(
        _ claims: [UInt8], random: RandomBytes = systemRandomBytes
    ) throws(JOSEError) -> String {
        guard claims.count <= Self.claimsBytesMax else { throw .tooLarge }
        var content = claims
        switch order {
        case .encryptAndSign:
            if let encryption { content = try encryption.write(content, random) }
            content = try sign(content, random)
        case .signAndEncrypt:
            content = try sign(content, random)
            if let encryption { content = try encryption.write(content, random) }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private func sign(_ content: [UInt8], _ random: RandomBytes) throws(JOSEError) -> [UInt8] {
        guard let signing else { return content }
        var token = try signing.header.characters(random: random)
        token.reserveCapacity(token.count + content.count * 4 / 3 + 512)
        token.append(UInt8(ascii: "."))
        token += base64Characters(content, .url)
        let signature = try signing.key.sign(token)
        token.append(UInt8(ascii: "."))
        token += base64Characters(signature, .url)
        return token
    }
}

/// The layer that hides the claims, ready to be written.
private struct EncryptedLayer: Sendable {
    private enum Recipient: Sendable {
        case shared(ContentKey)
        case owner(AsymmetricKey)
    }

    private let recipient: Recipient
    private let content: ContentEncryption
    private let isCompressed: Bool
    private let header: HeaderTemplate

    init(
        _ encryption: TokenWriter.Encryption, serviceMember: String?
    ) throws(JSONWebKeyError) {
        let management = encryption.management
        content = encryption.content
        isCompressed = encryption.isCompressed
        if let fault = encryption.key.fault(encryptingFor: management, content) {
            throw JSONWebKeyError(reason: fault)
        }
        switch encryption.key.material {
        case .pair(let pair): recipient = .owner(pair)
        case .octets(let secret):
            guard let key = ContentKey(secret, content) else {
                throw JSONWebKeyError(reason: "a key that does not fit \(content.rawValue)")
            }
            recipient = .shared(key)
        }
        var members: JSONObject = [:]
        if isCompressed { members["zip"] = "DEF" }
        members["alg"] = .string(management.rawValue)
        members["enc"] = .string(content.rawValue)
        members["cty"] = "JWT"
        members["typ"] = "JWT"
        header = HeaderTemplate(
            members, keyID: encryption.keyID, serviceMember: serviceMember)
    }

    func write(_ text: [UInt8], _ random: RandomBytes) throws(JOSEError) -> [UInt8] {
        var token = try header.characters(random: random)
        let context = token
        token.reserveCapacity(token.count + text.count * 4 / 3 + 512)
        token.append(UInt8(ascii: "."))
        let key: ContentKey
        switch recipient {
        case .shared(let shared): key = shared
        case .owner(let owner):
            var fresh = random(content.keyBytes)
            defer { wipe(&fresh) }
            guard let made = ContentKey(SecretBytes(fresh), content) else { throw .key }
            key = made
            do throws(OpenSSLError) {
                token += base64Characters(try owner.encryptOAEP(fresh), .url)
            } catch {
                throw .key
            }
        }
        let nonce = random(content.nonceBytes)
        let sealed = try key.encrypt(
            isCompressed ? deflate(text) : text, nonce: nonce, authenticating: context)
        for segment in [nonce, sealed.content, sealed.tag] {
            token.append(UInt8(ascii: "."))
            token += base64Characters(segment, .url)
        }
        return token
    }
}
