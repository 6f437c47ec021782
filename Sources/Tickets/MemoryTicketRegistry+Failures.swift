package import Platform

extension MemoryTicketRegistry {
    package func admit(
        _ attempt: LoginAttempt, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> LoginAdmission {
        failures.withLock { table in
            let (admission, changes) = FailureRules.admit(
                attempt, table.find(attempt.keys), limits: limits, at: now)
            for (key, bucket) in changes { table.put(bucket, for: key) }
            return admission
        }
    }

    package func settle(
        _ admitted: AdmittedAttempt, as outcome: LoginOutcome, limits: FailureLimits,
        at now: Instant
    ) throws(TicketRegistryError) {
        failures.withLock { table in
            let changes = FailureRules.settle(
                admitted, as: outcome, table.find(admitted.settledKeys), limits: limits, at: now)
            for (key, bucket) in changes { table.put(bucket, for: key) }
        }
    }

    package func failures(
        limit: Int, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> [FailureSummary] {
        let all = failures.withLock { $0.strangers.buckets + $0.familiars.buckets }
        let held = all.compactMap { FailureSummary($0.key, $0.bucket, limits: limits, at: now) }
        return Array(held.newestFirst.prefix(max(0, limit)))
    }

    package func clearFailures(_ scope: FailureScope) throws(TicketRegistryError) -> Int {
        failures.withLock { table in
            var count = 0
            for (key, bucket) in table.strangers.buckets + table.familiars.buckets
            where scope.contains(key) {
                if bucket.level > 0 { count += 1 }
                table.put(bucket.cleared(key.kind), for: key)
            }
            return count
        }
    }

    package func sweepFailures(
        at now: Instant, limit: Int
    ) throws(TicketRegistryError) -> Int {
        failures.withLock { table in
            let count = table.strangers.sweep(at: now, limit: limit)
            return count + table.familiars.sweep(at: now, limit: limit - count)
        }
    }
}

/// The buckets of a ``MemoryTicketRegistry``.
struct FailureTable {
    /// Failures come and go, and an attacker makes them at will; so they never push out the others.
    var strangers: FailurePool
    var familiars: FailurePool

    init(capacity: Int) {
        strangers = FailurePool(capacity: capacity)
        familiars = FailurePool(capacity: capacity)
    }

    func find(_ keys: [FailureKey]) -> [FailureKey: FailureBucket] {
        var found: [FailureKey: FailureBucket] = [:]
        for key in keys { found[key] = key.kind == .familiar ? familiars[key] : strangers[key] }
        return found
    }

    mutating func put(_ bucket: FailureBucket?, for key: FailureKey) {
        if key.kind == .familiar {
            familiars.put(bucket, for: key)
        } else {
            strangers.put(bucket, for: key)
        }
    }
}

extension FailureBucket {
    /// The bucket without its failures; `nil` if nothing else is in it.
    package func cleared(_ kind: FailureKey.Kind) -> FailureBucket? {
        guard kind == .familiar else { return nil }
        var bucket = self
        bucket.clear(at: pendingSince)
        return bucket
    }
}

extension [FailureSummary] {
    /// In the order in which they were added to last.
    package var newestFirst: [FailureSummary] {
        sorted { left, right in
            guard left.lastFailureAt == right.lastFailureAt else {
                return left.lastFailureAt > right.lastFailureAt
            }
            return (left.key.kind.rawValue, left.key.subject.description)
                < (right.key.kind.rawValue, right.key.subject.description)
        }
    }
}
