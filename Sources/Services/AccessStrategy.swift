package import CASProtocol
internal import PCRE
package import Platform

/// Who may enter a service.
package struct AccessStrategy: Sendable {
    /// Whether anybody may; the name of Apereo's field is `enabled`.
    package let isEnabled: Bool
    /// Whether a session that exists already is enough; if not, every ticket needs a credential.
    package let isSSOEnabled: Bool
    /// What a principal must have.
    package let requiredAttributes: [RequiredAttribute]
    /// What a principal must not have; see ``RegisteredService/accessDecision(for:at:)``.
    package let rejectedAttributes: [RequiredAttribute]
    /// Whether every required attribute must be there, or any one of them; the same of the
    /// rejected ones.
    package let requiresAllAttributes: Bool
    /// The first moment at which anybody may enter.
    package let startsAt: Instant?
    /// The last moment at which anybody may enter.
    package let endsAt: Instant?
    /// Where a browser is sent that may not enter.
    package let unauthorizedRedirectURL: ServiceURL?
    package let delegation: DelegationPolicy

    package init(
        isEnabled: Bool = true, isSSOEnabled: Bool = true,
        requiredAttributes: [RequiredAttribute] = [],
        rejectedAttributes: [RequiredAttribute] = [], requiresAllAttributes: Bool = true,
        startsAt: Instant? = nil, endsAt: Instant? = nil,
        unauthorizedRedirectURL: ServiceURL? = nil,
        delegation: DelegationPolicy = DelegationPolicy()
    ) {
        self.isEnabled = isEnabled
        self.isSSOEnabled = isSSOEnabled
        self.requiredAttributes = requiredAttributes
        self.rejectedAttributes = rejectedAttributes
        self.requiresAllAttributes = requiresAllAttributes
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.unauthorizedRedirectURL = unauthorizedRedirectURL
        self.delegation = delegation
    }
}

/// Which other CAS servers may vouch for somebody who enters a service.
package struct DelegationPolicy: Hashable, Sendable {
    /// The names of the servers.
    package let allowedProviders: [String]
    /// Whether all servers may if none is named.
    package let permitsUndefined: Bool
    /// Whether only those servers may, and a login here is not enough.
    package let isExclusive: Bool

    package init(
        allowedProviders: [String] = [], permitsUndefined: Bool = true, isExclusive: Bool = false
    ) {
        self.allowedProviders = allowedProviders
        self.permitsUndefined = permitsUndefined
        self.isExclusive = isExclusive
    }

    /// Whether a server may vouch; `nil` is a login here.
    package func allows(provider: String?) -> Bool {
        guard let provider else { return !isExclusive }
        return allowedProviders.isEmpty ? permitsUndefined : allowedProviders.contains(provider)
    }
}

/// An attribute that a principal must have, or must not have, with one of several values.
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

    /// Whether the principal has the attribute.
    ///
    /// - Parameter doubt: The answer if a search took too much work: for a requirement that it is
    ///   not there, for a rejection that it is.
    func isMet(by principal: Principal, inDoubt doubt: Bool) -> Bool {
        (principal.attributes[name] ?? []).contains { value in
            tests.contains { test in
                switch test {
                case .pattern(let pattern):
                    switch pattern.find(in: value) {
                    case .matched: true
                    case .unmatched: false
                    case .gaveUp: doubt
                    }
                case .literal(let text, isCaseInsensitive: false): text == value
                case .literal(let text, isCaseInsensitive: true):
                    text.lowercased() == value.lowercased()
                }
            }
        }
    }
}
