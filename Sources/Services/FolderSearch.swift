internal import Platform

/// Finds the files of a folder and the folders below it.
struct FolderSearch {
    let limits: ServiceDirectory.Limits
    /// A folder that is passed over.
    let excluded: String?
    var files: [String] = []
    var problems: [ServiceProblem] = []
    private var folders = 0
    private var hasReportedLimit = false

    init(limits: ServiceDirectory.Limits, excluding excluded: String? = nil) {
        self.limits = limits
        self.excluded = excluded.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    mutating func visit(_ folder: String, depth: Int) {
        folders += 1
        guard depth <= limits.depthMax, folders <= limits.filesMax else {
            problems.append(
                ServiceProblem(.error, file: folder, text: "nested too deep; not read"))
            return
        }
        let names: [String]
        do {
            names = try File.names(in: folder, limit: limits.filesMax)
        } catch {
            problems.append(ServiceProblem(.error, file: folder, text: error.reason))
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            switch File.kind(path) {
            case .directory where path == excluded: break
            case .directory: visit(path, depth: depth + 1)
            case .file: add(path)
            case .other, nil:
                problems.append(
                    ServiceProblem(.warning, file: path, text: "not a file; not read"))
            }
        }
    }

    private mutating func add(_ path: String) {
        guard DefinitionText.suffixes.contains(where: path.hasSuffix) else { return }
        guard files.count < limits.filesMax else {
            if !hasReportedLimit {
                hasReportedLimit = true
                problems.append(
                    ServiceProblem(
                        .error, file: path,
                        text: "more than \(limits.filesMax) files; this and more not read"))
            }
            return
        }
        files.append(path)
    }
}
