/// Why a body is not taken as a SAML 1.1 request; the raw value is the reason class of the log.
package enum SAML1RequestFault: String, Error, Hashable, Sendable, CaseIterable {
    case notXML = "not-xml"
    /// The root is no SOAP 1.1 envelope.
    case envelope
    /// The body of the envelope is missing, doubled or misplaced.
    case body
    /// The request is missing, doubled or misplaced.
    case request
    /// The artifact is missing, doubled, misplaced, empty or no text.
    case artifact
}

/// What a service asks `/samlValidate` (CAS 3.0 §4.2.2), in a SOAP 1.1 envelope.
package struct SAML1Request: Hashable, Sendable {
    /// The ticket's text as it came, without white space around it; not checked any further.
    package let ticket: String
    /// The `RequestID`, if there is one that can be repeated in the answer.
    package let requestID: String?

    /// Reads the body of a request.
    ///
    /// - Throws: The first fault that is found.
    package static func read(_ body: [UInt8]) throws(SAML1RequestFault) -> SAML1Request {
        throw .notXML
    }
}
