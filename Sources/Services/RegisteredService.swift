package import CASProtocol
internal import PCRE

/// An operator's definition of services: which, who may enter, what they learn.
package struct RegisteredService: Identifiable, Sendable {
    /// The number that identifies the definition.
    package let id: Int64
    /// The name that people see.
    package let name: String
    /// What the service is, for people.
    package let description: String?
    /// The regular expression, as it was written, that a service URL must match as a whole.
    ///
    /// It is matched against ``CASProtocol/ServiceURL/patternText``, so scheme and host are in
    /// lower case; upper-case letters that the pattern has there are folded when it is compiled.
    /// The rest is case-sensitive, because paths are. Apereo is believed to ignore case all
    /// through; a definition that counts on this writes `(?i)` in front of its pattern.
    package let serviceId: String
    /// Definitions with a smaller number are tried first.
    package let evaluationOrder: Int64
    package let accessStrategy: AccessStrategy
    package let attributeReleasePolicy: AttributeReleasePolicy
    package let usernameProvider: UsernameProvider
    package let logout: LogoutTarget
    package let links: ServiceLinks
    /// Whether it stands in for a definition with errors, and admits nobody to what that matches.
    package let isDenial: Bool
    let pattern: Pattern

    /// Makes a definition; what is not given has the value that Apereo gives it.
    ///
    /// - Throws: If the pattern is not a regular expression.
    package init(
        id: Int64, name: String, serviceId: String, description: String? = nil,
        evaluationOrder: Int64 = 0, accessStrategy: AccessStrategy = AccessStrategy(),
        attributeReleasePolicy: AttributeReleasePolicy = AttributeReleasePolicy(),
        usernameProvider: UsernameProvider = UsernameProvider(),
        logout: LogoutTarget = LogoutTarget(), links: ServiceLinks = ServiceLinks()
    ) throws(ServicePatternError) {
        do {
            pattern = try Pattern(PatternText.withLowerCaseHost(serviceId))
        } catch {
            throw ServicePatternError(reason: error.description)
        }
        self.id = id
        self.name = name
        self.description = description
        self.serviceId = serviceId
        self.evaluationOrder = evaluationOrder
        self.accessStrategy = accessStrategy
        self.attributeReleasePolicy = attributeReleasePolicy
        self.usernameProvider = usernameProvider
        self.logout = logout
        self.links = links
        isDenial = false
    }

    /// Makes what stands in for a definition with errors: its pattern and its place, and no access.
    ///
    /// Without it a later and broader definition would admit what this one was written to restrict.
    ///
    /// - Throws: If the pattern is not a regular expression.
    init(
        denying serviceId: String, id: Int64, name: String, evaluationOrder: Int64
    ) throws(ServicePatternError) {
        do {
            pattern = try Pattern(PatternText.withLowerCaseHost(serviceId))
        } catch {
            throw ServicePatternError(reason: error.description)
        }
        self.id = id
        self.name = name
        description = nil
        self.serviceId = serviceId
        self.evaluationOrder = evaluationOrder
        accessStrategy = AccessStrategy(isEnabled: false)
        attributeReleasePolicy = AttributeReleasePolicy(.none)
        usernameProvider = UsernameProvider()
        logout = LogoutTarget(type: .none)
        links = ServiceLinks()
        isDenial = true
    }

    /// Whether the pattern matches a whole ``CASProtocol/ServiceURL/patternText``.
    func matches(_ patternText: String) -> Bool {
        pattern.matchesWhole(patternText)
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

/// What a page may show of a service; nothing is decided by it, and nothing of it is checked.
package struct ServiceLinks: Hashable, Sendable {
    package let logo: String?
    package let informationUrl: String?
    package let privacyUrl: String?

    package init(logo: String? = nil, informationUrl: String? = nil, privacyUrl: String? = nil) {
        self.logo = logo
        self.informationUrl = informationUrl
        self.privacyUrl = privacyUrl
    }
}
