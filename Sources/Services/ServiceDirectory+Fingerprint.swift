internal import Platform

extension ServiceDirectory {
    /// What tells whether any file of a folder was added, changed or removed.
    package struct Fingerprint: Hashable, Sendable {
        fileprivate var versions: [String: FileVersion] = [:]
    }

    /// The fingerprint of a folder, of the folders below it and of a folder of templates;
    /// unreadable ones count as empty.
    package static func fingerprint(
        _ path: String, templates: String? = nil, limits: Limits = Limits()
    ) -> Fingerprint {
        var fingerprint = Fingerprint()
        if let templates { add(templates, to: &fingerprint, depth: 1, limits: limits) }
        add(path, to: &fingerprint, depth: 1, limits: limits)
        return fingerprint
    }

    private static func add(
        _ folder: String, to fingerprint: inout Fingerprint, depth: Int, limits: Limits
    ) {
        // What cannot be read is reported by the load.
        guard depth <= limits.depthMax,
            let names = try? File.names(in: folder, limit: limits.filesMax)
        else { return }
        for name in names where !name.hasPrefix(".") {
            let path = folder + "/" + name
            switch File.kind(path) {
            case .directory: add(path, to: &fingerprint, depth: depth + 1, limits: limits)
            case .file: fingerprint.versions[path] = File.version(path)
            case .other, nil: break
            }
        }
    }
}
