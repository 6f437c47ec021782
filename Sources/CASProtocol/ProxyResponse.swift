/// The failure codes of `/proxy` (CAS 3.0 §2.7.3).
///
/// Apereo says `INVALID_REQUEST_PROXY` and `UNAUTHORIZED_SERVICE_PROXY` for the first and the
/// third; the codes here are the specification's.
package enum ProxyFailureCode: String, Sendable, CaseIterable {
    /// `pgt` or `targetService` is missing, doubled or not readable.
    case invalidRequest = "INVALID_REQUEST"
    /// The proxy-granting ticket is unknown or expired, or its session has ended.
    case invalidTicket = "INVALID_TICKET"
    /// The target is not registered, disabled, or its user may not enter it; or the service that
    /// asks may not act as a proxy any more.
    case unauthorizedService = "UNAUTHORIZED_SERVICE"
    /// The server could not do its work; the request may be tried again.
    case internalError = "INTERNAL_ERROR"

    /// The text of the answer; it never repeats what the caller sent.
    package var text: String {
        switch self {
        case .invalidRequest:
            "The parameters 'pgt' and 'targetService' are both required, once each"
        case .invalidTicket: "The proxy-granting ticket is not recognized"
        case .unauthorizedService: "The service is not authorized for proxy authentication"
        case .internalError: "The server could not grant the proxy ticket"
        }
    }
}

/// The answer of `/proxy` (CAS 3.0 §2.7.2); it is sent with status 200 in both cases.
package enum ProxyResponse: Sendable {
    case success(TicketID)
    case failure(ProxyFailureCode)

    /// The document: prefix `cas:`, no declaration.
    package var xml: [UInt8] {
        var writer = XMLWriter()
        writer.markup("<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>\n")
        switch self {
        case .success(let ticket):
            writer.markup("<cas:proxySuccess>\n")
            writer.element("proxyTicket", ticket.wireValue)
            writer.markup("</cas:proxySuccess>\n")
        case .failure(let code):
            writer.markup("<cas:proxyFailure code=\"")
            writer.text(code.rawValue)
            writer.markup("\">")
            writer.text(code.text)
            writer.markup("</cas:proxyFailure>\n")
        }
        writer.markup("</cas:serviceResponse>\n")
        return writer.bytes
    }
}
