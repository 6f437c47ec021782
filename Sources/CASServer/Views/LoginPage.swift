/// What the login page shows.
package struct LoginPage: Sendable {
    /// Why the last attempt failed; an unknown user and a wrong password are the same.
    package enum Failure: Hashable, Sendable, CaseIterable {
        case badCredentials, incomplete, disabled, locked, expired, mustChangePassword
        case passwordExpired, notAllowed, tooManyAttempts, certificateRefused, unavailable
        case formExpired, boundSession
    }

    /// Why somebody sees the page.
    package enum Occasion: Hashable, Sendable {
        case noSession
        /// There is a session, but the service wants the credential again (`renew`).
        case renewal
    }

    /// Where the form is posted to, query included.
    package var action: String
    /// The sealed form value; the fields `execution` and `lt` both carry it.
    package var execution: String
    package var occasion = Occasion.noSession
    package var service: ServiceLabel?
    /// What the operator says about the service, shown discreetly.
    package var serviceDetails: ServiceDetails?
    package var failure: Failure?
    /// How long to wait after ``Failure/tooManyAttempts``.
    package var retryAfter: Duration?
    /// What was typed at the failed attempt.
    package var username = ""
    /// Whether there are fields for a password; `false` if one can only log in elsewhere.
    package var hasPasswordForm = true
    /// Whether there is a box `rememberMe`.
    package var offersRememberMe = false
    /// Whether there is a box `warn`.
    package var offersWarning = false
    /// Whether there is a box `publicWorkstation`.
    package var offersPublicWorkstation = false
    /// The boxes that were ticked at the failed attempt; a first page has none (CAS 3.0 §4.1.1).
    package var ticked: Set<LoginChoice> = []
    /// Where one logs in by certificate, an address on the certificate port; `nil` if one cannot.
    package var certificateAddress: String?
    /// The other servers that one may log in with, in the operator's order.
    package var providers: [ProviderChoice] = []

    package init(action: String, execution: String) {
        self.action = action
        self.execution = execution
    }

    /// The `Content-Security-Policy` that this page needs.
    package var contentSecurityPolicy: String {
        guard let serviceDetails else { return Pages.contentSecurityPolicy }
        return Pages.contentSecurityPolicy(imageOrigins: serviceDetails.imageOrigins)
    }
}

/// A box on the login page; the raw value is the name of its field, whose value is `true`.
package enum LoginChoice: String, Hashable, Sendable, CaseIterable {
    case rememberMe, warn, publicWorkstation
}

/// A server that one may log in with, as a button on the login page.
package struct ProviderChoice: Hashable, Sendable {
    /// The name that people know it by.
    package var label: String
    /// Where the button leads, by GET; http(s) or a path of our own, or there is no button.
    package var address: String

    package init(label: String, address: String) {
        self.label = label
        self.address = address
    }
}
