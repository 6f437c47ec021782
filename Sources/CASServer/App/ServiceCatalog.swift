internal import Platform
package import Services

/// The service definitions in force, replaced as a whole when their files change.
package final class ServiceCatalog: Sendable {
    private let registry: Lock<ServiceRegistry>

    package init(_ registry: ServiceRegistry) {
        self.registry = Lock(registry)
    }

    /// The definitions in force now; one request takes them once.
    package var current: ServiceRegistry {
        registry.withLock { $0 }
    }

    package func replace(by registry: ServiceRegistry) {
        self.registry.withLock { $0 = registry }
    }
}
