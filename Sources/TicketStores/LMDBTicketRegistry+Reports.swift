internal import CASProtocol
internal import LMDB
internal import OpenSSL
package import Platform
package import Tickets

// What logout, operators and their tools ask.
extension LMDBTicketRegistry {
    package func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketGrantingTicket] {
        let prefix = sha256(Array(principal.utf8))
        return try translated {
            try environment.read { transaction in
                try handles(databases.principals, prefix: prefix, transaction)
                    .compactMap { try liveSession($0, at: now, transaction)?.session }
                    .oldestFirst
            }
        }
    }

    package func sessions(
        ofUpstream provider: String, ticket: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketHandle] {
        let prefix = UpstreamSession(provider: provider, ticket: ticket).key
        return try translated {
            try environment.read { transaction in
                try handles(databases.upstreams, prefix: prefix, transaction)
                    .filter { try isRoot($0, at: now, transaction) }
            }
        }
    }

    package func allSessions(
        limit: Int, at now: Instant
    ) throws(TicketRegistryError) -> [SessionSummary] {
        try translated {
            try notePending()
            return try environment.read { transaction in
                var newest = Newest<(date: Instant, handle: TicketHandle)>(limit: limit) {
                    $0.sorted {
                        ($1.date, $1.handle.description) < ($0.date, $0.handle.description)
                    }
                }
                try transaction.scan(databases.sessions) { key, record in
                    var reader = RecordReader(record)
                    let header = try SessionHeader(&reader)
                    if !header.isProxy, !header.use.isExpired(at: now),
                        let handle = TicketHandle(bytes: key)
                    {
                        let date = header.use.grantedAt
                        newest.add((date, handle), at: date)
                    }
                    return true
                }
                var summaries: [SessionSummary] = []
                for (_, handle) in newest.sorted {
                    guard let stored = try storedSession(handle, transaction) else { continue }
                    var count = 0
                    try transaction.scan(databases.services, prefix: handle.bytes) { _, _ in
                        count += 1
                        return true
                    }
                    summaries.append(SessionSummary(stored.session, serviceCount: count))
                }
                return summaries
            }
        }
    }

    package func session(
        handlePrefix: String
    ) throws(TicketRegistryError) -> TicketGrantingTicket? {
        try translated {
            try environment.read { transaction in
                guard let prefix = HandlePrefix(handlePrefix),
                    let handle = try handle(prefix, in: databases.sessions, transaction)
                else { return nil }
                return try storedSession(handle, transaction)?.session
            }
        }
    }

    package func noteJudgement(
        _ handle: TicketHandle, _ judgement: TicketJudgement
    ) throws(TicketRegistryError) {
        try translated {
            try moveToStore(handle)
            try environment.write { transaction in
                guard var record = try ticket(handle, transaction.reading), record.use != nil
                else { return }
                record.use?.judgement = judgement
                try transaction.put(handle.bytes, record.bytes, in: databases.tickets)
            }
        }
    }

    package func history(
        of handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? {
        try translated {
            let ticket = try slotTicket(handle)
            return try environment.read {
                try (ticket ?? self.ticket(handle, $0))?.history(of: handle, at: now)
            }
        }
    }

    package func ticketHistory(
        handlePrefix: String, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? {
        guard let prefix = HandlePrefix(handlePrefix) else { return nil }
        // First, because a ticket only ever goes from a slot into the store.
        let inSlots = slots.handles(beginningWith: prefix.bytes).filter(prefix.matches)
        let handle = try translated {
            try environment.read {
                try self.handle(prefix, in: databases.tickets, beside: inSlots, $0)
            }
        }
        return try handle.flatMap { handle throws(TicketRegistryError) in
            try history(of: handle, at: now)
        }
    }

    /// The only handle of a database, and of those given, that begins with the digits.
    private func handle(
        _ prefix: HandlePrefix, in database: Database, beside known: [TicketHandle] = [],
        _ transaction: borrowing ReadTransaction
    ) throws -> TicketHandle? {
        var found = Set(known)
        try transaction.scan(database, prefix: prefix.bytes) { key, _ in
            if let handle = TicketHandle(bytes: key), prefix.matches(handle) {
                found.insert(handle)
            }
            return found.count < 2
        }
        return try prefix.only(of: found)
    }
}
