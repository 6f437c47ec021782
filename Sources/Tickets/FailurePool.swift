internal import Platform

/// Buckets in memory, at most so many; those that would be empty first make room for new ones.
struct FailurePool {
    private struct Entry {
        var bucket: FailureBucket
        /// Where the queue has it; too early if failures were added since.
        var queuedAt: Instant
    }

    private let capacity: Int
    private var entries: [FailureKey: Entry] = [:]
    private var ends = DateQueue<FailureKey>()

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { entries.count }

    var buckets: [(key: FailureKey, bucket: FailureBucket)] {
        entries.map { ($0.key, $0.value.bucket) }
    }

    subscript(key: FailureKey) -> FailureBucket? { entries[key]?.bucket }

    mutating func put(_ bucket: FailureBucket?, for key: FailureKey) {
        guard let bucket else {
            entries[key] = nil
            return
        }
        if let entry = entries[key] {
            entries[key]?.bucket = bucket
            // The queue may be too early, but never too late.
            if bucket.keptUntil < entry.queuedAt { requeue(key, at: bucket.keptUntil) }
            return
        }
        while entries.count >= capacity, evict() {}
        entries[key] = Entry(bucket: bucket, queuedAt: bucket.keptUntil)
        ends.add(key, at: bucket.keptUntil)
    }

    /// Removes a bucket that would be among the first to be empty.
    private mutating func evict() -> Bool {
        var stale = 0
        while let (date, key) = ends.takeFirst(before: Instant(milliseconds: .max)) {
            guard let entry = entries[key], entry.queuedAt == date else { continue }
            if entry.bucket.keptUntil > date, stale < FailurePoolLimits.staleMax {
                stale += 1
                requeue(key, at: entry.bucket.keptUntil)
                continue
            }
            entries[key] = nil
            return true
        }
        return false
    }

    private mutating func requeue(_ key: FailureKey, at date: Instant) {
        entries[key]?.queuedAt = date
        ends.add(key, at: date)
    }

    /// Removes what is of no use any more.
    mutating func sweep(at now: Instant, limit: Int) -> Int {
        var removed = 0
        while removed < limit, let (date, key) = ends.takeFirst(before: now) {
            guard let entry = entries[key], entry.queuedAt == date else { continue }
            if entry.bucket.keptUntil > now {
                requeue(key, at: entry.bucket.keptUntil)
            } else {
                entries[key] = nil
                removed += 1
            }
        }
        return removed
    }
}

/// What all stores of buckets have in common.
package enum FailurePoolLimits {
    /// So many buckets that have been added to since are put back in search of one to remove.
    package static let staleMax = 16
}
