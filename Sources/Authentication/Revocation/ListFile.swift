internal import OpenSSL
internal import Platform

/// One file of lists, as it was last read.
struct ListFile: Sendable {
    let path: String
    /// `nil`: there is no such file.
    let version: FileVersion?
    /// The lists in force.
    private(set) var lists: [RevocationList] = []
    /// What it counts against what may be read altogether.
    private(set) var bytes = 0
    /// What is wrong with the present content.
    private(set) var failure: String?
    private(set) var failureCount = 0

    /// The most lists in one file.
    private static let listsMax = 1000

    /// The files that are there now, not read yet.
    ///
    /// A folder that cannot be looked into, for example while it is being replaced, keeps the
    /// files that it had.
    static func present(_ paths: [String], before: [ListFile]) -> [ListFile] {
        var found: [ListFile] = []
        var versions: Set<FileVersion> = []
        for path in paths {
            guard File.kind(path) == .directory,
                // Losing the error is right: reading the folder as a file tells it.
                let names = try? File.names(in: path, limit: FileLists.filesMax)
            else {
                found.append(ListFile(path: path, version: File.version(path)))
                found += before.filter { $0.path.hasPrefix(path + "/") }
                    .map { ListFile(path: $0.path, version: $0.version) }
                continue
            }
            for name in names where !name.hasPrefix(".") && !name.hasSuffix("~") {
                let file = ListFile(
                    path: "\(path)/\(name)", version: File.version("\(path)/\(name)"))
                guard let version = file.version, File.kind(file.path) == .file,
                    // The same file under the name that `openssl rehash` gave it.
                    versions.insert(version).inserted
                else { continue }
                found.append(file)
            }
        }
        return Array(found.prefix(FileLists.filesMax))
    }

    private init(path: String, version: FileVersion?) {
        self.path = path
        self.version = version
    }

    /// Reads the content; what is wrong with it leaves lists of the previous content in force.
    mutating func read(
        _ previous: ListFile?, signers: [X509Certificate], bytesMax: Int, at now: Instant
    ) {
        var faults: [String] = []
        do {
            let content = try File.read(path, limit: max(0, bytesMax))
            bytes = content.count
            let parts = RevocationList.contents(of: content)
            if parts.isEmpty { faults.append("no revocation list") }
            if parts.count > Self.listsMax { faults.append("more than \(Self.listsMax) lists") }
            for (number, part) in parts.prefix(Self.listsMax).enumerated() {
                do throws(RevocationListError) {
                    lists.append(try RevocationList(part, signers: signers))
                } catch {
                    faults.append(parts.count == 1 ? "\(error)" : "list \(number + 1): \(error)")
                }
            }
        } catch {
            faults.append(error.reason)
        }
        keep(previous?.lists ?? [], &faults, at: now)
        if bytes == 0 { bytes = previous?.bytes ?? 0 }
        guard let first = faults.first else { return }
        failure = first + (faults.count > 1 ? ", and \(faults.count - 1) more" : "")
        failureCount = (previous?.failureCount ?? 0) + 1
    }

    /// Leaves lists in force that the new content takes back or, being broken, lacks.
    private mutating func keep(
        _ previous: [RevocationList], _ faults: inout [String], at now: Instant
    ) {
        let isBroken = !faults.isEmpty
        for old in previous {
            guard let place = lists.firstIndex(where: { $0.isOfKind(of: old) }) else {
                if isBroken { lists.append(old) }
                continue
            }
            guard let objection = lists[place].objection(replacing: old, at: now) else { continue }
            faults.append(objection)
            lists[place] = old
        }
    }

    /// What the operator reads when the file was read.
    var news: String {
        let inForce = lists.isEmpty ? "nothing of it is in force" : "\(lists.count) in force"
        guard let failure else {
            let count = lists.reduce(0) { $0 + $1.count }
            return "\(path): read, \(inForce), \(count) revoked"
        }
        return "\(path): \(failure); \(inForce)"
    }
}

extension RevocationList {
    /// Whether one takes the place of the other.
    fileprivate func isOfKind(of other: RevocationList) -> Bool {
        issuerKeyDigest == other.issuerKeyDigest && scope == other.scope
    }
}
