/// The failure codes of ticket validation (CAS 3.0 §2.5.3).
package enum FailureCode: String, Sendable, CaseIterable {
    /// A required parameter is missing, doubled or not readable.
    case invalidRequest = "INVALID_REQUEST"
    /// The ticket is unknown, expired, used up, of the wrong kind, or not from a new login.
    case invalidTicket = "INVALID_TICKET"
    /// The ticket was valid, but for another service. The ticket is gone all the same.
    case invalidService = "INVALID_SERVICE"
    /// The service is not registered, disabled, or its user may not enter it any more.
    case unauthorizedService = "UNAUTHORIZED_SERVICE"
    /// The service may not act for its users.
    case unauthorizedServiceProxy = "UNAUTHORIZED_SERVICE_PROXY"
    /// The callback of a proxy is not allowed, could not be reached, or did not answer 200.
    case invalidProxyCallback = "INVALID_PROXY_CALLBACK"
    /// The server could not do its work; the ticket may be tried again.
    case internalError = "INTERNAL_ERROR"

    /// The text of the answer.
    ///
    /// It never repeats what the caller sent, nor what the ticket was for.
    package var text: String {
        switch self {
        case .invalidRequest: "The parameters 'service' and 'ticket' are both required, once each"
        case .invalidTicket: "The ticket is not recognized"
        case .invalidService: "The ticket was not granted for this service"
        case .unauthorizedService: "The service is not authorized to use this server"
        case .unauthorizedServiceProxy: "The service is not authorized to act as a proxy"
        case .invalidProxyCallback: "The proxy callback is not allowed or could not be used"
        case .internalError: "The server could not validate the ticket"
        }
    }
}

/// A validation that failed: the code for the caller, the reason for the log.
package struct ProtocolFailure: Error, Hashable, Sendable {
    package let code: FailureCode
    /// One word or two for the reason class, for example `expired`.
    package let reason: String
    /// What else the operator should know; holds no secret.
    package let details: [Detail]

    package struct Detail: Hashable, Sendable {
        package let key: String
        package let value: String
    }

    package init(
        _ code: FailureCode, reason: String, details: KeyValuePairs<String, String> = [:]
    ) {
        self.code = code
        self.reason = reason
        self.details = details.map(Detail.init)
    }

    private init(_ failure: ProtocolFailure, adding detail: Detail) {
        code = failure.code
        reason = failure.reason
        details = [detail] + failure.details
    }

    /// The same failure with one more fact for the operator, who reads it first.
    package func adding(_ key: String, _ value: String) -> ProtocolFailure {
        ProtocolFailure(self, adding: Detail(key: key, value: value))
    }
}
