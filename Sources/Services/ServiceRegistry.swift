package import CASProtocol
internal import PCRE

/// All definitions of registered services, in the order in which they are tried.
///
/// Immutable; a reload makes a new one.
package struct ServiceRegistry: Sendable {
    /// The definitions by evaluation order, name in lower case, pattern and id.
    package let services: [RegisteredService]
    private let index: ServiceIndex
    private let placesByID: [Int64: Int]

    package init(_ services: [RegisteredService] = []) {
        self.services = services.sorted { $0.precedes($1) }
        index = ServiceIndex(self.services.map(\.matcher.startTexts))
        placesByID = Dictionary(
            self.services.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What was found for a service.
    package enum Lookup: Sendable {
        case found(RegisteredService)
        /// No definition matches: the service is not registered.
        case unregistered
        /// Matching the pattern of this definition took too much work, and the search ended.
        ///
        /// The service counts as not registered: a later definition could admit what this one,
        /// which comes first, was written to refuse.
        case gaveUp(RegisteredService)
    }

    /// Looks for the first definition that matches the service URL.
    package func lookUp(_ service: ServiceURL) -> Lookup {
        for place in index.candidates(for: service.patternText) {
            switch services[place].matcher.match(service.patternText) {
            case .matched: return .found(services[place])
            case .unmatched: continue
            case .gaveUp: return .gaveUp(services[place])
            }
        }
        return .unregistered
    }

    /// The definitions that a lookup may have to try, in the order in which it tries them.
    func candidates(for service: ServiceURL) -> [RegisteredService] {
        index.candidates(for: service.patternText).map { services[$0] }
    }

    /// The first definition that matches the service URL; `nil` if there is none.
    package func match(_ service: ServiceURL) -> RegisteredService? {
        if case .found(let found) = lookUp(service) { found } else { nil }
    }

    /// The definition of a number.
    package func service(id: Int64) -> RegisteredService? {
        placesByID[id].map { services[$0] }
    }
}
