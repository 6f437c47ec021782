/// Which name a service is told.
extension DefinitionReader {
    mutating func usernameProvider(_ fields: Fields) -> UsernameProvider {
        guard let provider = object("usernameAttributeProvider", in: fields),
            let name = className(of: provider)
        else { return UsernameProvider() }
        var rules = ApereoFields.username
        let source: UsernameProvider.Source
        switch name {
        case "DefaultRegisteredServiceUsernameProvider":
            source = .principalID
        case "PrincipalAttributeRegisteredServiceUsernameProvider":
            rules["usernameAttribute"] = .read
            let attribute = string("usernameAttribute", in: provider) ?? ""
            if attribute.isEmpty { refuse("usernameAttribute", in: provider, "missing") }
            source = .attribute(attribute)
        case "AnonymousRegisteredServiceUsernameAttributeProvider":
            rules["persistentIdGenerator"] = .read
            source = .anonymous(anonymousID(provider))
        case "StaticRegisteredServiceUsernameProvider":
            rules["value"] = .read
            let value = string("value", in: provider) ?? ""
            if value.isEmpty || Self.isExpression(value) {
                refuse("value", in: provider, "a text is expected; expressions are not supported")
            }
            source = .constant(value)
        default:
            refuseClass(name, of: provider)
            return UsernameProvider()
        }
        check(provider, rules)
        return UsernameProvider(
            source,
            canonicalization: choice("canonicalizationMode", in: provider, default: .none),
            removal: removal(provider),
            scope: string("scope", in: provider).flatMap { $0.isEmpty ? nil : $0 })
    }

    private mutating func removal(_ provider: Fields) -> NameRemoval? {
        guard let pattern = string("removePattern", in: provider), !pattern.isEmpty else {
            return nil
        }
        if let removal = NameRemoval(pattern: pattern) { return removal }
        refuse(
            "removePattern", in: provider,
            "only a text and what follows it can be removed, such as @.+ or @example\\\\.org")
        return nil
    }

    private mutating func anonymousID(_ provider: Fields) -> UsernameProvider.AnonymousID {
        guard let generator = object("persistentIdGenerator", in: provider),
            isOf(
                "ShibbolethCompatiblePersistentIdGenerator", generator,
                in: ["org.apereo.cas.authentication.principal."])
        else { return UsernameProvider.AnonymousID() }
        check(generator, ["salt": .read, "attribute": .read])
        let salt = string("salt", in: generator) ?? ""
        let attribute = string("attribute", in: generator) ?? ""
        return UsernameProvider.AnonymousID(
            salt: salt.allSatisfy(\.isWhitespace) ? nil : salt,
            attribute: attribute.isEmpty ? nil : attribute)
    }
}
