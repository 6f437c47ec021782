package import CASProtocol
package import Platform

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

extension TicketRegistry {
    /// Consumes a ticket whose handle the caller has no use for.
    package func consume(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        try consume(id, handle: TicketHandle(of: id), at: now)
    }
}
