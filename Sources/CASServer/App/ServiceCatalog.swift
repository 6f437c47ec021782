package import Logging
package import Platform
package import Services

/// The service definitions in force, replaced as a whole when their files change.
///
/// A change that a worker makes itself, over REST, is in force in every worker of the host as soon
/// as it is answered: whoever makes it counts up what all share, and everybody who takes the
/// definitions looks at that number first, which costs one load. Files that somebody edits are
/// noticed by ``ServiceCatalogWatch``. Another casd on another host learns nothing from this one;
/// it has files of its own.
package final class ServiceCatalog: Sendable {
    /// Where the definitions are read from.
    package struct Source: Sendable {
        package var directory: String
        /// The folder of base definitions.
        package var templates: String?

        package init(directory: String, templates: String? = nil) {
            self.directory = directory
            self.templates = templates
        }
    }

    private struct State {
        var registry: ServiceRegistry
        /// What ``changes`` was before the definitions were read.
        var generation: UInt64 = 0
        var fingerprint: ServiceDirectory.Fingerprint?
    }

    private let state: Lock<State>
    /// Held while definitions are read, so that an earlier reading never replaces a later one.
    private let reading = Lock(())
    private let source: Source?
    private let changes: SharedCounter?
    private let log: Logger?

    /// Definitions that come from nowhere and change only by ``replace(by:)``.
    package init(_ registry: ServiceRegistry) {
        state = Lock(State(registry: registry))
        source = nil
        changes = nil
        log = nil
    }

    /// Reads the definitions; what is wrong with some of them is logged, the others are in force.
    ///
    /// - Parameter changes: How often a process of this host has changed them.
    package init(_ source: Source, changes: SharedCounter? = nil, log: Logger? = nil) {
        self.source = source
        self.changes = changes
        self.log = log
        let generation = changes?.value ?? 0
        let fingerprint = ServiceDirectory.fingerprint(
            source.directory, templates: source.templates)
        let loaded = ServiceDirectory.load(source.directory, templates: source.templates)
        state = Lock(
            State(registry: loaded.registry, generation: generation, fingerprint: fingerprint))
        report(loaded.problems)
    }

    /// The definitions in force now; one request takes them once.
    ///
    /// Those that another worker has changed meanwhile are read first.
    package var current: ServiceRegistry {
        guard let changes else { return state.withLock { $0.registry } }
        let wanted = changes.value
        let registry = state.withLock { $0.generation == wanted ? $0.registry : nil }
        return registry ?? catchUp(with: changes)
    }

    package func replace(by registry: ServiceRegistry) {
        state.withLock { $0.registry = registry }
    }

    /// Tells all workers of this host that the files have changed just now.
    package func announceChange() {
        if let changes {
            changes.increment()
        } else {
            reading.withLock { _ in reload() }
        }
    }

    /// Reads the definitions anew if a file was added, changed or removed.
    ///
    /// A folder that is not there, for example while it is being replaced, changes nothing.
    func reloadIfChanged() {
        guard let source, File.kind(source.directory) == .directory else { return }
        reading.withLock { _ in
            let fingerprint = ServiceDirectory.fingerprint(
                source.directory, templates: source.templates)
            guard state.withLock({ $0.fingerprint != fingerprint }) else { return }
            reload()
        }
    }

    private func catchUp(with changes: SharedCounter) -> ServiceRegistry {
        reading.withLock { _ in
            // Somebody else may have read them while this thread waited.
            if state.withLock({ $0.generation != changes.value }) { reload() }
        }
        return state.withLock { $0.registry }
    }

    /// Only with ``reading`` held.
    private func reload() {
        guard let source else { return }
        // First of all, so that what changes while the files are read is read again.
        let generation = changes?.value ?? 0
        let fingerprint = ServiceDirectory.fingerprint(
            source.directory, templates: source.templates)
        let (registry, problems) = ServiceDirectory.load(
            source.directory, templates: source.templates, previous: state.withLock { $0.registry })
        state.withLock {
            $0 = State(registry: registry, generation: generation, fingerprint: fingerprint)
        }
        log?.notice(
            "services reloaded", metadata: ["count": "\(registry.services.count { !$0.isDenial })"])
        report(problems)
    }

    private func report(_ problems: [ServiceProblem]) {
        for problem in problems.prefix(100) {
            log?.warning("service definition", metadata: ["reason": "\(problem)"])
        }
    }
}
