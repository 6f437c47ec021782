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
        guard try hasRoomForTickets(transaction) else { throw TicketRegistryError.full }
    }

    /// Whether more than the reserve is left.
    func hasRoomForTickets(_ transaction: borrowing WriteTransaction) throws -> Bool {
        try hasRoom(transaction, reserve: 20, pagesMin: reservePagesMin)
    }

    /// Whether there is room for logout messages.
    ///
    /// They may use a half of the reserve, because logging out must work when nobody can log in;
    /// and a quarter of the map, so that their report never keeps anybody from logging in.
    func hasRoomForDeliveries(_ transaction: borrowing WriteTransaction) throws -> Bool {
        let pages = try transaction.reading.pagesInUse(by: databases.ofDeliveries)
        guard pages <= environment.extent().pagesMax / 4 else { return false }
        return try hasRoom(transaction, reserve: 40, pagesMin: reservePagesMin * 3 / 4)
    }

    private func hasRoom(
        _ transaction: borrowing WriteTransaction, reserve: Int, pagesMin: Int
    ) throws -> Bool {
        let extent = environment.extent()
        let limit = extent.pagesMax - max(extent.pagesMax / reserve, pagesMin)
        guard extent.pages > limit else { return true }
        return try transaction.reading.pagesInUse(by: databases.all) <= limit
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
        if let root = stored.session.proxy?.root, try !isRoot(root, at: now, transaction) {
            return nil
        }
        return stored
    }

    /// Whether there is a live session of that handle, on which a proxy-granting ticket may rest.
    func isRoot(
        _ handle: TicketHandle, at now: Instant, _ transaction: borrowing ReadTransaction
    ) throws -> Bool {
        guard let record = try transaction.get(handle.bytes, in: databases.sessions) else {
            return false
        }
        var reader = RecordReader(record)
        let header = try SessionHeader(&reader)
        return !header.isProxy && !header.use.isExpired(at: now)
    }

    /// Touches the session below a proxy-granting ticket.
    func touch(
        _ handle: TicketHandle, at now: Instant, _ transaction: borrowing WriteTransaction
    ) throws {
        guard let record = try transaction.get(handle.bytes, in: databases.sessions) else { return }
        var reader = RecordReader(record)
        var header = try SessionHeader(&reader)
        guard header.use.touch(at: now) else { return }
        try transaction.put(handle.bytes, header.replacing(in: record), in: databases.sessions)
    }

    /// The keys that lead to a session, all without a value.
    func keys(of session: TicketGrantingTicket) -> [(key: [UInt8], database: Database)] {
        let handle = session.handle.bytes
        if let root = session.proxy?.root { return [(root.bytes + handle, databases.children)] }
        var keys = [
            (sha256(Array(session.principal.id.utf8)) + handle, databases.principals)
        ]
        if let upstream = session.upstream {
            keys.append((upstream.key + handle, databases.upstreams))
        }
        return keys
    }

    func ticket(
        _ handle: TicketHandle, _ transaction: borrowing ReadTransaction
    ) throws -> TicketRecord? {
        try transaction.get(handle.bytes, in: databases.tickets).map { try TicketRecord($0) }
    }

    /// Forgets the service that a session entered longest ago if it has entered too many.
    func forgetOldest(
        _ session: [UInt8], _ transaction: borrowing WriteTransaction
    ) throws {
        var count = 0
        var oldest: (date: Instant, key: [UInt8])?
        try transaction.reading.scan(databases.services, prefix: session) { key, record in
            count += 1
            let date = try SessionService(record: record).enteredAt
            if oldest.map({ date < $0.date }) ?? true { oldest = (date, key) }
            return true
        }
        guard count > SessionLimits.servicesMax, let oldest else { return }
        try transaction.delete(oldest.key, in: databases.services)
    }

    /// Why a ticket cannot be consumed, whatever has become of its session; `nil` if it can.
    func refusal(of ticket: TicketRecord?, at now: Instant) -> Consumption.Refusal? {
        guard let ticket else { return .unknown }
        if let use = ticket.use { return .alreadyUsed(at: use.date) }
        return now >= ticket.expiresAt ? .expired(at: ticket.expiresAt) : nil
    }

    /// Uses an unused ticket up.
    ///
    /// Whatever can be is prepared and read outside the transaction, because all writers of the
    /// machine wait for each other.
    func consume(
        _ id: TicketID, _ handle: TicketHandle, _ ticket: TicketRecord, stored: [UInt8],
        at now: Instant
    ) throws -> Consumption {
        let session = ticket.session
        let spent = TicketRecord.spent(stored, at: now)
        let entered = SessionService(service: ticket.service, ticket: id, enteredAt: now).record
        var enteredKey = session.bytes + SessionService.key(ticket.service, by: id.kind)

        let step = try environment.write { transaction -> ConsumptionStep in
            let current = try transaction.get(handle.bytes, in: databases.tickets)
            guard current == stored else { return .lost(current) }
            try transaction.put(handle.bytes, spent, in: databases.tickets)
            guard let record = try transaction.get(session.bytes, in: databases.sessions) else {
                return .sessionEnded
            }
            var reader = RecordReader(record)
            let header = try SessionHeader(&reader)
            guard !header.use.isExpired(at: now) else { return .sessionEnded }
            if header.isProxy {
                let root = try reader.handle()
                guard try isRoot(root, at: now, transaction.reading) else { return .sessionEnded }
                enteredKey.replaceSubrange(0..<root.bytes.count, with: root.bytes)
            }
            if try transaction.insert(enteredKey, entered, in: databases.services) {
                try forgetOldest(Array(enteredKey.prefix(session.bytes.count)), transaction)
            } else {
                try transaction.put(enteredKey, entered, in: databases.services)
            }
            return .done(session: record)
        }
        switch step {
        case .lost(let current):
            let record = try current.map { try TicketRecord($0) }
            return .refused(refusal(of: record, at: now) ?? .unknown)
        case .sessionEnded: return .refused(.sessionEnded)
        case .done(let record):
            let owner = try SessionRecord(record, handle: session).session
            let ticket = ServiceTicket(
                id: id, service: ticket.service, grantedAt: ticket.grantedAt,
                lifetime: ticket.lifetime, isFromNewLogin: ticket.isFromNewLogin,
                proxies: owner.proxy?.proxies ?? [])
            return .consumed(ticket, session: owner)
        }
    }
}

/// What a transaction made of a ticket that was unused a moment before.
private enum ConsumptionStep {
    /// Another caller came first; this is what is stored now.
    case lost([UInt8]?)
    case sessionEnded
    case done(session: [UInt8])
}

/// A change of eight databases copies about thirty pages.
private let reservePagesMin = 64
