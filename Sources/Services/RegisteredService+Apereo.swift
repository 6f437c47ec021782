internal import CASProtocol
internal import JSON

extension RegisteredService {
    /// The classes of definitions that are understood; the first is the older name of the second.
    private static let classNames = ["RegexRegisteredService", "CasRegisteredService"]

    /// Reads a definition as Apereo CAS writes it, with comments and trailing commas allowed.
    ///
    /// - Parameter file: The name that problems are reported with.
    /// - Returns: The definition, or `nil` if one of the problems is an error.
    package static func reading(
        _ bytes: [UInt8], file: String
    ) -> (service: RegisteredService?, problems: [ServiceProblem]) {
        var reader = DefinitionReader(file: file)
        do {
            let value = try JSONValue(parsing: bytes, dialect: .relaxed)
            guard let object = value.objectValue else {
                reader.refuse(line: 1, "\(value.kindText); an object is expected")
                return (nil, reader.problems)
            }
            let fields = DefinitionReader.Fields(object: object, path: "", line: nil)
            return (reader.service(fields), reader.problems)
        } catch {
            reader.refuse(line: error.line, "column \(error.column): \(error.reason)")
            return (nil, reader.problems)
        }
    }

    /// What stands in for a definition that ``reading(_:file:)`` refuses.
    ///
    /// - Returns: `nil` if class, pattern or place cannot be read, or it is no definition for CAS.
    package static func denial(for bytes: [UInt8]) -> RegisteredService? {
        // Losing the errors is right: they were reported when the definition was read.
        guard let fields = try? JSONValue(parsing: bytes, dialect: .relaxed).objectValue,
            let className = fields["@class"]?.stringValue?.split(separator: ".").last,
            isKnown(String(className)), let pattern = fields["serviceId"]?.stringValue
        else { return nil }
        return try? RegisteredService(
            denying: pattern, id: fields["id"]?.integerValue ?? -1,
            name: fields["name"]?.stringValue ?? "",
            evaluationOrder: fields["evaluationOrder"]?.integerValue ?? 0)
    }

    fileprivate static func isKnown(_ className: String) -> Bool {
        classNames.contains(className)
    }
}

extension DefinitionReader {
    fileprivate mutating func service(_ fields: Fields) -> RegisteredService? {
        guard let name = className(of: fields) else { return nil }
        guard RegisteredService.isKnown(name) else {
            // The fields of another class mean other things, so they are not looked at.
            refuse("@class", in: fields, "not supported yet: \(name)")
            return nil
        }
        check(fields, ApereoFields.service)
        checkProperties(fields)
        let id = integer("id", in: fields)
        if id.map({ $0 < 0 }) ?? (fields.member("id") == nil) {
            refuse("id", in: fields, "missing; a number from 0 up is expected")
        }
        let serviceName = string("name", in: fields) ?? ""
        if serviceName.isEmpty || serviceName.count > 255 {
            refuse("name", in: fields, "1 to 255 characters are expected")
        }
        let pattern = string("serviceId", in: fields) ?? ""
        if pattern.isEmpty { refuse("serviceId", in: fields, "missing") }
        let access = accessStrategy(fields)
        let release = attributeRelease(fields)
        let username = usernameProvider(fields)
        let logout = logoutTarget(fields)
        let links = ServiceLinks(
            logo: string("logo", in: fields),
            informationUrl: string("informationUrl", in: fields),
            privacyUrl: string("privacyUrl", in: fields))
        let description = string("description", in: fields)
        let order = integer("evaluationOrder", in: fields) ?? 0
        guard let id, !hasErrors else { return nil }
        do {
            let service = try RegisteredService(
                id: id, name: serviceName, serviceId: pattern, description: description,
                evaluationOrder: order, accessStrategy: access, attributeReleasePolicy: release,
                usernameProvider: username, logout: logout, links: links)
            checkPattern(service, fields)
            return service
        } catch {
            refuse("serviceId", in: fields, error.reason)
            return nil
        }
    }

    private mutating func checkPattern(_ service: RegisteredService, _ fields: Fields) {
        let strangers = ["https://stranger.invalid/", "http://stranger.invalid/"]
        if strangers.contains(where: service.matches) {
            warn("serviceId", in: fields, "matches any host")
            return
        }
        for text in PatternText.warnings(service.serviceId) {
            warn("serviceId", in: fields, text)
        }
    }

