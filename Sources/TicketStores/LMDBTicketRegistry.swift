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
        (environment, origin) = opened
        self.folder = folder
        databases = Databases(opened.environment)
    }

    package func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError) {
        let record = SessionRecord(session: session, indexedAt: session.expiresAt)
        let principalKey = sha256(Array(session.principal.id.utf8)) + session.handle.bytes
        try translated {
            try environment.write { transaction in
                try requireRoom(transaction)
                guard
                    try transaction.insert(
                        session.handle.bytes, record.bytes, in: databases.sessions)
                else {
                    throw TicketRegistryError.unavailable(
                        "session \(session.handle) exists already")
                }
                try transaction.put(principalKey, [], in: databases.principals)
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

    package func grant(
        _ id: TicketID, for service: String, lifetime: Duration, isRenewed: Bool,
        from session: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket? {
        guard id.isOneTime, session.isOfSession else { return nil }
        let handle = TicketHandle(of: id)
        let sessionHandle = TicketHandle(of: session)
        return try translated {
            try environment.write { transaction -> ServiceTicket? in
                let found = try transaction.get(sessionHandle.bytes, in: databases.sessions)
                guard let stored = found else { return nil }
                var reader = RecordReader(stored)
                var header = try SessionHeader(&reader)
                guard !header.use.isExpired(at: now) else { return nil }
                try requireRoom(transaction)
                let isFromNewLogin = isRenewed || !header.use.hasGranted
                let record = TicketRecord.unused(
                    service: service, grantedAt: now, lifetime: lifetime,
                    isFromNewLogin: isFromNewLogin, session: sessionHandle)
                guard try transaction.insert(handle.bytes, record.bytes, in: databases.tickets)
                else {
                    throw TicketRegistryError.unavailable("ticket \(handle) exists already")
                }
                try transaction.put(
                    ExpiryKey(record.keptUntil, .oneTime, handle).bytes, [], in: databases.expiry)
                if header.use.noteGrant(at: now) {
                    let changed = header.replacing(in: stored)
                    try transaction.put(sessionHandle.bytes, changed, in: databases.sessions)
                }
                return ServiceTicket(
                    id: id, service: service, grantedAt: now, lifetime: lifetime,
                    isFromNewLogin: isFromNewLogin)
            }
        }
    }

    package func consume(
        _ id: TicketID, handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        guard id.isOneTime else { return .refused(.unknown) }
        return try translated {
            // Guessed, spent and expired tickets never wait for the writer.
            let found = try environment.read { try $0.get(handle.bytes, in: databases.tickets) }
            guard let stored = found else { return .refused(.unknown) }
            if let known = refusal(of: try TicketRecord(stored), at: now) { return .refused(known) }
            return try consume(id, handle, stored: stored, at: now)
        }
    }

    package func isLive(_ id: TicketID, at now: Instant) throws(TicketRegistryError) -> Bool {
        guard id.isOneTime else { return false }
        let handle = TicketHandle(of: id)
        return try translated {
            try environment.read { try refusal(of: ticket(handle, $0), at: now) == nil }
        }
    }

    package func discard(_ id: TicketID) throws(TicketRegistryError) {
        guard id.isOneTime else { return }
        let handle = TicketHandle(of: id)
        try translated {
            try environment.write { transaction in
                guard let record = try ticket(handle, transaction.reading) else { return }
                try transaction.delete(handle.bytes, in: databases.tickets)
                try transaction.delete(
                    ExpiryKey(record.keptUntil, .oneTime, handle).bytes, in: databases.expiry)
            }
        }
    }

    package func remove(
        _ session: TicketHandle, queueing cause: LogoutCause?, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? {
        try translated { try environment.write { try remove(session, $0) } }
    }

    package func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketGrantingTicket] {
        let prefix = sha256(Array(principal.utf8))
        return try translated {
            try environment.read { transaction in
                var handles: [TicketHandle] = []
                try transaction.scan(databases.principals, prefix: prefix) { key, _ in
                    if let handle = TicketHandle(bytes: Array(key.dropFirst(prefix.count))) {
                        handles.append(handle)
                    }
                    return true
                }
                var sessions: [TicketGrantingTicket] = []
                for handle in handles {
                    guard let stored = try liveSession(handle, at: now, transaction) else {
                        continue
                    }
                    sessions.append(stored.session)
                }
                return sessions.oldestFirst
            }
        }
    }

    package func sessions(
        ofUpstream provider: String, ticket: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketHandle] { [] }

    package func allSessions(
        limit: Int, at now: Instant
    ) throws(TicketRegistryError) -> [SessionSummary] { [] }

    package func session(
        handlePrefix: String
    ) throws(TicketRegistryError) -> TicketGrantingTicket? { nil }

    package func claimDeliveries(
        at now: Instant, lease: Duration, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] { [] }

    package func settleDelivery(
        _ id: LogoutDeliveryID, status: LogoutStatus, note: String?, tries: Int,
        nextTryAt: Instant?, at now: Instant
    ) throws(TicketRegistryError) {}

    package func deliveries(
        matching filter: DeliveryFilter, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] { [] }

    package func noteJudgement(
        _ handle: TicketHandle, _ judgement: TicketJudgement
    ) throws(TicketRegistryError) {}

    package func history(
        of handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? { nil }

    package func ticketHistory(
        handlePrefix: String, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? { nil }

    package func counts() throws(TicketRegistryError) -> TicketCounts {
        try translated {
            try environment.read { transaction in
                TicketCounts(
                    sessions: try transaction.count(databases.sessions),
                    serviceTickets: try transaction.count(databases.tickets))
            }
        }
    }
}

/// The databases of the store, and what their keys and values are.
struct Databases: Sendable {
    /// Handle → ``SessionRecord``.
    let sessions: Database
    /// Handle → ``TicketRecord``.
    let tickets: Database
    /// ``ExpiryKey`` → nothing.
    let expiry: Database
    /// SHA-256 of the principal's name, handle of the session → nothing.
    let principals: Database
    /// Handle of the session, SHA-256 of the service → record of the service.
    let services: Database

    static let names = [
        "sessions", "tickets", "expiry", "principals", "services", StoreFolder.metaDatabase,
    ]

    init(_ environment: Environment) {
        sessions = environment.database("sessions")
        tickets = environment.database("tickets")
        expiry = environment.database("expiry")
        principals = environment.database("principals")
        services = environment.database("services")
    }

    var all: [Database] { [sessions, tickets, expiry, principals, services] }
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
