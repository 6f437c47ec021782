package import Platform

/// The message that tells a service that a session has ended (CAS 3.0 §2.3.3, Appendix C).
package enum LogoutMessage {
    /// The name of the parameter that carries the message, back channel and front channel alike.
    package static let parameterName = "logoutRequest"

    /// How long the body of a back-channel request may be: mod_auth_cas reads into 1,024 bytes,
    /// the zero at the end included, and never sees the rest.
    package static let bodyBytesMax = 1023

    /// What stands for a principal that is not named; the specification's own text.
    package static let unnamedPrincipal = "@NOT_USED@"

    /// The message: one line, no declaration, both namespaces on the root.
    ///
    /// A principal that would make the body longer than ``bodyBytesMax``, or that a reader could
    /// take for markup after decoding it twice, is not named: services go by the ticket alone.
    ///
    /// - Parameters:
    ///   - id: A fresh identifier of at most 64 characters, `LR-` and letters or digits.
    ///   - ticket: The service ticket that began the service's session.
    ///   - principal: The id of the principal whose session has ended.
    ///   - instant: When the message is made.
    package static func xml(
        id: String, ticket: TicketID, principal: String, at instant: Instant
    ) -> String {
        if isNameable(principal) {
            let message = write(id: id, ticket: ticket, principal: principal, at: instant)
            if body(message).count <= bodyBytesMax { return message }
        }
        return write(id: id, ticket: ticket, principal: unnamedPrincipal, at: instant)
    }

    /// The body of a back-channel request, of the type `application/x-www-form-urlencoded`.
    package static func body(_ xml: String) -> [UInt8] {
        Array("\(parameterName)=\(ServiceURL.parameterText(xml))".utf8)
    }

    /// The value of the parameter in a front-channel address, not yet percent-encoded: the
    /// message as a zlib stream (RFC 1950) in Base64, as java-cas-client and pac4j read it.
    ///
    /// The stream holds the message as it is, in one stored block (RFC 1951 §3.2.4): there is
    /// little to be won by compressing 400 bytes, and no library to be had for it.
    package static func frontChannel(_ xml: String) -> String {
        let message = Array(xml.utf8.prefix(Int(UInt16.max)))
        let length = UInt16(truncatingIfNeeded: message.count)
        var stream: [UInt8] = [0x78, 0x01, 0x01]
        for number in [length, ~length] {
            stream.append(UInt8(truncatingIfNeeded: number))
            stream.append(UInt8(truncatingIfNeeded: number >> 8))
        }
        stream += message
        let sum = checksum(message)
        for shift in [24, 16, 8, 0] { stream.append(UInt8(truncatingIfNeeded: sum >> shift)) }
        return base64(stream)
    }

    private static func write(
        id: String, ticket: TicketID, principal: String, at instant: Instant
    ) -> String {
        var writer = XMLWriter()
        writer.markup("<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"")
        writer.markup(" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"")
        writer.attributeText(id)
        writer.markup("\" Version=\"2.0\" IssueInstant=\"")
        writer.text(wholeSeconds(instant))
        writer.markup("\"><saml:NameID>")
        writer.text(principal)
        writer.markup("</saml:NameID><samlp:SessionIndex>")
        writer.text(ticket.wireValue)
        writer.markup("</samlp:SessionIndex></samlp:LogoutRequest>")
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Whether a principal's id is one line and has no percent sign: phpCAS decodes the message
    /// a second time, and must not find a `SessionIndex` in the name then.
    private static func isNameable(_ principal: String) -> Bool {
        !principal.isEmpty
            && !principal.unicodeScalars.contains { scalar in
                scalar == "%" || scalar == "\u{2028}" || scalar == "\u{2029}"
                    || scalar.properties.generalCategory == .control
            }
    }

    /// The instant as the specification writes it, `2024-05-01T07:55:39Z`.
    private static func wholeSeconds(_ instant: Instant) -> String {
        instant.rfc3339.prefix { $0 != "." } + "Z"
    }

    /// Adler-32 (RFC 1950 §8.2).
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
