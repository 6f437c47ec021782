package import CASProtocol
package import Platform
package import Services
package import Tickets

/// Whether, and as what, a service may be entered.
package enum ServiceDecision: Sendable {
    case registered(RegisteredService)
    /// No definition matches. Nothing is ever redirected there.
    case unregistered
    /// It is switched off, not open yet, or over.
    case disabled(RegisteredService)
    /// Matching the pattern of this definition took too much work, so nothing is decided; it counts
    /// as not registered.
    case undecided(RegisteredService)
}

/// How long what is granted lives, unless a service's definition says otherwise.
package struct TicketLifetimes: Sendable {
    package var session: SessionLifetime
    /// The life of a session whose user asked to be remembered, used or not (CAS 3.0 §4.1).
    package var rememberedSession: Duration
    package var serviceTicket: Duration
    package var proxyTicket: Duration

    package init(
        session: SessionLifetime, rememberedSession: Duration = .seconds(14 * 86_400),
        serviceTicket: Duration, proxyTicket: Duration = .seconds(10)
    ) {
        self.session = session
        self.rememberedSession = rememberedSession
        self.serviceTicket = serviceTicket
        self.proxyTicket = proxyTicket
    }
}

/// The decisions of the protocol: sessions, tickets and their validation, as values.
///
/// It knows no HTTP and no store; whoever calls it renders what it decides.
package struct SingleSignOn: Sendable {
    package let registry: any TicketRegistry
    package let lifetimes: TicketLifetimes
    package let random: RandomBytes
    /// What names and attributes are made of beside the principal.
    package let release: ReleaseContext
    /// Delivers a proxy granting ticket; `nil` if no service may act as a proxy.
    package let callBack: ProxyCallback?
    /// Encrypts a proxy granting ticket for a service that takes it from the answer.
    package let encrypt: TicketEncryption
    /// Whether ending a session leaves messages for the services that it has entered.
    package let queuesLogout: Bool

    package init(
        registry: any TicketRegistry, lifetimes: TicketLifetimes, random: @escaping RandomBytes,
        release: ReleaseContext = ReleaseContext(), callBack: ProxyCallback? = nil,
        encrypt: @escaping TicketEncryption = { _, _ in nil }, queuesLogout: Bool = true
    ) {
        self.registry = registry
        self.lifetimes = lifetimes
        self.random = random
        self.release = release
        self.callBack = callBack
        self.encrypt = encrypt
        self.queuesLogout = queuesLogout
    }

    /// Which definition is in force for a service.
    package func decision(
        for service: ServiceURL, in services: ServiceRegistry, at now: Instant
    ) -> ServiceDecision {
        switch services.lookUp(service) {
        case .found(let registered) where registered.isUsable(at: now): .registered(registered)
        case .found(let registered): .disabled(registered)
        case .unregistered: .unregistered
        case .gaveUp(let registered): .undecided(registered)
        }
    }

    /// Starts a session for somebody who has just been authenticated.
    ///
    /// - Parameters:
    ///   - service: The service on whose way the login happened; its definition may shorten or
    ///     lengthen the session.
    ///   - upstream: Where the user was authenticated, if another server vouches for them.
    ///   - isFresh: Whether credentials were presented; another server may vouch for a user by its
    ///     own single sign-on, and no ticket of such a session is from a new login.
    /// - Returns: The identifier, which only the browser or the REST client may hold.
    package func startSession(
        for principal: Principal, event: AuthenticationEvent, service: RegisteredService? = nil,
        upstream: UpstreamSession? = nil, isFresh: Bool = true, at now: Instant
    ) throws(TicketRegistryError) -> TicketID {
        let id = TicketID.mint(.ticketGrantingTicket, from: random)
        try registry.insert(
            TicketGrantingTicket(
                handle: TicketHandle(of: id), principal: principal, event: event, grantedAt: now,
                lifetime: sessionLifetime(event, service), hasGranted: !isFresh,
                upstream: upstream))
        return id
    }

    private func sessionLifetime(
        _ event: AuthenticationEvent, _ service: RegisteredService?
    ) -> SessionLifetime {
        if event.isLongTerm {
            return SessionLifetime(hard: lifetimes.rememberedSession, idle: .zero)
        }
        guard let own = service?.lifetimes.session else { return lifetimes.session }
        let hard = own.hard ?? lifetimes.session.hard
        return SessionLifetime(hard: hard, idle: min(own.idle ?? lifetimes.session.idle, hard))
    }

    /// Grants a ticket for a service (CAS 3.0 §3.1); who may enter was decided before.
    ///
    /// - Parameter isRenewed: Whether credentials were presented in this very request.
    /// - Returns: `nil` if the session has ended meanwhile.
    package func grantServiceTicket(
        for service: ServiceURL, registered: RegisteredService, from session: TicketID,
        isRenewed: Bool, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket? {
        try registry.grant(
            TicketID.mint(.serviceTicket, from: random), for: service.text,
            lifetime: registered.lifetimes.serviceTicket ?? lifetimes.serviceTicket,
            isRenewed: isRenewed, from: session, at: now)
    }

    /// Grants a ticket and uses it up at once, for a service that is told about the user in the
    /// ticket itself.
    ///
    /// The session has entered the service as with any other ticket, so its end is told there.
    ///
    /// - Returns: `nil` if the session has ended meanwhile.
    package func grantAssertion(
        for service: ServiceURL, registered: RegisteredService, from session: TicketID,
        isRenewed: Bool, at now: Instant
    ) throws(TicketRegistryError) -> (ticket: TicketID, assertion: Assertion)? {
        guard
            let granted = try grantServiceTicket(
                for: service, registered: registered, from: session, isRenewed: isRenewed, at: now),
            case .consumed(let ticket, let session) = try registry.consume(
                granted.id, handle: TicketHandle(of: granted.id), at: now)
        else { return nil }
        return (granted.id, assertion(ticket, session, service, registered))
    }

    /// Ends a session (CAS 3.0 §2.3) and leaves the messages for its services (§2.3.3).
    package func endSession(
        _ session: TicketHandle, cause: LogoutCause, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? {
        try registry.remove(session, queueing: queuesLogout ? cause : nil, at: now)
    }
}
