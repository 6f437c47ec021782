internal import Platform

extension ServiceDirectory {
    /// One load, on its way.
    struct Loading {
        let limits: Limits
        private(set) var services: [RegisteredService] = []
        private(set) var problems: [ServiceProblem] = []
        private(set) var templates = DefinitionTemplates.none
        private var servicesByID: [Int64: RegisteredService] = [:]
        private var previous: [String: [RegisteredService]] = [:]

        init(limits: Limits, previous: ServiceRegistry?) {
            self.limits = limits
            for service in previous?.services ?? [] {
                if let file = service.file { self.previous[file, default: []].append(service) }
            }
        }

        private mutating func files(in folder: String, excluding: String? = nil) -> [String] {
            var search = FolderSearch(limits: limits, excluding: excluding)
            search.visit(folder, depth: 1)
            problems += search.problems
            return search.files.sorted()
        }

        mutating func addTemplates(_ folder: String) {
            for file in files(in: folder) {
                do {
                    let content = try ServiceDirectory.content(of: file, limits: limits)
                    let object = try DefinitionText.parse(content, file: file)
                    templates.add(object, name: DefinitionTemplates.name(ofFile: file))
                } catch let error as FileError {
                    problems.append(ServiceProblem(.error, file: file, text: error.reason))
                } catch let error as DefinitionTextError {
                    problems.append(
                        ServiceProblem(.error, file: file, line: error.line, text: error.reason))
                } catch {
                    problems.append(ServiceProblem(.error, file: file, text: "\(error)"))
                }
            }
        }

        /// Adds the definitions of a folder; the folder of templates may be within it.
        mutating func addDefinitions(_ folder: String, excluding templates: String?) {
            for file in files(in: folder, excluding: templates) { add(file) }
        }

        private mutating func add(_ file: String) {
            let content: [UInt8]
            do {
                content = try ServiceDirectory.content(of: file, limits: limits)
            } catch {
                problems.append(ServiceProblem(.error, file: file, text: error.reason))
                if !keepPrevious(of: file) { deny([], of: file, isIncomplete: true) }
                return
            }
            let read = DefinitionFile.reading(content, file: file, templates: templates)
            problems += read.problems
            if read.isUnreadable, keepPrevious(of: file) { return }
            guard let service = read.service else {
                deny(read.denials, of: file, isIncomplete: read.isIncomplete)
                return
            }
            guard take(service, of: file) else { return }
            let isUsual = DefinitionText.suffixes.contains {
                file.hasSuffix("-\(service.id)\($0)")
            }
            if !isUsual {
                problems.append(
                    ServiceProblem(
                        .warning, file: file,
                        text: "the usual file name is <name>-\(service.id).json"))
            }
        }

        /// Uses a definition unless another one has its number; then what it matches admits nobody,
        /// because it may have been written to restrict a broader one.
        private mutating func take(_ service: RegisteredService, of file: String) -> Bool {
            if !service.isDenial {
                if let first = servicesByID[service.id] {
                    let isCopy = first.matchesLike(service)
                    if !isCopy { services.append(RegisteredService(denying: service)) }
                    problems.append(
                        ServiceProblem(
                            .error, file: file, key: "id",
                            text:
                                "\(service.id) is in \(first.file ?? first.name) already, which is"
                                + " used; this file is not"
                                + (isCopy ? "" : ", and what it matches admits nobody")))
                    return false
                }
                servicesByID[service.id] = service
            }
            services.append(service)
            return true
        }

        /// Keeps what was in force from a file that cannot be read now; `false` without any.
        private mutating func keepPrevious(of file: String) -> Bool {
            let earlier = (previous[file] ?? []).filter { !$0.isSalvaged }
            guard !earlier.isEmpty else { return false }
            let kept = earlier.filter { take($0, of: file) }
            guard !kept.isEmpty else { return true }
            problems.append(
                ServiceProblem(
                    .warning, file: file, text: "what was read from it before stays in force"))
            return true
        }

        /// Puts what admits nobody in the place of a definition that cannot be used.
        private mutating func deny(
            _ denials: [RegisteredService], of file: String, isIncomplete: Bool
        ) {
            // A text that shows less than it did before does not take anything back.
            let earlier = isIncomplete ? (previous[file] ?? []).filter(\.isSalvaged) : []
            services += denials
            services += earlier.filter { old in
                !denials.contains { $0.serviceId == old.serviceId }
            }
            guard isIncomplete else { return }
            problems.append(
                ServiceProblem(
                    .error, file: file,
                    text: "this file admits nobody and cannot keep a broader definition from"
                        + " admitting to what it restricts: its pattern cannot be made out"))
        }
    }
}
