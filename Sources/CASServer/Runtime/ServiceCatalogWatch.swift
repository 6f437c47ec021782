internal import Logging
internal import Platform
internal import Services

/// Keeps a ``ServiceCatalog`` in step with the folder of definitions.
final class ServiceCatalogWatch: Sendable {
    let catalog: ServiceCatalog
    private let directory: String
    private let templates: String?
    private let log: Logger
    private let fingerprint: Lock<ServiceDirectory.Fingerprint?>

    /// Loads the definitions; what is wrong with some of them is logged, the others are in force.
    ///
    /// - Parameter templates: The folder of base definitions.
    init(directory: String, templates: String? = nil, log: Logger) {
        self.directory = directory
        self.templates = templates
        self.log = log
        fingerprint = Lock(ServiceDirectory.fingerprint(directory, templates: templates))
        let (registry, problems) = ServiceDirectory.load(directory, templates: templates)
        catalog = ServiceCatalog(registry)
        report(problems)
    }

    /// Loads the definitions anew if a file was added, changed or removed.
    ///
    /// A folder that is not there, for example while it is being replaced, changes nothing.
    func reloadIfChanged() {
        guard File.kind(directory) == .directory else { return }
        let current = ServiceDirectory.fingerprint(directory, templates: templates)
        let hasChanged = fingerprint.withLock { last in
            defer { last = current }
            return last != current
        }
        guard hasChanged else { return }
        let (registry, problems) = ServiceDirectory.load(
            directory, templates: templates, previous: catalog.current)
        catalog.replace(by: registry)
        log.notice(
            "services reloaded", metadata: ["count": "\(registry.services.count { !$0.isDenial })"])
        report(problems)
    }

    private func report(_ problems: [ServiceProblem]) {
        for problem in problems.prefix(100) {
            log.warning("service definition", metadata: ["reason": "\(problem)"])
        }
    }
}
