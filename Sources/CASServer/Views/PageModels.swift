package import CASProtocol
package import Platform

/// The service that a page is about, as the person at the browser knows it.
package struct ServiceLabel: Hashable, Sendable {
    /// The name that the operator gave it, if any.
    package let name: String?
    /// The host of its address, always shown so that a name cannot pretend.
    package let host: String

    package init(name: String?, host: String) {
        self.name = name
        self.host = host
    }
}

/// What the login page shows.
package struct LoginPage: Sendable {
    /// Why the last attempt failed; an unknown user and a wrong password are the same.
    package enum Failure: Hashable, Sendable, CaseIterable {
        case badCredentials, incomplete, disabled, locked, expired, mustChangePassword
        case passwordExpired, notAllowed, tooManyAttempts, certificateRefused, unavailable
        case formExpired
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
    package var failure: Failure?
    /// What was typed at the failed attempt.
    package var username = ""
    /// Where one logs in by certificate, an address on the certificate port; `nil` if one cannot.
    package var certificateAddress: String?

    package init(action: String, execution: String) {
        self.action = action
        self.execution = execution
    }
}

/// What somebody sees who is logged in and on the way to no service.
package struct LoggedInPage: Sendable {
    /// How somebody logged in.
    package enum Method: Hashable, Sendable, CaseIterable {
        case password, certificate
    }

    package var user: String
    package var since: Instant
    package var method: Method
    /// When the session ends at the latest.
    package var until: Instant
    /// The attributes to show; none show nothing.
    package var attributes = Attributes()
    /// Where the logout button leads; a path or an address without a query.
    package var logoutAddress: String

    package init(
        user: String, since: Instant, method: Method, until: Instant, logoutAddress: String
    ) {
        self.user = user
        self.since = since
        self.method = method
        self.until = until
        self.logoutAddress = logoutAddress
    }
}

/// What somebody sees after the logout.
package struct LoggedOutPage: Sendable {
    /// The registered service to go on to, and its address; shown only if the address is http(s).
    package var continuation: (service: ServiceLabel, address: String)?
    /// Where one logs in again.
    package var loginAddress: String

    package init(loginAddress: String) {
        self.loginAddress = loginAddress
    }
}

/// The refusal of a service that is not registered, or is disabled; status 403.
package struct NotRegisteredPage: Sendable {
    /// The host of the refused address, if it has one.
    package var host: String?
    /// Under which identifier the log has the reason.
    package var incident: String

    package init(host: String?, incident: String) {
        self.host = host
        self.incident = incident
    }
}

/// The refusal of a principal by a registered service; status 403.
package struct AccessDeniedPage: Sendable {
    package var user: String
    package var service: ServiceLabel
    package var logoutAddress: String
    /// Under which identifier the log has the reason.
    package var incident: String

    package init(user: String, service: ServiceLabel, logoutAddress: String, incident: String) {
        self.user = user
        self.service = service
        self.logoutAddress = logoutAddress
        self.incident = incident
    }
}

/// What somebody sees when there is no answer; nothing of the request is shown.
package struct ErrorPage: Sendable {
    /// What went wrong, in classes that help the person at the browser.
    package enum Reason: Hashable, Sendable, CaseIterable {
        case malformedRequest, repeatedParameter, invalidService, credentialsInAddress
        case notFound, methodNotAllowed, tooLarge, unsupportedContentType, tooManyRequests
        case internalError, unavailable

        /// The HTTP status that goes with the page.
        package var status: Int {
            switch self {
            case .malformedRequest, .repeatedParameter, .invalidService, .credentialsInAddress: 400
            case .notFound: 404
            case .methodNotAllowed: 405
            case .tooLarge: 413
            case .unsupportedContentType: 415
            case .tooManyRequests: 429
            case .internalError: 500
            case .unavailable: 503
            }
        }
    }

    package var reason: Reason
    /// Under which identifier the log has the details.
    package var incident: String

    package init(reason: Reason, incident: String) {
        self.reason = reason
        self.incident = incident
    }
}
