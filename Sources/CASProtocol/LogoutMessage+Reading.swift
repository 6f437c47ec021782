internal import XML

/// Why a logout message is not taken; the raw value is the reason class of the log.
package enum LogoutMessageFault: String, Error, Hashable, Sendable, CaseIterable {
    case notXML = "not-xml"
    /// The root is no `LogoutRequest` of SAML 2.0.
    case root
    /// The `SessionIndex` is missing, doubled, misplaced or no ticket.
    case sessionIndex = "session-index"
}

extension LogoutMessage {
    /// Reads the message of another CAS server, which nobody vouches for: it may do no more than
    /// end the session that its ticket began.
    ///
    /// - Returns: The ticket that it names, at most 256 visible ASCII characters.
    /// - Throws: If it is not XML, has another root, or has not exactly one `SessionIndex`, as a
    ///   child of the root.
    package static func read(_ xml: [UInt8]) throws(LogoutMessageFault) -> String {
        let root: XMLElement
        do { root = try XMLElement.parse(withoutSpaceBefore(xml)) } catch { throw .notXML }
        guard root.isNamed("LogoutRequest", XMLNamespace.saml2Protocol) else { throw .root }
        guard let element = root.only("SessionIndex", XMLNamespace.saml2Protocol),
            element.children.isEmpty, root.count(named: "SessionIndex") == 1
        else { throw .sessionIndex }
        let ticket = element.trimmedText
        guard (1...TicketID.lengthMax).contains(ticket.utf8.count),
            ticket.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .sessionIndex }
        return ticket
    }
}
