internal import CASProtocol
package import Platform

// What logout, operators and their tools ask.
extension MemoryTicketRegistry {
    package func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketGrantingTicket] {
        let sessions = state.withLock { state in
            (state.handles[principal] ?? []).compactMap { state.live($0, at: now) }
        }
        return sessions.oldestFirst
    }

    package func sessions(
        ofUpstream provider: String, ticket: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketHandle] {
        let upstream = UpstreamSession(provider: provider, ticket: ticket)
        return state.withLock { state in
            (state.upstreams[upstream] ?? []).filter { state.live($0, at: now) != nil }
        }
    }

    package func allSessions(
        limit: Int, at now: Instant
    ) throws(TicketRegistryError) -> [SessionSummary] {
        let live = state.withLock { state in
            state.sessions.values
                .filter { $0.session.proxy == nil && !$0.session.isExpired(at: now) }
                .map { SessionSummary($0.session, serviceCount: $0.services.count) }
        }
        return Array(live.newestFirst.prefix(max(0, limit)))
    }

    package func session(
        handlePrefix: String
    ) throws(TicketRegistryError) -> TicketGrantingTicket? {
        try state.withLock { state throws(TicketRegistryError) in
            let handle = try HandlePrefix(handlePrefix)?.only(of: state.sessions.keys)
            return handle.flatMap { state.sessions[$0]?.session }
        }
    }

    package func claimDeliveries(
        at now: Instant, lease: Duration, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] {
        state.withLock { state in
            var claimed: [LogoutDelivery] = []
            while claimed.count < limit, let id = state.takeDue(before: now) {
                guard let delivery = state.deliveries[id]?.delivery else { continue }
                state.put(delivery, dueAt: now + lease)
                claimed.append(delivery)
            }
            return claimed
        }
    }

    package func settleDelivery(
        _ id: LogoutDeliveryID, status: LogoutStatus, note: String?, tries: Int,
        nextTryAt: Instant?, at now: Instant
    ) throws(TicketRegistryError) {
        state.withLock { state in
            guard var delivery = state.deliveries[id]?.delivery, delivery.status == .pending
            else { return }
            delivery.settle(status, note: note, tries: tries, at: now)
            state.put(
                delivery,
                dueAt: status == .pending ? nextTryAt ?? now : now + LogoutRetention.report)
        }
    }

    package func deliveries(
        matching filter: DeliveryFilter, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] {
        let found = state.withLock { state in
            state.deliveries.values.map(\.delivery).filter(filter.matches)
        }
        return Array(found.newestFirst.prefix(max(0, limit)))
    }

    package func noteJudgement(
        _ handle: TicketHandle, _ judgement: TicketJudgement
    ) throws(TicketRegistryError) {
        state.withLock { state in
            guard state.tickets[handle]?.usedAt != nil else { return }
            state.tickets[handle]?.judgement = judgement
        }
    }

    package func history(
        of handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? {
        state.withLock { $0.history(handle, at: now) }
    }

    package func ticketHistory(
        handlePrefix: String, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? {
        try state.withLock { state throws(TicketRegistryError) in
            let handle = try HandlePrefix(handlePrefix)?.only(of: state.tickets.keys)
            return handle.flatMap { state.history($0, at: now) }
        }
    }
}

extension HandlePrefix {
    /// The handle that begins with the digits, or `nil` if there is none.
    ///
    /// - Throws: `ambiguous` if there are several.
    package func only(
        of handles: some Sequence<TicketHandle>
    ) throws(TicketRegistryError) -> TicketHandle? {
        var found: TicketHandle?
        for handle in handles where matches(handle) {
            guard found == nil else { throw .ambiguous }
            found = handle
        }
        return found
    }
}
