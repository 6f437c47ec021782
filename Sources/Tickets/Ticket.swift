package import CASProtocol
internal import OpenSSL
package import Platform

/// The name of a ticket inside the registry and in logs: SHA-256 over its identifier.
///
/// Nobody can use a ticket by its handle, so a copied store or log gives nothing away.
package struct TicketHandle: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(of id: TicketID) {
        bytes = sha256(Array(id.wireValue.utf8))
    }

    /// A handle that a store has kept, or `nil` if it has not 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The first 16 hexadecimal digits, enough to find it again.
    package var description: String { hexadecimal(Array(bytes.prefix(8))) }
}

extension TicketID {
    /// Whether it names a ticket that grants others, not one that is used once.
    package var isOfSession: Bool { kind == .ticketGrantingTicket || kind == .proxyGrantingTicket }

    /// Whether it names a ticket that is used once, for one service.
    package var isOneTime: Bool { kind == .serviceTicket || kind == .proxyTicket }

    /// Whether tickets of this kind are granted by those of the other: service tickets by sessions,
    /// proxy tickets by proxy-granting tickets.
    package func isGranted(by session: TicketID) -> Bool {
        switch kind {
        case .serviceTicket: session.kind == .ticketGrantingTicket
        case .proxyTicket: session.kind == .proxyGrantingTicket
        default: false
        }
    }
}

/// How long a session may last: from its beginning, and without use.
package struct SessionLifetime: Hashable, Sendable {
    /// The longest life, counted from the login.
    package let hard: Duration
    /// The longest time between two uses; zero turns the limit off.
    package let idle: Duration

    package init(hard: Duration, idle: Duration) {
        self.hard = hard
        self.idle = idle
    }
}

/// The server-side record of a single sign-on session (CAS 3.0 §3.6), or of what a service may
/// do onward with it (§3.3).
package struct TicketGrantingTicket: Hashable, Sendable {
    package let handle: TicketHandle
    package let principal: Principal
    package let event: AuthenticationEvent
    package var use: SessionUse
    /// For whom it was granted onward if it is a proxy-granting ticket; `nil` for a session.
    package let proxy: ProxyGrant?
    /// The session of another server from which this one came; `nil` for a login here.
    package let upstream: UpstreamSession?

    /// A proxy-granting ticket counts as having granted, so that no proxy ticket is ever "from new
    /// login".
    package init(
        handle: TicketHandle, principal: Principal, event: AuthenticationEvent, grantedAt: Instant,
        lifetime: SessionLifetime, lastUsedAt: Instant? = nil, hasGranted: Bool = false,
        proxy: ProxyGrant? = nil, upstream: UpstreamSession? = nil
    ) {
        self.init(
            handle: handle, principal: principal, event: event,
            use: SessionUse(
                grantedAt: grantedAt, lifetime: lifetime, lastUsedAt: lastUsedAt ?? grantedAt,
                hasGranted: hasGranted || proxy != nil),
            proxy: proxy, upstream: upstream)
    }

    package init(
        handle: TicketHandle, principal: Principal, event: AuthenticationEvent, use: SessionUse,
        proxy: ProxyGrant? = nil, upstream: UpstreamSession? = nil
    ) {
        self.handle = handle
        self.principal = principal
        self.event = event
        self.use = use
        self.proxy = proxy
        self.upstream = upstream
    }

    package var grantedAt: Instant { use.grantedAt }
    package var lifetime: SessionLifetime { use.lifetime }
    package var lastUsedAt: Instant { use.lastUsedAt }
    package var hasGranted: Bool { use.hasGranted }
    package var expiresAt: Instant { use.expiresAt }

    package func isExpired(at now: Instant) -> Bool { use.isExpired(at: now) }

    /// The same session after its user has presented credentials again.
    package func renewed(
        by event: AuthenticationEvent, upstream: UpstreamSession?, at now: Instant
    ) -> TicketGrantingTicket {
        var use = use
        use.lastUsedAt = max(use.lastUsedAt, now)
        let kept = AuthenticationEvent(
            date: event.date, handlers: event.handlers, credentialTypes: event.credentialTypes,
            certificateDigest: event.certificateDigest, isLongTerm: self.event.isLongTerm)
        return TicketGrantingTicket(
            handle: handle, principal: principal, event: kept, use: use,
            upstream: upstream ?? self.upstream)
    }
}

