internal import JOSE
internal import JSON
internal import Platform
internal import Services

/// The keys of services that have their own, parsed once for each definition.
///
/// A key that cannot be used is looked at again after some seconds, so that a file may be mended;
/// tokens are never made with other keys instead.
final class ServiceTokenKeys: Sendable {
    /// What the tokens of one service are made with.
    struct Material: Sendable {
        let writer: TokenWriter
        /// `nil` if tokens are only encrypted.
        let signing: TokenWriter.Signing?
        /// Whether a token proves who has made it.
        let isProof: Bool

        /// The public key in PEM; `nil` for a secret and for no key.
        var publicPEM: String? { signing?.key.publicPEM }
        /// The public key as a member of a key set (RFC 7517 §5); `nil` for a secret.
        var publicJWK: JSONObject? { signing.flatMap(TokenKeys.jwk) }
    }

    private let defaults: Configuration.JWT
    private let known = Lock<[Int64: Prepared]>([:])

    private struct Prepared: Sendable {
        /// Held, so that another definition never gets its identity.
        let service: RegisteredService
        let material: Result<Material, TokenKeyFault>
        let readAt: Instant
    }

    /// Keys that could not be read are tried again after that time.
    private static let retry: Duration = .seconds(10)
    /// The most definitions of which keys are held.
    private static let knownMax = 1000

    init(_ defaults: Configuration.JWT) {
        self.defaults = defaults
    }

    /// The keys of a service; `nil` if it has none of its own.
    ///
    /// - Throws: If one of them cannot be used.
    func material(
        for service: RegisteredService, at now: Instant
    ) throws(TokenKeyFault) -> Material? {
        guard let tokens = service.ticketTokens, tokens.hasOwnKeys else { return nil }
        let found = known.withLock { $0[service.id] }
        if let found, found.service === service {
            switch found.material {
            case .success(let material): return material
            case .failure(let fault):
                let age = now - found.readAt
                if age >= .zero, age < Self.retry { throw fault }
            }
        }
        let material = Result { () throws(TokenKeyFault) in
            try Self.read(tokens, of: service, defaults)
        }
        known.withLock { known in
            if known.count >= Self.knownMax { known.removeAll() }
            known[service.id] = Prepared(service: service, material: material, readAt: now)
        }
        return try material.get()
    }

    private static func read(
        _ tokens: ServiceTicketTokens, of service: RegisteredService,
        _ defaults: Configuration.JWT
    ) throws(TokenKeyFault) -> Material {
        var signing: TokenWriter.Signing?
        if tokens.isSigned, let text = tokens.signingKey {
            do {
                signing = try TokenKeyText.signing(text)
            } catch {
                throw error.of("jwtAsServiceTicketSigningKey")
            }
        }
        var encryption: TokenWriter.Encryption?
        if tokens.isEncrypted, let text = tokens.encryptionKey {
            do {
                encryption = try TokenKeyText.encryption(
                    text, method: tokens.encryptionMethod ?? defaults.encryption.method,
                    isCompressed: defaults.layout == .apereo70)
            } catch {
                throw error.of("jwtAsServiceTicketEncryptionKey")
            }
        }
        do {
            return Material(
                writer: try TokenWriter(
                    order: tokens.order, signing: signing, encryption: encryption,
                    serviceMember: "\(service.id)"),
                signing: signing,
                isProof: signing != nil || encryption?.management == .direct)
        } catch {
            throw TokenKeyFault(error.reason)
        }
    }
}
