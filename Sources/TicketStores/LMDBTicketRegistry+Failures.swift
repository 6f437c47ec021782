internal import LMDB
package import Platform
package import Tickets

extension LMDBTicketRegistry {
    package func admit(
        _ attempt: LoginAttempt, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> LoginAdmission {
        try translated {
            // Whoever has to wait holds nobody up, and the store stays unchanged.
            let known = try environment.read { try found(attempt.keys, $0) }
            let first = FailureRules.admit(attempt, known, limits: limits, at: now)
            if case .refused = first.admission { return first.admission }
            return try environment.write { transaction in
                let found = try found(attempt.keys, transaction.reading)
                let (admission, changes) = FailureRules.admit(
                    attempt, found, limits: limits, at: now)
                for (key, bucket) in changes {
                    try keep(bucket, for: key, transaction)
                }
                return admission
            }
        }
    }

    package func settle(
        _ admitted: AdmittedAttempt, as outcome: LoginOutcome, limits: FailureLimits,
        at now: Instant
    ) throws(TicketRegistryError) {
        try translated {
            try environment.write { transaction in
                let found = try found(admitted.settledKeys, transaction.reading)
                let changes = FailureRules.settle(
                    admitted, as: outcome, found, limits: limits, at: now)
                for (key, bucket) in changes {
                    try keep(bucket, for: key, transaction)
                }
            }
        }
    }

    package func failures(
        limit: Int, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> [FailureSummary] {
        try translated {
            var newest = Newest<FailureSummary>(limit: limit) { $0.newestFirst }
            try environment.read { transaction in
                for pool in pools {
                    try transaction.scan(pool.records) { key, bytes in
                        let bucket = try FailureRecord(bytes).bucket
                        let summary = FailureSummary(
                            try FailureKey(key), bucket, limits: limits, at: now)
                        if let summary { newest.add(summary, at: summary.lastFailureAt) }
                        return true
                    }
                }
            }
            return newest.sorted
        }
    }

    package func clearFailures(_ scope: FailureScope) throws(TicketRegistryError) -> Int {
        try translated {
            var count = 0
            for pool in pools {
                var next: [UInt8]? = []
                while let start = next {
                    next = try environment.write { transaction in
                        try clear(scope, of: pool, from: start, &count, transaction)
                    }
                }
            }
            return count
        }
    }

    package func sweepFailures(
        at now: Instant, limit: Int
    ) throws(TicketRegistryError) -> Int {
        try translated {
            var removed = 0
            for pool in pools {
                while removed < limit {
                    let step = min(stepMax, limit - removed)
                    // Without anything due there is nothing to write.
                    guard
                        try !environment.read({ try ends(pool, until: now, limit: 1, $0) }).isEmpty
                    else { break }
                    let (gone, looked) = try environment.write {
                        try sweep(pool, at: now, limit: step, $0)
                    }
                    removed += gone
                    if looked < step { break }
                }
            }
            return removed
        }
    }

    // MARK: Parts

    private var pools: [FailurePool] { [strangers, familiars] }

    private var strangers: FailurePool {
        FailurePool(records: databases.failures, ends: databases.failureEnds)
    }

    private var familiars: FailurePool {
        FailurePool(records: databases.familiars, ends: databases.familiarEnds)
    }

    private func pool(of key: FailureKey) -> FailurePool {
        key.kind == .familiar ? familiars : strangers
    }

    private func found(
        _ keys: [FailureKey], _ transaction: borrowing ReadTransaction
    ) throws -> [FailureKey: FailureBucket] {
        var found: [FailureKey: FailureBucket] = [:]
        for key in keys {
            if let bytes = try transaction.get(key.bytes, in: pool(of: key).records) {
                found[key] = try FailureRecord(bytes).bucket
            }
        }
        return found
    }

    private func keep(
        _ bucket: FailureBucket?, for key: FailureKey,
        _ transaction: borrowing WriteTransaction
    ) throws {
        let pool = pool(of: key)
        // Looked up again: one of the same attempt may have made room for another.
        let stored = try transaction.get(key.bytes, in: pool.records).map(FailureRecord.init)
        guard let bucket else {
            guard let stored else { return }
            try remove(key, stored, of: pool, transaction)
            return
        }
        var record = FailureRecord(
            bucket: bucket, indexedAt: stored?.indexedAt ?? bucket.keptUntil)
        if stored == nil { try makeRoom(in: pool, transaction) }
        if bucket.keptUntil < record.indexedAt {
            try transaction.delete(FailureEnd(record.indexedAt, key).bytes, in: pool.ends)
            record.indexedAt = bucket.keptUntil
        }
        try transaction.put(key.bytes, record.bytes, in: pool.records)
        if stored?.indexedAt != record.indexedAt {
            try transaction.put(FailureEnd(record.indexedAt, key).bytes, [], in: pool.ends)
        }
    }

    private func remove(
        _ key: FailureKey, _ record: FailureRecord, of pool: FailurePool,
        _ transaction: borrowing WriteTransaction
    ) throws {
        try transaction.delete(key.bytes, in: pool.records)
        try transaction.delete(FailureEnd(record.indexedAt, key).bytes, in: pool.ends)
    }

    /// Sees to it that a record can be added: the pool stays below its number of records and its
    /// share of the map, and takes nothing from the reserve.
    private func makeRoom(
        in pool: FailurePool, _ transaction: borrowing WriteTransaction
    ) throws {
        let isLarge = try transaction.reading.pagesInUse(by: pool.databases) > shareMax
        let count = try transaction.reading.count(pool.records)
        if isLarge || count >= FailureLimits.recordsMax {
            // Two for one, because half-empty pages go on being in use.
            for _ in 0..<2 { try evict(from: pool, transaction) }
        } else {
            try requireRoom(transaction)
        }
    }

    /// An eighth of the map.
    private var shareMax: Int { environment.extent().pagesMax / 8 }

    /// Removes a record that would be among the first to be of no use.
    private func evict(
        from pool: FailurePool, _ transaction: borrowing WriteTransaction
    ) throws {
        for stale in 0...FailurePoolLimits.staleMax {
            let end = try ends(pool, until: nil, limit: 1, transaction.reading).first
            guard let end else { return }
            guard let record = try record(of: end, in: pool, transaction.reading) else {
                try transaction.delete(end.bytes, in: pool.ends)
                continue
            }
            if record.bucket.keptUntil > end.date, stale < FailurePoolLimits.staleMax {
                try index(end, record, in: pool, transaction)
            } else {
                try remove(end.key, record, of: pool, transaction)
                return
            }
        }
    }

    private func sweep(
        _ pool: FailurePool, at now: Instant, limit: Int,
        _ transaction: borrowing WriteTransaction
    ) throws -> (removed: Int, looked: Int) {
        let due = try ends(pool, until: now, limit: limit, transaction.reading)
        var removed = 0
        for end in due {
            guard let record = try record(of: end, in: pool, transaction.reading) else {
                try transaction.delete(end.bytes, in: pool.ends)
                continue
            }
            if record.bucket.keptUntil > now {
                try index(end, record, in: pool, transaction)
            } else {
                try remove(end.key, record, of: pool, transaction)
                removed += 1
            }
        }
        return (removed, due.count)
    }

    /// Puts a record where the index finds it when it is of no use.
    private func index(
        _ end: FailureEnd, _ record: FailureRecord, in pool: FailurePool,
        _ transaction: borrowing WriteTransaction
    ) throws {
        var record = record
        record.indexedAt = record.bucket.keptUntil
        try transaction.delete(end.bytes, in: pool.ends)
        try transaction.put(end.key.bytes, record.bytes, in: pool.records)
        try transaction.put(FailureEnd(record.indexedAt, end.key).bytes, [], in: pool.ends)
    }

    /// The record to which an index leads; `nil` if it has moved on.
    private func record(
        of end: FailureEnd, in pool: FailurePool, _ transaction: borrowing ReadTransaction
    ) throws -> FailureRecord? {
        guard let bytes = try transaction.get(end.key.bytes, in: pool.records) else { return nil }
        let record = try FailureRecord(bytes)
        return record.indexedAt == end.date ? record : nil
    }

    private func ends(
        _ pool: FailurePool, until date: Instant?, limit: Int,
        _ transaction: borrowing ReadTransaction
    ) throws -> [FailureEnd] {
        var ends: [FailureEnd] = []
        guard limit > 0 else { return ends }
        try transaction.scan(pool.ends) { bytes, _ in
            let end = try FailureEnd(bytes)
            if let date, end.date > date { return false }
            ends.append(end)
            return ends.count < limit
        }
        return ends
    }

    /// Clears what is there of the next few records.
    ///
    /// - Returns: Where to go on; `nil` at the end.
    private func clear(
        _ scope: FailureScope, of pool: FailurePool, from start: [UInt8], _ count: inout Int,
        _ transaction: borrowing WriteTransaction
    ) throws -> [UInt8]? {
        var looked: [(key: [UInt8], record: [UInt8])] = []
        try transaction.reading.scan(pool.records, from: start) { key, bytes in
            looked.append((key, bytes))
            return looked.count < stepMax
        }
        for (bytes, stored) in looked {
            let key = try FailureKey(bytes)
            guard scope.contains(key) else { continue }
            let record = try FailureRecord(stored)
            if record.bucket.level > 0 { count += 1 }
            try keep(record.bucket.cleared(key.kind), for: key, transaction)
        }
        guard looked.count == stepMax, let last = looked.last else { return nil }
        return last.key + [0]
    }
}

/// The databases of one sort of buckets.
private struct FailurePool {
    let records: Database
    let ends: Database

    var databases: [Database] { [records, ends] }
}

/// Entries in one write transaction.
private let stepMax = 256
