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
    package static func findings(
        in registry: ServiceRegistry, problems: [ServiceProblem]
    ) -> [LintFinding] {
        []
    }
}
