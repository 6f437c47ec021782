internal import Logging
internal import Platform

/// Keeps a ``ServiceCatalog`` in step with the folder of definitions.
final class ServiceCatalogWatch: Sendable {
    let catalog: ServiceCatalog

    /// Loads the definitions; what is wrong with some of them is logged, the others are in force.
    ///
    /// - Parameters:
    ///   - templates: The folder of base definitions.
    ///   - changes: How often a process of this host has changed them.
    init(
        directory: String, templates: String? = nil, changes: SharedCounter? = nil, log: Logger
    ) {
        catalog = ServiceCatalog(
            ServiceCatalog.Source(directory: directory, templates: templates), changes: changes,
            log: log)
    }

    /// Loads the definitions anew if a file was added, changed or removed.
    ///
    /// A folder that is not there, for example while it is being replaced, changes nothing.
    func reloadIfChanged() {
        catalog.reloadIfChanged()
    }
}
