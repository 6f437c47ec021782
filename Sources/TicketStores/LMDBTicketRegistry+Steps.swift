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

    /// Uses an unused ticket up.
    ///
    /// Whatever can be is prepared and read outside the transaction, because all writers of the
    /// machine wait for each other.
    func consume(
        _ id: TicketID, _ handle: TicketHandle, stored: [UInt8], at now: Instant
    ) throws -> Consumption {
        guard
            case .unused(
                let service, let grantedAt, let lifetime, let isFromNewLogin, let session) =
                try TicketRecord(stored)
        else { return .refused(.unknown) }
        let spent = TicketRecord.used(at: now, expiresAt: grantedAt + lifetime).bytes
        let entered = SessionService(service: service, ticket: id, enteredAt: now).record
        let enteredKey = session.bytes + sha256(Array(service.utf8))

        let step = try environment.write { transaction -> ConsumptionStep in
            let current = try transaction.get(handle.bytes, in: databases.tickets)
            guard current == stored else { return .lost(current) }
            try transaction.put(handle.bytes, spent, in: databases.tickets)
            guard let record = try transaction.get(session.bytes, in: databases.sessions) else {
                return .sessionEnded
            }
            var reader = RecordReader(record)
            guard try !SessionHeader(&reader).use.isExpired(at: now) else { return .sessionEnded }
            try transaction.put(enteredKey, entered, in: databases.services)
            return .done(session: record)
        }
        switch step {
        case .lost(let current):
            let record = try current.map { try TicketRecord($0) }
            return .refused(refusal(of: record, at: now) ?? .unknown)
        case .sessionEnded: return .refused(.sessionEnded)
        case .done(let record):
            let ticket = ServiceTicket(
                id: id, service: service, grantedAt: grantedAt, lifetime: lifetime,
                isFromNewLogin: isFromNewLogin)
            return .consumed(ticket, session: try SessionRecord(record, handle: session).session)
        }
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

/// What a transaction made of a ticket that was unused a moment before.
private enum ConsumptionStep {
    /// Another caller came first; this is what is stored now.
    case lost([UInt8]?)
    case sessionEnded
    case done(session: [UInt8])
}

/// A change of five databases copies about twenty pages.
private let reservePagesMin = 64
