internal import JSON

/// Reads the fields of one definition and collects what is wrong with it.
struct DefinitionReader {
    let file: String
    private(set) var problems: [ServiceProblem] = []

    init(file: String) {
        self.file = file
    }

    /// Whether the definition must not be used.
    var hasErrors: Bool {
        problems.contains { $0.severity == .error }
    }

    /// One object of the definition.
    struct Fields {
        let object: JSONObject
        /// What stands before the names of its fields in a report: empty, or `accessStrategy.`.
        let path: String
        /// The line of the object, if it is known.
        let line: Int?

        /// The member of a name, unless it is `null`.
        func member(_ name: String) -> JSONMember? {
            object.member(name).flatMap { $0.value == .null ? nil : $0 }
        }
    }

    /// Reports a field that keeps the definition from being used.
    mutating func refuse(_ name: String, in fields: Fields, _ text: String) {
        problems.append(problem(.error, name, in: fields, text))
    }

    /// Reports a field that the operator should look at.
    mutating func warn(_ name: String, in fields: Fields, _ text: String) {
        problems.append(problem(.warning, name, in: fields, text))
    }

    private func problem(
        _ severity: ServiceProblem.Severity, _ name: String, in fields: Fields, _ text: String
    ) -> ServiceProblem {
        ServiceProblem(
            severity, file: file, line: fields.object.member(name)?.line ?? fields.line,
            key: fields.path + name, text: text)
    }

    /// Reports that the whole text is not a definition.
    mutating func refuse(line: Int, _ text: String) {
        problems.append(ServiceProblem(.error, file: file, line: line, text: text))
    }

    /// Reports every field that is not decoded, as its rule says.
    mutating func check(_ fields: Fields, _ rules: [String: FieldRule]) {
        for member in fields.object.members where member.name != "@class" {
            guard let rule = rules[member.name] else {
                refuse(member.name, in: fields, "unknown field")
                continue
            }
            if member.value == .null { continue }
            switch rule {
            case .read, .harmless: continue
            case .ineffective(let text, unless: let isUsual):
                if !isUsual(member.value) { warn(member.name, in: fields, text) }
            case .unsupported(unless: let isUsual):
                if !isUsual(member.value) {
                    refuse(member.name, in: fields, "not supported yet")
                }
            }
        }
    }

    /// The object of a name; reports what is no object.
    mutating func object(_ name: String, in fields: Fields) -> Fields? {
        guard let member = fields.member(name) else { return nil }
        guard let object = member.value.objectValue else {
            refuse(name, in: fields, "\(member.value.kindText); an object is expected")
            return nil
        }
        return Fields(object: object, path: fields.path + name + ".", line: member.line)
    }

    /// The class of an object, without Apereo's package; reports a missing and a foreign one.
    mutating func className(of fields: Fields) -> String? {
        guard let value = fields.member("@class")?.value else {
            refuse("@class", in: fields, "missing")
            return nil
        }
        let package = "org.apereo.cas.services."
        guard let text = value.stringValue, text.hasPrefix(package) else {
            refuse("@class", in: fields, "not supported yet: \(value.text())")
            return nil
        }
        return String(text.dropFirst(package.count))
    }

    mutating func string(_ name: String, in fields: Fields) -> String? {
        guard let value = fields.member(name)?.value else { return nil }
        if let text = value.stringValue { return text }
        refuse(name, in: fields, "\(value.kindText); a string is expected")
        return nil
    }

    mutating func bool(_ name: String, in fields: Fields, default usual: Bool) -> Bool {
        guard let value = fields.member(name)?.value else { return usual }
        if let flag = value.boolValue { return flag }
        refuse(name, in: fields, "\(value.kindText); true or false is expected")
        return usual
    }

    mutating func integer(_ name: String, in fields: Fields) -> Int64? {
        guard let value = fields.member(name)?.value else { return nil }
        if let number = value.integerValue { return number }
        refuse(name, in: fields, "\(value.kindText); a whole number is expected")
        return nil
    }

    mutating func strings(_ name: String, in fields: Fields) -> [String] {
        guard let value = fields.member(name)?.value else { return [] }
        if let strings = ApereoCollections.strings(value) { return strings }
        refuse(name, in: fields, "a list of strings is expected")
        return []
    }

    /// A value of a closed list.
    mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, in fields: Fields, default usual: Value
    ) -> Value where Value.RawValue == String {
        guard let text = string(name, in: fields) else { return usual }
        if let value = Value(rawValue: text) { return value }
        let allowed = Value.allCases.map(\.rawValue).joined(separator: ", ")
        refuse(name, in: fields, "not one of \(allowed)")
        return usual
    }
}
