internal import Deflate
internal import OpenSSL
internal import Platform

/// Reads tokens (RFC 7519) in compact form, and refuses whatever it was not told to expect.
///
/// Only encrypted, also for the owner of an RSA key, does not prove who wrote a token unless the
/// key is a shared secret.
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

    private let order: LayerOrder?
    private let signatures: [(key: SignatureKey, keyID: String?)]
    private let recipients: [Recipient]
    private let mustBeSigned: Bool
    private let mayBeEncrypted: Bool
    private let mustBeEncrypted: Bool
    private let bytesMax: Int
    private let claimsBytesMax: Int

    /// Prepares the keys; one that does not fit an algorithm is not tried with it.
    ///
    /// - Parameters:
    ///   - order: Which layer was made last; `nil`: either.
    ///   - verification: If not empty, a token must be signed by one of them.
    ///   - decryption: If not empty, a token must be encrypted for one of them. If both are empty,
    ///     every token is refused.
    ///   - isEncryptionOptional: Whether a token that must be signed may be just that.
    ///   - bytesMax: The longest token.
    ///   - claimsBytesMax: The longest claims, and the most that is inflated.
    package init(
        order: LayerOrder?, verification: [Verification], decryption: [Decryption],
        isEncryptionOptional: Bool = false, bytesMax: Int = 16 << 10,
        claimsBytesMax: Int = 64 << 10
    ) {
        self.order = order
        signatures = verification.flatMap { verification in
            verification.algorithms.compactMap { algorithm in
                SignatureKey(verification.key, algorithm).map { ($0, verification.keyID) }
            }
        }
        recipients = decryption.flatMap { decryption in
            decryption.contents.compactMap { Recipient(decryption, $0) }
        }
        mustBeSigned = !verification.isEmpty
        mayBeEncrypted = !decryption.isEmpty
        mustBeEncrypted = mayBeEncrypted && !(isEncryptionOptional && mustBeSigned)
        self.bytesMax = bytesMax
        self.claimsBytesMax = claimsBytesMax
    }

    /// The claims of a token, which begin as a JSON object; nothing in them has been checked.
    ///
    /// - Throws: Why the token is refused.
    package func read(_ token: String) throws(JOSEError) -> [UInt8] {
        guard token.utf8.count <= bytesMax else { throw .tooLarge }
        var content = Array(token.utf8)
        var isSigned = false
        var isEncrypted = false
        repeat {
            let compact = try CompactToken(content)
            switch compact.layer {
            case .signed:
                let isTooEarly = order == .signAndEncrypt && mustBeEncrypted && !isEncrypted
                let isTooLate = order == .encryptAndSign && isEncrypted
                guard mustBeSigned, !isSigned, !isTooEarly, !isTooLate else { throw .layers }
                content = try verify(compact)
                isSigned = true
            case .encrypted:
                let isTooEarly = order == .encryptAndSign && mustBeSigned && !isSigned
                let isTooLate = order == .signAndEncrypt && isSigned
                guard mayBeEncrypted, !isEncrypted, !isTooEarly, !isTooLate else { throw .layers }
                content = try decrypt(compact)
                isEncrypted = true
            }
            let areClaims = content.first { !Self.blanks.contains($0) } == UInt8(ascii: "{")
            if areClaims {
                guard isSigned || !mustBeSigned, isEncrypted || !mustBeEncrypted else {
                    throw .layers
                }
                guard content.count <= claimsBytesMax else { throw .tooLarge }
                return content
            }
        } while (mustBeSigned && !isSigned) || (mayBeEncrypted && !isEncrypted)
        throw .malformed("claims")
    }

    private static let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]

    /// The content of a signed token, once the signature is known to be right.
    private func verify(_ token: CompactToken) throws(JOSEError) -> [UInt8] {
        let header = try TokenHeader(token.header, of: .signed)
        let content = try token.decoded(1)
        let signature = try token.decoded(2)
        guard !signatures.isEmpty else { throw .key }
        var candidates = signatures.filter { $0.key.algorithm.rawValue == header.algorithm }
        guard !candidates.isEmpty else { throw .algorithm("signature") }
        if let keyID = header.keyID {
            candidates =
                candidates.filter { $0.keyID == keyID } + candidates.filter { $0.keyID != keyID }
        }
        let input = token.signingInput
        guard candidates.contains(where: { $0.key.isSignature(signature, of: input) }) else {
            throw .signature
        }
        return content
    }

    /// The content of an encrypted token, once the tag is known to be right.
    private func decrypt(_ token: CompactToken) throws(JOSEError) -> [UInt8] {
        let header = try TokenHeader(token.header, of: .encrypted)
        let encryptedKey = try token.decoded(1)
        let nonce = try token.decoded(2)
        let sealed = ContentCipher.Sealed(
            content: try token.decoded(3), tag: try token.decoded(4))
        guard !recipients.isEmpty else { throw .key }
        let candidates = recipients.filter { $0.fits(header) }
        guard !candidates.isEmpty else { throw .algorithm("encryption") }
        for candidate in candidates {
            guard let key = candidate.contentKey(encryptedKey),
                let content = key.decrypt(
                    sealed, nonce: nonce, authenticating: Array(token.header))
            else { continue }
            return header.isCompressed ? try inflated(content) : content
        }
        throw .encryption
    }

    private func inflated(_ content: [UInt8]) throws(JOSEError) -> [UInt8] {
        do throws(DeflateError) {
            return try inflate(content, bytesMax: claimsBytesMax)
        } catch {
            switch error {
            case .malformed: throw .malformed("compressed content")
            case .tooLarge: throw .tooLarge
            }
        }
    }
}

/// A key for which contents are encrypted with one algorithm.
private struct Recipient: Sendable {
    private enum Form: Sendable {
        case shared(ContentKey)
        case owner(AsymmetricKey)
    }

    private let management: KeyManagement
    private let content: ContentEncryption
    private let form: Form

    /// `nil` if the key does not fit.
    init?(_ decryption: TokenReader.Decryption, _ content: ContentEncryption) {
        guard decryption.key.fault(decryptingFor: decryption.management, content) == nil else {
            return nil
        }
        management = decryption.management
        self.content = content
        switch decryption.key.material {
        case .pair(let pair): form = .owner(pair)
        case .octets(let secret):
            guard let key = ContentKey(secret, content) else { return nil }
            form = .shared(key)
        }
    }

    func fits(_ header: TokenHeader) -> Bool {
        header.algorithm == management.rawValue && header.encryption == content.rawValue
    }

    /// The key of the content; for the owner of a key always one, so that nobody learns whether
    /// the encrypted key or the tag was wrong (RFC 7516 §11.5).
    func contentKey(_ encryptedKey: [UInt8]) -> ContentKey? {
        switch form {
        case .shared(let key): return encryptedKey.isEmpty ? key : nil
        case .owner(let owner):
            var bytes = systemRandomBytes(content.keyBytes)
            defer { wipe(&bytes) }
            if var decrypted = owner.decryptOAEP(encryptedKey) {
                if decrypted.count == content.keyBytes { swap(&bytes, &decrypted) }
                wipe(&decrypted)
            }
            return ContentKey(SecretBytes(bytes), content)
        }
    }
}
