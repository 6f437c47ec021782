internal import Authentication
internal import CASProtocol
internal import JOSE
internal import JSON
internal import OpenSSL
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// Logs users in by tokens that a service's own programs make (JSON Web Tokens, RFC 7519).
///
/// Whoever has a service's secret can make anybody's token, so the definition is to be trusted as
/// a password file is. Keys are read once for each definition, and again when it changes.
final class TokenLogin: Sendable {
    private struct Prepared: Sendable {
        /// Held, so that another definition never gets its identity.
        let service: RegisteredService
        let keys: Result<TokenLoginKeys, TokenLoginFault>
        let readAt: Instant
    }

    private let rules: LoginClaimRules
    private let algorithms: [SignatureAlgorithm]
    private let services: ServiceCatalog
    private let marks: any ReplayMarks
    private let random: RandomBytes
    /// By the numbers of the definitions.
    private let prepared = Lock<[Int64: Prepared]>([:])

    /// Apereo's names, by which services may tell such logins from others.
    static let handler = "TokenAuthenticationHandler"
    static let credentialType = "TokenCredential"
    /// How long a token is good that casd makes, unless none may be so long.
    static let mintedLifetime: Duration = .seconds(300)
    /// Keys that could not be read are tried again after that time.
    private static let retry: Duration = .seconds(10)
    /// The most definitions of which keys are held.
    private static let preparedMax = 1000

    init(
        _ configuration: Configuration, services: ServiceCatalog, marks: any ReplayMarks,
        random: @escaping RandomBytes
    ) {
        rules = LoginClaimRules(configuration)
        algorithms = configuration.jwt.login.algorithms
        self.services = services
        self.marks = marks
        self.random = random
    }

    /// Who logs in with a token, which is taken once.
    ///
    /// - Throws: ``TokenLoginFault`` if it is not taken; then it has not been used up, but for
    ///   `replayed`.
    func authenticate(
        _ token: String, for service: RegisteredService, at now: Instant
    ) throws(TokenLoginFault) -> (principal: Principal, event: AuthenticationEvent) {
        let (claims, keys) = try check(token, for: service, at: now)
        let isFirst: Bool
        do throws(TicketRegistryError) {
            isFirst = try marks.claim(
                claims.mark(keys.fingerprint), until: rules.end(of: claims, at: now), at: now)
        } catch {
            throw .unavailable("\(error)")
        }
        guard isFirst else { throw .replayed }
        let event = AuthenticationEvent(
            date: now, handlers: [Self.handler], credentialTypes: [Self.credentialType])
        return (claims.principal, event)
    }

    /// Who would log in with a token, which is not used up.
    func principal(
        of token: String, for service: RegisteredService, at now: Instant
    ) throws(TokenLoginFault) -> Principal {
        try check(token, for: service, at: now).claims.principal
    }

    /// Makes a token of a user for the service's own login.
    func mint(
        for username: String, _ service: RegisteredService, at now: Instant
    ) throws(TokenLoginFault) -> String {
        let keys = try keys(of: service, at: now)
        let principal = Principal(id: username)
        if let why = service.entryRefusal(of: principal, from: nil, at: now) {
            throw .access(why.reason)
        }
        let claims: JSONValue = [
            "iss": .string(rules.issuer), "aud": .string(rules.issuer), "sub": .string(username),
            "jti": .string(base64(random(16), .url)), "iat": .integer(now.seconds),
            "exp": .integer((now + min(Self.mintedLifetime, rules.lifetimeMax)).seconds),
        ]
        let writer = try keys.writer.get()
        do throws(JOSEError) {
            return try writer.write(Array(claims.text().utf8), random: random)
        } catch {
            throw .keys("no token can be made: \(error.reasonClass)")
        }
    }

    // MARK: Parts

    private func check(
        _ token: String, for service: RegisteredService, at now: Instant
    ) throws(TokenLoginFault) -> (claims: LoginClaims, keys: TokenLoginKeys) {
        let keys = try keys(of: service, at: now)
        let bytes: [UInt8]
        do throws(JOSEError) {
            bytes = try keys.reader.read(token)
        } catch {
            throw .token(error)
        }
        let claims = try LoginClaims(bytes)
        try rules.check(claims, at: now) { issuer in
            guard let url = try? ServiceURL(issuer, bytesMax: LoginClaims.textBytesMax) else {
                return false
            }
            return services.current.match(url)?.id == service.id
        }
        if let why = service.entryRefusal(of: claims.principal, from: nil, at: now) {
            throw .access(why.reason)
        }
        return (claims, keys)
    }

    private func keys(
        of service: RegisteredService, at now: Instant
    ) throws(TokenLoginFault) -> TokenLoginKeys {
        guard let secrets = service.tokenLogin else { throw .noSecrets }
        let known = prepared.withLock { $0[service.id] }
        if let known, known.service === service {
            switch known.keys {
            case .success(let keys): return keys
            case .failure(let fault):
                let age = now - known.readAt
                if age >= .zero, age < Self.retry { throw fault }
            }
        }
        let keys = Result { () throws(TokenLoginFault) in
            try TokenLoginKeys(secrets, allowed: algorithms)
        }
        prepared.withLock { prepared in
            if prepared.count >= Self.preparedMax { prepared.removeAll() }
            prepared[service.id] = Prepared(service: service, keys: keys, readAt: now)
        }
        return try keys.get()
    }
}

/// Why a token logs nobody in; nothing of the token and of keys is in it.
enum TokenLoginFault: Error, Hashable {
    /// The service has no secrets for tokens.
    case noSecrets
    /// The service's keys cannot be used; what is wrong, for the operator.
    case keys(String)
    /// It is no token that these keys can read.
    case token(JOSEError)
    /// A claim is missing or malformed; which, and what is wrong.
    case claims(String)
    case expired
    /// It is not good yet, or was made in the future.
    case early
    /// It was made for another server.
    case audience
    /// Its end is further away than the operator allows.
    case lifetime
    /// Somebody made it whom nobody has listed.
    case issuer
    /// Somebody has logged in with it before.
    case replayed
    /// Its user may not enter the service; why.
    case access(String)
    /// It cannot be noted that it was used.
    case unavailable(String)

    /// The reason class of the log line.
    var reason: String {
        switch self {
        case .noSecrets: "token: no secrets"
        case .keys: "token: keys"
        case .token(let error): "token: \(error.reasonClass)"
        case .claims: "token: claims"
        case .expired: "token: expired"
        case .early: "token: not yet valid"
        case .audience: "token: audience"
        case .lifetime: "token: lifetime"
        case .issuer: "token: issuer"
        case .replayed: "token: replayed"
        case .access: "token: access"
        case .unavailable: "token: unavailable"
        }
    }

    /// What else the operator should know.
    var detail: String? {
        switch self {
        case .keys(let text), .claims(let text), .access(let text), .unavailable(let text): text
        case .token(let error): error.description
        default: nil
        }
    }

    /// Whether the operator has to do something, whatever users present.
    var isOperatorsAffair: Bool {
        switch self {
        case .keys, .unavailable: true
        default: false
        }
    }
}
