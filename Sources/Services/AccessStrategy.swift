package import CASProtocol
internal import PCRE

/// Who may enter a service.
package struct AccessStrategy: Sendable {
    /// Whether anybody may; the name of Apereo's field is `enabled`.
    package let isEnabled: Bool
    /// Whether a session that exists already is enough; if not, every ticket needs a credential.
    package let isSSOEnabled: Bool
    /// What a principal must have.
    package let requiredAttributes: [RequiredAttribute]
    /// Whether every required attribute must be there, or any one of them.
    package let requiresAllAttributes: Bool

    package init(
        isEnabled: Bool = true, isSSOEnabled: Bool = true,
        requiredAttributes: [RequiredAttribute] = [], requiresAllAttributes: Bool = true
    ) {
        self.isEnabled = isEnabled
        self.isSSOEnabled = isSSOEnabled
        self.requiredAttributes = requiredAttributes
        self.requiresAllAttributes = requiresAllAttributes
    }
}

/// An attribute that a principal must have, with one of several values.
package struct RequiredAttribute: Sendable {
    package let name: String
    /// Regular expressions; one must be found in one of the principal's values.
    package let values: [String]
    private let tests: [Test]

    private enum Test: Sendable {
        case pattern(Pattern)
        /// A value that is no regular expression is compared as it stands.
        case literal(String, isCaseInsensitive: Bool)
    }

    /// Makes a requirement; whether case counts concerns the values, never the name.
    package init(name: String, values: [String], matching: CaseMatching = .exact) {
        self.name = name
        self.values = values
        let isCaseInsensitive = matching == .insensitive
        tests = values.map { value in
            do {
                return .pattern(try Pattern(value, caseInsensitive: isCaseInsensitive))
            } catch {
                return .literal(value, isCaseInsensitive: isCaseInsensitive)
            }
        }
    }

    /// Whether upper and lower case are told apart.
    package enum CaseMatching: Sendable { case exact, insensitive }

    func isMet(by principal: Principal) -> Bool {
        (principal.attributes[name] ?? []).contains { value in
            tests.contains { test in
                switch test {
                case .pattern(let pattern): pattern.finds(in: value)
                case .literal(let text, isCaseInsensitive: false): text == value
                case .literal(let text, isCaseInsensitive: true):
                    text.lowercased() == value.lowercased()
                }
            }
        }
    }
}

/// Whether a principal may enter a service.
package enum AccessDecision: Hashable, Sendable {
    case granted
    /// The service is switched off for everybody.
    case disabled
    /// The principal lacks these attributes, or has them with other values; the names as they
    /// were required.
    case missingAttributes([String])
}

extension RegisteredService {
    /// Decides whether a principal may enter; a session that is not enough is not looked at.
    ///
    /// As in Apereo, a principal with fewer attributes than there are required ones is refused
    /// even if one of them would do.
    package func accessDecision(for principal: Principal) -> AccessDecision {
        guard accessStrategy.isEnabled else { return .disabled }
        let required = accessStrategy.requiredAttributes
        let missing = required.filter { !$0.isMet(by: principal) }
        if missing.isEmpty { return .granted }
        let isAnyEnough = !accessStrategy.requiresAllAttributes
        if isAnyEnough, missing.count < required.count,
            principal.attributes.entries.count >= required.count
        {
            return .granted
        }
        return .missingAttributes(missing.map(\.name))
    }
}
