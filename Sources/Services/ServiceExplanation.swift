package import CASProtocol
internal import PCRE
package import Platform

/// Which definition is in force for a service URL and why, and what somebody would get there.
package struct ServiceExplanation: Sendable {
    /// A definition that was tried.
    package struct Trial: Sendable {
        package enum Outcome: Hashable, Sendable {
            case matched
            case unmatched
            /// Matching took too much work, and the search ended.
            case gaveUp
        }

        package let service: RegisteredService
        package let outcome: Outcome
    }

    /// What somebody would get.
    package struct Entry: Sendable {
        package let decision: AccessDecision
        /// What the service would be told; empty if the principal may not enter.
        package let attributes: Attributes
        package let username: String?
    }

    /// The definitions that were tried, in this order; others cannot match the URL.
    package let trials: [Trial]
    /// How many definitions there are.
    package let definitionCount: Int
    /// The definition in force; `nil` if the service is not registered.
    package let service: RegisteredService?
    /// Whether anybody may enter now.
    package let isUsable: Bool
    /// What the principal would get; `nil` without a principal or a definition.
    package let entry: Entry?

    /// Explains what a lookup of the URL finds, by doing it step by step.
    package static func explain(
        _ url: ServiceURL, in registry: ServiceRegistry, principal: Principal?, at now: Instant,
        context: ReleaseContext
    ) -> ServiceExplanation {
        var trials: [Trial] = []
        var found: RegisteredService?
        search: for service in registry.candidates(for: url) {
            switch service.matcher.match(url.patternText) {
            case .unmatched:
                trials.append(Trial(service: service, outcome: .unmatched))
            case .matched:
                trials.append(Trial(service: service, outcome: .matched))
                found = service
                break search
            case .gaveUp:
                trials.append(Trial(service: service, outcome: .gaveUp))
                break search
            }
        }
        var entry: Entry?
        if let found, let principal {
            let decision = found.accessDecision(for: principal, at: now)
            let isGranted = decision == .granted
            entry = Entry(
                decision: decision,
                attributes: isGranted
                    ? AttributeRelease.release(to: found, principal: principal, context: context)
                    : Attributes(),
                username: isGranted
                    ? AttributeRelease.username(
                        for: found, principal: principal, service: url, context: context) : nil)
        }
        return ServiceExplanation(
            trials: trials, definitionCount: registry.services.count, service: found,
            isUsable: found?.isUsable(at: now) ?? false, entry: entry)
    }
}
