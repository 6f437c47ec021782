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
    /// is refused unless the value says what happens anyway.
    case unsupported(unless: @Sendable (JSONValue) -> Bool = { _ in false })
}

/// Apereo's fields, class by class, and what becomes of each; `null` is the same as leaving it out.
enum ApereoFields {
    static let service: [String: FieldRule] = [
        "id": .read, "name": .read, "description": .read, "serviceId": .read,
        "evaluationOrder": .read, "accessStrategy": .read, "attributeReleasePolicy": .read,
        "usernameAttributeProvider": .read, "logoutType": .read, "logoutUrl": .read,
        "logo": .read, "informationUrl": .read, "privacyUrl": .read,

        "contacts": .harmless,
        "theme": .ineffective("themes are not supported yet"),
        "locale": .ineffective("the language is the browser's"),
        "publicKey": .ineffective("nothing is encrypted for a service yet"),
        "acceptableUsagePolicy": .ineffective("terms of use are not supported yet"),
        "webflowInterruptPolicy": .ineffective("interrupts are not supported yet"),
        "proxyPolicy": .ineffective(
            "proxy tickets are not supported yet; they are refused",
            unless: isClass("RefuseRegisteredServiceProxyPolicy")),
        "properties": .read,

        "matchingStrategy": .unsupported(
            unless: isClass("FullRegexRegisteredServiceMatchingStrategy")),
        "responseType": .unsupported { $0 == "REDIRECT" },
        "expirationPolicy": .unsupported { isEmptyMember("expirationDate", of: $0) },
        "multifactorPolicy": .unsupported {
            isEmptyMember("multifactorAuthenticationProviders", of: $0)
                && isEmptyMember("script", of: $0)
        },
        "authenticationPolicy": .unsupported {
            isEmptyMember("requiredAuthenticationHandlers", of: $0)
                && isEmptyMember("excludedAuthenticationHandlers", of: $0)
                && isEmptyMember("criteria", of: $0)
        },
        "supportedProtocols": .unsupported(unless: isEmpty),
        "environments": .unsupported(unless: isEmpty),
        "requiredHandlers": .unsupported(unless: isEmpty),
        "templateName": .unsupported(), "redirectUrl": .unsupported(),
        "singleSignOnParticipationPolicy": .unsupported(),
        "serviceTicketExpirationPolicy": .unsupported(),
        "proxyTicketExpirationPolicy": .unsupported(),
        "proxyGrantingTicketExpirationPolicy": .unsupported(),
        "ticketGrantingTicketExpirationPolicy": .unsupported(),
    ]

    static let accessStrategy: [String: FieldRule] = [
        "enabled": .read, "ssoEnabled": .read, "requiredAttributes": .read,
        "requireAllAttributes": .read, "caseInsensitive": .read,
        "order": .harmless,
        "rejectedAttributes": .unsupported(unless: isEmpty),
        "unauthorizedRedirectUrl": .unsupported(),
        "activationCriteria": .unsupported(),
        "delegatedAuthenticationPolicy": .unsupported { value in
            isEmptyMember("allowedProviders", of: value)
                && value.objectValue?["exclusive"] != true
        },
    ]

    /// Fields of every attribute release policy; `allowedAttributes` and `excludedAttributes` are
    /// only of some.
    static let attributeRelease: [String: FieldRule] = [
        "authorizedToReleaseAuthenticationAttributes": .read,
        "order": .harmless,
        // There is no default bundle of attributes that could be excluded.
        "excludeDefaultAttributes": .harmless,
        "authorizedToReleaseCredentialPassword": .unsupported { $0 == false },
        "authorizedToReleaseProxyGrantingTicket": .unsupported { $0 == false },
        "principalIdAttribute": .unsupported(unless: isEmpty),
        "attributeFilter": .unsupported(), "activationCriteria": .unsupported(),
        "consentPolicy": .unsupported { value in
            value.objectValue?["enabled"] == false || value.objectValue?["status"] == "FALSE"
        },
        "principalAttributesRepository": .unsupported(
            unless: isClass("DefaultPrincipalAttributesRepository")),
    ]

    static let username: [String: FieldRule] = [
        "canonicalizationMode": .read,
        "encryptUsername": .unsupported { $0 == false },
        "scope": .unsupported(unless: isEmpty),
        "removePattern": .unsupported(unless: isEmpty),
    ]

    /// Whether a property, found in `properties`, changes what a service is given.
    ///
    /// Others steer features that do not exist here.
    static func isDecisiveProperty(_ name: String) -> Bool {
        name.lowercased().hasPrefix("jwt")
    }

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

    private static func isEmpty(_ value: JSONValue) -> Bool {
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
