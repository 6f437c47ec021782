package import CASProtocol
package import Platform
package import Services
package import Tickets

/// Whether, and as what, a service may be entered.
package enum ServiceDecision: Sendable {
    case registered(RegisteredService)
    /// No definition matches. Nothing is ever redirected there.
    case unregistered
    case disabled(RegisteredService)
    /// Matching the pattern of this definition took too much work, so nothing is decided; it counts
    /// as not registered.
    case undecided(RegisteredService)
}

/// How long what is granted lives.
package struct TicketLifetimes: Sendable {
    package var session: SessionLifetime
    package var serviceTicket: Duration

    package init(session: SessionLifetime, serviceTicket: Duration) {
        self.session = session
        self.serviceTicket = serviceTicket
    }
}

/// The decisions of the protocol: sessions, service tickets and their validation, as values.
///
/// It knows no HTTP and no store; whoever calls it renders what it decides.
package struct SingleSignOn: Sendable {
    package let registry: any TicketRegistry
    package let lifetimes: TicketLifetimes
    package let random: RandomBytes

    package init(
        registry: any TicketRegistry, lifetimes: TicketLifetimes, random: @escaping RandomBytes
    ) {
        self.registry = registry
        self.lifetimes = lifetimes
        self.random = random
    }

    /// Which definition is in force for a service.
    package func decision(for service: ServiceURL, in services: ServiceRegistry) -> ServiceDecision
    {
        switch services.lookUp(service) {
        case .found(let registered) where registered.accessStrategy.isEnabled:
            .registered(registered)
        case .found(let registered): .disabled(registered)
        case .unregistered: .unregistered
        case .gaveUp(let registered): .undecided(registered)
        }
    }

    /// Starts a session for somebody who has just been authenticated.
    ///
    /// - Returns: The identifier, which only the browser or the REST client may hold.
    package func startSession(
        for principal: Principal, event: AuthenticationEvent, at now: Instant
    ) throws(TicketRegistryError) -> TicketID {
        let id = TicketID.mint(.ticketGrantingTicket, from: random)
        try registry.insert(
            TicketGrantingTicket(
                handle: TicketHandle(of: id), principal: principal, event: event, grantedAt: now,
                lifetime: lifetimes.session))
        return id
    }

    /// Grants a ticket for a service (CAS 3.0 §3.1); who may enter was decided before.
    ///
    /// - Parameter isRenewed: Whether credentials were presented in this very request.
    /// - Returns: `nil` if the session has ended meanwhile.
    package func grantServiceTicket(
        for service: ServiceURL, from session: TicketID, isRenewed: Bool, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket? {
        try registry.grant(
            TicketID.mint(.serviceTicket, from: random), for: service.text,
            lifetime: lifetimes.serviceTicket, isRenewed: isRenewed, from: session, at: now)
    }

    /// Ends a session (CAS 3.0 §2.3).
    package func endSession(_ id: TicketID) throws(TicketRegistryError) -> EndedSession? {
        try registry.remove(
            TicketHandle(of: id), queueing: nil, at: Instant(milliseconds: 0))
    }
}
