internal import CASProtocol
internal import LMDB
internal import Platform
internal import Tickets

// Sessions learn which services were entered with tickets in slots: many at a time.
extension LMDBTicketRegistry {
    /// Sees to it that sessions know all uses of tickets until now.
    func notePending() throws {
        try FileLock.withLock(folder.noting) { try noteAll() }
    }

    /// Runs the body as the only writer, in a step in which sessions may end.
    ///
    /// They know all uses of tickets then: the body runs behind the noting of what is pending, and
    /// whoever uses a ticket meanwhile waits for the end of the step to look at the session.
    func writeEnding<Result>(
        _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        try FileLock.withLock(folder.noting) {
            slots.isEnding = true
            defer { slots.isEnding = false }
            return try noteAll(and: body)
        }
    }

    /// Notes what is pending; for the holder of the lock.
    func noteAll() throws {
        // Whoever set it has died.
        slots.isEnding = false
        guard slots.hasPending else { return }
        try noteAll { _ in }
    }

    private func noteAll<Result>(
        and body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        var noted: [SlotTable.Found] = []
        var moved: [SlotTable.Found] = []
        let result = try environment.write { transaction in
            noted = try note(slots.pending(), transaction)
            moved = try move(crowded(), transaction)
            return try body(transaction)
        }
        // Not before the store has it. Whoever dies here leaves what is noted once more.
        for found in noted { slots.endNoting(found) }
        for found in moved {
            slots.advance(found.slot, from: found.word, to: found.word.with(.free))
        }
        return result
    }

    /// Notes uses of tickets and returns those that are to be marked when the store has them.
    private func note(
        _ pending: [SlotTable.Found], _ transaction: borrowing WriteTransaction
    ) throws -> [SlotTable.Found] {
        var noted: [SlotTable.Found] = []
        var roots: [TicketHandle: TicketHandle?] = [:]
        var entries: [Place: Entry] = [:]
        for found in pending {
            // Losing the error is right: what is damaged must not keep other sessions from ending.
            guard let entry = try? Entry(found) else { continue }
            if roots[entry.session] == nil {
                roots[entry.session] = .some(
                    try unlessDamaged { try root(of: entry.session, transaction.reading) } ?? nil)
            }
            guard let root = roots[entry.session] ?? nil else {
                if found.word.state == .noting { noted.append(found) } else { slots.void(found) }
                continue
            }
            guard slots.beginNoting(found) else { continue }
            noted.append(found)
            // Of several uses of one service the last one counts.
            let place = Place(
                root: root, service: Array(entry.service.utf8), kind: entry.ticket.kind)
            if entries[place].map({ $0.enteredAt <= entry.enteredAt }) ?? true {
                entries[place] = entry
            }
        }
        for (place, entry) in entries.sorted(by: { $0.value.enteredAt < $1.value.enteredAt }) {
            try unlessDamaged { try enter(entry, place.root, transaction) }
        }
        return noted
    }

    /// Runs the body; `nil` if a record that it needs is damaged.
    @discardableResult
    private func unlessDamaged<Result>(_ body: () throws -> Result) throws -> Result? {
        do {
            return try body()
        } catch TicketRegistryError.corrupt {
            return nil
        }
    }

    /// Where a use is noted.
    private struct Place: Hashable {
        let root: TicketHandle
        // Its bytes, because two texts may be equal and have different ones.
        let service: [UInt8]
        let kind: TicketKind

        func hash(into hasher: inout Hasher) {
            // Enough to tell most apart, and much faster than all of the bytes.
            hasher.combine(root.bytes[0])
            hasher.combine(service.count)
        }
    }

    /// A use of a ticket.
    private struct Entry {
        /// The session or proxy-granting ticket that granted it.
        let session: TicketHandle
        let service: String
        let ticket: TicketID
        let enteredAt: Instant

        /// - Returns: `nil` if its identifier cannot be read.
        init?(_ found: SlotTable.Found) throws {
            let record = try TicketRecord(found.record)
            guard let usedAt = found.usedAt,
                let id = TicketID(String(decoding: found.identifier, as: UTF8.self))
            else { return nil }
            session = record.session
            service = record.service
            ticket = id
            enteredAt = usedAt
        }
    }

    /// The session that learns of the services entered with the tickets of a session or a
    /// proxy-granting ticket; `nil` if it has ended.
    private func root(
        of session: TicketHandle, _ transaction: borrowing ReadTransaction
    ) throws -> TicketHandle? {
        guard let record = try transaction.get(session.bytes, in: databases.sessions) else {
            return nil
        }
        var reader = RecordReader(record)
        guard try SessionHeader(&reader).isProxy else { return session }
        let root = try reader.handle()
        return try transaction.get(root.bytes, in: databases.sessions) == nil ? nil : root
    }

    private func enter(
        _ entry: Entry, _ root: TicketHandle, _ transaction: borrowing WriteTransaction
    ) throws {
        let key = root.bytes + SessionService.key(entry.service, by: entry.ticket.kind)
        let known = try transaction.get(key, in: databases.services)
        // It may have been entered later with a ticket that is not in a slot.
        if let known, try SessionService(record: known).enteredAt > entry.enteredAt { return }
        let entered = SessionService(
            service: entry.service, ticket: entry.ticket, enteredAt: entry.enteredAt)
        try transaction.put(key, entered.record, in: databases.services)
        if known == nil { try forgetOldest(root.bytes, transaction) }
    }

    // MARK: Making room

    /// Used tickets that had better be in the store, because more than half of the slots are taken.
    private func crowded() -> [SlotTable.Found] {
        guard slots.isCrowded else { return [] }
        return slots.takeUsed(limit: 512)
    }

    /// Puts used tickets into the store as well, and returns those whose slots can be freed when
    /// the store has them.
    private func move(
        _ used: [SlotTable.Found], _ transaction: borrowing WriteTransaction
    ) throws -> [SlotTable.Found] {
        guard !used.isEmpty, try hasRoomForTickets(transaction) else { return [] }
        for found in used { try put(found, transaction) }
        return used
    }

    private func put(
        _ found: SlotTable.Found, _ transaction: borrowing WriteTransaction
    ) throws {
        let record = try TicketRecord(found, at: .now)
        try transaction.put(found.handle.bytes, record.bytes, in: databases.tickets)
        try transaction.put(
            ExpiryKey(record.keptUntil, .oneTime, found.handle).bytes, [], in: databases.expiry)
    }

    /// Moves a used ticket from its slot into the store, where there is room for a judgement.
    func moveToStore(_ handle: TicketHandle) throws {
        guard let state = slots.find(handle)?.word.state else { return }
        if state == .pending || state == .noting { try notePending() }
        guard let found = slots.find(handle),
            found.word.state == .noted || found.word.state == .void
        else { return }
        try environment.write { try put(found, $0) }
        slots.advance(found.slot, from: found.word, to: found.word.with(.free))
    }
}
