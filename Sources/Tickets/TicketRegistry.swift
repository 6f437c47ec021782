package import CASProtocol
package import Platform

/// Why the registry could not do its work; a ticket that is not there is no error.
package enum TicketRegistryError: Error, Hashable, Sendable {
    /// The store has no room for another ticket; the operator must enlarge it.
    case full
    /// The store cannot be reached or answered with an error.
    case unavailable(String)
    /// A record of the store cannot be read.
    case corrupt(String)
}

/// What became of a one-time ticket that somebody presented.
package enum Consumption: Hashable, Sendable {
    /// It was good, and this call has used it up.
    case consumed(ServiceTicket, session: TicketGrantingTicket)
    case refused(Refusal)

    package enum Refusal: Hashable, Sendable {
        /// Never granted, or so long gone that nothing is known of it.
        case unknown
        /// Its time was over at the given instant; it was never used.
        case expired(at: Instant)
        /// It was used up at the given instant.
        case alreadyUsed(at: Instant)
        /// The session that granted it has ended. The ticket is gone all the same.
        case sessionEnded
    }
}

/// What a registry holds, for health and metrics.
package struct TicketCounts: Hashable, Sendable {
    package var sessions: Int
    /// Live, spent and expired one-time tickets that have not been swept.
    package var serviceTickets: Int

    package init(sessions: Int, serviceTickets: Int) {
        self.sessions = sessions
        self.serviceTickets = serviceTickets
    }
}

/// The home of all tickets, shared by all workers.
///
/// Every operation is one atomic step: whatever several callers do at once, in whichever process,
/// the outcome is as if they had come one after another. `ConformanceTests` holds every
/// implementation to this.
package protocol TicketRegistry: Sendable {
    /// Adds a new session.
    ///
    /// - Throws: `full` if there is no room, `unavailable` if there is one of that handle; the
    ///   registry is unchanged then.
    func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError)

    /// The session of that identifier, or `nil` if it is unknown or expired; looking is no use.
    func session(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> TicketGrantingTicket?

    /// Grants a one-time ticket from a session and touches the session.
    ///
    /// The ticket is "from new login" if `isRenewed`, or if it is the first of its session.
    /// Touches less than a sixtieth of the idle time apart may be left out.
    ///
    /// - Returns: The ticket, or `nil` if the session is unknown or expired, or an identifier is
    ///   of the wrong kind; nothing is stored then.
    /// - Throws: `full` if there is no room, `unavailable` if the identifier was granted before;
    ///   the registry is unchanged then.
    func grant(
        _ id: TicketID, for service: String, lifetime: Duration, isRenewed: Bool,
        from session: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket?

    /// Removes the one-time ticket and returns it, in one step.
    ///
    /// Two callers that race for the same ticket see exactly one `consumed` between them, in
    /// whichever process they run. The service of a consumed ticket is noted as entered by its
    /// session. An expired ticket is never consumed.
    ///
    /// - Parameter handle: The handle of that identifier, which costs a digest to make.
    func consume(
        _ id: TicketID, handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> Consumption

    /// Whether a one-time ticket is there, unused and not expired. Looking is no use of it.
    func isLive(_ id: TicketID, at now: Instant) throws(TicketRegistryError) -> Bool

    /// Removes a one-time ticket that nobody shall use; an unknown one is no error.
    func discard(_ id: TicketID) throws(TicketRegistryError)

    /// Ends a session and returns it with the services it has entered, newest first.
    ///
    /// - Returns: `nil` if it is unknown. An expired session is removed and returned as well.
    func remove(_ session: TicketHandle) throws(TicketRegistryError) -> EndedSession?

    /// The live sessions of a principal, oldest first.
    func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError)
        -> [TicketGrantingTicket]

    /// Removes what has been of no use for longer than the retention, at most `limit` tickets.
    ///
    /// One-time tickets stay for ``TicketRetention/afterEnd`` behind their end, so that a refusal
    /// can say why; expired sessions go at once. The work depends on what is removed, not on what
    /// lives.
    ///
    /// - Returns: The sessions that expired, and how many one-time tickets were removed.
    func sweep(at now: Instant, limit: Int) throws(TicketRegistryError) -> Sweep

    func counts() throws(TicketRegistryError) -> TicketCounts
}

extension TicketRegistry {
    /// Consumes a ticket whose handle the caller has no use for.
    package func consume(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        try consume(id, handle: TicketHandle(of: id), at: now)
    }
}

/// A session that is over, with what is needed to tell its services.
package struct EndedSession: Hashable, Sendable {
    package let session: TicketGrantingTicket
    package let services: [SessionService]

    package init(session: TicketGrantingTicket, services: [SessionService]) {
        self.session = session
        self.services = services
    }
}

/// What one sweep removed.
package struct Sweep: Hashable, Sendable {
    package var expiredSessions: [EndedSession]
    package var serviceTickets: Int

    package init(expiredSessions: [EndedSession] = [], serviceTickets: Int = 0) {
        self.expiredSessions = expiredSessions
        self.serviceTickets = serviceTickets
    }
}

/// How long the registry remembers one-time tickets that are of no use any more.
package enum TicketRetention {
    /// Counted from the end of the ticket's lifetime.
    package static let afterEnd: Duration = .seconds(120)
}
