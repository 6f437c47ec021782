internal import JSON
package import Platform

extension ServiceDirectory {
    /// Changes the definitions of a folder, one at a time on this host, each whole or not at all.
    ///
    /// A definition is checked as ``load(_:templates:limits:previous:)`` would before anything is
    /// written. It is in `<name>-<id>.json`; one that is there already stays in its folder and,
    /// unless its file was named so, under its file's name.
    package struct Writer: Sendable {
        let directory: String
        let templates: String?
        let lockFile: String
        var limits = Limits()
        /// How many definitions there may be for another one to be added.
        package var definitionsMax = 10_000
        /// How long a change waits for others.
        package var patience: Duration = .seconds(5)

        /// - Parameters:
        ///   - templates: The folder of base definitions.
        ///   - lockFile: What keeps two changes of this host apart; on a local file system.
        package init(directory: String, templates: String?, lockFile: String) {
            self.directory = directory
            self.templates = templates
            self.lockFile = lockFile
        }
    }
}

extension ServiceDirectory.Writer {
    package typealias StoredDefinition = ServiceDirectory.StoredDefinition
    package typealias ChangeRefusal = ServiceDirectory.ChangeRefusal
    package typealias Change = ServiceDirectory.Change

    /// All definitions whose number can be told, by number.
    ///
    /// - Throws: If the folder cannot be read.
    package func all() throws(ChangeRefusal) -> [StoredDefinition] {
        try scan().sorted { ($0.id, $0.file) < ($1.id, $1.file) }
    }

    /// The definition of a number; the first by path if files with the same one are there.
    ///
    /// - Throws: If the folder cannot be read.
    package func definition(_ id: Int64) throws(ChangeRefusal) -> StoredDefinition? {
        try scan().first { $0.id == id }
    }

    /// Adds or replaces a definition.
    ///
    /// - Parameters:
    ///   - text: JSON with comments, as in a file.
    ///   - id: The number that it must have; `nil` takes that of the text, or a free one if it has
    ///     none.
    ///   - now: What free numbers are made of.
    /// - Throws: If nothing was changed.
    package func save(
        _ text: [UInt8], as id: Int64? = nil, expecting: ServiceDirectory.Expectation = .anything,
        at now: Instant
    ) throws(ChangeRefusal) -> Change {
        let object = try object(of: text)
        let written = try writtenID(in: object)
        if let id, let written, id != written {
            throw .conflict("the definition has the id \(written), the address \(id)")
        }
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let present = try scan()
        let number = id ?? written ?? Self.freeID(present, at: now)
        let old = try one(of: present, number)
        guard expecting.isMet(by: old) else { throw .unexpected }
        if old == nil, present.count >= definitionsMax {
            throw .conflict("there are \(definitionsMax) definitions already")
        }
        if let old, hasLoginSecrets(old) { throw .secrets }
        let content = Self.closed(DefinitionInsertion.text(text, object, with: number))
        let name = try checked(content).name
        let file: String
        do throws(FileError) {
            file = try write(content, Self.fileName(name, number), over: old)
        } catch {
            throw .unwritable(error.description)
        }
        return Change(
            definition: StoredDefinition(id: number, file: file, content: content), name: name,
            isNew: old == nil)
    }

    /// Removes a definition.
    ///
    /// - Throws: If nothing was changed.
    package func remove(
        _ id: Int64, expecting: ServiceDirectory.Expectation = .anything
    ) throws(ChangeRefusal) -> Change {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        guard let old = try one(of: try scan(), id) else { throw .unknown }
        guard expecting.isMet(by: old) else { throw .unexpected }
        if hasLoginSecrets(old) { throw .secrets }
        do throws(FileError) {
            try File.removeDurably(old.file)
        } catch {
            throw .unwritable(error.description)
        }
        // Losing the error is right: what is removed may have been broken.
        let object = try? DefinitionText.parse(old.content, file: old.file)
        return Change(
            definition: old, name: object?["name"]?.stringValue ?? "", isNew: false)
    }
}

// MARK: Parts

extension ServiceDirectory.Writer {
    private func lock() throws(ChangeRefusal) -> FileLock {
        let lock: FileLock?
        do throws(FileError) {
            lock = try FileLock(lockFile, within: patience)
        } catch {
            throw .unwritable(error.description)
        }
        guard let lock else { throw .busy }
        return lock
    }

    private func scan() throws(ChangeRefusal) -> [StoredDefinition] {
        guard File.kind(directory) == .directory else {
            throw .unwritable("\(directory): not a folder")
        }
        var search = FolderSearch(limits: limits, excluding: templates)
        search.visit(directory, depth: 1)
        var found: [StoredDefinition] = []
        for file in search.files.sorted() {
            // Losing the error is right: a file that cannot be read is in nobody's way, and the
            // load reports it.
            guard let content = try? ServiceDirectory.content(of: file, limits: limits),
                let id = Self.id(of: content, file: file)
            else { continue }
            found.append(StoredDefinition(id: id, file: file, content: content))
        }
        return found
    }

    /// The number of a file's definition; that of its name if the text cannot be read.
    private static func id(of content: [UInt8], file: String) -> Int64? {
        if let object = try? DefinitionText.parse(content, file: file) {
            return object["id"]?.integerValue.flatMap { $0 >= 0 ? $0 : nil }
        }
        let name = DefinitionTemplates.name(ofFile: file)
        guard let hyphen = name.lastIndex(of: "-") else { return nil }
        let digits = name[name.index(after: hyphen)...]
        return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
    }

