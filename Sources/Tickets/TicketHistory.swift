package import CASProtocol
package import Platform

/// What validation decided about a ticket that it had consumed, when it refused it.
package struct TicketJudgement: Hashable, Sendable {
    /// The reason class, as the log has it.
    package let reason: String
    /// The service that was presented with the ticket, if that matters.
    package let presentedService: String?

    /// Cuts the service to ``TextLimit/presentedService`` and the reason to as much.
    package init(reason: String, presentedService: String? = nil) {
        self.reason = reason.cut(toBytes: TextLimit.presentedService)
        self.presentedService = presentedService?.cut(toBytes: TextLimit.presentedService)
    }
}

/// What is known of a one-time ticket, for whoever asks why it was refused.
package struct TicketHistory: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// It could be used now.
        case live
        /// Its time was over at the given instant; it was never used.
        case expired(at: Instant)
        /// It was used up at the given instant.
        case used(at: Instant)
    }

    package let handle: TicketHandle
    package let state: State
    /// A service ticket or a proxy ticket.
    package let kind: TicketKind
    /// The service for which it was granted.
    package let service: String
    package let grantedAt: Instant
    package let lifetime: Duration
    package let isFromNewLogin: Bool
    /// The session or the proxy-granting ticket that granted it.
    package let session: TicketHandle
    /// Why validation refused it when it was used; `nil` if it did not.
    package let judgement: TicketJudgement?

    package init(
        handle: TicketHandle, state: State, kind: TicketKind, service: String, grantedAt: Instant,
        lifetime: Duration, isFromNewLogin: Bool, session: TicketHandle,
        judgement: TicketJudgement? = nil
    ) {
        self.handle = handle
        self.state = state
        self.kind = kind
        self.service = service
        self.grantedAt = grantedAt
        self.lifetime = lifetime
        self.isFromNewLogin = isFromNewLogin
        self.session = session
        self.judgement = judgement
    }
}
