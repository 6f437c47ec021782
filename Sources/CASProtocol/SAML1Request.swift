internal import XML

/// Why a body is not taken as a SAML 1.1 request; the raw value is the reason class of the log.
package enum SAML1RequestFault: String, Error, Hashable, Sendable, CaseIterable {
    case notXML = "not-xml"
    /// The root is no SOAP 1.1 envelope, or there is another one inside.
    case envelope
    /// The body of the envelope is missing, doubled or misplaced.
    case body
    /// The request is missing, doubled or misplaced.
    case request
    /// The artifact is missing, doubled, misplaced, empty or no text.
    case artifact
}

/// What a service asks `/samlValidate` (CAS 3.0 §4.2.2), in a SOAP 1.1 envelope.
///
/// Versions, instants and the form of the `RequestID` are not looked at, because clients write
/// them as they like; where the four elements stand is.
package struct SAML1Request: Hashable, Sendable {
    /// The ticket's text as it came, without white space around it; not checked any further.
    package let ticket: String
    /// The `RequestID`, if there is one that can be repeated in the answer: at most 128 letters,
    /// digits and `-._:`.
    package let requestID: String?

    /// Reads the body of a request.
    ///
    /// - Throws: The first fault that is found.
    package static func read(_ body: [UInt8]) throws(SAML1RequestFault) -> SAML1Request {
        let root: XMLElement
        do { root = try XMLElement.parse(withoutSpaceBefore(body)) } catch { throw .notXML }
        guard root.isNamed("Envelope", XMLNamespace.soapEnvelope),
            root.count(named: "Envelope") == 1
        else { throw .envelope }
        guard let envelopeBody = root.only("Body", XMLNamespace.soapEnvelope),
            root.count(named: "Body") == 1
        else { throw .body }
        guard let request = envelopeBody.only("Request", XMLNamespace.saml1Protocol),
            envelopeBody.children.count == 1, root.count(named: "Request") == 1
        else { throw .request }
        guard let artifact = request.only("AssertionArtifact", XMLNamespace.saml1Protocol),
            artifact.children.isEmpty, root.count(named: "AssertionArtifact") == 1
        else { throw .artifact }
        let ticket = artifact.trimmedText
        guard !ticket.isEmpty else { throw .artifact }
        let requestID = request.attribute("RequestID").flatMap { isRepeatable($0) ? $0 : nil }
        return SAML1Request(ticket: ticket, requestID: requestID)
    }

    private static func isRepeatable(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                byte == UInt8(ascii: ":")
                    || ServiceURL.isUnreserved(byte) && byte != UInt8(ascii: "~")
            }
    }
}
