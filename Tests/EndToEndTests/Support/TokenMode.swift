import Foundation
import Platform
import Testing

/// A way to make tokens, and what verifies them.
struct TokenMode: Sendable, CustomTestStringConvertible {
    let name: String
    var order = "ENCRYPT_AND_SIGN"
    var signing: Signing? = .own
    var encryption: Encryption? = .own
    /// `enc`.
    var method = "A256CBC-HS512"
    var isCompressed = false
    /// The service that has these keys; `nil` for casd's own keys and settings.
    var service: TokenService?
    /// The `jwt` section for casd's own.
    var settings = ""
    var testDescription: String { name }

    enum Signing: Sendable {
        /// The secret that casd has made.
        case own
        /// The secret of a file.
        case secret(String)
        /// A pair of keys that signs with an algorithm; the public one is in `/jwks`.
        case pair(String)
    }

    enum Encryption: Sendable {
        case own
        case secret(String)
        /// The private half of the RSA key that it is encrypted for.
        case rsa(String)
    }

    var algorithm: String {
        if case .pair(let algorithm) = signing { algorithm } else { "HS512" }
    }

    var hasRSA: Bool {
        if case .rsa = encryption { true } else { false }
    }

    /// Whether one of the documentation's programs can verify it at all: with an RSA key alone
    /// anybody can make such tokens.
    func isKnown(to client: JWTClient) -> Bool {
        if hasRSA, signing == nil { return false }
        return switch client {
        case .php: !hasRSA && !algorithm.hasPrefix("PS")
        case .shell: !hasRSA && algorithm != "EdDSA"
        case .python, .java, .go: true
        }
    }

    /// Whether Debian's `jose` can.
    var isKnownToJose: Bool { !hasRSA && algorithm != "EdDSA" }

    /// What verifies the tokens.
    ///
    /// - Parameter keySet: Where the public keys are: an address or a file.
    func settings(_ tokens: TokenSite, keySet: String) throws -> JWTSettings {
        var settings = JWTSettings(
            issuer: tokens.site.base, audience: url, order: order, signingAlgorithm: algorithm,
            encryptionMethod: method)
        switch signing {
        case .own: settings.signingKey = try tokens.ownSecret("signing")
        case .secret(let file): settings.signingKey = try tokens.secret(file)
        case .pair: settings.keySet = keySet
        case nil: break
        }
        switch encryption {
        case .own: settings.encryptionKey = try tokens.ownSecret("encryption")
        case .secret(let file): settings.encryptionKey = try tokens.secret(file)
        case .rsa(let file): settings.decryptionKeyFile = tokens.key(file)
        case nil: break
        }
        return settings
    }

    var url: String { (service ?? TokenService.plain).url }

    // MARK: Headers

    /// The headers, letter by letter, outer first; `KID` stands for the key's name.
    var headers: [String] {
        let member =
            service.map {
                #","org.apereo.cas.services.RegisteredService":"\#($0.id)""#
            } ?? ""
        let signed = #"{"alg":"\#(algorithm)","typ":"JWT","kid":"KID"\#(member)}"#
        let management = hasRSA ? "RSA-OAEP-256" : "dir"
        let encrypted =
            (isCompressed ? #"{"zip":"DEF","# : "{")
            + #""alg":"\#(management)","enc":"\#(method)","cty":"JWT","typ":"JWT","#
            + #""kid":"KID"\#(member)}"#
        let layers = [encryption.map { _ in encrypted }, signing.map { _ in signed }]
        return (order == "SIGN_AND_ENCRYPT" ? layers : layers.reversed()).compactMap(\.self)
    }
}

extension TokenService {
    /// Takes tokens made with casd's own keys.
    static let plain = TokenService(name: "plain", id: 1)

    static let all =
        [plain] + TokenMode.services.compactMap(\.service) + [scenarioRSA, portal]
        + [portalRSA, form, header, prompt]

    private static let signed = ("jwtAsServiceTicketSigningKey", "TEXT:signing.key")
    private static let encrypted = ("jwtAsServiceTicketEncryptionKey", "TEXT:encryption.key")
    private static let short = ("jwtAsServiceTicketEncryptionKey", "TEXT:short.key")
    private static let oaep = (
        "jwtAsServiceTicketEncryptionKey", "file:KEYS/oaep.public.pem"
    )
    private static let swapped = ("jwtAsServiceTicketCipherStrategyType", "SIGN_AND_ENCRYPT")

    fileprivate static let both = TokenService(
        name: "both", id: 10, properties: [signed, encrypted])
    fileprivate static let signEncrypt = TokenService(
        name: "sign-encrypt", id: 11, properties: [signed, encrypted, swapped])
    fileprivate static let signedOnly = TokenService(
        name: "signed", id: 12, properties: [signed])
    fileprivate static let encryptedOnly = TokenService(
        name: "encrypted", id: 13, properties: [encrypted])
    fileprivate static let rs512 = TokenService(
        name: "rs512", id: 14,
        properties: [("jwtAsServiceTicketSigningKey", "file:KEYS/rsa.pem"), encrypted])
    fileprivate static let sealed = TokenService(
        name: "oaep", id: 15, properties: [signed, oaep])
    fileprivate static let es256 = TokenService(
        name: "es256", id: 16,
        properties: [("jwtAsServiceTicketSigningKey", "file:KEYS/p256.pem")])
    fileprivate static let edDSA = TokenService(
        name: "eddsa", id: 17,
        properties: [("jwtAsServiceTicketSigningKey", "file:KEYS/ed25519.pem"), encrypted])
    fileprivate static let old = TokenService(
        name: "old", id: 18,
        properties: [signed, short, ("jwtAsServiceTicketEncryptionAlg", "A128CBC-HS256")])
    fileprivate static let gcm = TokenService(
        name: "gcm", id: 19,
        properties: [signed, short, ("jwtAsServiceTicketEncryptionAlg", "A256GCM")])

