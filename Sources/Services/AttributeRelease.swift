package import CASProtocol
internal import OpenSSL
internal import Platform

/// What the release of attributes and names needs beside the definition.
package struct ReleaseContext: Sendable {
    /// The attributes that every service learns unless its definition excludes them.
    package var defaultAttributes: [String]
    /// The key of anonymous names; who knows it can find out whom a name belongs to.
    package var anonymousIDSecret: [UInt8]

    package init(defaultAttributes: [String] = [], anonymousIDSecret: [UInt8] = []) {
        self.defaultAttributes = defaultAttributes
        self.anonymousIDSecret = anonymousIDSecret
    }
}

/// What a service learns about a principal.
package enum AttributeRelease {
    /// The attributes of the principal that the service may see, under the names it sees.
    package static func release(
        to service: RegisteredService, principal: Principal, context: ReleaseContext
    ) -> Attributes {
        released(
            by: service.attributeReleasePolicy, principal: principal,
            defaults: context.defaultAttributes)
    }

    private static func released(
        by policy: AttributeReleasePolicy, principal: Principal, defaults: [String]
    ) -> Attributes {
        var released = Attributes()
        func add(_ values: [String], _ name: String) {
            if ServiceResponse.reservedAttributeNames.contains(name) { return }
            released.add(values, to: name)
        }
        switch policy.rule {
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
        case .constant(let constants):
            for constant in constants { add(constant.values, constant.name) }
        case .chain(let policies, let merging):
            for policy in policies {
                let more = Self.released(by: policy, principal: principal, defaults: defaults)
                merge(more, into: &released, merging)
            }
            return filtered(released, policy.filters)
        }
        if !policy.excludesDefaultAttributes, policy.rule != .none {
            for name in defaults where released[name] == nil {
                if let values = principal.attributes[name] { add(values, name) }
            }
        }
        if let name = policy.principalIdAttribute,
            !ServiceResponse.reservedAttributeNames.contains(name)
        {
            released.set(name, to: [principal.id])
        }
        return filtered(released, policy.filters)
    }

    private static func merge(
        _ more: Attributes, into all: inout Attributes,
        _ merging: AttributeReleasePolicy.MergingPolicy
    ) {
        for entry in more.entries {
            switch merging {
            case .replace: all.set(entry.name, to: entry.values)
            case .add where all[entry.name] != nil: break
            case .add: all.add(entry.values, to: entry.name)
            case .multivalued:
                let known = all[entry.name] ?? []
                all.add(entry.values.filter { !known.contains($0) }, to: entry.name)
            }
        }
    }

    private static func filtered(
        _ attributes: Attributes, _ filters: [AttributeFilter]
    ) -> Attributes {
        guard !filters.isEmpty else { return attributes }
        var passed = Attributes()
        for entry in attributes.entries {
            let values = filters.reduce(entry.values) { $1.passing($0, of: entry.name) }
            passed.add(values, to: entry.name)
        }
        return passed
    }

    /// The name that the service is told.
    ///
    /// An attribute is looked for without regard to case, first among what is released, then
    /// among all; a principal who does not have it keeps the id (as in Apereo).
    package static func username(
        for registered: RegisteredService, principal: Principal, service: ServiceURL,
        context: ReleaseContext
    ) -> String {
        let provider = registered.usernameProvider
        var name: String
        switch provider.source {
        case .principalID:
            name = principal.id
        case .attribute(let attribute):
            let released = release(to: registered, principal: principal, context: context)
            let found =
                firstValue(of: attribute, in: released)
                ?? firstValue(of: attribute, in: principal.attributes)
            name = found.map(trimmed).flatMap { $0.isEmpty ? nil : $0 } ?? principal.id
        case .anonymous(let recipe):
            name = anonymousName(
                recipe, registered: registered, principal: principal, service: service,
                secret: context.anonymousIDSecret)
        case .constant(let text):
            name = text
        }
        // The order of Apereo: remove, append the scope, trim, canonicalize.
        if let removal = provider.removal { name = removal.applied(to: name) }
        if let scope = provider.scope { name += "@" + scope }
        switch provider.canonicalization {
        case .none: return trimmed(name)
        case .upper: return trimmed(name).uppercased()
        case .lower: return trimmed(name).lowercased()
        }
    }

    /// A name that is the same whenever the principal enters the service.
    ///
    /// With a salt it is the one that Apereo makes, Base64 of SHA-1 over service, principal and
    /// salt with `!` between them, so that services know their users again after a change of
    /// server. It then depends on the whole service URL. Without a salt it is URL-safe Base64 of
    /// HMAC-SHA256 over the number of the definition and the principal.
    private static func anonymousName(
        _ recipe: UsernameProvider.AnonymousID, registered: RegisteredService,
        principal: Principal, service: ServiceURL, secret: [UInt8]
    ) -> String {
        let subject =
            recipe.attribute.flatMap { principal.attributes[$0]?.first } ?? principal.id
        if let salt = recipe.salt {
            let saltLine = String(salt.map { $0 == "\n" ? " " : $0 })
            let text = service.withoutSessionID + "!" + subject + "!" + saltLine
            return base64(sha1(Array(text.utf8)))
        }
        let text = "\(registered.id)!\(subject)"
        return base64(hmacSHA256(Array(text.utf8), key: SecretBytes(secret)), .url)
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

extension ServiceURL {
    /// The text without `;jsessionid=…`, as Apereo knows the service.
    fileprivate var withoutSessionID: String {
        guard let start = text.firstRange(of: ";jsessionid")?.lowerBound else { return text }
        let rest = text[start...].drop { $0 != "?" && $0 != "#" }
        return String(text[..<start] + rest)
    }
}
