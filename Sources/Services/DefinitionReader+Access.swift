internal import CASProtocol
internal import JSON
internal import Platform

/// Who may enter.
extension DefinitionReader {
    mutating func accessStrategy(_ fields: Fields) -> AccessStrategy {
        guard let strategy = object("accessStrategy", in: fields),
            let name = className(of: strategy)
        else { return AccessStrategy() }
        var rules = ApereoFields.accessStrategy
        var startsAt: Instant?
        var endsAt: Instant?
        switch name {
        case "DefaultRegisteredServiceAccessStrategy":
            break
        case "TimeBasedRegisteredServiceAccessStrategy":
            rules["startingDateTime"] = .read
            rules["endingDateTime"] = .read
            startsAt = instant("startingDateTime", in: strategy)
            endsAt = instant("endingDateTime", in: strategy)
            if let startsAt, let endsAt, endsAt < startsAt {
                warn("endingDateTime", in: strategy, "before the start; nobody may ever enter")
            }
        default:
            refuseClass(name, of: strategy)
            return AccessStrategy()
        }
        check(strategy, rules)
        let isCaseInsensitive = bool("caseInsensitive", in: strategy, default: false)
        let matching: RequiredAttribute.CaseMatching = isCaseInsensitive ? .insensitive : .exact
        return AccessStrategy(
            isEnabled: bool("enabled", in: strategy, default: true),
            isSSOEnabled: bool("ssoEnabled", in: strategy, default: true),
            requiredAttributes: attributes("requiredAttributes", in: strategy, matching),
            rejectedAttributes: attributes("rejectedAttributes", in: strategy, matching),
            requiresAllAttributes: bool("requireAllAttributes", in: strategy, default: true),
            startsAt: startsAt, endsAt: endsAt,
            unauthorizedRedirectURL: address("unauthorizedRedirectUrl", in: strategy),
            delegation: delegation(strategy))
    }

    private mutating func attributes(
        _ name: String, in strategy: Fields, _ matching: RequiredAttribute.CaseMatching
    ) -> [RequiredAttribute] {
        var attributes: [RequiredAttribute] = []
        for entry in entries(name, in: strategy) {
            let values = ApereoCollections.strings(entry.value) ?? []
            if values.isEmpty {
                refuse(
                    name, in: strategy, "\(entry.name): a list of one or more strings is expected")
            }
            attributes.append(
                RequiredAttribute(name: entry.name, values: values, matching: matching))
        }
        return attributes
    }

    private mutating func delegation(_ strategy: Fields) -> DelegationPolicy {
        guard let policy = object("delegatedAuthenticationPolicy", in: strategy),
            isOf("DefaultRegisteredServiceDelegatedAuthenticationPolicy", policy)
        else { return DelegationPolicy() }
        check(policy, ApereoFields.delegation)
        return DelegationPolicy(
            allowedProviders: strings("allowedProviders", in: policy),
            permitsUndefined: bool("permitUndefined", in: policy, default: true),
            isExclusive: bool("exclusive", in: policy, default: false))
    }

    /// A moment; reports a text that is none.
    mutating func instant(_ name: String, in fields: Fields) -> Instant? {
        guard let text = string(name, in: fields), !text.isEmpty else { return nil }
        if let instant = ApereoTime.instant(text) { return instant }
        refuse(
            name, in: fields,
            "not a moment; write it as 2026-10-01T08:00:00Z, with an offset or, for UTC, without")
        return nil
    }
}
