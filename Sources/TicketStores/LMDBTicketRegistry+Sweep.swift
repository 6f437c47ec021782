internal import LMDB
package import Platform
package import Tickets

extension LMDBTicketRegistry {
    /// Removes what is of no use, in steps short enough that no other writer waits long.
    ///
    /// If a later step fails, what the earlier ones removed is returned, and the next sweep throws.
    package func sweep(
        at now: Instant, limit: Int, queueing: Bool
    ) throws(TicketRegistryError) -> Sweep {
        var sweep = Sweep()
        var looked = 0
        repeat {
            let removed = sweep.expiredSessions.count + sweep.serviceTickets
            let step = min(stepMax, limit - removed)
            guard step > 0 else { break }
            do {
                looked = try sweepStep(at: now, limit: step, into: &sweep)
            } catch {
                guard removed > 0 else { throw error }
                break
            }
            if looked < step { break }
        } while true
        return sweep
    }

    /// Looks at the first entries that are due, at most `limit`, and returns how many there were.
    private func sweepStep(
        at now: Instant, limit: Int, into sweep: inout Sweep
    ) throws(TicketRegistryError) -> Int {
        let (part, looked) = try translated {
            // Without anything due there is nothing to write, and the store stays unchanged.
            guard try !environment.read({ try due(at: now, limit: 1, $0) }).isEmpty else {
                return (Sweep(), 0)
            }
            return try environment.write { transaction in
                let keys = try due(at: now, limit: limit, transaction.reading)
                var part = Sweep()
                for key in keys {
                    try transaction.delete(key.bytes, in: databases.expiry)
                    switch key.kind {
                    case .session: try sweepSession(key.handle, at: now, transaction, &part)
                    case .oneTime: try sweepTicket(key.handle, at: now, transaction, &part)
                    }
                }
                return (part, keys.count)
            }
        }
        sweep.expiredSessions += part.expiredSessions
        sweep.serviceTickets += part.serviceTickets
        return looked
    }

    private func due(
        at now: Instant, limit: Int, _ transaction: borrowing ReadTransaction
    ) throws -> [ExpiryKey] {
        var keys: [ExpiryKey] = []
        try transaction.scan(databases.expiry) { bytes, _ in
            let key = try ExpiryKey(bytes)
            guard key.date <= now, keys.count < limit else { return false }
            keys.append(key)
            return keys.count < limit
        }
        return keys
    }

    /// The index is lazy: a session that was touched is found before its end, and put back.
    private func sweepSession(
        _ handle: TicketHandle, at now: Instant, _ transaction: borrowing WriteTransaction,
        _ sweep: inout Sweep
    ) throws {
        guard var stored = try storedSession(handle, transaction.reading) else { return }
        if stored.session.isExpired(at: now) {
            if let ended = try remove(handle, transaction) { sweep.expiredSessions.append(ended) }
            return
        }
        stored.indexedAt = stored.session.expiresAt
        try transaction.put(handle.bytes, stored.bytes, in: databases.sessions)
        try transaction.put(
            ExpiryKey(stored.indexedAt, .session, handle).bytes, [], in: databases.expiry)
    }

    private func sweepTicket(
        _ handle: TicketHandle, at now: Instant, _ transaction: borrowing WriteTransaction,
        _ sweep: inout Sweep
    ) throws {
        if try transaction.delete(handle.bytes, in: databases.tickets) { sweep.serviceTickets += 1 }
    }
}

/// Entries in one write transaction, about two milliseconds' work.
private let stepMax = 256
