/// The protocol that is spoken with another CAS server.
package enum UpstreamProtocol: String, Hashable, Sendable, CaseIterable {
    case cas1
    case cas2
    case cas3

    /// The path of the validation endpoint, behind the prefix of the server.
    package var validatePath: String {
        switch self {
        case .cas1: "/validate"
        case .cas2: "/serviceValidate"
        case .cas3: "/p3/serviceValidate"
        }
    }
}

/// Why the answer of another CAS server is not taken; the raw value is the reason class of the
/// log.
package enum UpstreamAnswerFault: String, Error, Hashable, Sendable, CaseIterable {
    /// Neither of the two answers of CAS 1.
    case notPlainText = "not-plain-text"
    case notXML = "not-xml"
    /// The root is no `serviceResponse` of the CAS namespace.
    case root
    /// Not exactly one of success and failure.
    case outcome
    /// The user is missing, doubled, misplaced, empty, too long or has control characters.
    case user
    /// The attributes are doubled, too many or too long.
    case attributes
    /// The ticket came through proxies, which the asked endpoint must not accept.
    case proxied
}

/// What another CAS server says about a ticket.
package enum UpstreamAnswer: Hashable, Sendable {
    case success(user: String, attributes: Attributes)
    /// The code and the text, bounded, without control characters and without tickets; for the
    /// log alone. The code is `no` in CAS 1, and `UNKNOWN` if there is none that is a word.
    case failure(code: String, text: String)
}
