internal import Platform
internal import Services

/// How long previous keys are accepted: as long as the longest token is good, with an hour for
/// clocks that differ.
struct TokenKeyLives: Sendable {
    /// What the configuration alone says; definitions of services can only make it longer.
    private let least: Duration
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
        let tickets = configuration.tickets
        var lives = [
            tickets.sessionLifetime, tickets.serviceTicketLifetime,
            configuration.jwt.serviceTicketLifetime ?? .zero,
        ]
        if tickets.rememberMe.isEnabled { lives.append(tickets.rememberMe.lifetime) }
        least = (lives.max() ?? .zero) + .seconds(3600)
    }

    /// The longest time that a token is good for; reads all definitions of services.
    var longest: Duration {
        let (registry, _) = ServiceDirectory.load(
            configuration.services.directory, templates: configuration.services.templates)
        let lives = registry.services.flatMap { service in
            [service.lifetimes.serviceTicket, service.lifetimes.session?.hard].compactMap(\.self)
        }
        return max(least, (lives.max() ?? .zero) + .seconds(3600))
    }

    /// The ring without the keys whose tokens have all expired, and when the next one may be over,
    /// if any.
    func living(_ ring: TokenKeyRing, at now: Instant) -> (ring: TokenKeyRing, end: Instant?) {
        let retired = TokenKeyRing.Layer.allCases.flatMap { layer in
            ring[layer]?.previous.compactMap(\.retired) ?? []
        }
        // Definitions count only, and are read only, when a key is old enough.
        let life = retired.contains { $0 + least < now } ? longest : least
        var ring = ring
        for layer in TokenKeyRing.Layer.allCases {
            ring[layer]?.dropExpired(longestLife: life, at: now)
        }
        // A key that is too old for the configuration lives until the longest life, others may
        // be looked at earlier than need be.
        let ends = retired.flatMap { [$0 + least, $0 + life] }.filter { $0 >= now }
        return (ring, ends.min())
    }
}
