package import CASProtocol
internal import LMDB
internal import OpenSSL
package import Platform
package import Tickets

/// The registry of one machine: an LMDB file that all worker processes map.
///
/// Nobody but its owner can use a stored ticket: only handles are stored. A killed process loses
/// nothing and spoils nothing; against power cuts there are snapshots (``snapshotIfChanged()``).
package final class LMDBTicketRegistry: TicketRegistry {
    let environment: Environment
    let databases: Databases
    /// Most one-time tickets; see <doc:0018-one-time-tickets-in-slots>.
    let slots: SlotTable
    let folder: StoreFolder
    /// Where the tickets came from when this registry was opened.
    package let origin: Origin

    package enum Origin: Hashable, Sendable {
        /// From the live store of this boot.
        case live
        /// From the snapshot, because there was no live store.
        case snapshot
        /// There was nothing.
        case nothing
    }

    /// Opens the live store; if there is none, it is made from the snapshot, or empty.
    ///
    /// A live store of an earlier boot counts as none, because it may be damaged.
    ///
    /// - Parameters:
    ///   - runtimeDirectory: A folder in memory (tmpfs), made if it is missing.
    ///   - snapshotFile: A file on a disk; `nil` for a registry that does not outlive the boot.
    ///   - mapBytes: The largest size of the store; at 95 % nothing new is granted.
    ///   - bootID: What tells one boot of the machine from another.
    /// - Throws: `corrupt`, with the name of the file, if the store or the snapshot is damaged or
    ///   has another format; `unavailable` if this process has it open, or the system refuses.
    package init(
        runtimeDirectory: String, snapshotFile: String?, mapBytes: Int,
        bootID: String = systemBootID()
    ) throws(TicketRegistryError) {
        let folder = StoreFolder(path: runtimeDirectory, snapshotFile: snapshotFile)
        let opened = try translated {
            try folder.open(databases: Databases.names, mapBytes: mapBytes, bootID: bootID)
        }
        environment = opened.environment
        slots = opened.slots
        origin = opened.origin
        self.folder = folder
        databases = Databases(opened.environment)
    }

    package func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError) {
        guard session.hasStorableTexts else { throw .unavailable("a text is too long") }
        let handle = session.handle.bytes
        let record = SessionRecord(session: session, indexedAt: session.expiresAt)
        let indexKeys = keys(of: session)
        try translated {
            try environment.write { transaction in
                if let root = session.proxy?.root,
                    try !isRoot(root, at: session.grantedAt, transaction.reading)
                {
                    throw TicketRegistryError.sessionEnded
                }
                try requireRoom(transaction)
                guard try transaction.insert(handle, record.bytes, in: databases.sessions) else {
                    throw TicketRegistryError.unavailable(
                        "session \(session.handle) exists already")
                }
                for (key, database) in indexKeys { try transaction.put(key, [], in: database) }
                try transaction.put(
                    ExpiryKey(record.indexedAt, .session, session.handle).bytes, [],
                    in: databases.expiry)
            }
        }
    }

    package func session(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> TicketGrantingTicket? {
        guard id.isOfSession else { return nil }
        let handle = TicketHandle(of: id)
        return try translated {
            try environment.read { try liveSession(handle, at: now, $0)?.session }
        }
    }

    package func renew(
        _ id: TicketID, event: AuthenticationEvent, upstream: UpstreamSession?, at now: Instant
    ) throws(TicketRegistryError) -> Bool {
        guard id.kind == .ticketGrantingTicket else { return false }
        let handle = TicketHandle(of: id)
        return try translated {
            try environment.write { transaction in
                guard var stored = try liveSession(handle, at: now, transaction.reading) else {
                    return false
                }
                for (key, database) in keys(of: stored.session) {
                    try transaction.delete(key, in: database)
                }
                stored.session = stored.session.renewed(by: event, upstream: upstream, at: now)
                for (key, database) in keys(of: stored.session) {
                    try transaction.put(key, [], in: database)
                }
                try transaction.put(handle.bytes, stored.bytes, in: databases.sessions)
                return true
            }
        }
    }

    package func grant(
        _ id: TicketID, for service: String, lifetime: Duration, isRenewed: Bool,
        from session: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket? {
        guard id.isGranted(by: session) else { return nil }
        guard service.utf8.count <= TextLimit.stored else {
            throw .unavailable("the service is too long")
        }
        let handle = TicketHandle(of: id)
        let sessionHandle = TicketHandle(of: session)
        return try translated {
            let record = { (isFromNewLogin: Bool, isProxy: Bool) in
                TicketRecord(
                    service: service, grantedAt: now, lifetime: lifetime,
                    isFromNewLogin: isFromNewLogin, isProxy: isProxy, session: sessionHandle)
            }
            switch try grantInSlot(id, handle, isRenewed: isRenewed, at: now, record) {
            case .granted(let ticket): return ticket
            case .sessionEnded: return nil
            case .needsTransaction: break
            }
            return try environment.write { transaction -> ServiceTicket? in
                let found = try transaction.get(sessionHandle.bytes, in: databases.sessions)
                guard let stored = found else { return nil }
                var reader = RecordReader(stored)
                var header = try SessionHeader(&reader)
                guard !header.use.isExpired(at: now) else { return nil }
                let proxy = header.isProxy ? try ProxyGrant(&reader) : nil
                if let proxy, try !isRoot(proxy.root, at: now, transaction.reading) { return nil }
                try requireRoom(transaction)
                let isFromNewLogin = isRenewed || !header.use.hasGranted
                let record = record(isFromNewLogin, proxy != nil)
                guard slots.find(handle) == nil,
                    try transaction.insert(handle.bytes, record.bytes, in: databases.tickets)
                else {
                    throw TicketRegistryError.unavailable("ticket \(handle) exists already")
                }
                try transaction.put(
                    ExpiryKey(record.keptUntil, .oneTime, handle).bytes, [], in: databases.expiry)
                if header.use.noteGrant(at: now) {
                    let changed = header.replacing(in: stored)
                    try transaction.put(sessionHandle.bytes, changed, in: databases.sessions)
                }
                if let proxy { try touch(proxy.root, at: now, transaction) }
                return ServiceTicket(
                    id: id, service: service, grantedAt: now, lifetime: lifetime,
                    isFromNewLogin: isFromNewLogin, proxies: proxy?.proxies ?? [])
            }
        }
    }

    package func consume(
        _ id: TicketID, handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        guard id.isOneTime else { return .refused(.unknown) }
        return try translated {
            if let outcome = try consumeInSlot(id, handle, at: now) { return outcome }
            // Guessed, spent and expired tickets never wait for the writer.
            let found = try environment.read { try $0.get(handle.bytes, in: databases.tickets) }
            guard let stored = found else { return .refused(.unknown) }
            let ticket = try TicketRecord(stored)
            if let known = refusal(of: ticket, at: now) { return .refused(known) }
            return try consume(id, handle, ticket, stored: stored, at: now)
        }
    }

    package func isLive(_ id: TicketID, at now: Instant) throws(TicketRegistryError) -> Bool {
        guard id.isOneTime else { return false }
        let handle = TicketHandle(of: id)
        return try translated {
            let ticket = try slotTicket(handle)
            return try environment.read {
                try refusal(of: ticket ?? self.ticket(handle, $0), at: now) == nil
            }
        }
    }

    package func discard(_ id: TicketID) throws(TicketRegistryError) {
        guard id.isOneTime else { return }
        let handle = TicketHandle(of: id)
        try translated {
            try removeFromSlot(handle)
            try environment.write { transaction in
                guard let record = try ticket(handle, transaction.reading) else { return }
                try transaction.delete(handle.bytes, in: databases.tickets)
                try transaction.delete(
                    ExpiryKey(record.keptUntil, .oneTime, handle).bytes, in: databases.expiry)
            }
        }
    }

    package func counts() throws(TicketRegistryError) -> TicketCounts {
        try translated {
            let ticketsInSlots = slots.ticketCount
            return try environment.read { transaction in
                let proxies = try transaction.count(databases.children)
                return TicketCounts(
                    sessions: try transaction.count(databases.sessions) - proxies,
                    serviceTickets: try transaction.count(databases.tickets) + ticketsInSlots,
                    proxyGrantingTickets: proxies,
                    pendingDeliveries: try transaction.count(databases.dues))
            }
        }
    }
}

/// Runs the body and turns what it throws into the errors of the registry.
func translated<Result>(
    _ body: () throws -> Result
) throws(TicketRegistryError) -> Result {
    do {
        return try body()
    } catch let error as TicketRegistryError {
        throw error
    } catch let error as LMDBError {
        if error.isFull { throw .full }
        throw error.isCorrupt ? .corrupt(error.description) : .unavailable(error.description)
    } catch {
        throw .unavailable("\(error)")
    }
}
