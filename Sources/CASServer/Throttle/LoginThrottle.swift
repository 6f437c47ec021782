internal import Authentication
internal import HTTP
internal import Platform
internal import Tickets

/// Makes guessing passwords slow without keeping their owners out.
///
/// It neither knows nor tells whether there is an account of a name, or whether a password would
/// have been right: whoever has to wait is refused before anything is looked at.
struct LoginThrottle: Sendable {
    let counters: any FailureCounters
    let limits: FailureLimits
    /// Whose failures are not counted by address.
    let exemptNetworks: [Network]
    let subjects: ThrottleSubjects
    let cookies: SessionCookies
    let random: RandomBytes

    init(
        _ throttle: Configuration.Throttle, counters: any FailureCounters, keys: KeyRing,
        cookies: SessionCookies, random: @escaping RandomBytes
    ) {
        self.counters = counters
        limits = throttle.limits
        exemptNetworks = throttle.exemptNetworks
        subjects = ThrottleSubjects(keys: keys)
        self.cookies = cookies
        self.random = random
    }

    /// Lets an attempt pass and counts it as pending; ``settle(_:_:at:)`` says how it went.
    ///
    /// - Throws: `throttled`, or `unavailable` if the registry is.
    func admit(
        _ username: String, from request: Request, at now: Instant
    ) throws(AuthenticationFailure) -> AdmittedAttempt {
        let account = subjects.account(username)
        let address = subjects.address(request.gateway.remoteAddress, exempt: exemptNetworks)
        let name = subjects.exactAccount(username)
        let device = cookies.devices(of: request).first {
            $0.knows(name, for: limits.familiarity, at: now)
        }
        let attempt = LoginAttempt(account: account, address: address, device: device?.id)
        let admission: LoginAdmission
        do {
            admission = try counters.admit(attempt, limits: limits, at: now)
        } catch {
            throw .unavailable("ticket registry: \(error)")
        }
        switch admission {
        case .admitted(let admitted): return admitted
        case .refused(let until): throw .throttled(retryAfter: until - now)
        }
    }

    /// Notes how an attempt has gone.
    ///
    /// - Throws: `unavailable` if the registry is; the attempt counts as failed after a minute
    ///   or two.
    func settle(
        _ admitted: AdmittedAttempt, _ outcome: LoginOutcome, at now: Instant
    ) throws(AuthenticationFailure) {
        do {
            try counters.settle(admitted, as: outcome, limits: limits, at: now)
        } catch {
            throw .unavailable("ticket registry: \(error)")
        }
    }

    /// The cookie by which the device is known after a login with a password.
    ///
    /// - Returns: `nil` if the browser has one that will do.
    func deviceCookie(
        for username: String, _ request: Request, at now: Instant
    ) throws -> SetCookie? {
        let account = subjects.exactAccount(username)
        let known = cookies.devices(of: request)
        let renewal = min(.seconds(86_400), limits.familiarity / 2)
        guard !known.contains(where: { $0.knows(account, for: renewal, at: now) }) else {
            return nil
        }
        guard let device = known.first ?? KnownDevice(random) else { return nil }
        return try cookies.device(
            device.noting(account, at: now), maxAge: limits.familiarity)
    }
}

extension LoginOutcome {
    /// What a refusal of somebody who typed that name tells.
    init(_ failure: AuthenticationFailure, of username: String) {
        self =
            switch failure {
            case .wrongCredential: .failed(account: username)
            case .unknownUser: .failed(account: nil)
            // The password was right, or nobody has looked at it.
            case .accountDisabled, .accountLocked, .accountExpired, .mustChangePassword,
                .passwordExpired, .certificateRefused, .unsupportedCredential, .unavailable,
                .throttled:
                .withdrawn
            }
    }
}

extension Configuration.Throttle {
    /// What the counters need to know.
    var limits: FailureLimits {
        var limits = FailureLimits()
        limits.failures = failures
        limits.addressFailures = addressFailures
        limits.window = window
        limits.delayMax = delayMax
        limits.familiarity = deviceLifetime
        return limits
    }
}
