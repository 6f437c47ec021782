internal import CASProtocol
internal import LMDB
internal import OpenSSL
internal import Platform
internal import Tickets

// The parts of the operations, each inside a transaction of its caller.
extension LMDBTicketRegistry {
    /// Throws `full` if only the reserve is left.
    ///
    /// A twentieth of the map is kept for what must go on when nothing new is granted: consuming,
    /// removing and sweeping change copies of pages before they free the old ones.
    func requireRoom(_ transaction: borrowing WriteTransaction) throws {
        let extent = environment.extent()
        let limit = extent.pagesMax - max(extent.pagesMax / 20, reservePagesMin)
        guard extent.pages > limit else { return }
        guard try transaction.reading.pagesInUse(by: databases.all) <= limit else {
            throw TicketRegistryError.full
        }
    }

    func storedSession(
        _ handle: TicketHandle, _ transaction: borrowing ReadTransaction
    ) throws -> SessionRecord? {
        guard let bytes = try transaction.get(handle.bytes, in: databases.sessions) else {
            return nil
        }
        return try SessionRecord(bytes, handle: handle)
    }

    func liveSession(
        _ handle: TicketHandle, at now: Instant, _ transaction: borrowing ReadTransaction
    ) throws -> SessionRecord? {
        guard let stored = try storedSession(handle, transaction),
            !stored.session.isExpired(at: now)
        else { return nil }
        return stored
    }

    func ticket(
        _ handle: TicketHandle, _ transaction: borrowing ReadTransaction
    ) throws -> TicketRecord? {
        try transaction.get(handle.bytes, in: databases.tickets).map { try TicketRecord($0) }
    }

    /// Why a ticket cannot be consumed, whatever has become of its session; `nil` if it can.
    func refusal(of ticket: TicketRecord?, at now: Instant) -> Consumption.Refusal? {
        switch ticket {
        case nil: .unknown
        case .used(let date, _): .alreadyUsed(at: date)
        case .unused where ticket.map({ now >= $0.expiresAt }) == true:
            ticket.map { .expired(at: $0.expiresAt) }
        case .unused: nil
        }
    }

    func consume(
        _ id: TicketID, _ handle: TicketHandle, at now: Instant,
        _ transaction: borrowing WriteTransaction
    ) throws -> Consumption {
        let record = try ticket(handle, transaction.reading)
        if let refusal = refusal(of: record, at: now) { return .refused(refusal) }
        guard
            case .unused(
                let service, let grantedAt, let lifetime, let isFromNewLogin, let session) = record
        else { return .refused(.unknown) }
        let spent = TicketRecord.used(at: now, expiresAt: grantedAt + lifetime)
        try transaction.put(handle.bytes, spent.bytes, in: databases.tickets)
        guard let stored = try liveSession(session, at: now, transaction.reading) else {
            return .refused(.sessionEnded)
        }
        let entered = SessionService(service: service, ticket: id, enteredAt: now)
        try transaction.put(
            session.bytes + sha256(Array(service.utf8)), entered.record, in: databases.services)
        let ticket = ServiceTicket(
            id: id, service: service, grantedAt: grantedAt, lifetime: lifetime,
            isFromNewLogin: isFromNewLogin)
        return .consumed(ticket, session: stored.session)
    }

    /// Removes a session with its services and its places in the indexes.
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
        let principal = sha256(Array(stored.session.principal.id.utf8))
        try transaction.delete(principal + handle.bytes, in: databases.principals)
        try transaction.delete(
            ExpiryKey(stored.indexedAt, .session, handle).bytes, in: databases.expiry)
        try transaction.delete(handle.bytes, in: databases.sessions)
        return EndedSession(session: stored.session, services: services.newestFirst)
    }
}

/// A change of five databases copies about twenty pages.
private let reservePagesMin = 64
