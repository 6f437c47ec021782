package import CASProtocol
package import Platform

/// A registry inside one process, for tests and trials: it is gone when the process ends.
package final class MemoryTicketRegistry: TicketRegistry {
    let state: Lock<MemoryState>
    let failures: Lock<FailureTable>
    let marks: Lock<MarkTable>

    /// - Parameters:
    ///   - capacity: How many tickets of all kinds it holds, spent ones included; and how many
    ///     deliveries.
    ///   - failureCapacity: How many buckets of failures, and as many known addresses.
    ///   - markCapacity: How many marks.
    package init(
        capacity: Int = 1_000_000, failureCapacity: Int = FailureLimits.recordsMax,
        markCapacity: Int = ReplayMarkLimits.marksMax
    ) {
        state = Lock(MemoryState(capacity: capacity))
        failures = Lock(FailureTable(capacity: failureCapacity))
        marks = Lock(MarkTable(capacity: markCapacity))
    }

    package func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError) {
        guard session.hasStorableTexts else { throw .unavailable("a text is too long") }
        try state.withLock { state throws(TicketRegistryError) in
            guard state.sessions[session.handle] == nil else {
                throw .unavailable("session \(session.handle) exists already")
            }
            if let root = session.proxy?.root, !state.isRoot(root, at: session.grantedAt) {
                throw .sessionEnded
            }
            guard state.hasRoom else { throw .full }
            state.add(session)
        }
    }

    package func session(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> TicketGrantingTicket? {
        guard id.isOfSession else { return nil }
        let handle = TicketHandle(of: id)
        return state.withLock { $0.live(handle, at: now) }
    }

    package func renew(
        _ id: TicketID, event: AuthenticationEvent, upstream: UpstreamSession?, at now: Instant
    ) throws(TicketRegistryError) -> Bool {
        guard id.kind == .ticketGrantingTicket else { return false }
        let handle = TicketHandle(of: id)
        return state.withLock { state in
            guard let session = state.live(handle, at: now) else { return false }
            state.replace(session.renewed(by: event, upstream: upstream, at: now))
            return true
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
        return try state.withLock { state throws(TicketRegistryError) -> ServiceTicket? in
            guard var session = state.live(sessionHandle, at: now) else { return nil }
            guard state.tickets[handle] == nil else {
                throw .unavailable("ticket \(handle) exists already")
            }
            guard state.hasRoom else { throw .full }
            let ticket = ServiceTicket(
                id: id, service: service, grantedAt: now, lifetime: lifetime,
                isFromNewLogin: isRenewed || !session.hasGranted,
                proxies: session.proxy?.proxies ?? [])
            state.tickets[handle] = TicketEntry(ticket: ticket, session: sessionHandle)
            state.ends.add(handle, at: ticket.expiresAt + TicketRetention.afterEnd)
            if session.use.noteGrant(at: now) { state.sessions[sessionHandle]?.session = session }
            if let root = session.proxy?.root {
                _ = state.sessions[root]?.session.use.touch(at: now)
            }
            return ticket
        }
    }

    package func consume(
        _ id: TicketID, handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        guard id.isOneTime else { return .refused(.unknown) }
        return state.withLock { state in
            guard let entry = state.tickets[handle] else { return .refused(.unknown) }
            if let date = entry.usedAt { return .refused(.alreadyUsed(at: date)) }
            let ticket = entry.ticket
            guard now < ticket.expiresAt else {
                return .refused(.expired(at: ticket.expiresAt))
            }
            state.tickets[handle]?.usedAt = now
            guard let session = state.live(entry.session, at: now) else {
                return .refused(.sessionEnded)
            }
            let entered = SessionService(service: ticket.service, ticket: id, enteredAt: now)
            let key = SessionService.key(ticket.service, by: id.kind)
            state.sessions[session.proxy?.root ?? session.handle]?.note(entered, under: key)
            return .consumed(ticket, session: session)
        }
    }

    package func isLive(_ id: TicketID, at now: Instant) throws(TicketRegistryError) -> Bool {
        guard id.isOneTime else { return false }
        return try history(of: TicketHandle(of: id), at: now)?.state == .live
    }

    package func discard(_ id: TicketID) throws(TicketRegistryError) {
        guard id.isOneTime else { return }
        let handle = TicketHandle(of: id)
        state.withLock { _ = $0.tickets.removeValue(forKey: handle) }
    }

    package func remove(
        _ session: TicketHandle, queueing cause: LogoutCause?, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? {
        state.withLock { state in
            guard var ended = state.remove(session) else { return nil }
            if let cause { state.queue(&ended, cause, at: now) { now } }
            return ended
        }
    }

    package func sweep(
        at now: Instant, limit: Int, queueing: Bool
    ) throws(TicketRegistryError) -> Sweep {
        state.withLock { state in
            var sweep = Sweep()
            while sweep.count < limit, let (_, end) = state.ends.takeFirst(before: now) {
                state.sweep(end, at: now, queueing: queueing, into: &sweep)
            }
            state.sweepDeliveries(at: now, limit: limit, into: &sweep)
            return sweep
        }
    }

    package func counts() throws(TicketRegistryError) -> TicketCounts {
        state.withLock {
            TicketCounts(
                sessions: $0.sessions.count - $0.proxyCount, serviceTickets: $0.tickets.count,
                proxyGrantingTickets: $0.proxyCount, pendingDeliveries: $0.pendingCount)
        }
    }
}
