internal import CASProtocol
internal import Platform

/// All that a ``MemoryTicketRegistry`` holds.
struct MemoryState {
    let capacity: Int
    /// Proxy-granting tickets are among them.
    var sessions: [TicketHandle: SessionEntry] = [:]
    var tickets: [TicketHandle: TicketEntry] = [:]
    var handles: [String: Set<TicketHandle>] = [:]
    var upstreams: [UpstreamSession: Set<TicketHandle>] = [:]
    var proxyCount = 0
    /// When to look at which ticket again; a session that was touched is found too early.
    var ends = DateQueue<TicketHandle>()
    private(set) var deliveries: [LogoutDeliveryID: DeliveryEntry] = [:]
    private(set) var pendingCount = 0
    /// The dates of deliveries; one that has another date by now is found too early or too late.
    private var dues = DateQueue<LogoutDeliveryID>()
    private var settled = DateQueue<LogoutDeliveryID>()
    /// When the next delivery of an expired session may be made.
    private var nextSlot = Instant(milliseconds: .min)

    init(capacity: Int) {
        self.capacity = capacity
    }

    var hasRoom: Bool { tickets.count + sessions.count < capacity }

    // MARK: Tickets

    func live(_ handle: TicketHandle, at now: Instant) -> TicketGrantingTicket? {
        guard let session = sessions[handle]?.session, !session.isExpired(at: now) else {
            return nil
        }
        if let root = session.proxy?.root, !isRoot(root, at: now) { return nil }
        return session
    }

    /// Whether there is a live session of that handle.
    func isRoot(_ handle: TicketHandle, at now: Instant) -> Bool {
        guard let session = sessions[handle]?.session else { return false }
        return session.proxy == nil && !session.isExpired(at: now)
    }

    func history(_ handle: TicketHandle, at now: Instant) -> TicketHistory? {
        guard let entry = tickets[handle] else { return nil }
        let ticket = entry.ticket
        let state: TicketHistory.State =
            if let date = entry.usedAt {
                .used(at: date)
            } else if now >= ticket.expiresAt {
                .expired(at: ticket.expiresAt)
            } else {
                .live
            }
        return TicketHistory(
            handle: handle, state: state, kind: ticket.id.kind, service: ticket.service,
            grantedAt: ticket.grantedAt, lifetime: ticket.lifetime,
            isFromNewLogin: ticket.isFromNewLogin, session: entry.session,
            judgement: entry.judgement)
    }

    mutating func add(_ session: TicketGrantingTicket) {
        let handle = session.handle
        sessions[handle] = SessionEntry(session: session)
        ends.add(handle, at: session.expiresAt)
        if let root = session.proxy?.root {
            sessions[root]?.children.insert(handle)
            proxyCount += 1
        } else {
            handles[session.principal.id, default: []].insert(handle)
            if let upstream = session.upstream { upstreams[upstream, default: []].insert(handle) }
        }
    }

    /// Puts another version of a session in the place of the one that is there.
    mutating func replace(_ session: TicketGrantingTicket) {
        guard let before = sessions[session.handle]?.session else { return }
        if let upstream = before.upstream { upstreams.removeMember(session.handle, of: upstream) }
        if let upstream = session.upstream {
            upstreams[upstream, default: []].insert(session.handle)
        }
        sessions[session.handle]?.session = session
    }

    mutating func remove(_ handle: TicketHandle) -> EndedSession? {
        guard let entry = sessions.removeValue(forKey: handle) else { return nil }
        if let root = entry.session.proxy?.root {
            sessions[root]?.children.remove(handle)
            proxyCount -= 1
        }
        for child in entry.children where sessions.removeValue(forKey: child) != nil {
            proxyCount -= 1
        }
        handles.removeMember(handle, of: entry.session.principal.id)
        if let upstream = entry.session.upstream { upstreams.removeMember(handle, of: upstream) }
        return EndedSession(
            session: entry.session, services: Array(entry.services.values).newestFirst)
    }

