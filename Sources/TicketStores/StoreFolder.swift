internal import LMDB
internal import Platform
internal import Tickets

/// The files of the store: the live one and those that guard its opening.
struct StoreFolder: Sendable {
    let path: String
    let snapshotFile: String?

    /// Holds the format under the key `format`.
    static let metaDatabase = "meta"
    private static let format: [UInt8] = [2]

    var live: String { path + "/tickets.mdb" }
    /// Held while the store is opened, so that one process alone makes it.
    private var openLock: String { path + "/tickets.opening" }
    /// Held while a snapshot is written.
    var snapshotLock: String { path + "/tickets.snapshotting" }
    /// Names the boot in which the live store was made.
    private var boot: String { path + "/tickets.boot" }

    /// One-time tickets beside the live store; see ``SlotTable``.
    private var slots: String { path + "/tickets.slots" }
    /// Held while sessions learn of the uses of tickets in slots, and while they end.
    var noting: String { path + "/tickets.noting" }

    func turn(_ name: String) -> String { path + "/turn.\(name)" }

    func open(
        databases: [String], mapBytes: Int, bootID: String
    ) throws -> Opened {
        try File.makeDirectory(path)
        return try FileLock.withLock(openLock) {
            let origin = try prepare(bootID)
            let environment = try Environment(
                path: live, databases: databases, mapBytes: mapBytes)
            try checkFormat(environment)
            let slots = try SlotTable(
                path: slots, count: SlotTable.count(mapBytes: mapBytes))
            // Made by whoever opens the store first, so that no tool of another user makes it.
            try FileLock.withLockIfFree(noting) {}
            return Opened(environment: environment, slots: slots, origin: origin)
        }
    }

    /// The files of the live store, mapped.
    struct Opened {
        let environment: Environment
        let slots: SlotTable
        let origin: LMDBTicketRegistry.Origin
    }

    /// Sees to it that the live store is one of this boot, or absent if there is nothing.
    private func prepare(_ bootID: String) throws -> LMDBTicketRegistry.Origin {
        let storedBoot = File.exists(boot) ? try File.readText(boot) : ""
        if let length = StoreFile.length(live), length > 0, storedBoot == bootID, !bootID.isEmpty {
            return .live
        }
        // In this order: a store is never taken for one of this boot unless it is.
        File.remove(live)
        File.remove(slots)
        try File.replace(boot, with: Array(bootID.utf8))
        guard let snapshotFile, File.exists(snapshotFile) else { return .nothing }
        try SnapshotFile(path: snapshotFile).restore(to: live)
        return .snapshot
    }

    /// Gives the live store and the snapshot other names, so that a new store can be made.
    ///
    /// Only for whoever knows that no other process has the store open.
    func setAside() throws {
        for file in [live, snapshotFile].compactMap(\.self) where File.exists(file) {
            try StoreFile.publish(file, as: file + ".old")
        }
        File.remove(slots)
    }

    private func checkFormat(_ environment: Environment) throws {
        let meta = environment.database(Self.metaDatabase)
        let key = Array("format".utf8)
        let isNew = try environment.write { transaction in
            try transaction.insert(key, Self.format, in: meta)
        }
        guard !isNew, let stored = try environment.read({ try $0.get(key, in: meta) }) else {
            return
        }
        guard stored == Self.format else {
            throw TicketRegistryError.otherFormat(
                "\(live): format \(hexadecimal(stored)), "
                    + "but this release reads \(hexadecimal(Self.format))")
        }
    }
}

/// What tells this boot of the machine from every other; empty if the system does not say.
package func systemBootID() -> String {
    // Losing the error is right: without the file no live store is trusted, only the snapshot.
    (try? File.readText("/proc/sys/kernel/random/boot_id")) ?? ""
}
