internal import CASProtocol
internal import JSON

extension RegisteredService {
    /// Reads a definition as Apereo CAS writes it: JSON with comments, Hjson or YAML.
    ///
    /// - Parameter file: The name that problems are reported with; its end says what the text is
    ///   written in.
    /// - Returns: The definition, or `nil` if one of the problems is an error.
    package static func reading(
        _ bytes: [UInt8], file: String
    ) -> (service: RegisteredService?, problems: [ServiceProblem]) {
        let definition = DefinitionFile.reading(bytes, file: file, templates: .none)
        return (definition.service, definition.problems)
    }
}

/// What a file of a definition gives.
struct DefinitionFile {
    /// The definition, if it has no errors.
    var service: RegisteredService?
    /// What stands in for a definition with errors; nothing if pattern or place cannot be read, or
    /// if it is no definition for CAS.
    var denials: [RegisteredService] = []
    /// Whether the text as a whole cannot be read, as while it is being written.
    var isUnreadable = false
    /// Whether ``denials`` may lack a pattern of a text that cannot be read.
    var isIncomplete = false
    var problems: [ServiceProblem]

    /// The classes of definitions that are understood; the first is the older name of the second.
    private static let classNames = ["RegexRegisteredService", "CasRegisteredService"]

    static func isKnown(_ className: String) -> Bool { classNames.contains(className) }

    static func reading(
        _ bytes: [UInt8], file: String, templates: DefinitionTemplates
    ) -> DefinitionFile {
        var reader = DefinitionReader(
            file: file, hasOpenEnd: DefinitionText.hasOpenEnd(bytes, file: file))
        let written: JSONObject
        do {
            written = try DefinitionText.parse(bytes, file: file)
        } catch {
            reader.refuse(line: error.line, error.reason)
            let (denials, isIncomplete) = salvaged(bytes, file: file)
            return DefinitionFile(
                denials: denials, isUnreadable: true, isIncomplete: isIncomplete,
                problems: reader.problems)
        }
        var object = written
        do {
            object = try templates.merged(written)
        } catch {
            let fields = DefinitionReader.Fields(object: written, path: "", line: nil)
            reader.refuse("templateName", in: fields, error.reason)
        }
        let service = reader.service(
            DefinitionReader.Fields(object: object, path: "", line: nil))
        return DefinitionFile(
            service: service,
            denials: service == nil ? [denial(for: object, file: file)].compactMap(\.self) : [],
            problems: reader.problems)
    }

    private static func denial(for fields: JSONObject, file: String) -> RegisteredService? {
        guard let className = fields["@class"]?.stringValue?.split(separator: ".").last,
            isKnown(String(className)), let pattern = fields["serviceId"]?.stringValue
        else { return nil }
        let strategy = fields["matchingStrategy"]?.objectValue
        let strategyName = strategy?["@class"]?.stringValue?.split(separator: ".").last ?? ""
        var matching = MatchingStrategy(rawValue: String(strategyName)) ?? .fullRegex
        if matching == .literal, strategy?["caseInsensitive"] == true {
            matching = .literalInAnyCase
        }
        // Losing the error is right: it was reported when the definition was read.
        return try? RegisteredService(
            denying: pattern, id: fields["id"]?.integerValue ?? -1,
            name: fields["name"]?.stringValue ?? "",
            evaluationOrder: fields["evaluationOrder"]?.integerValue ?? 0,
            matching: matching,
            startText: strategy?["expectedUrl"]?.stringValue, file: file)
    }

    /// What stands in for a text that cannot be read but shows its `serviceId`.
    ///
    /// It comes before everything else, because its place cannot be told.
    private static func salvaged(
        _ bytes: [UInt8], file: String
    ) -> (denials: [RegisteredService], isIncomplete: Bool) {
        let patterns = SalvagedPatterns(bytes, file: file)
        var denials: [RegisteredService] = []
        var isIncomplete = patterns.isIncomplete
        for readings in patterns.candidates {
            let found = readings.compactMap { reading in
                // Of several readings one may well be no pattern.
                try? RegisteredService(
                    denying: reading.text, id: -1, name: file, evaluationOrder: .min,
                    matching: reading.matching, file: file)
            }
            if found.isEmpty { isIncomplete = true }
            denials += found
        }
        return (denials, isIncomplete)
    }
}

extension DefinitionReader {
    fileprivate mutating func service(_ fields: Fields) -> RegisteredService? {
        guard let name = className(of: fields) else { return nil }
        guard DefinitionFile.isKnown(name) else {
            // The fields of another class mean other things, so they are not looked at.
            refuseClass(name, of: fields)
            return nil
        }
        check(fields, ApereoFields.service)
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
        let (matching, startText) = matchingStrategy(fields)
        let access = accessStrategy(fields)
        let release = attributeRelease(fields)
        let username = usernameProvider(fields)
        let logout = logoutTarget(fields)
        let links = links(fields)
        let extras = extras(fields, serviceId: pattern, release: release)
        let description = string("description", in: fields)
        let order = integer("evaluationOrder", in: fields) ?? 0
        guard let id, !hasErrors else { return nil }
        do {
            let service = try RegisteredService(
                id: id, name: serviceName, serviceId: pattern, description: description,
                evaluationOrder: order, accessStrategy: access, attributeReleasePolicy: release,
                usernameProvider: username, logout: logout, links: links, matching: matching,
                startText: startText, extras: extras, file: file)
            checkPattern(service, fields)
            return service
        } catch {
            refuse("serviceId", in: fields, error.reason)
            return nil
        }
    }

    private mutating func checkPattern(_ service: RegisteredService, _ fields: Fields) {
        for text in PatternFaults(of: service).warnings {
            warn("serviceId", in: fields, text)
        }
    }

    /// An address that browsers or messages are sent to; reports what is none.
    mutating func address(_ name: String, in fields: Fields) -> ServiceURL? {
        guard let text = string(name, in: fields), !text.isEmpty else { return nil }
        do {
            return try ServiceURL(text)
        } catch {
            refuse(name, in: fields, "not a usable address: \(error.rawValue)")
            return nil
        }
    }
}
