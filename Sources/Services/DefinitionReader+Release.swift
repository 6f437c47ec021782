internal import CASProtocol
internal import JSON

/// What leaves the server.
extension DefinitionReader {
    mutating func attributeRelease(_ fields: Fields) -> AttributeReleasePolicy {
        guard let policy = object("attributeReleasePolicy", in: fields) else {
            return AttributeReleasePolicy()
        }
        let release = releasePolicy(policy, isPartOfChain: false) ?? AttributeReleasePolicy()
        for name in release.releasedNames
        where ServiceResponse.reservedAttributeNames.contains(name) {
            warn(
                "allowedAttributes", in: policy,
                "\(name) is a word of the protocol and is never released")
        }
        return release
    }

    /// One policy; `nil` if its class is not understood, which is reported.
    private mutating func releasePolicy(
        _ policy: Fields, isPartOfChain: Bool
    ) -> AttributeReleasePolicy? {
        guard let name = className(of: policy) else { return nil }
        var rules = ApereoFields.attributeRelease
        let rule: AttributeReleasePolicy.Rule
        switch name {
        case "ReturnAllAttributeReleasePolicy":
            rules["excludedAttributes"] = .read
            rule = .all(except: strings("excludedAttributes", in: policy))
        case "ReturnAllowedAttributeReleasePolicy":
            rules["allowedAttributes"] = .read
            rule = .allowed(strings("allowedAttributes", in: policy))
        case "ReturnMappedAttributeReleasePolicy":
            rules["allowedAttributes"] = .read
            rule = .mapped(mappings(policy))
        case "ReturnStaticAttributeReleasePolicy":
            rules["allowedAttributes"] = .read
            rule = .constant(constants(policy))
        case "DenyAllAttributeReleasePolicy":
            rule = .none
        case "ChainingAttributeReleasePolicy" where !isPartOfChain:
            return chain(policy)
        default:
            refuseClass(name, of: policy)
            return nil
        }
        check(policy, rules)
        return AttributeReleasePolicy(
            rule, filters: filters(policy),
            excludesDefaultAttributes: bool(
                "excludeDefaultAttributes", in: policy, default: false),
            releasesAuthenticationAttributes: bool(
                "authorizedToReleaseAuthenticationAttributes", in: policy, default: true),
            principalIdAttribute: string("principalIdAttribute", in: policy).flatMap {
                $0.isEmpty ? nil : $0
            },
            releasesProxyGrantingTicket: bool(
                "authorizedToReleaseProxyGrantingTicket", in: policy, default: false))
    }

    /// Policies one after the other, in the order of their `order` fields.
    ///
    /// Facts of the authentication leave if every policy allows it, a proxy-granting ticket if any
    /// of them does.
    private mutating func chain(_ chain: Fields) -> AttributeReleasePolicy {
        check(
            chain,
            ["policies": .read, "mergingPolicy": .read, "order": .harmless])
        var parts: [(order: Int64, policy: AttributeReleasePolicy)] = []
        for fields in objects("policies", in: chain) {
            let order = integer("order", in: fields) ?? 0
            guard let policy = releasePolicy(fields, isPartOfChain: true) else { continue }
            parts.append((order, policy))
        }
        let merging = string("mergingPolicy", in: chain)?.uppercased()
        let policy = merging.map(AttributeReleasePolicy.MergingPolicy.init(rawValue:)) ?? .replace
        if policy == nil {
            refuse("mergingPolicy", in: chain, "not one of REPLACE, ADD, MULTIVALUED")
        }
        let policies = parts.enumerated()
            .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            .map(\.element.policy)
        return AttributeReleasePolicy(
            .chain(policies, policy ?? .replace),
            releasesAuthenticationAttributes: policies.allSatisfy(
                \.releasesAuthenticationAttributes),
            releasesProxyGrantingTicket: policies.contains(where: \.releasesProxyGrantingTicket))
    }

