package import CASProtocol

/// Which attributes of a principal leave the server, and under which names.
package struct AttributeReleasePolicy: Hashable, Sendable {
    package enum Rule: Hashable, Sendable {
        /// All but these.
        case all(except: [String])
        /// These, under their own names.
        case allowed([String])
        /// These, each under one or more other names.
        case mapped([Mapping])
        case none
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

    package let rule: Rule
    /// Whether facts of the authentication, such as its date, leave as well.
    package let releasesAuthenticationAttributes: Bool

    package init(_ rule: Rule = .allowed([]), releasesAuthenticationAttributes: Bool = true) {
        self.rule = rule
        self.releasesAuthenticationAttributes = releasesAuthenticationAttributes
    }

    /// The names that the policy may release, as far as the definition tells them.
    var releasedNames: [String] {
        switch rule {
        case .all, .none: []
        case .allowed(let names): names
        case .mapped(let mappings): mappings.flatMap(\.releasedNames)
        }
    }
}

/// Which name of the principal a service is told.
package struct UsernameProvider: Hashable, Sendable {
    /// What is done to the letters of the name.
    package enum Canonicalization: String, Hashable, Sendable, CaseIterable {
        case none = "NONE"
        case upper = "UPPER"
        case lower = "LOWER"
    }

    /// The attribute whose first value is the name; `nil` is the principal's id.
    package let attribute: String?
    package let canonicalization: Canonicalization

    package init(attribute: String? = nil, canonicalization: Canonicalization = .none) {
        self.attribute = attribute
        self.canonicalization = canonicalization
    }
}

/// What a service learns about a principal.
package enum AttributeRelease {
    /// The attributes of the principal that the service may see, under the names it sees.
    package static func release(
        to service: RegisteredService, principal: Principal
    ) -> Attributes {
        var released = Attributes()
        func add(_ values: [String], _ name: String) {
            if ServiceResponse.reservedAttributeNames.contains(name) { return }
            released.add(values, to: name)
        }
        switch service.attributeReleasePolicy.rule {
        case .none:
            break
        case .all(except: let excluded):
            for entry in principal.attributes.entries where !excluded.contains(entry.name) {
                add(entry.values, entry.name)
            }
        case .allowed(let names):
            for entry in principal.attributes.entries where names.contains(entry.name) {
                add(entry.values, entry.name)
            }
        case .mapped(let mappings):
            for mapping in mappings {
                guard let values = principal.attributes[mapping.name] else { continue }
                for name in mapping.releasedNames { add(values, name) }
            }
        }
        return released
    }

    /// The name that the service is told.
    ///
    /// An attribute is looked for without regard to case, first among what is released, then
    /// among all; a principal who does not have it keeps the id (as in Apereo).
    package static func username(for service: RegisteredService, principal: Principal) -> String {
        let provider = service.usernameProvider
        var name = principal.id
        if let attribute = provider.attribute {
            let found =
                firstValue(of: attribute, in: release(to: service, principal: principal))
                ?? firstValue(of: attribute, in: principal.attributes)
            name = found.map(trimmed).flatMap { $0.isEmpty ? nil : $0 } ?? name
        }
        switch provider.canonicalization {
        case .none: return trimmed(name)
        case .upper: return trimmed(name.uppercased())
        case .lower: return trimmed(name.lowercased())
        }
    }

    private static func firstValue(of name: String, in attributes: Attributes) -> String? {
        let wanted = name.lowercased()
        return attributes.entries.first { $0.name.lowercased() == wanted }?.values.first
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
