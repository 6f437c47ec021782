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
        do throws(TicketRegistryError) {
            sweep.serviceTickets = try sweepSlots(at: now, limit)
            // A session that queues its messages is more work.
            let stepMax = queueing ? stepMax / 4 : stepMax
            try inSteps(of: stepMax, limit, &sweep) { step, sweep throws(TicketRegistryError) in
                do throws(TicketRegistryError) {
                    return try sweepTickets(at: now, step, queueing, mayQueue: true, &sweep)
                } catch .full where queueing {
                    // Room is made even if services cannot be told.
                    return try sweepTickets(at: now, step, queueing, mayQueue: false, &sweep)
                }
            }
            try inSteps(of: stepMax, limit, &sweep) { step, sweep throws(TicketRegistryError) in
                try sweepDeliveries(at: now, step, &sweep)
            }
        } catch {
            guard sweep.count > 0 else { throw error }
        }
        return sweep
    }

    /// Repeats a step, which returns how many entries it looked at, until nothing is left to do.
    private func inSteps(
        of stepMax: Int, _ limit: Int, _ sweep: inout Sweep,
        _ body: (Int, inout Sweep) throws(TicketRegistryError) -> Int
    ) throws(TicketRegistryError) {
        while sweep.count < limit {
            let step = min(stepMax, limit - sweep.count)
            guard try body(step, &sweep) == step else { return }
        }
    }

    // MARK: Tickets

    private func sweepSlots(
        at now: Instant, _ limit: Int
    ) throws(TicketRegistryError) -> Int {
        try translated {
            try FileLock.withLock(folder.noting) {
                // Losing the error is right: what cannot be noted stays, and the others go.
                try? noteAll()
                return slots.sweep(at: now, limit: limit)
            }
        }
    }

    private func sweepTickets(
        at now: Instant, _ limit: Int, _ queueing: Bool, mayQueue: Bool, _ sweep: inout Sweep
    ) throws(TicketRegistryError) -> Int {
        let (part, looked) = try translated {
            // Without anything due there is nothing to write, and the store stays unchanged.
            guard try !environment.read({ try due(at: now, limit: 1, $0) }).isEmpty else {
                return (Sweep(), 0)
            }
            return try writeEnding { transaction in
                let keys = try due(at: now, limit: limit, transaction.reading)
                var part = Sweep()
                for key in keys {
                    try transaction.delete(key.bytes, in: databases.expiry)
                    switch key.kind {
                    case .session: try sweepSession(key.handle, at: now, transaction, &part)
                    case .oneTime: try sweepTicket(key.handle, at: now, transaction, &part)
                    }
                }
                if queueing { try queueSpaced(&part, mayQueue: mayQueue, at: now, transaction) }
                return (part, keys.count)
            }
        }
        sweep.expiredSessions += part.expiredSessions
        sweep.serviceTickets += part.serviceTickets
        sweep.proxyGrantingTickets += part.proxyGrantingTickets
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
            guard let ended = try remove(handle, transaction) else { return }
            if ended.session.proxy == nil {
                sweep.expiredSessions.append(ended)
            } else {
                sweep.proxyGrantingTickets += 1
            }
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

    // MARK: Deliveries

    /// Queues the messages of expired sessions one behind the other, in this sweep and the next.
    private func queueSpaced(
        _ sweep: inout Sweep, mayQueue: Bool, at now: Instant,
        _ transaction: borrowing WriteTransaction
    ) throws {
        guard sweep.expiredSessions.contains(where: { !$0.services.isEmpty }) else { return }
        let stored = try transaction.get(slotKey, in: databases.meta)
        var reader = RecordReader(stored ?? [])
        var slot = LogoutRetention.slot(
            stored == nil ? now : try reader.date(),
            pending: try transaction.reading.count(databases.dues), at: now)
        for index in sweep.expiredSessions.indices {
            try queue(
                &sweep.expiredSessions[index], .expired, mayQueue: mayQueue, at: now, transaction
            ) {
                defer { slot = slot + LogoutRetention.spacing }
                return slot
            }
        }
        var writer = RecordWriter()
        writer.add(slot)
        try transaction.put(slotKey, writer.bytes, in: databases.meta)
    }

    /// Removes settled deliveries, and pending ones that nobody takes.
    private func sweepDeliveries(
        at now: Instant, _ limit: Int, _ sweep: inout Sweep
    ) throws(TicketRegistryError) -> Int {
        let (removed, looked) = try translated {
            guard try !environment.read({ try overdue(at: now, limit: 1, $0) }).isEmpty else {
                return (0, 0)
            }
            return try environment.write { transaction in
                let entries = try overdue(at: now, limit: limit, transaction.reading)
                var removed = 0
                for (key, index) in entries {
                    try transaction.delete(key.bytes, in: index)
                    let bytes = try transaction.get(key.id.bytes, in: databases.deliveries)
                    // A delivery that has another date by now is found there.
                    guard let bytes, try DeliveryRecord(bytes, id: key.id).key == key else {
                        continue
                    }
                    try transaction.delete(key.id.bytes, in: databases.deliveries)
                    removed += 1
                }
                return (removed, entries.count)
            }
        }
        sweep.deliveries += removed
        return looked
    }

    private func overdue(
        at now: Instant, limit: Int, _ transaction: borrowing ReadTransaction
    ) throws -> [(key: DeliveryKey, index: Database)] {
        var entries: [(DeliveryKey, Database)] = []
        for (index, date) in [
            (databases.settled, now), (databases.dues, now - LogoutRetention.report),
        ] {
            entries += try deliveryKeys(
                index, until: date, limit: limit - entries.count, transaction
            ).map { ($0, index) }
        }
        return entries
    }
}

/// Entries in one write transaction, about two milliseconds' work.
private let stepMax = 256
/// Where the next slot of a sweep that queues is kept.
private let slotKey = Array("slot".utf8)
