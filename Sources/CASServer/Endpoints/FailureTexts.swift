internal import Authentication
internal import Platform

extension AuthenticationFailure {
    /// The reason class of the log line.
    var reasonClass: String {
        switch self {
        case .wrongCredential: "wrong credential"
        case .unknownUser: "unknown user"
        case .accountDisabled: "account disabled"
        case .accountLocked: "account locked"
        case .accountExpired: "account expired"
        case .mustChangePassword: "must change password"
        case .passwordExpired: "password expired"
        case .certificateRefused: "certificate refused"
        case .unsupportedCredential: "unsupported credential"
        case .unavailable: "source unavailable"
        case .throttled: "throttled"
        }
    }

    /// Whether it shows that what was typed as a name is that of a user; what is not may be a
    /// password in the wrong field, and is not logged.
    var isOfKnownUser: Bool {
        switch self {
        case .wrongCredential, .accountDisabled, .accountLocked, .accountExpired,
            .mustChangePassword, .passwordExpired:
            true
        case .unknownUser, .certificateRefused, .unsupportedCredential, .unavailable, .throttled:
            false
        }
    }

    /// What the handler says to the operator.
    var operatorText: String? {
        switch self {
        case .wrongCredential(let text), .certificateRefused(let text), .unavailable(let text): text
        case .throttled(let wait): "next try in \(wait.wholeSeconds) s"
        default: nil
        }
    }

    /// How long to wait before the next try, if that is why.
    var retryAfter: Duration? {
        if case .throttled(let wait) = self { wait } else { nil }
    }

    /// The name of the matching message of Apereo's REST answers, without `Exception`.
    var apereoText: String {
        switch self {
        case .accountDisabled: "This account has been disabled."
        case .accountLocked: "This account has been locked."
        case .accountExpired: "This account has expired."
        case .mustChangePassword: "The password of this account must be changed."
        case .passwordExpired: "The password of this account has expired."
        case .unavailable: "The credentials could not be checked."
        case .throttled: "Too many attempts have failed. Please try again later."
        case .wrongCredential, .unknownUser, .certificateRefused, .unsupportedCredential:
            "Authentication attempt has failed, likely due to invalid credentials. "
                + "Please verify and try again."
        }
    }
}

extension Duration {
    /// The seconds of a time that somebody has to wait, rounded up; at least one.
    var wholeSeconds: Int { Int(clamping: max(1, (milliseconds &+ 999) / 1000)) }
}
