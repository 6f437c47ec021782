package import CASProtocol
package import Platform

/// Why the registry could not do its work; a ticket that is not there is no error.
package enum TicketRegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The store has no room for another ticket; the operator must enlarge it.
    case full
    /// The store cannot be reached or answered with an error.
    case unavailable(String)
    /// A record of the store cannot be read.
    case corrupt(String)
    /// The store was made by another release, which kept tickets in another way.
    case otherFormat(String)
    /// The session on which the new ticket rests is over.
    case sessionEnded
    /// Several tickets begin with the digits that were given.
    case ambiguous

    package var description: String {
        switch self {
        case .full: "the ticket registry is full"
        case .unavailable(let text), .corrupt(let text), .otherFormat(let text): text
        case .sessionEnded: "the session has ended"
        case .ambiguous: "several tickets begin with these digits"
        }
    }
}

/// The home of all tickets, shared by all workers.
///
/// Every operation is one atomic step: whatever several callers do at once, in whichever process,
/// the outcome is as if they had come one after another. `ConformanceTests` holds every
/// implementation to this.
package protocol TicketRegistry: FailureCounters, ReplayMarks {
    /// Adds a new session, or a proxy-granting ticket that rests on one.
    ///
    /// - Throws: `full` if there is no room, `unavailable` if there is one of that handle or a text
    ///   is longer than ``TextLimit/stored``, `sessionEnded` if the session of a proxy-granting
    ///   ticket is unknown or expired; the registry is unchanged then.
    func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError)

    /// The session of that identifier, or `nil` if it is unknown or expired; looking is no use.
    ///
    /// A proxy-granting ticket is good only while its session is.
    func session(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> TicketGrantingTicket?

    /// Notes that the user of a session has presented credentials again, which is a use of it.
    ///
    /// Its end does not change, nor whether it is a remembered one.
    ///
    /// - Parameter upstream: The session of another server with which the user came this time;
    ///   `nil` leaves it as it was.
    ///
    /// - Returns: Whether the session was there and had not expired; a proxy-granting ticket is
    ///   none.
    func renew(
        _ id: TicketID, event: AuthenticationEvent, upstream: UpstreamSession?, at now: Instant
    ) throws(TicketRegistryError) -> Bool

    /// Grants a one-time ticket from a session and touches the session.
    ///
    /// The ticket is "from new login" if `isRenewed`, or if it is the first of its session.
    /// Touches less than a sixtieth of the idle time apart may be left out. A proxy-granting ticket
    /// grants proxy tickets and nothing else, nobody else grants them, and they touch the session
    /// below as well.
    ///
    /// - Returns: The ticket, or `nil` if the session is unknown or expired, or an identifier is
    ///   of the wrong kind; nothing is stored then.
    /// - Throws: `full` if there is no room, `unavailable` if the identifier was granted before or
    ///   the service is longer than ``TextLimit/stored``; the registry is unchanged then.
    func grant(
        _ id: TicketID, for service: String, lifetime: Duration, isRenewed: Bool,
        from session: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket?

    /// Removes the one-time ticket and returns it, in one step.
    ///
    /// Two callers that race for the same ticket see exactly one `consumed` between them, in
    /// whichever process they run. The service of a consumed ticket is noted as entered by its
    /// session, that of a proxy ticket by the session below, beside what a service ticket noted
    /// there. An expired ticket is never consumed. A proxy ticket is returned with the
    /// proxy-granting ticket that granted it.
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
    /// Its proxy-granting tickets end with it; one that is removed itself has no services. With a
    /// cause, a logout message for each service is queued in the same step, due now. If there is
    /// no room for them, the session ends all the same and the result says how many are missing.
    ///
    /// - Returns: `nil` if it is unknown. An expired session is removed and returned as well.
    func remove(
        _ session: TicketHandle, queueing cause: LogoutCause?, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession?

    /// The live sessions of a principal, oldest first.
    func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketGrantingTicket]

    /// The live sessions that came from a session of another server.
    func sessions(
        ofUpstream provider: String, ticket: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketHandle]

    /// The live sessions that began last, the newest first.
    func allSessions(
        limit: Int, at now: Instant
    ) throws(TicketRegistryError) -> [SessionSummary]

    /// The session or proxy-granting ticket whose handle begins with the digits, expired or not.
    ///
    /// - Returns: `nil` if there is none, or if the text is no ``HandlePrefix``.
    /// - Throws: `ambiguous` if there are several.
    func session(handlePrefix: String) throws(TicketRegistryError) -> TicketGrantingTicket?

    /// Removes what has been of no use for longer than the retention, at most `limit` records.
    ///
    /// One-time tickets stay for ``TicketRetention/afterEnd`` behind their end, so that a refusal
    /// can say why; expired sessions go at once, settled deliveries after
    /// ``LogoutRetention/report``. The work depends on what is removed, not on what lives.
    ///
    /// - Parameter queueing: Whether the services of expired sessions get logout messages, due one
    ///   after another ``LogoutRetention/spacing`` apart.
    /// - Returns: The sessions that expired, and how many other records were removed.
    func sweep(
        at now: Instant, limit: Int, queueing: Bool
    ) throws(TicketRegistryError) -> Sweep

    // MARK: Deliveries of logout messages

    /// Takes the deliveries that are due, the longest due first, and puts them off by the lease.
    ///
    /// Nobody gets them again before the lease is over; then they are due again unless they have
    /// been settled, so that the work of a process that died is done by another. The store is not
    /// changed if nothing is due.
    func claimDeliveries(
        at now: Instant, lease: Duration, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery]

    /// Notes how a delivery went; one that is unknown or settled for good stays as it is.
    ///
    /// - Parameters:
    ///   - status: `pending` to try again.
    ///   - note: What to tell the operator, cut to ``TextLimit/stored``.
    ///   - tries: How often it has been tried in all.
    ///   - nextTryAt: When to try again if it is pending; `nil` at once.
    func settleDelivery(
        _ id: LogoutDeliveryID, status: LogoutStatus, note: String?, tries: Int,
        nextTryAt: Instant?, at now: Instant
    ) throws(TicketRegistryError)

    /// The deliveries of the filter that were queued last, the newest first.
    func deliveries(
        matching filter: DeliveryFilter, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery]

    // MARK: What became of a ticket

    /// Adds to a ticket that was consumed why it was refused then; others stay as they are.
    func noteJudgement(
        _ handle: TicketHandle, _ judgement: TicketJudgement
    ) throws(TicketRegistryError)

    /// What is known of a one-time ticket; `nil` if nothing is.
    func history(
        of handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory?

    /// What is known of the one-time ticket whose handle begins with the digits.
    ///
    /// - Returns: `nil` if there is none, or if the text is no ``HandlePrefix``.
    /// - Throws: `ambiguous` if there are several.
    func ticketHistory(
        handlePrefix: String, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory?

    func counts() throws(TicketRegistryError) -> TicketCounts
}
