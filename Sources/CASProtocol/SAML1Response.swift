package import Platform

/// The answers of `/samlValidate` (CAS 3.0 §4.2.3): a SAML 1.1 response in a SOAP 1.1 envelope,
/// unsigned, sent with status 200 in both cases.
///
/// The form is what clients read, some of them with patterns: `SOAP-ENV:Body` by that name, the
/// response's namespaces on the response itself, `samlp:Success` with that prefix, no XML
/// attributes on `NameIdentifier` and `AttributeValue`, one `Attribute` a name.
package enum SAML1Response {
    /// The namespace of the attributes, which is Apereo's.
    package static let attributeNamespace = "http://www.ja-sig.org/products/cas/"

    /// The answer to a ticket that is valid.
    ///
    /// It carries the same attributes as the XML of CAS 3, but never a proxy-granting ticket.
    /// The three of the protocol come first, and with them there are never less than two, which
    /// passport-cas needs. A service that may not see the event reads `unspecified` as the method
    /// and the answer's own instant, for both are required.
    ///
    /// - Parameters:
    ///   - service: The service's address, as the audience.
    ///   - issuer: The name of this server.
    ///   - requestID: What ``SAML1Request`` read.
    ///   - responseID: A fresh identifier that begins with a letter or `_`.
    ///   - assertionID: Another one.
    ///   - lifetime: How far the service's clock may be away from ours, in either direction.
    package static func success(
        _ assertion: Assertion, service: String, issuer: String, requestID: String?,
        responseID: String, assertionID: String, at now: Instant, lifetime: Duration,
        includingAttributes: Bool
    ) -> [UInt8] {
        var writer = XMLWriter()
        writer.openSAML1Response(id: responseID, requestID: requestID, at: now)
        writer.markup("<samlp:StatusCode Value=\"samlp:Success\"></samlp:StatusCode>\n")
        writer.markup("</samlp:Status>\n")
        writer.markup("<saml:Assertion MajorVersion=\"1\" MinorVersion=\"1\" AssertionID=\"")
        writer.attributeText(assertionID)
        writer.markup("\" Issuer=\"")
        writer.attributeText(issuer)
        writer.markup("\" IssueInstant=\"")
        writer.text(now.rfc3339)
        writer.markup("\">\n<saml:Conditions NotBefore=\"")
        writer.text((now - lifetime).rfc3339)
        writer.markup("\" NotOnOrAfter=\"")
        writer.text((now + lifetime).rfc3339)
        writer.markup("\">\n<saml:AudienceRestrictionCondition>\n<saml:Audience>")
        writer.text(service)
        writer.markup("</saml:Audience>\n</saml:AudienceRestrictionCondition>\n")
        writer.markup("</saml:Conditions>\n")
        writer.authenticationStatement(assertion, at: now)
        if includingAttributes { writer.attributeStatement(assertion) }
        writer.markup("</saml:Assertion>\n")
        writer.closeSAML1Response()
        return writer.bytes
    }

    /// The answer to a ticket that is not valid: `RequestDenied`, the code and its text.
    ///
    /// SAML has one status for all of these, so the message begins with the code.
    package static func failure(
        _ code: FailureCode, requestID: String?, responseID: String, at now: Instant
    ) -> [UInt8] {
        var writer = XMLWriter()
        writer.openSAML1Response(id: responseID, requestID: requestID, at: now)
        writer.markup("<samlp:StatusCode Value=\"samlp:RequestDenied\"></samlp:StatusCode>\n")
        writer.markup("<samlp:StatusMessage>")
        writer.text("\(code.rawValue): \(text(of: code))")
        writer.markup("</samlp:StatusMessage>\n</samlp:Status>\n")
        writer.closeSAML1Response()
        return writer.bytes
    }

    /// How SAML 1.1 calls the first kind of credential that it has a name for (§7.1).
    package static func authenticationMethod(_ event: AuthenticationEvent) -> String {
        for type in event.credentialTypes {
            switch type {
            case "UsernamePasswordCredential": return "urn:oasis:names:tc:SAML:1.0:am:password"
            case "X509CertificateCredential": return "urn:oasis:names:tc:SAML:1.0:am:X509-PKI"
            default: continue
            }
        }
        return unspecifiedMethod
    }

    fileprivate static let unspecifiedMethod = "urn:oasis:names:tc:SAML:1.0:am:unspecified"

    private static func text(of code: FailureCode) -> String {
        code == .invalidRequest
            ? "The parameter 'TARGET' and one artifact in the body are both required" : code.text
    }
}

