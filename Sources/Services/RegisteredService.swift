package import CASProtocol
internal import PCRE

/// An operator's definition of services: which, who may enter, what they learn.
///
/// A class because a request hands it on many times and it has many fields; it never changes.
package final class RegisteredService: Identifiable, Sendable {
    /// The number that identifies the definition.
    package let id: Int64
    /// The name that people see.
    package let name: String
    /// What the service is, for people.
    package let description: String?
    /// What a service URL must match, as it was written.
    ///
    /// It is matched against ``CASProtocol/ServiceURL/patternText``, so scheme and host are in
    /// lower case; upper-case letters that the pattern has there are folded. The rest is
    /// case-sensitive, because paths are. Apereo ignores case all through; a definition that counts
    /// on this writes `(?i)` in front of its pattern.
    package let serviceId: String
    /// How ``serviceId`` is compared.
    package let matching: MatchingStrategy
    /// Definitions with a smaller number are tried first.
    package let evaluationOrder: Int64
    package let accessStrategy: AccessStrategy
    package let attributeReleasePolicy: AttributeReleasePolicy
    package let usernameProvider: UsernameProvider
    package let logout: LogoutTarget
    /// What a page may show of it.
    package let links: ServiceLinks
    /// What only some definitions say.
    package let extras: ServiceExtras
    /// The file that it was read from.
    package let file: String?
    /// Whether it stands in for a definition with errors, and admits nobody to what that matches.
    package let isDenial: Bool
    let matcher: ServiceMatcher

    /// Makes a definition; what is not given has the value that Apereo gives it.
    ///
    /// - Parameter startText: With ``MatchingStrategy/startsWith``, what is compared instead of
    ///   the `serviceId`.
    /// - Throws: If the pattern is not a regular expression.
    package init(
        id: Int64, name: String, serviceId: String, description: String? = nil,
        evaluationOrder: Int64 = 0, accessStrategy: AccessStrategy = AccessStrategy(),
        attributeReleasePolicy: AttributeReleasePolicy = AttributeReleasePolicy(),
        usernameProvider: UsernameProvider = UsernameProvider(),
        logout: LogoutTarget = LogoutTarget(), links: ServiceLinks = ServiceLinks(),
        matching: MatchingStrategy = .fullRegex, startText: String? = nil,
        extras: ServiceExtras = ServiceExtras(), file: String? = nil
    ) throws(ServicePatternError) {
        matcher = try ServiceMatcher(startText ?? serviceId, matching)
        self.id = id
        self.name = name
        self.description = description
        self.serviceId = serviceId
        self.matching = matching
        self.evaluationOrder = evaluationOrder
        self.accessStrategy = accessStrategy
        self.attributeReleasePolicy = attributeReleasePolicy
        self.usernameProvider = usernameProvider
        self.logout = logout
        self.links = links
        self.extras = extras
        self.file = file
        isDenial = false
    }

    /// Makes what stands in for a definition with errors: its pattern and its place, and no access.
    ///
    /// Without it a later and broader definition would admit what this one was written to restrict.
    ///
    /// - Throws: If the pattern is not a regular expression.
    convenience init(
        denying serviceId: String, id: Int64, name: String, evaluationOrder: Int64,
        matching: MatchingStrategy = .fullRegex, startText: String? = nil, file: String? = nil
    ) throws(ServicePatternError) {
        self.init(
            denying: serviceId, id: id, name: name, evaluationOrder: evaluationOrder,
            matcher: try ServiceMatcher(startText ?? serviceId, matching), matching: matching,
            file: file)
    }

    /// Makes what stands in for a definition whose number another one has; it has none itself.
    convenience init(denying service: RegisteredService) {
        self.init(
            denying: service.serviceId, id: -1, name: service.name,
            evaluationOrder: service.evaluationOrder, matcher: service.matcher,
            matching: service.matching, file: service.file)
    }

    private init(
        denying serviceId: String, id: Int64, name: String, evaluationOrder: Int64,
        matcher: ServiceMatcher, matching: MatchingStrategy, file: String?
    ) {
        self.matcher = matcher
        self.id = id
        self.name = name
        description = nil
        self.serviceId = serviceId
        self.matching = matching
        self.evaluationOrder = evaluationOrder
        accessStrategy = AccessStrategy(isEnabled: false)
        attributeReleasePolicy = AttributeReleasePolicy(.none)
        usernameProvider = UsernameProvider()
        logout = LogoutTarget(type: .none)
        links = ServiceLinks()
        extras = ServiceExtras()
        self.file = file
        isDenial = true
    }

    /// Whether it stands in for a text of which nothing but the pattern is known.
    var isSalvaged: Bool { isDenial && evaluationOrder == .min }

    /// Whether another definition is written for the same services in the same way.
    func matchesLike(_ other: RegisteredService) -> Bool {
        serviceId == other.serviceId && matching == other.matching
            && matcher.startTexts == other.matcher.startTexts
    }

    /// Whether the definition matches a ``CASProtocol/ServiceURL/patternText``.
    func matches(_ patternText: String) -> Bool {
        matcher.match(patternText) == .matched
    }

    /// Whether this definition is tried before another one (Apereo's order).
    func precedes(_ other: RegisteredService) -> Bool {
        (evaluationOrder, name.lowercased(), serviceId, id)
            < (other.evaluationOrder, other.name.lowercased(), other.serviceId, other.id)
    }
}

/// Why a `serviceId` is not a pattern.
package struct ServicePatternError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and at which byte of the pattern.
    package let reason: String

    package var description: String { reason }
}

/// How a service is told that a session has ended (CAS 3.0 §2.3.3).
package enum LogoutType: String, Hashable, Sendable, CaseIterable {
    /// A POST from this server to the service.
    case backChannel = "BACK_CHANNEL"
    /// Through the browser.
    case frontChannel = "FRONT_CHANNEL"
    /// Not at all.
    case none = "NONE"
}

/// Where and how a service is told that a session has ended.
package struct LogoutTarget: Hashable, Sendable {
    package let type: LogoutType
    /// Where the message goes; `nil` is the service URL of the ticket.
    package let url: ServiceURL?

    package init(type: LogoutType = .backChannel, url: ServiceURL? = nil) {
        self.type = type
        self.url = url
    }
}
