internal import JSON

/// The base definitions that others name in `templateName`.
///
/// As in Apereo a template is the file of that name, whatever the case of its letters, and has the
/// name in its own `templateName`. A definition may name several, with commas between. Whatever a
/// definition says itself counts, then the template that is named first; nothing is mixed within a
/// field. A template may name others behind its own name, which Apereo does not know.
struct DefinitionTemplates: Sendable {
    /// By the name of the file without its end, in lower case.
    private var templates: [String: JSONObject] = [:]
    private static let depthMax = 8

    static let none = DefinitionTemplates()

    /// Keeps the object of a template's file; the first of two with one name counts.
    mutating func add(_ template: JSONObject, name: String) {
        if templates[name.lowercased()] == nil {
            // Its lines would be taken for lines of the definition.
            templates[name.lowercased()] = Self.withoutLines(template)
        }
    }

    private static func withoutLines(_ object: JSONObject) -> JSONObject {
        JSONObject(
            members: object.members.map {
                JSONMember(name: $0.name, value: withoutLines($0.value))
            })
    }

    private static func withoutLines(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object): .object(withoutLines(object))
        case .array(let elements): .array(elements.map(withoutLines))
        default: value
        }
    }

    /// The name of a template in a file.
    static func name(ofFile file: String) -> String {
        let base = file.split(separator: "/").last ?? ""
        return String(base.lastIndex(of: ".").map { base[..<$0] } ?? base)
    }

    /// The definition with all that it takes from templates.
    func merged(_ definition: JSONObject) throws(TemplateError) -> JSONObject {
        var merged = definition
        for name in Self.names(of: definition) {
            try add(name, to: &merged, path: [])
        }
        return merged
    }

    private func add(
        _ name: String, to merged: inout JSONObject, path: [String]
    ) throws(TemplateError) {
        let key = name.lowercased()
        guard let template = templates[key] else {
            throw TemplateError(reason: "there is no template \(name)")
        }
        guard !path.contains(key) else {
            throw TemplateError(reason: "template \(name) is based on itself")
        }
        guard path.count < Self.depthMax else {
            throw TemplateError(
                reason: "templates are based on each other more than \(Self.depthMax) times")
        }
        // A number that two definitions took from one template would be the same.
        for member in template.members
        where member.name != "id" && merged.member(member.name) == nil {
            merged[member.name] = member.value
        }
        for base in Self.names(of: template) where base.lowercased() != key {
            try add(base, to: &merged, path: path + [key])
        }
    }

    private static func names(of object: JSONObject) -> [String] {
        (object["templateName"]?.stringValue ?? "").split(separator: ",")
            .map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
    }
}

/// Why a definition does not get what it takes from a template.
struct TemplateError: Error {
    let reason: String
}
