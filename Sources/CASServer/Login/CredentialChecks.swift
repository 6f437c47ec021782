internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Platform
internal import Tickets

/// The one place where credentials are checked, for the login page and for REST alike.
struct CredentialChecks: Sendable {
    let plan: AuthenticationPlan

    /// Who presents the credentials, all of them together.
    ///
    /// - Parameter request: Where they come from; its body has been read already.
    /// - Throws: Why they are refused, `throttled` if they were not looked at.
    func authenticate(
        _ credentials: [Credential], from request: Request, isLongTerm: Bool = false,
        at now: Instant
    ) throws(AuthenticationFailure) -> (principal: Principal, event: AuthenticationEvent) {
        try plan.authenticate(credentials, at: now, isLongTerm: isLongTerm)
    }
}
