internal import Platform

/// A folder of service definitions, one file each, in folders below it too.
package enum ServiceDirectory {
    /// What is read at most.
    package struct Limits: Sendable {
        /// The largest file, in bytes.
        package var fileBytesMax = 1 << 20
        /// How many files are read, and how many folders are looked into.
        package var filesMax = 100_000
        /// How deep folders are nested; the folder itself is the first level.
        package var depthMax = 8

        package init() {}
    }

    /// Reads all definitions.
    ///
    /// A file that cannot be used is reported and left out; the others are used all the same. Of
    /// two definitions with one id, the one whose path sorts first is used; what the other matches
    /// admits nobody, unless both are for the same services. A file with errors
    /// never makes room for a later and broader definition: if its text can be read, what it
    /// matches admits nobody; if not, as while it is being written, what `previous` has from the
    /// file stays in force, and without that whatever `serviceId` can be made out admits nobody. If
    /// none can be made out, an error says so.
    ///
    /// A fingerprint that is taken before the load and differs from the next one tells that a file
    /// changed meanwhile, so that no change is missed.
    ///
    /// - Parameters:
    ///   - templates: The folder of base definitions that `templateName` means.
    ///   - previous: The definitions that are in force until this load.
    package static func load(
        _ path: String, templates: String? = nil, limits: Limits = Limits(),
        previous: ServiceRegistry? = nil
    ) -> (registry: ServiceRegistry, problems: [ServiceProblem]) {
        var loading = Loading(limits: limits, previous: previous)
        if let templates { loading.addTemplates(templates) }
        loading.addDefinitions(path, excluding: templates)
        return (ServiceRegistry(loading.services), loading.problems)
    }

    /// The content of a file that does not change while it is read.
    static func content(of file: String, limits: Limits) throws(FileError) -> [UInt8] {
        for _ in 0..<3 {
            let version = File.version(file)
            let content = try File.read(file, limit: limits.fileBytesMax)
            if version != nil, File.version(file) == version { return content }
        }
        throw FileError(path: file, reason: "changes while it is read")
    }

}