    private mutating func checkProperties(_ fields: Fields) {
        guard let value = fields.member("properties")?.value else { return }
        guard let properties = ApereoCollections.entries(value) else {
            refuse("properties", in: fields, "an object is expected")
            return
        }
        for property in properties {
            let isOff = [false, ["false"], [false]].contains(propertyValues(property.value))
            let isDecisive = ApereoFields.isDecisiveProperty(property.name) && !isOff
            let place = Fields(
                object: JSONObject(members: properties), path: "properties.", line: property.line)
            if isDecisive {
                refuse(property.name, in: place, "not supported yet")
            } else {
                warn(property.name, in: place, "not supported yet")
            }
        }
    }

    /// The values of a property, without the class that wraps them.
    private func propertyValues(_ value: JSONValue) -> JSONValue {
        let values = value.objectValue?["values"] ?? value
        return ApereoCollections.elements(values).map(JSONValue.array) ?? values
    }

    private mutating func accessStrategy(_ fields: Fields) -> AccessStrategy {
        guard let strategy = object("accessStrategy", in: fields) else { return AccessStrategy() }
        if let name = className(of: strategy), name != "DefaultRegisteredServiceAccessStrategy" {
            refuse("@class", in: strategy, "not supported yet: \(name)")
            return AccessStrategy()
        }
        check(strategy, ApereoFields.accessStrategy)
        let isCaseInsensitive = bool("caseInsensitive", in: strategy, default: false)
        var required: [RequiredAttribute] = []
        for entry in entries("requiredAttributes", in: strategy) {
            let values = ApereoCollections.strings(entry.value) ?? []
            if values.isEmpty {
                refuse(
                    "requiredAttributes", in: strategy,
                    "\(entry.name): a list of one or more strings is expected")
            }
            required.append(
                RequiredAttribute(
                    name: entry.name, values: values,
                    matching: isCaseInsensitive ? .insensitive : .exact))
        }
        return AccessStrategy(
            isEnabled: bool("enabled", in: strategy, default: true),
            isSSOEnabled: bool("ssoEnabled", in: strategy, default: true),
            requiredAttributes: required,
            requiresAllAttributes: bool("requireAllAttributes", in: strategy, default: true))
    }

    private mutating func entries(_ name: String, in fields: Fields) -> [JSONMember] {
        guard let value = fields.member(name)?.value else { return [] }
        if let entries = ApereoCollections.entries(value) { return entries }
        refuse(name, in: fields, "an object of lists is expected")
        return []
    }

    private mutating func attributeRelease(_ fields: Fields) -> AttributeReleasePolicy {
        guard let policy = object("attributeReleasePolicy", in: fields),
            let name = className(of: policy)
        else { return AttributeReleasePolicy() }
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
        case "DenyAllAttributeReleasePolicy":
            rule = .none
        default:
            refuse("@class", in: policy, "not supported yet: \(name)")
            return AttributeReleasePolicy()
        }
        check(policy, rules)
        let release = AttributeReleasePolicy(
            rule,
            releasesAuthenticationAttributes: bool(
                "authorizedToReleaseAuthenticationAttributes", in: policy, default: true))
        for name in release.releasedNames
        where ServiceResponse.reservedAttributeNames.contains(name) {
            warn(
                "allowedAttributes", in: policy,
                "\(name) is a word of the protocol and is never released")
        }
        return release
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

    private mutating func usernameProvider(_ fields: Fields) -> UsernameProvider {
        guard let provider = object("usernameAttributeProvider", in: fields),
            let name = className(of: provider)
        else { return UsernameProvider() }
        var rules = ApereoFields.username
        var attribute: String?
        switch name {
        case "DefaultRegisteredServiceUsernameProvider":
            break
        case "PrincipalAttributeRegisteredServiceUsernameProvider":
            rules["usernameAttribute"] = .read
            attribute = string("usernameAttribute", in: provider)
            if attribute?.isEmpty ?? true {
                refuse("usernameAttribute", in: provider, "missing")
            }
        default:
            refuse("@class", in: provider, "not supported yet: \(name)")
            return UsernameProvider()
        }
        check(provider, rules)
        return UsernameProvider(
            attribute: attribute,
            canonicalization: choice("canonicalizationMode", in: provider, default: .none))
    }

    private mutating func logoutTarget(_ fields: Fields) -> LogoutTarget {
        let type: LogoutType = choice("logoutType", in: fields, default: .backChannel)
        guard let text = string("logoutUrl", in: fields), !text.isEmpty else {
            return LogoutTarget(type: type)
        }
        do {
            return LogoutTarget(type: type, url: try ServiceURL(text))
        } catch {
            refuse("logoutUrl", in: fields, "not a usable address: \(error.rawValue)")
            return LogoutTarget(type: type)
        }
    }
}
