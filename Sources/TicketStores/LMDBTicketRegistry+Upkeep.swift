internal import LMDB
package import Platform
package import Tickets

// What some process of the machine must do from time to time.
extension LMDBTicketRegistry {
    /// Whether this process is to do a piece of upkeep now: of all that ask, one in each interval.
    ///
    /// - Parameter name: Which piece, for example `sweep`.
    package func claimTurn(
        _ name: String, every interval: Duration, at now: Instant
    ) throws(TicketRegistryError) -> Bool {
        let path = folder.turn(name)
        return try translated {
            try FileLock.withLock(path) {
                var reader = RecordReader(try File.read(path))
                // Losing the error is right: nobody has had a turn, or it cannot be told when.
                if let last = try? reader.date(), now < last + interval, last <= now + interval {
                    return false
                }
                var writer = RecordWriter()
                writer.add(now)
                try StoreFile.write(writer.bytes, to: path, at: 0)
                return true
            }
        }
    }

    /// Renames a store that another release has made, and its snapshot, to `….old`.
    ///
    /// Only for whoever knows that no other process has the store open.
    package static func setAside(
        runtimeDirectory: String, snapshotFile: String?
    ) throws(TicketRegistryError) {
        try translated {
            try StoreFolder(path: runtimeDirectory, snapshotFile: snapshotFile).setAside()
        }
    }

    /// Writes a snapshot unless nothing has changed since the last one.
    ///
    /// - Returns: Whether one was written; never without a snapshot file.
    @discardableResult
    package func snapshotIfChanged() throws(TicketRegistryError) -> Bool {
        guard let path = folder.snapshotFile else { return false }
        let snapshot = SnapshotFile(path: path)
        return try translated {
            try notePending()
            return try FileLock.withLock(folder.snapshotLock) {
                let last = Int64(environment.extent().lastTransaction)
                guard snapshot.transaction != last else { return false }
                try snapshot.write(environment)
                return true
            }
        }
    }

    /// Frees the places of readers whose processes have died, and returns how many there were.
    ///
    /// Such a place may keep pages from being used again, so this belongs after every crash.
    @discardableResult
    package func removeStaleReaders() throws(TicketRegistryError) -> Int {
        try translated { try environment.removeStaleReaders() }
    }

    /// How much of the store is in use, for health and metrics.
    package struct Usage: Hashable, Sendable {
        package let bytesInUse: Int
        package let bytesMax: Int
    }

    package func usage() throws(TicketRegistryError) -> Usage {
        let extent = environment.extent()
        let pages = try translated {
            try environment.read { try $0.pagesInUse(by: databases.all) }
        }
        return Usage(
            bytesInUse: pages * extent.pageBytes, bytesMax: extent.pagesMax * extent.pageBytes)
    }
}
