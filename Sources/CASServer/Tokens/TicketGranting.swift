internal import CASProtocol
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// Grants what a service takes for a ticket: the ticket itself, or a token that says who came.
struct TicketGranting: Sendable {
    let sso: SingleSignOn
    let tokens: TicketTokens

    struct Granted: Sendable {
        /// The ticket; used up already if the service gets a token.
        let ticket: TicketID
        /// What the service gets.
        let text: String
        let isToken: Bool
    }

    /// - Parameter takesTokens: Whether the service can be given a token on this way.
    /// - Returns: `nil` if the session has ended meanwhile.
    /// - Throws: ``TicketTokens/Failure`` if the token cannot be made.
    func grant(
        for service: ServiceGate.Admitted, from session: TicketID, isRenewed: Bool,
        takesTokens: Bool = true, at now: Instant
    ) throws -> Granted? {
        guard takesTokens, service.registered.ticketTokens != nil else {
            return try sso.grantServiceTicket(
                for: service.url, registered: service.registered, from: session,
                isRenewed: isRenewed, at: now
            ).map { Granted(ticket: $0.id, text: $0.id.wireValue, isToken: false) }
        }
        let writer = try tokens.writer(for: service.registered, at: now)
        guard
            let (ticket, assertion) = try sso.grantAssertion(
                for: service.url, registered: service.registered, from: session,
                isRenewed: isRenewed, at: now)
        else { return nil }
        let token = try tokens.token(
            for: service.url, registered: service.registered, ticket: ticket, assertion,
            with: writer, at: now)
        return Granted(ticket: ticket, text: token, isToken: true)
    }
}
