package import CASProtocol
package import Platform

/// A registry inside one process, for tests and trials: it is gone when the process ends.
package final class MemoryTicketRegistry: TicketRegistry {
    private let state = Lock(State())
    private let capacity: Int

    /// - Parameter capacity: How many tickets of all kinds it holds, spent ones included.
    package init(capacity: Int = 1_000_000) {
        self.capacity = capacity
    }

    package func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError) {
        try state.withLock { state throws(TicketRegistryError) in
            guard state.sessions[session.handle] == nil else {
                throw .unavailable("session \(session.handle) exists already")
            }
            guard state.tickets.count + state.sessions.count < capacity else { throw .full }
            state.sessions[session.handle] = SessionEntry(session: session)
            state.handles[session.principal.id, default: []].insert(session.handle)
            state.ends.add(session.handle, at: session.expiresAt)
        }
    }

    package func session(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> TicketGrantingTicket? {
        guard id.isOfSession else { return nil }
        let handle = TicketHandle(of: id)
        return state.withLock { $0.live(handle, at: now) }
    }

    package func grant(
        _ id: TicketID, for service: String, lifetime: Duration, isRenewed: Bool,
        from session: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket? {
        guard id.isOneTime, session.isOfSession else { return nil }
        let handle = TicketHandle(of: id)
        let sessionHandle = TicketHandle(of: session)
        return try state.withLock { state throws(TicketRegistryError) -> ServiceTicket? in
            guard var session = state.live(sessionHandle, at: now) else { return nil }
            guard state.tickets[handle] == nil else {
                throw .unavailable("ticket \(handle) exists already")
            }
            guard state.tickets.count + state.sessions.count < capacity else { throw .full }
            let ticket = ServiceTicket(
                id: id, service: service, grantedAt: now, lifetime: lifetime,
                isFromNewLogin: isRenewed || !session.hasGranted)
            state.tickets[handle] = .unused(ticket, session: sessionHandle)
            state.ends.add(handle, at: ticket.expiresAt + TicketRetention.afterEnd)
            if session.use.noteGrant(at: now) { state.sessions[sessionHandle]?.session = session }
            return ticket
        }
    }

    package func consume(
        _ id: TicketID, handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        guard id.isOneTime else { return .refused(.unknown) }
        return state.withLock { state in
            switch state.tickets[handle] {
            case nil: return .refused(.unknown)
            case .used(let date, _): return .refused(.alreadyUsed(at: date))
            case .unused(let ticket, _) where now >= ticket.expiresAt:
                return .refused(.expired(at: ticket.expiresAt))
            case .unused(let ticket, let sessionHandle):
                state.tickets[handle] = .used(
                    at: now, keptUntil: ticket.expiresAt + TicketRetention.afterEnd)
                guard let session = state.live(sessionHandle, at: now) else {
                    return .refused(.sessionEnded)
                }
                state.sessions[sessionHandle]?.services[ticket.service] = SessionService(
                    service: ticket.service, ticket: id, enteredAt: now)
                return .consumed(ticket, session: session)
            }
        }
    }

    package func isLive(_ id: TicketID, at now: Instant) throws(TicketRegistryError) -> Bool {
        guard id.isOneTime else { return false }
        let handle = TicketHandle(of: id)
        return state.withLock { state in
            guard case .unused(let ticket, _) = state.tickets[handle] else { return false }
            return now < ticket.expiresAt
        }
    }

    package func discard(_ id: TicketID) throws(TicketRegistryError) {
        guard id.isOneTime else { return }
        let handle = TicketHandle(of: id)
        state.withLock { _ = $0.tickets.removeValue(forKey: handle) }
    }

    package func remove(
        _ session: TicketHandle, queueing cause: LogoutCause?, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? {
        state.withLock { $0.remove(session) }
    }

    package func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketGrantingTicket] {
        let sessions = state.withLock { state in
            (state.handles[principal] ?? []).compactMap { state.live($0, at: now) }
        }
        return sessions.oldestFirst
    }

    package func sweep(
        at now: Instant, limit: Int, queueing: Bool
    ) throws(TicketRegistryError) -> Sweep {
        state.withLock { state in
            var sweep = Sweep()
            while sweep.expiredSessions.count + sweep.serviceTickets < limit,
                let end = state.ends.takeFirst(before: now)
            {
                state.sweep(end, at: now, into: &sweep)
            }
            return sweep
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
        state.withLock {
            TicketCounts(sessions: $0.sessions.count, serviceTickets: $0.tickets.count)
        }
    }
}

extension [TicketGrantingTicket] {
    /// The sessions in the order in which they were granted.
    package var oldestFirst: [TicketGrantingTicket] {
        sorted {
            ($0.grantedAt, $0.handle.description) < ($1.grantedAt, $1.handle.description)
        }
    }
}

extension [SessionService] {
    /// The services in the order in which they were entered, backwards.
    package var newestFirst: [SessionService] {
        sorted { ($1.enteredAt, $1.service) < ($0.enteredAt, $0.service) }
    }
}

private struct SessionEntry {
    var session: TicketGrantingTicket
    var services: [String: SessionService] = [:]
}

private enum TicketEntry {
    case unused(ServiceTicket, session: TicketHandle)
    case used(at: Instant, keptUntil: Instant)

    /// When nothing needs to be known of it any more.
    var keptUntil: Instant {
        switch self {
        case .unused(let ticket, _): ticket.expiresAt + TicketRetention.afterEnd
        case .used(_, let end): end
        }
    }
}

private struct State {
    var sessions: [TicketHandle: SessionEntry] = [:]
    var tickets: [TicketHandle: TicketEntry] = [:]
    var handles: [String: Set<TicketHandle>] = [:]
    /// When to look at which ticket again; a session that was touched is found too early.
    var ends = EndQueue()

    func live(_ handle: TicketHandle, at now: Instant) -> TicketGrantingTicket? {
        guard let session = sessions[handle]?.session, !session.isExpired(at: now) else {
            return nil
        }
        return session
    }

    mutating func remove(_ handle: TicketHandle) -> EndedSession? {
        guard let entry = sessions.removeValue(forKey: handle) else { return nil }
        let principal = entry.session.principal.id
        handles[principal]?.remove(handle)
        if handles[principal]?.isEmpty == true { handles[principal] = nil }
        return EndedSession(
            session: entry.session, services: Array(entry.services.values).newestFirst)
    }

    mutating func sweep(_ handle: TicketHandle, at now: Instant, into sweep: inout Sweep) {
        if let ticket = tickets[handle], ticket.keptUntil <= now {
            tickets[handle] = nil
            sweep.serviceTickets += 1
        } else if let session = sessions[handle]?.session {
            if !session.isExpired(at: now) {
                ends.add(handle, at: session.expiresAt)
            } else if let ended = remove(handle) {
                sweep.expiredSessions.append(ended)
            }
        }
    }
}

/// Handles by the time at which they are due, as a binary heap.
private struct EndQueue {
    private var heap: [(date: Instant, handle: TicketHandle)] = []

    mutating func add(_ handle: TicketHandle, at date: Instant) {
        heap.append((date, handle))
        var child = heap.count - 1
        while child > 0, heap[child].date < heap[(child - 1) / 2].date {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the earliest handle that is due by now.
    mutating func takeFirst(before now: Instant) -> TicketHandle? {
        guard let first = heap.first, first.date <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while let child = earlierChild(of: parent), heap[child].date < heap[parent].date {
            heap.swapAt(child, parent)
            parent = child
        }
        return first.handle
    }

    private func earlierChild(of parent: Int) -> Int? {
        let left = 2 * parent + 1
        guard left < heap.count else { return nil }
        let right = left + 1
        return right < heap.count && heap[right].date < heap[left].date ? right : left
    }
}
