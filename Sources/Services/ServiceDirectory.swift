internal import Platform

/// A folder of service definitions, one `*.json` file each, in folders below it too.
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
    /// two definitions with one id, the one whose path sorts first is used.
    package static func load(
        _ path: String, templates: String? = nil, limits: Limits = Limits(),
        previous: ServiceRegistry? = nil
    ) -> (registry: ServiceRegistry, problems: [ServiceProblem]) {
        var search = Search(limits: limits)
        search.visit(path, depth: 1)
        var problems = search.problems
        var services: [RegisteredService] = []
        var files: [Int64: String] = [:]
        for file in search.files.sorted() {
            let content: [UInt8]
            do {
                content = try File.read(file, limit: limits.fileBytesMax)
            } catch {
                problems.append(ServiceProblem(.error, file: file, text: error.reason))
                continue
            }
            let (service, found) = RegisteredService.reading(content, file: file)
            problems += found
            guard let service else {
                if let denial = RegisteredService.denial(for: content) { services.append(denial) }
                continue
            }
            if let first = files[service.id] {
                problems.append(
                    ServiceProblem(
                        .warning, file: file, key: "id",
                        text: "\(service.id) is in \(first) already; this file is not used"))
                continue
            }
            files[service.id] = file
            services.append(service)
            if !file.hasSuffix("-\(service.id).json") {
                problems.append(
                    ServiceProblem(
                        .warning, file: file,
                        text: "the usual file name is <name>-\(service.id).json"))
            }
        }
        return (ServiceRegistry(services), problems)
    }

    private struct Search {
        let limits: Limits
        var files: [String] = []
        var problems: [ServiceProblem] = []
        private var folders = 0
        private var hasReportedLimit = false

        init(limits: Limits) {
            self.limits = limits
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
                case .directory: visit(path, depth: depth + 1)
                case .file: add(path)
                case .other, nil:
                    problems.append(
                        ServiceProblem(.warning, file: path, text: "not a file; not read"))
                }
            }
        }

        private mutating func add(_ path: String) {
            guard path.hasSuffix(".json") else {
                if path.hasSuffix(".yml") || path.hasSuffix(".yaml") {
                    problems.append(
                        ServiceProblem(
                            .error, file: path, text: "YAML definitions are not supported yet"))
                }
                return
            }
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
}