    private mutating func mappings(_ policy: Fields) -> [AttributeReleasePolicy.Mapping] {
        var mappings: [AttributeReleasePolicy.Mapping] = []
        for entry in entries("allowedAttributes", in: policy) {
            let names = ApereoCollections.strings(entry.value) ?? []
            // Apereo runs `groovy { … }` and `file:/….groovy` where a name should be.
            let isName = names.allSatisfy {
                !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && !"{}()/".utf8.contains($0) }
            }
            if names.isEmpty || !isName {
                refuse(
                    "allowedAttributes", in: policy,
                    "\(entry.name): a name is expected; scripts are not supported")
            }
            mappings.append(AttributeReleasePolicy.Mapping(name: entry.name, releasedNames: names))
        }
        return mappings
    }

    private mutating func constants(_ policy: Fields) -> [AttributeReleasePolicy.Constant] {
        var constants: [AttributeReleasePolicy.Constant] = []
        for entry in entries("allowedAttributes", in: policy) {
            let values = ApereoCollections.strings(entry.value) ?? []
            if values.isEmpty || values.contains(where: Self.isExpression) {
                refuse(
                    "allowedAttributes", in: policy,
                    "\(entry.name): a list of strings is expected; expressions are not supported")
            }
            constants.append(AttributeReleasePolicy.Constant(name: entry.name, values: values))
        }
        return constants
    }

    /// Whether Apereo would put something else in the place of a text.
    static func isExpression(_ text: String) -> Bool {
        text.contains("${") || text.contains("#{")
    }

    private mutating func filters(_ policy: Fields) -> [AttributeFilter] {
        guard let filter = object("attributeFilter", in: policy) else { return [] }
        return filters(in: filter, isPartOfChain: false)
    }

    private mutating func filters(in filter: Fields, isPartOfChain: Bool) -> [AttributeFilter] {
        let packages = ["org.apereo.cas.services.support.", "org.apereo.cas.services."]
        guard let name = className(of: filter, in: packages) else { return [] }
        switch name {
        case "RegisteredServiceRegexAttributeFilter":
            check(filter, ["pattern": .read, "order": .harmless])
            guard let text = string("pattern", in: filter), !text.isEmpty else {
                refuse("pattern", in: filter, "missing")
                return []
            }
            return valuePattern(text, "pattern", filter, isCaseInsensitive: true).map {
                [AttributeFilter(.regex($0))]
            } ?? []
        case "RegisteredServiceMappedRegexAttributeFilter":
            return [AttributeFilter(.mapped(mappedPatterns(filter)))]
        case "RegisteredServiceReverseMappedRegexAttributeFilter":
            return [AttributeFilter(.reverseMapped(mappedPatterns(filter)))]
        case "RegisteredServiceChainingAttributeFilter" where !isPartOfChain:
            check(filter, ["filters": .read, "order": .harmless])
            var parts: [(order: Int64, filters: [AttributeFilter])] = []
            for part in objects("filters", in: filter) {
                let order = integer("order", in: part) ?? 0
                parts.append((order, filters(in: part, isPartOfChain: true)))
            }
            return parts.enumerated()
                .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
                .flatMap(\.element.filters)
        default:
            refuseClass(name, of: filter)
            return []
        }
    }

    private mutating func mappedPatterns(_ filter: Fields) -> AttributeFilter.MappedPatterns {
        check(
            filter,
            [
                "patterns": .read, "excludeUnmappedAttributes": .read, "caseInsensitive": .read,
                "completeMatch": .read, "order": .harmless,
            ])
        let isCaseInsensitive = bool("caseInsensitive", in: filter, default: true)
        var patterns: [String: [ValuePattern]] = [:]
        for entry in entries("patterns", in: filter) {
            let texts = ApereoCollections.strings(entry.value) ?? []
            if texts.isEmpty {
                refuse("patterns", in: filter, "\(entry.name): a pattern is missing")
            }
            patterns[entry.name] = texts.compactMap {
                valuePattern($0, "patterns", filter, isCaseInsensitive: isCaseInsensitive)
            }
        }
        return AttributeFilter.MappedPatterns(
            patterns: patterns,
            excludesUnmapped: bool("excludeUnmappedAttributes", in: filter, default: false),
            matchesWhole: bool("completeMatch", in: filter, default: false))
    }

    private mutating func valuePattern(
        _ text: String, _ name: String, _ fields: Fields, isCaseInsensitive: Bool
    ) -> ValuePattern? {
        do {
            return try ValuePattern(text, isCaseInsensitive: isCaseInsensitive)
        } catch {
            refuse(name, in: fields, error.reason)
            return nil
        }
    }
}
