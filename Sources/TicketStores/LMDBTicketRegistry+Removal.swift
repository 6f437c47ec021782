internal import LMDB
package import Platform
package import Tickets

extension LMDBTicketRegistry {
    package func remove(
        _ session: TicketHandle, queueing cause: LogoutCause?, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? {
        do throws(TicketRegistryError) {
            return try end(session, cause, mayQueue: true, at: now)
        } catch .full where cause != nil {
            // The session ends even if its services cannot be told.
            return try end(session, cause, mayQueue: false, at: now)
        }
    }

    private func end(
        _ handle: TicketHandle, _ cause: LogoutCause?, mayQueue: Bool, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? {
        try translated {
            try writeEnding { transaction -> EndedSession? in
                guard var ended = try remove(handle, transaction) else { return nil }
                if let cause {
                    try queue(&ended, cause, mayQueue: mayQueue, at: now, transaction) { now }
                }
                return ended
            }
        }
    }

    /// Removes a session with its services, its places in the indexes and the proxy-granting
    /// tickets that rest on it.
    func remove(
        _ handle: TicketHandle, _ transaction: borrowing WriteTransaction
    ) throws -> EndedSession? {
        guard let stored = try storedSession(handle, transaction.reading) else { return nil }
        var services: [SessionService] = []
        var keys: [[UInt8]] = []
        try transaction.reading.scan(databases.services, prefix: handle.bytes) { key, record in
            keys.append(key)
            services.append(try SessionService(record: record))
            return true
        }
        for key in keys { try transaction.delete(key, in: databases.services) }
        for child in try handles(databases.children, prefix: handle.bytes, transaction.reading) {
            if let stored = try storedSession(child, transaction.reading) {
                try delete(stored, transaction)
            }
        }
        try delete(stored, transaction)
        return EndedSession(session: stored.session, services: services.newestFirst)
    }

    private func delete(
        _ stored: SessionRecord, _ transaction: borrowing WriteTransaction
    ) throws {
        let handle = stored.session.handle
        for (key, database) in keys(of: stored.session) {
            try transaction.delete(key, in: database)
        }
        try transaction.delete(
            ExpiryKey(stored.indexedAt, .session, handle).bytes, in: databases.expiry)
        try transaction.delete(handle.bytes, in: databases.sessions)
    }

    /// The handles that make the second half of the keys of an index.
    func handles(
        _ index: Database, prefix: [UInt8], _ transaction: borrowing ReadTransaction
    ) throws -> [TicketHandle] {
        var handles: [TicketHandle] = []
        try transaction.scan(index, prefix: prefix) { key, _ in
            if let handle = TicketHandle(bytes: Array(key.dropFirst(prefix.count))) {
                handles.append(handle)
            }
            return true
        }
        return handles
    }

    /// Queues a logout message for each service of a session that ends in the same transaction.
    ///
    /// - Parameters:
    ///   - mayQueue: Whether to try; if not, or if there is no room, the services are counted.
    ///   - due: When the next message is due.
    func queue(
        _ ended: inout EndedSession, _ cause: LogoutCause, mayQueue: Bool, at now: Instant,
        _ transaction: borrowing WriteTransaction, due: () -> Instant
    ) throws {
        guard !ended.services.isEmpty else { return }
        guard mayQueue, try hasRoomForDeliveries(transaction) else {
            ended.servicesNotQueued = ended.services.count
            return
        }
        for service in ended.services {
            let delivery = LogoutDelivery(to: service, of: ended.session, cause: cause, at: now)
            let record = DeliveryRecord(delivery: delivery, date: due())
            try transaction.put(delivery.id.bytes, record.bytes, in: databases.deliveries)
            try transaction.put(record.key.bytes, [], in: databases.dues)
        }
    }
}