    mutating func sweep(
        _ handle: TicketHandle, at now: Instant, queueing: Bool, into sweep: inout Sweep
    ) {
        if let ticket = tickets[handle], ticket.keptUntil <= now {
            tickets[handle] = nil
            sweep.serviceTickets += 1
        } else if let session = sessions[handle]?.session {
            if !session.isExpired(at: now) {
                ends.add(handle, at: session.expiresAt)
            } else if var ended = remove(handle) {
                if queueing { queueSpaced(&ended, at: now) }
                if session.proxy == nil {
                    sweep.expiredSessions.append(ended)
                } else {
                    sweep.proxyGrantingTickets += 1
                }
            }
        }
    }

    // MARK: Deliveries

    /// Adds or changes a delivery.
    ///
    /// - Parameter date: When it is due, or when it is to be forgotten if it is settled.
    mutating func put(_ delivery: LogoutDelivery, dueAt date: Instant) {
        let id = delivery.id
        if deliveries[id]?.delivery.status == .pending { pendingCount -= 1 }
        deliveries[id] = DeliveryEntry(delivery: delivery, date: date)
        if delivery.status == .pending {
            pendingCount += 1
            dues.add(id, at: date)
        } else {
            settled.add(id, at: date)
        }
    }

    mutating func queue(
        _ ended: inout EndedSession, _ cause: LogoutCause, at now: Instant,
        due: () -> Instant
    ) {
        for service in ended.services {
            guard deliveries.count < capacity else {
                ended.servicesNotQueued += 1
                continue
            }
            put(
                LogoutDelivery(to: service, of: ended.session, cause: cause, at: now),
                dueAt: due())
        }
    }

    private mutating func queueSpaced(_ ended: inout EndedSession, at now: Instant) {
        var slot = LogoutRetention.slot(nextSlot, pending: pendingCount, at: now)
        queue(&ended, .expired, at: now) {
            defer { slot = slot + LogoutRetention.spacing }
            return slot
        }
        nextSlot = slot
    }

    /// Takes out of the queue the pending delivery that is due the longest.
    mutating func takeDue(before now: Instant) -> LogoutDeliveryID? {
        while let (date, id) = dues.takeFirst(before: now) {
            guard let entry = deliveries[id], entry.date == date else { continue }
            if entry.delivery.status == .pending { return id }
        }
        return nil
    }

    mutating func sweepDeliveries(at now: Instant, limit: Int, into sweep: inout Sweep) {
        while sweep.count < limit, let (date, id) = settled.takeFirst(before: now) {
            guard let entry = deliveries[id], entry.date == date else { continue }
            guard entry.delivery.status != .pending else { continue }
            deliveries[id] = nil
            sweep.deliveries += 1
        }
        while sweep.count < limit, let id = takeDue(before: now - LogoutRetention.report) {
            deliveries[id] = nil
            pendingCount -= 1
            sweep.deliveries += 1
        }
    }
}

struct SessionEntry {
    var session: TicketGrantingTicket
    /// By ``SessionService/key(_:by:)``.
    var services: [[UInt8]: SessionService] = [:]
    /// The proxy-granting tickets that die with the session.
    var children: Set<TicketHandle> = []

    /// Notes a service that was entered, and forgets the oldest if there are too many.
    mutating func note(_ entered: SessionService, under key: [UInt8]) {
        services[key] = entered
        guard services.count > SessionLimits.servicesMax,
            let oldest = services.min(by: { $0.value.enteredAt < $1.value.enteredAt })
        else { return }
        services[oldest.key] = nil
    }
}

struct TicketEntry {
    let ticket: ServiceTicket
    let session: TicketHandle
    var usedAt: Instant?
    var judgement: TicketJudgement?

    /// When nothing needs to be known of it any more.
    var keptUntil: Instant { ticket.expiresAt + TicketRetention.afterEnd }
}

struct DeliveryEntry {
    var delivery: LogoutDelivery
    /// When it is due, or when it is to be forgotten if it is settled.
    var date: Instant
}

extension Dictionary where Value == Set<TicketHandle> {
    fileprivate mutating func removeMember(_ handle: TicketHandle, of key: Key) {
        self[key]?.remove(handle)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}