    private func one(
        of present: [StoredDefinition], _ id: Int64
    ) throws(ChangeRefusal) -> StoredDefinition? {
        let found = present.filter { $0.id == id }
        guard found.count < 2 else {
            let names = found.map { relative($0.file) }.joined(separator: ", ")
            throw .conflict("several files have the id \(id): \(names)")
        }
        guard let file = found.first?.file else { return nil }
        guard file.hasSuffix(".json") else {
            throw .conflict("\(relative(file)) is no JSON file; it is changed where it is")
        }
        guard !isBehindLink(file) else {
            throw .conflict("\(relative(file)) is a link; it is changed where it leads to")
        }
        return found.first
    }

    private func relative(_ file: String) -> String {
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        return file.hasPrefix(prefix) ? String(file.dropFirst(prefix.count)) : file
    }

    /// Whether a file, or a folder that it is in below ``directory``, is a symbolic link.
    private func isBehindLink(_ file: String) -> Bool {
        var path = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        for part in relative(file).split(separator: "/") {
            path += "/" + part
            if File.isLink(path) { return true }
        }
        return false
    }

    private func object(of text: [UInt8]) throws(ChangeRefusal) -> JSONObject {
        do {
            let value = try JSONValue(parsing: text, dialect: .relaxed)
            if let object = value.objectValue { return object }
            throw ChangeRefusal.invalid([
                ServiceProblem(
                    .error, file: "", line: 1, text: "\(value.kindText); an object is expected")
            ])
        } catch let error as JSONSyntaxError {
            throw .invalid([
                ServiceProblem(
                    .error, file: "", line: error.line,
                    text: "column \(error.column): \(error.reason)")
            ])
        } catch let error as ChangeRefusal {
            throw error
        } catch {
            throw .unwritable("\(error)")
        }
    }

    /// The number in a text; -1, which Apereo writes for none yet, is none.
    private func writtenID(in object: JSONObject) throws(ChangeRefusal) -> Int64? {
        guard let member = object.member("id"), member.value != .null, member.value != -1 else {
            return nil
        }
        if let id = member.value.integerValue, id >= 0 { return id }
        throw .invalid([
            ServiceProblem(
                .error, file: "", line: member.line, key: "id",
                text: "a number from 0 up is expected, or none for a free one")
        ])
    }

    /// A number that no definition has: the time, as Apereo takes it.
    private static func freeID(_ present: [StoredDefinition], at now: Instant) -> Int64 {
        let taken = Set(present.map(\.id))
        var id = max(1, now.milliseconds)
        while taken.contains(id) { id += 1 }
        return id
    }

    private static func closed(_ text: [UInt8]) -> [UInt8] {
        text.last == UInt8(ascii: "\n") ? text : text + [UInt8(ascii: "\n")]
    }

    /// The definition of a new text, which has no secrets and no files of keys, from a template
    /// neither.
    private func checked(_ content: [UInt8]) throws(ChangeRefusal) -> RegisteredService {
        // Losing the error is right: the check tells it.
        if let object = try? DefinitionText.parse(content, file: ".json"),
            ServiceSecrets.hasReserved(.object(object))
        {
            throw .secrets
        }
        let service = try check(content)
        guard service.tokenLogin == nil else { throw .secrets }
        return service
    }

    private func hasLoginSecrets(_ old: StoredDefinition) -> Bool {
        // Losing the errors is right: what is there may be broken.
        guard let object = try? DefinitionText.parse(old.content, file: old.file) else {
            return ServiceSecrets.mayHaveLoginSecrets(old.content)
        }
        return ServiceSecrets.hasLoginSecrets(.object(object))
            || (try? check(old.content))?.tokenLogin != nil
    }

    private func check(_ content: [UInt8]) throws(ChangeRefusal) -> RegisteredService {
        var loading = ServiceDirectory.Loading(limits: limits, previous: nil)
        if let templates { loading.addTemplates(templates) }
        let read = DefinitionFile.reading(content, file: ".json", templates: loading.templates)
        guard let service = read.service else {
            throw .invalid(read.problems.filter { $0.severity == .error })
        }
        return service
    }

    static func fileName(_ name: String, _ id: Int64) -> String {
        let letters = name.utf8.filter { $0 != UInt8(ascii: " ") }.prefix(80).map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        let text = String(decoding: letters, as: UTF8.self)
        return "\(text.isEmpty ? "service" : text)-\(id).json"
    }

    /// Writes a definition and returns where it is.
    private func write(
        _ content: [UInt8], _ name: String, over old: StoredDefinition?
    ) throws(FileError) -> String {
        guard let old else {
            let file = (directory.hasSuffix("/") ? directory : directory + "/") + name
            guard !File.exists(file), !File.isLink(file) else {
                throw FileError(path: file, reason: "there is a file already")
            }
            try File.replaceDurably(file, with: content, permissions: 0o640)
            return file
        }
        // First the content under the old name and then the new name, so that there is always one
        // file with the number.
        try File.replaceDurably(old.file, with: content, permissions: 0o640)
        let folder = old.file.lastIndex(of: "/").map { String(old.file[...$0]) } ?? ""
        let file = folder + name
        guard old.file.hasSuffix("-\(old.id).json"), file != old.file, !File.exists(file),
            !File.isLink(file)
        else { return old.file }
        try File.renameDurably(old.file, to: file)
        return file
    }
}
