internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Platform
internal import Tickets

/// The one place where credentials are checked, for the login page and for REST alike.
struct CredentialChecks: Sendable {
    let plan: AuthenticationPlan
    /// Slows down who guesses; `nil` if the operator wants that left to others.
    var throttle: LoginThrottle?

    /// Who presents the credentials, all of them together.
    ///
    /// Certificates cannot be guessed, so only passwords are throttled.
    ///
    /// - Parameter request: Where they come from; its body has been read already.
    /// - Throws: Why they are refused, `throttled` if they were not looked at.
    func authenticate(
        _ credentials: [Credential], from request: Request, isLongTerm: Bool = false,
        at now: Instant
    ) throws(AuthenticationFailure) -> (principal: Principal, event: AuthenticationEvent) {
        guard let throttle else {
            return try plan.authenticate(credentials, at: now, isLongTerm: isLongTerm)
        }
        var attempts: [(admitted: AdmittedAttempt, username: String)] = []
        do {
            for case .password(let username, _) in credentials {
                attempts.append((try throttle.admit(username, from: request, at: now), username))
            }
            let authenticated = try plan.authenticate(
                credentials, at: now, isLongTerm: isLongTerm)
            // Beside a good certificate a wrong password may not matter; it is a guess anyway.
            let isGood = authenticated.event.credentialTypes.contains(
                Authenticated.passwordCredential)
            for (admitted, username) in attempts {
                try throttle.settle(
                    admitted,
                    isGood
                        ? .succeeded(account: username) : LoginOutcome(.unknownUser, of: username),
                    at: now)
            }
            return authenticated
        } catch {
            for (admitted, username) in attempts {
                // Losing this error is right: why the login was refused matters more, and what is
                // not settled counts as failed anyway.
                try? throttle.settle(admitted, LoginOutcome(error, of: username), at: now)
            }
            throw error
        }
    }

    /// The cookie that makes a device known after a login with a password.
    func deviceCookie(
        after credential: Credential, _ request: Request, at now: Instant
    ) throws -> SetCookie? {
        guard case .password(let username, _) = credential else { return nil }
        return try throttle?.deviceCookie(for: username, request, at: now)
    }
}
