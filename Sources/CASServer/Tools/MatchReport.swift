internal import CASProtocol
internal import JSON
internal import Platform
internal import SSO
internal import Services

/// Which definition is in force for an address, and what somebody would get there.
struct MatchReport: ToolReport {
    let url: ServiceURL
    let explanation: ServiceExplanation
    /// Why nobody at all may enter now; `nil` if somebody may.
    let closure: AccessDecision?
    let visitor: Visitor?
    /// Whether CAS 2.0 answers carry attributes.
    let attributesInVersion2: Bool
    /// What else is to be known, a sentence each.
    let notes: [String]

    /// Somebody of the users file.
    struct Visitor {
        let name: String
        /// Why they cannot log in, such as `locked`; `nil` if they can.
        let loginObstacle: String?
        /// Why they may not enter; `nil` if they may, or if there is no definition.
        let entryObstacle: String?
    }

    /// Good if the address can be entered, by the visitor if there is one.
    var status: ToolStatus {
        guard explanation.service != nil, closure == nil else { return .remarkable }
        guard let visitor else { return .good }
        return visitor.loginObstacle == nil && visitor.entryObstacle == nil ? .good : .remarkable
    }

    /// What the service is told of the login itself if its definition allows it.
    private static let eventAttributes = [
        "authenticationDate", "longTermAuthenticationRequestTokenUsed", "isFromNewLogin",
    ]

    private var releasesEvent: Bool {
        explanation.service?.attributeReleasePolicy.releasesAuthenticationAttributes ?? false
    }

    // MARK: For people

    var text: String {
        var sections = [definitionText, trialsText]
        if let visitor { sections.append(visitorText(visitor)) }
        if !notes.isEmpty { sections.append(notes.map { "Note: \($0.shown)\n" }.joined()) }
        return sections.joined(separator: "\n")
    }

    private var definitionText: String {
        var facts = FactList()
        facts.add("address", url.text)
        if url.patternText != url.text { facts.add("matched as", url.patternText) }
        guard let service = explanation.service else {
            facts.add("definition", "none: the service is not registered")
            return facts.text
        }
        facts.add("definition", service.title)
        facts.add("file", service.file ?? "(none)")
        facts.add("pattern", service.patternLine)
        if service.isDenial {
            facts.add("open", "no: the definition has errors, so nobody may enter (services lint)")
        } else {
            facts.add("open", closure.map { "no: \($0.refusal ?? "closed")" } ?? "yes")
        }
        if !service.accessStrategy.isSSOEnabled {
            facts.add("single sign-on", "no: everybody has to log in for it")
        }
        return facts.text
    }

    private var trialsText: String {
        let others = explanation.definitionCount - explanation.trials.count
        var text = "Tried in this order:\n"
        for (number, trial) in explanation.trials.enumerated() {
            let line = "\(trial.service.title), \(trial.service.patternLine)"
            text += "  \(number + 1). \(trial.outcome.word): \(line)\n".shownLines
        }
        if explanation.trials.isEmpty { text += "  none\n" }
        let reason =
            explanation.service == nil
            ? "their patterns begin with something else"
            : "their patterns begin with something else, or they come later"
        return others > 0 ? text + "  Not tried: \(others); \(reason).\n" : text
    }

    private func visitorText(_ visitor: Visitor) -> String {
        var facts = FactList()
        facts.add("user", visitor.name)
        facts.add("may log in", visitor.loginObstacle.map { "no: \($0)" } ?? "yes")
        guard explanation.service != nil else { return facts.text }
        facts.add("may enter", visitor.entryObstacle.map { "no: \($0)" } ?? "yes")
        guard visitor.entryObstacle == nil, let entry = explanation.entry else { return facts.text }
        facts.add("is called", entry.username ?? visitor.name)
        var text = facts.text
        if entry.attributes.isEmpty { return text + "No attributes are released.\n" + eventText }
        text +=
            "These attributes are released\(attributesInVersion2 ? "" : " in CAS 3.0 answers"):\n"
        var attributes = TextTable("  NAME", "VALUES")
        attributes.rows = entry.attributes.entries.map { entry in
            ["  " + entry.name, entry.values.joined(separator: ", ")]
        }
        return text + attributes.text + eventText
    }

    private var eventText: String {
        releasesEvent
            ? "Beside them, of the login itself: \(Self.eventAttributes.joined(separator: ", ")).\n"
            : ""
    }

    // MARK: For programs

    var json: JSONValue {
        [
            "address": .string(url.text), "matched_as": .string(url.patternText),
            "definition": explanation.service?.json ?? .null,
            "open": .bool(explanation.service != nil && closure == nil),
            "closed_because": closure?.refusal.map(JSONValue.string) ?? .null,
            "tried": .array(
                explanation.trials.map { trial in
                    [
                        "id": .integer(trial.service.id), "name": .string(trial.service.name),
                        "pattern": .string(trial.service.serviceId),
                        "outcome": .string(trial.outcome.word),
                    ]
                }),
            "definitions": .integer(Int64(explanation.definitionCount)),
            "user": visitor.map(visitorJSON) ?? .null,
            "notes": .array(notes.map(JSONValue.string)),
        ]
    }

    private func visitorJSON(_ visitor: Visitor) -> JSONValue {
        let isAdmitted = explanation.service != nil && visitor.entryObstacle == nil
        let entry = isAdmitted ? explanation.entry : nil
        return [
            "name": .string(visitor.name), "may_log_in": .bool(visitor.loginObstacle == nil),
            "login_obstacle": visitor.loginObstacle.map(JSONValue.string) ?? .null,
            "may_enter": .bool(isAdmitted),
            "entry_obstacle": visitor.entryObstacle.map(JSONValue.string) ?? .null,
            "username": entry?.username.map(JSONValue.string) ?? .null,
            "attributes": .object(
                JSONObject(
                    pairs: (entry?.attributes.entries ?? []).map {
                        ($0.name, .array($0.values.map(JSONValue.string)))
                    })),
            "releases_authentication_attributes": .bool(entry != nil && releasesEvent),
            "attributes_in_cas2": .bool(attributesInVersion2),
        ]
    }
}

extension ServiceExplanation.Trial.Outcome {
    fileprivate var word: String {
        switch self {
        case .matched: "matches"
        case .unmatched: "does not match"
        case .gaveUp: "gave up, too much work; the service counts as not registered"
        }
    }
}

extension RegisteredService {
    fileprivate var title: String { "\(name) (\(id))" }

    fileprivate var patternLine: String {
        let how =
            switch matching {
            case .fullRegex: "whole address"
            case .partialRegex: "anywhere in the address"
            case .literal: "this address"
            case .literalInAnyCase: "this address in any case"
            case .startsWith: "start of the address"
            }
        return "\(serviceId) (\(how), evaluationOrder \(evaluationOrder))"
    }

    fileprivate var json: JSONValue {
        [
            "id": .integer(id), "name": .string(name), "pattern": .string(serviceId),
            "matching": .string(matching.rawValue), "evaluation_order": .integer(evaluationOrder),
            "file": file.map(JSONValue.string) ?? .null, "has_errors": .bool(isDenial),
        ]
    }
}

extension String {
    /// The text made fit to be shown, with its line end.
    fileprivate var shownLines: String {
        (hasSuffix("\n") ? String(dropLast()) : self).shown + "\n"
    }
}
