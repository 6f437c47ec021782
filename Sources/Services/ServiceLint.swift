internal import CASProtocol

/// Something that an operator should change or know about a definition.
package struct LintFinding: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable, Comparable {
        /// The definition is not used as it was meant.
        case error
        /// The definition may admit or release more than was meant.
        case warning
        /// Something that may be right.
        case hint

        package static func < (left: Severity, right: Severity) -> Bool {
            left.rank < right.rank
        }

        private var rank: Int {
            switch self {
            case .error: 0
            case .warning: 1
            case .hint: 2
            }
        }
    }

    package let severity: Severity
    /// What is looked for, such as `catch-all`.
    package let rule: String
    package let serviceID: Int64?
    package let serviceName: String?
    package let file: String?
    package let line: Int?
    /// What was found, in words.
    package let text: String
}

/// Looks through all definitions for what operators regret later.
package enum ServiceLint {
    /// What was found, errors first, then in the order in which definitions are tried.
    ///
    /// - Parameter problems: What the load of the definitions reported.
    package static func findings(
        in registry: ServiceRegistry, problems: [ServiceProblem]
    ) -> [LintFinding] {
        var findings = problems.compactMap(finding)
        for service in registry.services where !service.isDenial {
            func add(_ severity: LintFinding.Severity, _ rule: String, _ text: String) {
                findings.append(
                    LintFinding(
                        severity: severity, rule: rule, serviceID: service.id,
                        serviceName: service.name, file: service.file, line: nil, text: text))
            }
            for fault in PatternLint.faults(of: service) {
                add(fault.severity, fault.rule, fault.text)
            }
            for fault in policyFaults(of: service, in: registry) {
                add(fault.severity, fault.rule, fault.text)
            }
        }
        findings += OverlapLint.findings(in: registry)
        return findings.enumerated()
            .sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }
            .map(\.element)
    }

    /// A problem of the load; `nil` if a rule looks at the same thing.
    private static func finding(_ problem: ServiceProblem) -> LintFinding? {
        let isPattern = problem.key == "serviceId" || problem.key == "proxyPolicy.pattern"
        if problem.severity == .warning, isPattern { return nil }
        let rule =
            problem.text.contains("not supported")
            ? "unsupported" : problem.key == "id" ? "duplicate-id" : "definition"
        return LintFinding(
            severity: problem.severity == .error ? .error : .warning, rule: rule, serviceID: nil,
            serviceName: nil, file: problem.file, line: problem.line,
            text: (problem.key.map { "\($0): " } ?? "") + problem.text)
    }

    /// A finding without the definition that it is about.
    struct Fault {
        let severity: LintFinding.Severity
        let rule: String
        let text: String
    }

    private static func policyFaults(
        of service: RegisteredService, in registry: ServiceRegistry
    ) -> [Fault] {
        var faults: [Fault] = []
        let targets = [
            (
                "accessStrategy.unauthorizedRedirectUrl",
                service.accessStrategy.unauthorizedRedirectURL
            ),
            ("redirectUrl", service.redirectURL), ("logoutUrl", service.logout.url),
        ]
        for (name, target) in targets {
            guard let target, registry.match(target) == nil else { continue }
            faults.append(
                Fault(
                    severity: name == "logoutUrl" ? .hint : .warning, rule: "unregistered-target",
                    text: "\(name): \(target.text) is no registered service"))
        }
        let access = service.accessStrategy
        if access.requiresAllAttributes, access.rejectedAttributes.count > 1 {
            faults.append(
                Fault(
                    severity: .warning, rule: "rejected-all",
                    text: "only who has all of the rejected attributes is refused; "
                        + "requireAllAttributes false refuses who has any"))
        }
        if case .all = service.attributeReleasePolicy.rule,
            service.attributeReleasePolicy.filters.isEmpty
        {
            faults.append(
                Fault(severity: .hint, rule: "releases-all", text: "every attribute is released"))
        }
        if case .anonymous(let recipe) = service.usernameProvider.source, recipe.salt != nil {
            faults.append(
                Fault(
                    severity: .hint, rule: "salted-name",
                    text: "anonymous names differ from one service URL to the next, as in Apereo"))
        }
        if service.extras.mayLackAccessStrategy {
            faults.append(
                Fault(
                    severity: .hint, rule: "no-access-strategy",
                    text: "everybody may enter, as if the end of the file were missing; "
                        + "an accessStrategy says that this is meant"))
        }
        return faults
    }
}
