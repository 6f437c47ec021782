package import Platform

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
    /// Why, as far as the person at the browser can do something about it.
    package enum Reason: Hashable, Sendable {
        /// The account lacks something that the service demands.
        case account
        /// The service opens at that time.
        case notYet(Instant)
        /// The service has closed.
        case over
        /// The service does not accept the way in which the person logged in.
        case providerNotAllowed
    }

    package var user: String
    package var service: ServiceLabel
    package var reason = Reason.account
    /// What the operator says about the service; the page shows whom to ask.
    package var details: ServiceDetails?
    /// Where one logs in another way, if there is one.
    package var loginAddress: String?
    /// Where the logout button leads; a path or an address without a query.
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

/// The refusal of a login under another name than the one of the session; status 403.
package struct MixedPrincipalsPage: Sendable {
    /// Whose session it is.
    package var currentUser: String
    /// Who has just proved to be somebody else.
    package var attemptedUser: String
    package var service: ServiceLabel?
    /// Where the logout button leads; a path or an address without a query.
    package var logoutAddress: String
    /// Where one goes on under the name of the session; http(s) or a path of our own.
    package var backAddress: String
    /// Under which identifier the log has the details.
    package var incident: String

    package init(
        currentUser: String, attemptedUser: String, service: ServiceLabel? = nil,
        logoutAddress: String, backAddress: String, incident: String
    ) {
        self.currentUser = currentUser
        self.attemptedUser = attemptedUser
        self.service = service
        self.logoutAddress = logoutAddress
        self.backAddress = backAddress
        self.incident = incident
    }
}

/// What somebody sees whom another server did not log in.
package struct DelegationFailedPage: Sendable {
    /// What went wrong, in classes that help the person at the browser.
    package enum Reason: Hashable, Sendable, CaseIterable {
        /// The other server did not say who it is.
        case refused
        /// The other server did not answer, or not in a way that we understand.
        case unavailable
        /// The browser came back too late, or without having left from here.
        case expired
        /// The service does not accept logins by that server.
        case notAllowed

        /// The HTTP status that goes with the page.
        package var status: Int {
            switch self {
            case .refused, .expired, .notAllowed: 403
            case .unavailable: 503
            }
        }
    }

    /// The name that people know the other server by.
    package var provider: String
    package var reason: Reason
    /// Where one tries again; not shown if it would not help.
    package var retryAddress: String?
    /// The login page, with the service that was asked for.
    package var loginAddress: String
    /// Under which identifier the log has the details.
    package var incident: String

    package init(
        provider: String, reason: Reason, retryAddress: String? = nil, loginAddress: String,
        incident: String
    ) {
        self.provider = provider
        self.reason = reason
        self.retryAddress = retryAddress
        self.loginAddress = loginAddress
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
