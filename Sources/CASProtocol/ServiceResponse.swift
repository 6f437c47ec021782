internal import JSON
internal import Platform

/// The answer to a validation (CAS 3.0 §2.5.1, §2.5.2), in the forms in which it can be written.
package enum ServiceResponse: Sendable {
    case success(Assertion, includingAttributes: Bool)
    case failure(FailureCode)

    /// Attribute names that are never released: clients search the whole document for elements
    /// of these names.
    package static let reservedAttributeNames: Set<String> = [
        "user", "proxy", "proxies", "proxyGrantingTicket", "authenticationFailure",
    ]

    /// The CAS 2.0 and 3.0 document (CAS 3.0 Appendix A): prefix `cas:`, no declaration, the
    /// elements in the order of the schema.
    package var xml: [UInt8] {
        var writer = XMLWriter()
        writer.markup("<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>\n")
        switch self {
        case .success(let assertion, let includingAttributes):
            writer.markup("<cas:authenticationSuccess>\n")
            writer.element("user", assertion.user)
            if includingAttributes { writer.attributes(of: assertion) }
            if let receipt = assertion.proxyGrantingTicketReceipt {
                writer.element("proxyGrantingTicket", receipt)
            }
            writer.proxies(assertion.proxies)
            writer.markup("</cas:authenticationSuccess>\n")
        case .failure(let code):
            writer.markup("<cas:authenticationFailure code=\"")
            writer.text(code.rawValue)
            writer.markup("\">")
            writer.text(code.text)
            writer.markup("</cas:authenticationFailure>\n")
        }
        writer.markup("</cas:serviceResponse>\n")
        return writer.bytes
    }

    /// The same facts as JSON (CAS 3.0 §2.5.2); attribute values are always lists.
    package var json: [UInt8] {
        var members: [JSONMember] = []
        switch self {
        case .success(let assertion, let includingAttributes):
            var success = [JSONMember(name: "user", value: .string(assertion.user))]
            if includingAttributes {
                success.append(
                    JSONMember(name: "attributes", value: Self.jsonAttributes(of: assertion)))
            }
            if let receipt = assertion.proxyGrantingTicketReceipt {
                success.append(JSONMember(name: "proxyGrantingTicket", value: .string(receipt)))
            }
            if !assertion.proxies.isEmpty {
                success.append(
                    JSONMember(
                        name: "proxies", value: .array(assertion.proxies.map(JSONValue.string))))
            }
            members = [
                JSONMember(
                    name: "authenticationSuccess", value: .object(JSONObject(members: success)))
            ]
        case .failure(let code):
            let failure = [
                JSONMember(name: "code", value: .string(code.rawValue)),
                JSONMember(name: "description", value: .string(code.text)),
            ]
            members = [
                JSONMember(
                    name: "authenticationFailure", value: .object(JSONObject(members: failure)))
            ]
        }
        let response = JSONMember(
            name: "serviceResponse", value: .object(JSONObject(members: members)))
        return Array(JSONValue.object(JSONObject(members: [response])).text(indented: true).utf8)
    }

    /// The CAS 1.0 answer (CAS 3.0 §2.4.2): `yes` and the user, or `no` and an empty line.
    package var plainText: [UInt8] {
        switch self {
        case .success(let assertion, _):
            // A user name must not be able to add a line.
            let user = assertion.user.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
            return Array("yes\n\(String(String.UnicodeScalarView(user)))\n".utf8)
        case .failure: return Array("no\n\n".utf8)
        }
    }

    private static func jsonAttributes(of assertion: Assertion) -> JSONValue {
        var members: [JSONMember] = []
        if assertion.showsEvent {
            members = [
                JSONMember(
                    name: "authenticationDate",
                    value: .array([.string(assertion.event.date.rfc3339)])),
                JSONMember(
                    name: "longTermAuthenticationRequestTokenUsed",
                    value: .array([.bool(assertion.event.isLongTerm)])),
                JSONMember(
                    name: "isFromNewLogin", value: .array([.bool(assertion.isFromNewLogin)])),
            ]
        }
        if let ticket = assertion.proxyGrantingTicket {
            members.append(
                JSONMember(name: "proxyGrantingTicket", value: .array([.string(ticket)])))
        }
        for entry in assertion.attributes.entries where isReleasable(entry.name) {
            members.append(
                JSONMember(name: entry.name, value: .array(entry.values.map(JSONValue.string))))
        }
        return .object(JSONObject(members: members))
    }

    static func isReleasable(_ name: String) -> Bool {
        !reservedAttributeNames.contains(name) && !protocolAttributeNames.contains(name)
    }

    /// The attributes that the protocol itself defines; a principal's attribute cannot replace
    /// them.
    private static let protocolAttributeNames: Set<String> = [
        "authenticationDate", "longTermAuthenticationRequestTokenUsed", "isFromNewLogin",
    ]
}

extension XMLWriter {
    /// `<cas:attributes>`: the protocol's three first, then the principal's, one element a value.
    fileprivate mutating func attributes(of assertion: Assertion) {
        markup("<cas:attributes>\n")
        if assertion.showsEvent {
            element("authenticationDate", assertion.event.date.rfc3339)
            element(
                "longTermAuthenticationRequestTokenUsed",
                assertion.event.isLongTerm ? "true" : "false")
            element("isFromNewLogin", assertion.isFromNewLogin ? "true" : "false")
        }
        if let ticket = assertion.proxyGrantingTicket { element("proxyGrantingTicket", ticket) }
        for entry in assertion.attributes.entries {
            let name = xmlElementName(entry.name)
            guard ServiceResponse.isReleasable(name) else { continue }
            for value in entry.values { element(name, value) }
        }
        markup("</cas:attributes>\n")
    }

    fileprivate mutating func proxies(_ proxies: [String]) {
        guard !proxies.isEmpty else { return }
        markup("<cas:proxies>\n")
        for proxy in proxies { element("proxy", proxy) }
        markup("</cas:proxies>\n")
    }
}
