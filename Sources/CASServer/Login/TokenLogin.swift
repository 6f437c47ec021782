internal import CASProtocol
internal import Platform
internal import Services
internal import Tickets

/// Logs users in by tokens that a service's own programs make (JSON Web Tokens, RFC 7519).
final class TokenLogin: Sendable {
    /// Who somebody is that a token was made for, and how long it counts.
    struct Accepted: Sendable {
        let principal: Principal
        let event: AuthenticationEvent
    }

    /// Who a token is of; it is taken once.
    ///
    /// - Throws: Why it is not taken, or `TicketRegistryError` if it cannot be marked as used.
    func authenticate(
        _ token: String, for service: RegisteredService, at now: Instant
    ) throws -> Accepted {
        throw TokenLoginFault.noSecrets
    }
}

/// Why a token logs nobody in; nothing of the token is in it.
enum TokenLoginFault: Error, Hashable {
    /// The service has no secrets for that.
    case noSecrets
}