extension XMLWriter {
    fileprivate mutating func openSAML1Response(
        id: String, requestID: String?, at now: Instant
    ) {
        markup("<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">\n")
        markup("<SOAP-ENV:Body>\n")
        markup("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:1.0:protocol\"")
        markup(" xmlns:saml=\"urn:oasis:names:tc:SAML:1.0:assertion\"")
        markup(" MajorVersion=\"1\" MinorVersion=\"1\" ResponseID=\"")
        attributeText(id)
        if let requestID {
            markup("\" InResponseTo=\"")
            attributeText(requestID)
        }
        markup("\" IssueInstant=\"")
        text(now.rfc3339)
        markup("\">\n<samlp:Status>\n")
    }

    fileprivate mutating func closeSAML1Response() {
        markup("</samlp:Response>\n</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n")
    }

    fileprivate mutating func authenticationStatement(_ assertion: Assertion, at now: Instant) {
        let event = assertion.showsEvent ? assertion.event : nil
        markup("<saml:AuthenticationStatement AuthenticationMethod=\"")
        attributeText(
            event.map(SAML1Response.authenticationMethod) ?? SAML1Response.unspecifiedMethod)
        markup("\" AuthenticationInstant=\"")
        text((event?.date ?? now).rfc3339)
        markup("\">\n")
        subject(assertion.user)
        markup("</saml:AuthenticationStatement>\n")
    }

    fileprivate mutating func subject(_ user: String) {
        markup("<saml:Subject>\n<saml:NameIdentifier>")
        text(user)
        markup("</saml:NameIdentifier>\n<saml:SubjectConfirmation>\n<saml:ConfirmationMethod>")
        markup("urn:oasis:names:tc:SAML:1.0:cm:artifact")
        markup("</saml:ConfirmationMethod>\n</saml:SubjectConfirmation>\n</saml:Subject>\n")
    }

    /// One statement with all attributes; nothing if there are none, as SAML wants it (§2.4.4).
    fileprivate mutating func attributeStatement(_ assertion: Assertion) {
        let entries = assertion.attributes.entries.filter {
            ServiceResponse.isReleasable($0.name) && !$0.name.isEmpty
        }
        guard assertion.showsEvent || !entries.isEmpty else { return }
        markup("<saml:AttributeStatement>\n")
        subject(assertion.user)
        if assertion.showsEvent {
            samlAttribute("authenticationDate", [assertion.event.date.rfc3339])
            samlAttribute(
                "longTermAuthenticationRequestTokenUsed",
                [assertion.event.isLongTerm ? "true" : "false"])
            samlAttribute("isFromNewLogin", [assertion.isFromNewLogin ? "true" : "false"])
        }
        for entry in entries { samlAttribute(entry.name, entry.values) }
        markup("</saml:AttributeStatement>\n")
    }

    private mutating func samlAttribute(_ name: String, _ values: [String]) {
        markup("<saml:Attribute AttributeName=\"")
        attributeText(name)
        markup("\" AttributeNamespace=\"")
        attributeText(SAML1Response.attributeNamespace)
        markup("\">\n")
        for value in values {
            markup("<saml:AttributeValue>")
            text(value)
            markup("</saml:AttributeValue>\n")
        }
        markup("</saml:Attribute>\n")
    }
}
