internal import JSON
internal import Services

/// What a look through all service definitions has found.
struct LintReport: ToolReport {
    /// The worst first, then by file.
    let findings: [LintFinding]
    /// How many definitions are in force.
    let definitionCount: Int

    init(_ findings: [LintFinding], definitionCount: Int) {
        self.findings = findings.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
        self.definitionCount = definitionCount
    }

    var status: ToolStatus {
        switch findings.first?.severity {
        case .error: .failed
        case .warning: .remarkable
        case .hint, nil: .good
        }
    }

    /// One line for each finding and one for their number.
    var text: String {
        findings.map { $0.sentence + "\n" }.joined() + "\(summary)\n"
    }

    private var summary: String {
        let counts = [
            (LintFinding.Severity.error, "error"), (.warning, "warning"), (.hint, "hint"),
        ]
        .map { severity, name in "\(count(severity)) \(name)\(count(severity) == 1 ? "" : "s")" }
        let definitions = "\(definitionCount) definition\(definitionCount == 1 ? "" : "s")"
        return "\(definitions) in force: \(counts.joined(separator: ", "))"
    }

    private func count(_ severity: LintFinding.Severity) -> Int {
        findings.count { $0.severity == severity }
    }

    var json: JSONValue {
        [
            "definitions": .integer(Int64(definitionCount)),
            "errors": .integer(Int64(count(.error))),
            "warnings": .integer(Int64(count(.warning))),
            "hints": .integer(Int64(count(.hint))),
            "findings": .array(findings.map(\.json)),
        ]
    }
}

extension LintFinding {
    /// What findings are sorted by.
    fileprivate var place: Place {
        Place(severity: severity, file: file ?? "", line: line ?? 0)
    }

    fileprivate struct Place: Comparable {
        let severity: LintFinding.Severity
        let file: String
        let line: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.severity, left.file, left.line) < (right.severity, right.file, right.line)
        }
    }

    /// One line: `FILE:LINE: severity: NAME (ID): text; what to do [rule]`.
    fileprivate var sentence: String {
        var place = file.map { file in line.map { "\(file):\($0)" } ?? file } ?? "(no file)"
        place += ": \(severity.rawValue): "
        if let serviceName { place += serviceName + (serviceID.map { " (\($0))" } ?? "") + ": " }
        let advice = LintAdvice.text(for: rule, severity).map { "; \($0)" } ?? ""
        return "\(place)\(text)\(advice) [\(rule)]".shown
    }

    fileprivate var json: JSONValue {
        [
            "severity": .string(severity.rawValue), "rule": .string(rule),
            "service_id": serviceID.map(JSONValue.integer) ?? .null,
            "service": serviceName.map(JSONValue.string) ?? .null,
            "file": file.map(JSONValue.string) ?? .null,
            "line": line.map { .integer(Int64($0)) } ?? .null, "text": .string(text),
            "advice": LintAdvice.text(for: rule, severity).map(JSONValue.string) ?? .null,
        ]
    }
}

/// What to do about a finding.
enum LintAdvice {
    /// The advice for a rule; `nil` if the finding's own text says it.
    static func text(for rule: String, _ severity: LintFinding.Severity) -> String? {
        switch rule {
        case "catch-all": "write down the hosts that may log their users in here"
        case "foreign-host", "proxy-foreign-host":
            "escape the dots of the host and end it with a slash"
        case "unanchored-pattern", "proxy-unanchored-pattern":
            "begin it with ^https:// and the host"
        case "proxy-any-host": "write down the hosts that may get proxy-granting tickets"
        case "plain-http": "let the pattern begin with https:// only"
        case "shadowed": "give it a smaller evaluationOrder than the other, or remove it"
        case "duplicate-pattern": "remove one of the two"
        case "duplicate-id": "give it a number of its own"
        case "unregistered-target": "correct the address or register it"
        case "releases-all": "name what the application needs (ReturnAllowedAttribute…)"
        case "salted-name": "leave the salt out to get one name for each definition"
        case "unsupported", "definition":
            severity == .error ? "until it is corrected it admits nobody" : nil
        default: nil
        }
    }
}
