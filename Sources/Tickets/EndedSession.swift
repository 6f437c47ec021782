/// A session that is over, with what is needed to tell its services.
package struct EndedSession: Hashable, Sendable {
    package let session: TicketGrantingTicket
    package let services: [SessionService]
    /// How many of the services were to get a logout message for which there was no room.
    package var servicesNotQueued: Int

    package init(
        session: TicketGrantingTicket, services: [SessionService], servicesNotQueued: Int = 0
    ) {
        self.session = session
        self.services = services
        self.servicesNotQueued = servicesNotQueued
    }
}

/// What one sweep removed.
package struct Sweep: Hashable, Sendable {
    package var expiredSessions: [EndedSession]
    package var serviceTickets: Int
    /// Those that expired before their session did.
    package var proxyGrantingTickets: Int
    package var deliveries: Int

    package init(
        expiredSessions: [EndedSession] = [], serviceTickets: Int = 0,
        proxyGrantingTickets: Int = 0, deliveries: Int = 0
    ) {
        self.expiredSessions = expiredSessions
        self.serviceTickets = serviceTickets
        self.proxyGrantingTickets = proxyGrantingTickets
        self.deliveries = deliveries
    }

    /// How many records the limit of the sweep counts.
    package var count: Int {
        expiredSessions.count + serviceTickets + proxyGrantingTickets + deliveries
    }
}

/// What a registry holds, for health and metrics.
package struct TicketCounts: Hashable, Sendable {
    package var sessions: Int
    /// Live, spent and expired one-time tickets that have not been swept.
    package var serviceTickets: Int
    /// They are not counted among the sessions.
    package var proxyGrantingTickets: Int
    package var pendingDeliveries: Int

    package init(
        sessions: Int, serviceTickets: Int, proxyGrantingTickets: Int = 0,
        pendingDeliveries: Int = 0
    ) {
        self.sessions = sessions
        self.serviceTickets = serviceTickets
        self.proxyGrantingTickets = proxyGrantingTickets
        self.pendingDeliveries = pendingDeliveries
    }
}
