internal import CASProtocol
internal import LMDB
internal import Platform
internal import Tickets

// One-time tickets in slots: granted and used without the writer's lock.
extension LMDBTicketRegistry {
    /// How an attempt to grant a ticket without a transaction has ended.
    enum SlotGrant {
        case granted(ServiceTicket)
        case sessionEnded
        /// The session must change, or there is no slot for the ticket.
        case needsTransaction
    }

    /// Grants a ticket in a slot if its session need not be touched.
    ///
    /// - Parameter makeRecord: Makes the record of a ticket that is from new login, or a proxy
    ///   ticket.
    func grantInSlot(
        _ id: TicketID, _ handle: TicketHandle, isRenewed: Bool, at now: Instant,
        _ makeRecord: (_ isFromNewLogin: Bool, _ isProxy: Bool) -> TicketRecord
    ) throws -> SlotGrant {
        guard id.wireValue.utf8.count <= SlotTable.identifierBytesMax else {
            return .needsTransaction
        }
        // Before the store is looked at: a ticket only ever goes from a slot into the store.
        guard slots.find(handle) == nil else {
            throw TicketRegistryError.unavailable("ticket \(handle) exists already")
        }
        // All first tickets of sessions are granted in transactions.
        let record = makeRecord(isRenewed, id.kind == .proxyTicket)
        let basis = try environment.read { try grantBasis(record, handle, at: now, $0) }
        guard case .slot(let proxies) = basis else {
            return basis == .sessionEnded ? .sessionEnded : .needsTransaction
        }
        guard slots.add(handle, record: record.bytes, keptUntil: record.keptUntil) else {
            return .needsTransaction
        }
        return .granted(
            ServiceTicket(
                id: id, service: record.service, grantedAt: now, lifetime: record.lifetime,
                isFromNewLogin: isRenewed, proxies: proxies))
    }

    private enum GrantBasis: Equatable {
        case sessionEnded
        case transaction
        case slot(proxies: [String])
    }

    private func grantBasis(
        _ record: TicketRecord, _ handle: TicketHandle, at now: Instant,
        _ transaction: borrowing ReadTransaction
    ) throws -> GrantBasis {
        guard let stored = try transaction.get(record.session.bytes, in: databases.sessions) else {
            return .sessionEnded
        }
        var reader = RecordReader(stored)
        var use = try SessionHeader(&reader).use
        guard !use.isExpired(at: now) else { return .sessionEnded }
        guard !use.noteGrant(at: now) else { return .transaction }
        guard try transaction.get(handle.bytes, in: databases.tickets) == nil else {
            throw TicketRegistryError.unavailable("ticket \(handle) exists already")
        }
        guard record.isProxy else { return .slot(proxies: []) }
        let proxy = try ProxyGrant(&reader)
        guard let root = try transaction.get(proxy.root.bytes, in: databases.sessions) else {
            return .sessionEnded
        }
        reader = RecordReader(root)
        let rootHeader = try SessionHeader(&reader)
        use = rootHeader.use
        guard !rootHeader.isProxy, !use.isExpired(at: now) else { return .sessionEnded }
        return use.touch(at: now) ? .transaction : .slot(proxies: proxy.proxies)
    }

    /// Uses a ticket in a slot up.
    ///
    /// The session is looked at before the ticket is used, to have it, and again afterwards: what
    /// is pending when somebody begins to end sessions is noted in the same step as they end, and
    /// what becomes pending later sees that they are ending.
    ///
    /// - Returns: `nil` if no slot holds the ticket.
    func consumeInSlot(
        _ id: TicketID, _ handle: TicketHandle, at now: Instant
    ) throws -> Consumption? {
        while let found = slots.find(handle) {
            let ticket = try TicketRecord(found, at: now)
            if let refusal = refusal(of: ticket, at: now) { return .refused(refusal) }
            let stored = try environment.read { try liveSession(ticket.session, at: now, $0) }
            guard let session = stored?.session else {
                guard slots.use(found, by: id, at: now, after: .void) else { continue }
                return .refused(.sessionEnded)
            }
            guard slots.use(found, by: id, at: now, after: .pending) else { continue }
            if try !isStillLive(session, at: now), slots.withdraw(found) {
                return .refused(.sessionEnded)
            }
            if slots.isTimeToNote() {
                // Losing the error is right: the uses stay pending, and whoever needs them throws.
                _ = try? FileLock.withLockIfFree(folder.noting) { try noteAll() }
            }
            let consumed = ServiceTicket(
                id: id, service: ticket.service, grantedAt: ticket.grantedAt,
                lifetime: ticket.lifetime, isFromNewLogin: ticket.isFromNewLogin,
                proxies: session.proxy?.proxies ?? [])
            return .consumed(consumed, session: session)
        }
        return nil
    }

    /// Whether a session is there that was there a moment ago; waits for whoever is ending some.
    private func isStillLive(_ session: TicketGrantingTicket, at now: Instant) throws -> Bool {
        if slots.isEnding {
            return try environment.write { try isLive(session, at: now, $0.reading) }
        }
        return try environment.read { try isLive(session, at: now, $0) }
    }

    private func isLive(
        _ session: TicketGrantingTicket, at now: Instant, _ transaction: borrowing ReadTransaction
    ) throws -> Bool {
        if let root = session.proxy?.root, try !isRoot(root, at: now, transaction) { return false }
        guard let record = try transaction.get(session.handle.bytes, in: databases.sessions) else {
            return false
        }
        var reader = RecordReader(record)
        return try !SessionHeader(&reader).use.isExpired(at: now)
    }

    /// What a slot knows of a ticket; `nil` if it is not in a slot.
    func slotTicket(_ handle: TicketHandle) throws -> TicketRecord? {
        try slots.find(handle).map { try TicketRecord($0, at: .now) }
    }

    /// Removes a ticket from its slot, live or used.
    func removeFromSlot(_ handle: TicketHandle) throws {
        // Once is nearly always enough: only somebody who uses it now is in the way.
        for _ in 0..<8 {
            guard let found = slots.find(handle) else { return }
            switch found.word.state {
            case .unused, .noted, .void:
                slots.advance(found.slot, from: found.word, to: found.word.with(.free))
            case .pending, .noting: try notePending()
            // Somebody is at work, or has died at it; the ticket is used up in any case.
            case .free, .writing, .using, .clearing: return
            }
        }
    }
}

extension TicketRecord {
    /// What a slot holds.
    ///
    /// - Parameter now: When a ticket was used that is being used just now.
    init(_ found: SlotTable.Found, at now: Instant) throws(TicketRegistryError) {
        try self.init(found.record)
        if found.word.state != .unused { use = Use(date: found.usedAt ?? now) }
    }
}
