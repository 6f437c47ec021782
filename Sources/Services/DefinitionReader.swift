internal import JSON

/// Reads the fields of one definition and collects what is wrong with it.
struct DefinitionReader {
    let file: String
    /// Whether the text could be cut short and still be read.
    let hasOpenEnd: Bool
    private(set) var problems: [ServiceProblem] = []

    init(file: String, hasOpenEnd: Bool = false) {
        self.file = file
        self.hasOpenEnd = hasOpenEnd
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
        // What came from a template has no line of its own.
        let line = [fields.object.member(name)?.line, fields.line].first { $0 ?? 0 > 0 } ?? nil
        return ServiceProblem(
            severity, file: file, line: line, key: fields.path + name, text: text)
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
            case .unsupported(let reason, unless: let isUsual):
                if !isUsual(member.value) { refuse(member.name, in: fields, reason) }
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

    /// The class of an object, without its package; reports a missing and a foreign one.
    mutating func className(
        of fields: Fields, in packages: [String] = ["org.apereo.cas.services."]
    ) -> String? {
        guard let value = fields.member("@class")?.value else {
            refuse("@class", in: fields, "missing")
            return nil
        }
        let text = value.stringValue ?? value.text()
        guard let package = packages.first(where: text.hasPrefix) else {
            refuse("@class", in: fields, UnsupportedClass.reason(text))
            return nil
        }
        return String(text.dropFirst(package.count))
    }

    /// Whether the object is of the one class that is understood; reports any other.
    mutating func isOf(
        _ name: String, _ fields: Fields, in packages: [String] = ["org.apereo.cas.services."]
    ) -> Bool {
        guard let found = className(of: fields, in: packages) else { return false }
        if found == name { return true }
        refuseClass(found, of: fields)
        return false
    }

    /// Reports a class that is not understood, with what to do instead if there is anything.
    mutating func refuseClass(_ name: String, of fields: Fields) {
        refuse("@class", in: fields, UnsupportedClass.reason(name))
    }

    /// The objects of a list; reports what is no list of objects.
    mutating func objects(_ name: String, in fields: Fields) -> [Fields] {
        guard let member = fields.member(name) else { return [] }
        let objects = ApereoCollections.elements(member.value)?.map(\.objectValue) ?? [nil]
        var found: [Fields] = []
        for (place, object) in objects.enumerated() {
            guard let object else {
                refuse(name, in: fields, "a list of objects is expected")
                return []
            }
            found.append(
                Fields(
                    object: object, path: fields.path + "\(name)[\(place)].", line: member.line))
        }
        return found
    }

    /// The members of an object that is a map; reports what is none.
    mutating func entries(_ name: String, in fields: Fields) -> [JSONMember] {
        guard let value = fields.member(name)?.value else { return [] }
        if let entries = ApereoCollections.entries(value) { return entries }
        refuse(name, in: fields, "an object of lists is expected")
        return []
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
