/// Which attributes of a principal leave the server, and under which names.
package struct AttributeReleasePolicy: Hashable, Sendable {
    package indirect enum Rule: Hashable, Sendable {
        /// All but these.
        case all(except: [String])
        /// These, under their own names.
        case allowed([String])
        /// These, each under one or more other names.
        case mapped([Mapping])
        /// These names and values, whoever the principal is.
        case constant([Constant])
        case none
        /// What several policies release, one after the other.
        case chain([AttributeReleasePolicy], MergingPolicy)
    }

    /// An attribute and the names that it leaves under.
    package struct Mapping: Hashable, Sendable {
        package let name: String
        package let releasedNames: [String]

        package init(name: String, releasedNames: [String]) {
            self.name = name
            self.releasedNames = releasedNames
        }
    }

    /// A name and values that are the same for every principal.
    package struct Constant: Hashable, Sendable {
        package let name: String
        package let values: [String]

        package init(name: String, values: [String]) {
            self.name = name
            self.values = values
        }
    }

    /// What becomes of an attribute that two policies of a chain release.
    package enum MergingPolicy: String, Hashable, Sendable, CaseIterable {
        /// The later one counts.
        case replace = "REPLACE"
        /// The earlier one counts.
        case add = "ADD"
        /// The values of both are released.
        case multivalued = "MULTIVALUED"
    }

    package let rule: Rule
    /// Which values pass, asked one after the other.
    package let filters: [AttributeFilter]
    /// Whether the attributes that are released to every service stay out.
    package let excludesDefaultAttributes: Bool
    /// Whether facts of the authentication, such as its date, leave as well.
    package let releasesAuthenticationAttributes: Bool
    /// The attribute that the principal's id is released as.
    package let principalIdAttribute: String?
    /// Whether a proxy-granting ticket may be released, encrypted for the service.
    package let releasesProxyGrantingTicket: Bool

    package init(
        _ rule: Rule = .allowed([]), filters: [AttributeFilter] = [],
        excludesDefaultAttributes: Bool = false, releasesAuthenticationAttributes: Bool = true,
        principalIdAttribute: String? = nil, releasesProxyGrantingTicket: Bool = false
    ) {
        self.rule = rule
        self.filters = filters
        self.excludesDefaultAttributes = excludesDefaultAttributes
        self.releasesAuthenticationAttributes = releasesAuthenticationAttributes
        self.principalIdAttribute = principalIdAttribute
        self.releasesProxyGrantingTicket = releasesProxyGrantingTicket
    }

    /// The names that the policy may release, as far as the definition tells them.
    var releasedNames: [String] {
        let names: [String] =
            switch rule {
            case .all, .none: []
            case .allowed(let names): names
            case .mapped(let mappings): mappings.flatMap(\.releasedNames)
            case .constant(let constants): constants.map(\.name)
            case .chain(let policies, _): policies.flatMap(\.releasedNames)
            }
        return names + (principalIdAttribute.map { [$0] } ?? [])
    }
}