/// How long a session lives and how it has been used: all that granting a ticket looks at.
package struct SessionUse: Hashable, Sendable {
    package let grantedAt: Instant
    package let lifetime: SessionLifetime
    /// When a ticket was last granted from the session, or when it was granted itself.
    package var lastUsedAt: Instant
    /// Whether a ticket has been granted from the session already.
    package var hasGranted: Bool

    package init(
        grantedAt: Instant, lifetime: SessionLifetime, lastUsedAt: Instant, hasGranted: Bool
    ) {
        self.grantedAt = grantedAt
        self.lifetime = lifetime
        self.lastUsedAt = lastUsedAt
        self.hasGranted = hasGranted
    }

    /// The first instant at which the session is no longer good.
    package var expiresAt: Instant {
        let hardEnd = grantedAt + lifetime.hard
        return lifetime.idle > .zero ? min(hardEnd, lastUsedAt + lifetime.idle) : hardEnd
    }

    package func isExpired(at now: Instant) -> Bool { now >= expiresAt }

    /// Notes that a ticket is granted from the session, and touches it if the last touch is a
    /// sixtieth of the idle time ago.
    ///
    /// - Returns: Whether anything has changed that a store must keep.
    package mutating func noteGrant(at now: Instant) -> Bool {
        guard isTouchDue(at: now) || !hasGranted else { return false }
        hasGranted = true
        lastUsedAt = max(lastUsedAt, now)
        return true
    }

    /// Touches the session as ``noteGrant(at:)`` does, without counting as its first grant.
    package mutating func touch(at now: Instant) -> Bool {
        guard isTouchDue(at: now) else { return false }
        lastUsedAt = now
        return true
    }

    private func isTouchDue(at now: Instant) -> Bool {
        now > lastUsedAt && now >= lastUsedAt + lifetime.idle / 60
    }
}

/// A one-time ticket for one service (CAS 3.0 §3.1), a proxy ticket (§3.2) included.
package struct ServiceTicket: Hashable, Sendable {
    package let id: TicketID
    /// The service for which it was granted, as the request named it.
    package let service: String
    package let grantedAt: Instant
    package let lifetime: Duration
    /// Whether credentials were presented for this very ticket (CAS 3.0 §2.4.1, `renew`).
    package let isFromNewLogin: Bool
    /// The callback addresses of the proxies through which it was asked for, the most recent first;
    /// empty for a service ticket.
    package let proxies: [String]

    package init(
        id: TicketID, service: String, grantedAt: Instant, lifetime: Duration,
        isFromNewLogin: Bool, proxies: [String] = []
    ) {
        self.id = id
        self.service = service
        self.grantedAt = grantedAt
        self.lifetime = lifetime
        self.isFromNewLogin = isFromNewLogin
        self.proxies = proxies
    }

    /// The first instant at which the ticket is no longer good.
    package var expiresAt: Instant { grantedAt + lifetime }
}

/// A service that a session's user has entered; single logout tells it when the session ends.
package struct SessionService: Hashable, Sendable {
    package let service: String
    /// The ticket with which the service was entered last; it is spent.
    package let ticket: TicketID
    package let enteredAt: Instant

    package init(service: String, ticket: TicketID, enteredAt: Instant) {
        self.service = service
        self.ticket = ticket
        self.enteredAt = enteredAt
    }
}

extension [TicketGrantingTicket] {
    /// The sessions in the order in which they were granted.
    package var oldestFirst: [TicketGrantingTicket] {
        sorted {
            ($0.grantedAt, $0.handle.description) < ($1.grantedAt, $1.handle.description)
        }
    }
}

extension [SessionService] {
    /// The services in the order in which they were entered, backwards.
    package var newestFirst: [SessionService] {
        sorted { ($1.enteredAt, $1.service) < ($0.enteredAt, $0.service) }
    }
}
