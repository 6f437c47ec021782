internal import CASProtocol
internal import JSON

/// What only some definitions say.
extension DefinitionReader {
    mutating func matchingStrategy(_ fields: Fields) -> (MatchingStrategy, startText: String?) {
        guard let strategy = object("matchingStrategy", in: fields),
            let name = className(of: strategy)
        else { return (.fullRegex, nil) }
        guard let matching = MatchingStrategy(rawValue: name), matching != .literalInAnyCase else {
            refuseClass(name, of: strategy)
            return (.fullRegex, nil)
        }
        switch matching {
        case .literal:
            check(strategy, ["caseInsensitive": .read])
            let isInAnyCase = bool("caseInsensitive", in: strategy, default: false)
            return (isInAnyCase ? .literalInAnyCase : .literal, nil)
        case .startsWith:
            check(strategy, ["expectedUrl": .read])
            let start = string("expectedUrl", in: strategy) ?? ""
            if start.isEmpty { refuse("expectedUrl", in: strategy, "missing") }
            return (.startsWith, start)
        case .fullRegex, .partialRegex, .literalInAnyCase:
            check(strategy, [:])
            return (matching, nil)
        }
    }

    mutating func logoutTarget(_ fields: Fields) -> LogoutTarget {
        LogoutTarget(
            type: choice("logoutType", in: fields, default: .backChannel),
            url: address("logoutUrl", in: fields))
    }

    mutating func links(_ fields: Fields) -> ServiceLinks {
        ServiceLinks(
            logo: string("logo", in: fields),
            informationUrl: string("informationUrl", in: fields),
            privacyUrl: string("privacyUrl", in: fields), theme: string("theme", in: fields))
    }

    mutating func extras(
        _ fields: Fields, serviceId: String, release: AttributeReleasePolicy
    ) -> ServiceExtras {
        var extras = ServiceExtras()
        extras.proxyPolicy = proxyPolicy(fields, serviceId: serviceId)
        if fields.member("responseType") != nil {
            extras.responseType = choice("responseType", in: fields, default: .redirect)
        }
        extras.redirectURL = address("redirectUrl", in: fields)
        extras.supportedProtocols = protocols(fields)
        extras.expiration = expiration(fields)
        extras.lifetimes = lifetimes(fields)
        extras.setsCookieOnRenewal = participation(fields)
        extras.contacts = contacts(fields)
        extras.publicKey = publicKey(fields)
        (extras.ticketTokens, extras.tokenLogin) = tokens(fields)
        extras.mayLackAccessStrategy = hasOpenEnd && fields.member("accessStrategy") == nil
        if release.releasesProxyGrantingTicket, extras.publicKey == nil {
            refuse(
                "publicKey", in: fields,
                "missing; authorizedToReleaseProxyGrantingTicket needs a key to encrypt with")
        }
        return extras
    }

    private mutating func proxyPolicy(_ fields: Fields, serviceId: String) -> ProxyPolicy {
        guard let policy = object("proxyPolicy", in: fields), let name = className(of: policy)
        else { return .refuse }
        switch name {
        case "RefuseRegisteredServiceProxyPolicy":
            check(policy, [:])
            return .refuse
        case "RegexMatchingRegisteredServiceProxyPolicy":
            check(policy, ["pattern": .read, "useServiceId": .read, "exactMatch": .read])
            let usesServiceId = bool("useServiceId", in: policy, default: false)
            let text = usesServiceId ? serviceId : string("pattern", in: policy) ?? ""
            guard !text.isEmpty else {
                refuse("pattern", in: policy, "missing")
                return .refuse
            }
            do {
                let isExact = bool("exactMatch", in: policy, default: false)
                let pattern = try ProxyPattern(text, isExact: isExact)
                for warning in PatternFaults(ofProxy: pattern).warnings {
                    warn("pattern", in: policy, warning)
                }
                return .regex(pattern)
            } catch {
                refuse("pattern", in: policy, error.reason)
                return .refuse
            }
        default:
            refuseClass(name, of: policy)
            return .refuse
        }
    }

    private mutating func protocols(_ fields: Fields) -> Set<ServiceProtocol> {
        var protocols: Set<ServiceProtocol> = []
        for name in strings("supportedProtocols", in: fields) {
            guard let version = ServiceProtocol(rawValue: name) else {
                let known = ServiceProtocol.allCases.map(\.rawValue).joined(separator: ", ")
                refuse("supportedProtocols", in: fields, "\(name) is not one of \(known)")
                continue
            }
            protocols.insert(version)
        }
        return protocols
    }

    private mutating func expiration(_ fields: Fields) -> DefinitionExpiry? {
        guard let policy = object("expirationPolicy", in: fields) else { return nil }
        if policy.member("@class") != nil,
            !isOf("DefaultRegisteredServiceExpirationPolicy", policy)
        {
            return nil
        }
        let isOff: @Sendable (JSONValue) -> Bool = { $0 == false }
        check(
            policy,
            [
                "expirationDate": .read, "deleteWhenExpired": .read,
                "notifyWhenDeleted": .ineffective("nobody is notified", unless: isOff),
                "notifyWhenExpired": .ineffective("nobody is notified", unless: isOff),
            ])
        let asksForDeletion = bool("deleteWhenExpired", in: policy, default: false)
        if asksForDeletion {
            warn("deleteWhenExpired", in: policy, "files are never deleted; nobody may enter then")
        }
        return instant("expirationDate", in: policy).map {
            DefinitionExpiry(date: $0, asksForDeletion: asksForDeletion)
        }
    }

    private mutating func participation(_ fields: Fields) -> Bool? {
        guard let policy = object("singleSignOnParticipationPolicy", in: fields),
            isOf("DefaultRegisteredServiceSingleSignOnParticipationPolicy", policy)
        else { return nil }
        let name = "createCookieOnRenewedAuthentication"
        check(policy, [name: .read, "order": .harmless])
        if let flag = policy.member(name)?.value.boolValue { return flag }
        switch string(name, in: policy)?.uppercased() {
        case "TRUE": return true
        case "FALSE": return false
        case "UNDEFINED", nil: return nil
        default:
            refuse(name, in: policy, "not one of TRUE, FALSE, UNDEFINED")
            return nil
        }
    }

    private mutating func contacts(_ fields: Fields) -> [ServiceContact] {
        var contacts: [ServiceContact] = []
        for contact in objects("contacts", in: fields) {
            check(
                contact,
                [
                    "name": .read, "email": .read, "phone": .read, "department": .read,
                    "id": .harmless, "type": .harmless,
                ])
            contacts.append(
                ServiceContact(
                    name: string("name", in: contact) ?? "",
                    email: string("email", in: contact), phone: string("phone", in: contact),
                    department: string("department", in: contact)))
        }
        return contacts
    }

    private mutating func publicKey(_ fields: Fields) -> PublicKeyLocation? {
        guard let key = object("publicKey", in: fields) else { return nil }
        if key.member("@class") != nil, !isOf("RegisteredServicePublicKeyImpl", key) { return nil }
        check(key, ["location": .read, "algorithm": .read])
        let algorithm = string("algorithm", in: key) ?? "RSA"
        if algorithm != "RSA" { refuse("algorithm", in: key, "only RSA is supported") }
        var path = string("location", in: key) ?? ""
        for start in ["file://", "file:"] where path.hasPrefix(start) {
            path.removeFirst(start.count)
            break
        }
        guard path.hasPrefix("/") else {
            refuse("location", in: key, "the path of a file is expected, such as file:/etc/key.pem")
            return nil
        }
        return PublicKeyLocation(path: path)
    }
}
