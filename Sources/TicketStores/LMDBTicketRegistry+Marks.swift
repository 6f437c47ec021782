internal import LMDB
package import Platform
package import Tickets

extension LMDBTicketRegistry {
    package func claim(
        _ mark: [UInt8], until end: Instant, at now: Instant
    ) throws(TicketRegistryError) -> Bool {
        guard mark.count == ReplayMarkLimits.byteCount else { throw .unavailable("no digest") }
        guard end > now else { return false }
        return try translated {
            // A replay waits for no writer.
            if let taken = try environment.read({ try markEnd(mark, $0) }), taken > now {
                return false
            }
            return try environment.write { transaction in
                if let taken = try markEnd(mark, transaction.reading) {
                    guard taken <= now else { return false }
                    try remove(mark, takenUntil: taken, transaction)
                }
                try makeRoomForMark(at: now, transaction)
                var record = RecordWriter()
                record.add(end)
                try transaction.put(mark, record.bytes, in: databases.marks)
                try transaction.put(MarkEnd(end, mark).bytes, [], in: databases.markEnds)
                return true
            }
        }
    }

    package func sweepMarks(
        at now: Instant, limit: Int
    ) throws(TicketRegistryError) -> Int {
        try translated {
            var removed = 0
            while removed < limit {
                let step = min(stepMax, limit - removed)
                // Without anything due there is nothing to write, and the store stays unchanged.
                guard try !environment.read({ try overMarks(at: now, limit: 1, $0) }).isEmpty else {
                    break
                }
                let count = try environment.write {
                    try sweepMarks(at: now, limit: step, $0)
                }
                removed += count
                if count < step { break }
            }
            return removed
        }
    }

    // MARK: Parts

    private func markEnd(
        _ mark: [UInt8], _ transaction: borrowing ReadTransaction
    ) throws -> Instant? {
        guard let bytes = try transaction.get(mark, in: databases.marks) else { return nil }
        var reader = RecordReader(bytes)
        let end = try reader.date()
        try reader.end()
        return end
    }

    private func remove(
        _ mark: [UInt8], takenUntil end: Instant, _ transaction: borrowing WriteTransaction
    ) throws {
        try transaction.delete(mark, in: databases.marks)
        try transaction.delete(MarkEnd(end, mark).bytes, in: databases.markEnds)
    }

    /// Sees to it that a mark can be added: below the number of marks and their share of the map,
    /// and without taking anything from the reserve.
    private func makeRoomForMark(
        at now: Instant, _ transaction: borrowing WriteTransaction
    ) throws {
        let count = try transaction.reading.count(databases.marks)
        let pages = try transaction.reading.pagesInUse(
            by: [databases.marks, databases.markEnds])
        if count >= ReplayMarkLimits.marksMax || pages > environment.extent().pagesMax / 8 {
            guard try sweepMarks(at: now, limit: 2, transaction) > 0 else {
                throw TicketRegistryError.full
            }
        }
        try requireRoom(transaction)
    }

    private func sweepMarks(
        at now: Instant, limit: Int, _ transaction: borrowing WriteTransaction
    ) throws -> Int {
        let over = try overMarks(at: now, limit: limit, transaction.reading)
        for entry in over { try remove(entry.mark, takenUntil: entry.date, transaction) }
        return over.count
    }

    private func overMarks(
        at now: Instant, limit: Int, _ transaction: borrowing ReadTransaction
    ) throws -> [MarkEnd] {
        var over: [MarkEnd] = []
        guard limit > 0 else { return over }
        try transaction.scan(databases.markEnds) { bytes, _ in
            let end = try MarkEnd(bytes)
            guard end.date <= now else { return false }
            over.append(end)
            return over.count < limit
        }
        return over
    }
}

/// A key of the index of marks by their ends.
struct MarkEnd: Hashable {
    let date: Instant
    let mark: [UInt8]

    init(_ date: Instant, _ mark: [UInt8]) {
        self.date = date
        self.mark = mark
    }

    var bytes: [UInt8] {
        var writer = RecordWriter()
        writer.add(date)
        writer.add(fixed: mark)
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        date = try reader.date()
        mark = try reader.fixed(ReplayMarkLimits.byteCount)
        try reader.end()
    }
}

/// Entries in one write transaction.
private let stepMax = 256