    /// Apereo's scenario `service-ticket-jwt`.
    static let scenario = TokenService(
        name: "scenario", id: 20,
        properties: [
            oaep, swapped, ("jwtAsServiceTicketSigningEnabled", "false"),
            ("jwtAsServiceTicketEncryptionEnabled", "true"),
        ])

    /// Apereo's scenario `service-ticket-jwt-rsa`.
    static let scenarioRSA = TokenService(
        name: "scenario-rsa", id: 21,
        properties: [
            ("jwtAsServiceTicketSigningKey", "file:KEYS/rsa.pem"), encrypted,
            ("jwtAsServiceTicketSigningEnabled", "true"),
            ("jwtAsServiceTicketEncryptionEnabled", "false"),
        ])

    /// Apereo's scenario `token-login-success`: its programs log users in.
    static let portal = TokenService(
        name: "portal", id: 30,
        properties: [
            ("jwtSigningSecret", LoginToken.signingSecret), ("jwtSigningSecretAlg", "HS256"),
            ("jwtEncryptionSecret", LoginToken.encryptionSecret),
            ("jwtEncryptionSecretAlg", "dir"), ("jwtEncryptionSecretMethod", "A192CBC-HS384"),
        ])

    /// Apereo's scenario `token-login-success-rsa`.
    static let portalRSA = TokenService(
        name: "portal-rsa", id: 31,
        properties: [
            ("jwtSigningSecret", "file:KEYS/rsa.pem"), ("jwtSigningSecretAlg", "RS256"),
            ("jwtEncryptionSecret", "file:KEYS/rsa.pem"),
            ("jwtEncryptionSecretAlg", "RSA-OAEP-256"),
            ("jwtEncryptionSecretMethod", "A128CBC-HS256"),
        ])

    static let form = TokenService(
        name: "form", id: 40, fields: #""responseType": "POST","#)
    static let header = TokenService(
        name: "header", id: 41, fields: #""responseType": "HEADER","#)
    /// Its tokens live as long as its policy says.
    static let prompt = TokenService(
        name: "prompt", id: 42,
        fields: """
            "serviceTicketExpirationPolicy": {
              "@class": "org.apereo.cas.services\
            .DefaultRegisteredServiceServiceTicketExpirationPolicy",
              "numberOfUses": 1, "timeToLive": "77" },
            """)
}

extension TokenMode {
    /// Keys of services' own.
    static let services = [
        TokenMode(
            name: "own keys", signing: .secret("signing.key"),
            encryption: .secret("encryption.key"), service: .both),
        TokenMode(
            name: "own keys, sign and encrypt", order: "SIGN_AND_ENCRYPT",
            signing: .secret("signing.key"), encryption: .secret("encryption.key"),
            service: .signEncrypt),
        TokenMode(
            name: "own key, signed", signing: .secret("signing.key"), encryption: nil,
            service: .signedOnly),
        TokenMode(
            name: "own key, encrypted", signing: nil, encryption: .secret("encryption.key"),
            service: .encryptedOnly),
        TokenMode(
            name: "RS512 as in Apereo", signing: .pair("RS512"),
            encryption: .secret("encryption.key"), service: .rs512),
        TokenMode(
            name: "RSA-OAEP-256", signing: .secret("signing.key"), encryption: .rsa("oaep.pem"),
            service: .sealed),
        TokenMode(
            name: "RSA-OAEP-256 alone", order: "SIGN_AND_ENCRYPT", signing: nil,
            encryption: .rsa("oaep.pem"), service: .scenario),
        TokenMode(name: "own ES256", signing: .pair("ES256"), encryption: nil, service: .es256),
        TokenMode(
            name: "own EdDSA", signing: .pair("EdDSA"), encryption: .secret("encryption.key"),
            service: .edDSA),
        TokenMode(
            name: "own A128CBC-HS256", signing: .secret("signing.key"),
            encryption: .secret("short.key"), method: "A128CBC-HS256", service: .old),
        TokenMode(
            name: "own A256GCM", signing: .secret("signing.key"),
            encryption: .secret("short.key"), method: "A256GCM", service: .gcm),
    ]

    /// Keys of casd's own.
    static let global = [
        TokenMode(name: "default"),
        TokenMode(
            name: "sign and encrypt", order: "SIGN_AND_ENCRYPT",
            settings: "strategy: sign_and_encrypt"),
        TokenMode(
            name: "signed", encryption: nil, settings: "encryption: { enabled: false }"),
        TokenMode(
            name: "encrypted", signing: nil, settings: "signing: { enabled: false }"),
        TokenMode(
            name: "Apereo 7.0", method: "A128CBC-HS256", isCompressed: true,
            settings: "layout: apereo_7.0"),
        TokenMode(
            name: "A256GCM", method: "A256GCM", settings: "encryption: { method: A256GCM }"),
        TokenMode(
            name: "RS256", signing: .pair("RS256"), settings: "signing: { algorithm: RS256 }"),
        TokenMode(
            name: "PS256", order: "SIGN_AND_ENCRYPT", signing: .pair("PS256"),
            settings: "signing: { algorithm: PS256 }\nstrategy: sign_and_encrypt"),
        TokenMode(
            name: "ES256", signing: .pair("ES256"), encryption: nil,
            settings: "signing: { algorithm: ES256 }\nencryption: { enabled: false }"),
        TokenMode(
            name: "EdDSA", signing: .pair("EdDSA"), settings: "signing: { algorithm: EdDSA }"),
    ]
}
