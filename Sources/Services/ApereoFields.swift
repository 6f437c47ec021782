internal import JSON

/// What becomes of a field of a definition.
enum FieldRule: Sendable {
    /// It is decoded.
    case read
    /// It has no effect here and cannot have one on who enters or on what leaves.
    case harmless
    /// It has no effect, and the operator is told so, unless it says what happens anyway.
    case ineffective(String, unless: @Sendable (JSONValue) -> Bool = { _ in false })
    /// It would change who enters, what leaves or where a browser or message goes. The definition
    /// is refused for the reason given unless the value says what happens anyway.
    case unsupported(String, unless: @Sendable (JSONValue) -> Bool = { _ in false })
}

/// Apereo's fields, class by class, and what becomes of each; `null` is the same as leaving it out.
enum ApereoFields {
    static let service: [String: FieldRule] = [
        "id": .read, "name": .read, "description": .read, "serviceId": .read,
        "evaluationOrder": .read, "accessStrategy": .read, "attributeReleasePolicy": .read,
        "usernameAttributeProvider": .read, "logoutType": .read, "logoutUrl": .read,
        "logo": .read, "informationUrl": .read, "privacyUrl": .read, "theme": .read,
        "contacts": .read, "publicKey": .read, "proxyPolicy": .read, "properties": .read,
        "matchingStrategy": .read, "responseType": .read, "redirectUrl": .read,
        "expirationPolicy": .read, "supportedProtocols": .read, "templateName": .read,
        "singleSignOnParticipationPolicy": .read, "serviceTicketExpirationPolicy": .read,
        "proxyTicketExpirationPolicy": .read, "proxyGrantingTicketExpirationPolicy": .read,
        "ticketGrantingTicketExpirationPolicy": .read,

        "locale": .ineffective("the language is the browser's"),
        "acceptableUsagePolicy": .ineffective("terms of use are not supported yet"),
        "webflowInterruptPolicy": .ineffective("interrupts are not supported yet"),
        "passwordlessPolicy": .ineffective("login without a password is not supported"),
        "surrogatePolicy": .ineffective("nobody can enter as somebody else"),

        "multifactorPolicy": .unsupported(
            "a second factor is not supported yet; without it users would enter with less than "
                + "the definition demands"
        ) {
            isEmptyMember("multifactorAuthenticationProviders", of: $0)
                && isEmptyMember("script", of: $0)
        },
        "authenticationPolicy": .unsupported(
            "demands on how somebody was authenticated are not supported yet; without them users "
                + "would enter with less than the definition demands"
        ) {
            isEmptyMember("requiredAuthenticationHandlers", of: $0)
                && isEmptyMember("excludedAuthenticationHandlers", of: $0)
                && isEmptyMember("criteria", of: $0)
        },
        "environments": .unsupported(
            "there are no profiles; give each server a folder with its own definitions",
            unless: isEmpty),
        "requiredHandlers": .unsupported(
            "demands on how somebody was authenticated are not supported yet", unless: isEmpty),
    ]

    static let accessStrategy: [String: FieldRule] = [
        "enabled": .read, "ssoEnabled": .read, "requiredAttributes": .read,
        "rejectedAttributes": .read, "requireAllAttributes": .read, "caseInsensitive": .read,
        "unauthorizedRedirectUrl": .read, "delegatedAuthenticationPolicy": .read,
        "order": .harmless,
        "activationCriteria": .unsupported(
            "conditions on a strategy are not supported; write two definitions"),
    ]

    static let delegation: [String: FieldRule] = [
        "allowedProviders": .read, "permitUndefined": .read, "exclusive": .read,
        "selectionStrategy": .unsupported("scripts are not supported", unless: isEmpty),
    ]

    /// Fields of every attribute release policy; `allowedAttributes` and `excludedAttributes` are
    /// only of some.
    static let attributeRelease: [String: FieldRule] = [
        "authorizedToReleaseAuthenticationAttributes": .read,
        "authorizedToReleaseProxyGrantingTicket": .read, "excludeDefaultAttributes": .read,
        "principalIdAttribute": .read, "attributeFilter": .read,
        // It counts within a chain, which reads it.
        "order": .harmless,
        "authorizedToReleaseCredentialPassword": .unsupported(
            "passwords are not kept, so none can be released (ClearPass); let the service use "
                + "proxy tickets"
        ) { $0 == false },
        "activationCriteria": .unsupported(
            "conditions on a policy are not supported; write two definitions"),
        "consentPolicy": .unsupported(
            "consent is not asked for; release only what needs none"
        ) { value in
            value.objectValue?["enabled"] == false || value.objectValue?["status"] == "FALSE"
        },
        "principalAttributesRepository": .unsupported(
            "attributes are those of the login; other repositories are not asked",
            unless: isClass("DefaultPrincipalAttributesRepository")),
    ]

    static let username: [String: FieldRule] = [
        "canonicalizationMode": .read, "scope": .read, "removePattern": .read,
        "encryptUsername": .unsupported(
            "names are not encrypted; an anonymous provider hides them as well"
        ) { $0 == false },
    ]

    /// Whether an object is of a class, whatever package the class is in.
    private static func isClass(_ name: String) -> @Sendable (JSONValue) -> Bool {
        { value in
            guard let text = value.objectValue?["@class"]?.stringValue else { return false }
            return text == name || text.hasSuffix("." + name)
        }
    }

    /// Whether a member of an object is missing or empty.
    private static func isEmptyMember(_ name: String, of value: JSONValue) -> Bool {
        guard let object = value.objectValue else { return false }
        return object[name].map(isEmpty) ?? true
    }

    static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array: ApereoCollections.elements(value)?.isEmpty ?? false
        case .object: ApereoCollections.entries(value)?.isEmpty ?? false
        case .bool, .integer, .number: false
        }
    }
}

/// Collections with Java's type tags, and without.
enum ApereoCollections {
    /// The elements of `["java.util.ArrayList", […]]`, of a plain array, or of a single string.
    static func elements(_ value: JSONValue) -> [JSONValue]? {
        if case .string = value { return [value] }
        guard let elements = value.arrayValue else { return nil }
        if elements.count == 2, case .string(let tag) = elements[0], tag.hasPrefix("java.util."),
            let inner = elements[1].arrayValue
        {
            return inner
        }
        return elements
    }

    /// The members of an object without its type tag, which must name a collection.
    static func entries(_ value: JSONValue) -> [JSONMember]? {
        guard let object = value.objectValue else { return nil }
        if let tag = object["@class"] {
            guard tag.stringValue?.hasPrefix("java.util.") == true else { return nil }
        }
        return object.members.filter { $0.name != "@class" }
    }

    /// The elements if all of them are strings.
    static func strings(_ value: JSONValue) -> [String]? {
        guard let elements = elements(value) else { return nil }
        let strings = elements.compactMap(\.stringValue)
        return strings.count == elements.count ? strings : nil
    }
}
