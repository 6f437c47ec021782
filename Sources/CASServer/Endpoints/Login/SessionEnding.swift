internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Tickets

/// The one way in which a request ends a session: the services' messages are queued, the end is
/// logged.
struct SessionEnding: Sendable {
    let sso: SingleSignOn
    let log: Logger
    /// Tells whoever delivers logout messages that there are some.
    let announce: @Sendable () -> Void

    /// Ends a session; an unknown one is no error.
    func end(
        _ session: TicketHandle, cause: LogoutCause, _ request: Request, at now: Instant
    ) throws -> EndedSession? {
        guard let ended = try sso.endSession(session, cause: cause, at: now) else { return nil }
        log.info(
            "logged out",
            metadata: [
                "user": "\(ended.session.principal.id)", "session": "\(session)",
                "cause": "\(cause.rawValue)", "services": "\(ended.services.count)",
                "client": "\(request.gateway.remoteAddress)",
            ])
        if ended.servicesNotQueued > 0 {
            log.warning(
                "logout messages lost",
                metadata: [
                    "reason": "the ticket registry has no room for them", "session": "\(session)",
                    "count": "\(ended.servicesNotQueued)",
                ])
        }
        if !ended.services.isEmpty { announce() }
        return ended
    }
}
