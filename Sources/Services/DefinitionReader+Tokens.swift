internal import JOSE
internal import JSON

/// The `properties` of a definition: those that make its tickets tokens, or let tokens log in.
extension DefinitionReader {
    /// What the properties say, the names in lower case as Apereo compares them.
    private typealias Properties = [String: (name: String, text: String)]

    /// The properties that are read here, in lower case.
    private static let known: Set<String> = [
        "jwtasserviceticket", "jwtasresponse", "jwtasserviceticketsigningkey",
        "jwtasserviceticketencryptionkey", "jwtasserviceticketcipherstrategytype",
        "jwtasserviceticketsigningenabled", "jwtasserviceticketencryptionenabled",
        "jwtasserviceticketencryptionalg", "jwtsigningsecret", "jwtsigningsecretalg",
        "jwtencryptionsecret", "jwtencryptionsecretalg", "jwtencryptionsecretmethod",
        "jwtsecretsarebase64encoded",
    ]

    /// Reads what the properties say of tokens; the others steer features that do not exist here.
    mutating func tokens(
        _ fields: Fields
    ) -> (tickets: ServiceTicketTokens?, login: ServiceTokenLogin?) {
        guard let value = fields.member("properties")?.value else { return (nil, nil) }
        guard let properties = ApereoCollections.entries(value) else {
            refuse("properties", in: fields, "an object is expected")
            return (nil, nil)
        }
        let line = properties.first?.line ?? 0
        let place = Fields(
            object: JSONObject(members: properties), path: "properties.", line: line)
        var found: Properties = [:]
        for property in properties {
            let key = property.name.lowercased()
            guard Self.known.contains(key) else {
                refuseOrWarn(property, in: place)
                continue
            }
            guard let text = propertyText(property.value) else {
                refuse(property.name, in: place, "one value is expected")
                continue
            }
            if found[key] != nil {
                refuse(property.name, in: place, "given twice; upper and lower case are the same")
            }
            if text.hasPrefix("${") || text.hasPrefix("#{") {
                refuse(property.name, in: place, "expressions are not evaluated; name a file: path")
            }
            if !text.isEmpty { found[key] = (property.name, text) }
        }
        return (ticketTokens(found, place), tokenLogin(found, place))
    }

    private mutating func refuseOrWarn(_ property: JSONMember, in place: Fields) {
        if property.name.lowercased().hasPrefix("jwt"), !isOff(property.value) {
            refuse(property.name, in: place, "not known; it may change what the service is given")
        } else {
            warn(property.name, in: place, "not supported")
        }
    }

    private func isOff(_ value: JSONValue) -> Bool {
        propertyText(value).map { $0.isEmpty || Self.noWords.contains($0.lowercased()) } ?? false
    }

    // MARK: Tickets

    private mutating func ticketTokens(
        _ found: Properties, _ place: Fields
    ) -> ServiceTicketTokens? {
        let isOn = ["jwtasserviceticket", "jwtasresponse"].contains { name in
            found[name].map { isTruthy($0.text) } ?? false
        }
        guard isOn else { return nil }
        var tokens = ServiceTicketTokens()
        tokens.signingKey = found["jwtasserviceticketsigningkey"]?.text
        tokens.encryptionKey = found["jwtasserviceticketencryptionkey"]?.text
        tokens.order =
            choice("jwtasserviceticketcipherstrategytype", found, place) ?? .encryptAndSign
        tokens.encryptionMethod = choice("jwtasserviceticketencryptionalg", found, place)
        tokens.isSigned = flag("jwtasserviceticketsigningenabled", found, place) ?? true
        tokens.isEncrypted = flag("jwtasserviceticketencryptionenabled", found, place) ?? true
        if tokens.hasOwnKeys {
            let isSigned = tokens.isSigned && tokens.signingKey != nil
            let isEncrypted = tokens.isEncrypted && tokens.encryptionKey != nil
            if !isSigned, !isEncrypted {
                refuse(
                    "jwtAsServiceTicketSigningKey", in: place,
                    "with these keys and switches tokens are neither signed nor encrypted")
            }
        } else {
            for name in [
                "jwtasserviceticketcipherstrategytype", "jwtasserviceticketencryptionalg",
                "jwtasserviceticketsigningenabled", "jwtasserviceticketencryptionenabled",
            ] {
                guard let property = found[name] else { continue }
                warn(property.name, in: place, "has no effect without keys of the service's own")
            }
        }
        return tokens
    }

    // MARK: Login

    private mutating func tokenLogin(
        _ found: Properties, _ place: Fields
    ) -> ServiceTokenLogin? {
        guard let secret = found["jwtsigningsecret"]?.text else {
            if let property = found["jwtencryptionsecret"] {
                refuse(
                    property.name, in: place,
                    "needs jwtSigningSecret: a token that nobody signed proves nothing")
            }
            return nil
        }
        var login = ServiceTokenLogin(signingSecret: secret)
        login.signingAlgorithm = choice("jwtsigningsecretalg", found, place) ?? .hs256
        login.encryptionSecret = found["jwtencryptionsecret"]?.text
        login.keyManagement = choice("jwtencryptionsecretalg", found, place) ?? .direct
        login.encryptionMethod = choice("jwtencryptionsecretmethod", found, place) ?? .a192CBCHS384
        login.areSecretsBase64 = flag("jwtsecretsarebase64encoded", found, place) ?? false
        return login
    }

    // MARK: Values

    /// The one value of a property, with or without Apereo's classes around it.
    private func propertyText(_ value: JSONValue) -> String? {
        let values = value.objectValue?["values"] ?? value
        let elements = ApereoCollections.elements(values) ?? [values]
        guard elements.count <= 1 else { return nil }
        return switch elements.first {
        case nil, .null: ""
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        default: nil
        }
    }

    /// The words that Apereo takes for yes.
    private func isTruthy(_ text: String) -> Bool {
        ["true", "yes", "on", "y", "t"].contains(text.lowercased())
    }

    private static let noWords: Set<String> = ["false", "no", "off", "n", "f"]

    private mutating func flag(_ name: String, _ found: Properties, _ place: Fields) -> Bool? {
        guard let property = found[name] else { return nil }
        if isTruthy(property.text) { return true }
        if Self.noWords.contains(property.text.lowercased()) { return false }
        refuse(property.name, in: place, "neither true nor false")
        return nil
    }

    private mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ found: Properties, _ place: Fields
    ) -> Value? {
        guard let property = found[name] else { return nil }
        if let value = Value(rawValue: property.text) { return value }
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        refuse(property.name, in: place, "\(property.text) is not one of \(known)")
        return nil
    }
}
