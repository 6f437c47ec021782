package import CASProtocol
package import Platform
internal import Testing
package import Tickets

extension TicketRegistry {
    /// Adds a session that has entered the services, one second after the other.
    package func enter(
        _ services: [String], _ principal: String = "alice", at now: Instant = epoch
    ) throws -> TicketID {
        let session = try begin(principal, at: now)
        for (second, service) in services.enumerated() {
            let id = try granted(for: service, from: session, at: now + .seconds(second))
            _ = try consume(id, at: now + .seconds(second))
        }
        return session
    }

    /// Takes what is due, with a lease of one minute.
    package func claim(
        at now: Instant, limit: Int = 100
    ) throws(TicketRegistryError) -> [LogoutDelivery] {
        try claimDeliveries(at: now, lease: .seconds(60), limit: limit)
    }

    package func settle(
        _ delivery: LogoutDelivery, _ status: LogoutStatus, note: String? = nil,
        tries: Int = 1, nextTryAt: Instant? = nil, at now: Instant
    ) throws(TicketRegistryError) {
        try settleDelivery(
            delivery.id, status: status, note: note, tries: tries, nextTryAt: nextTryAt, at: now)
    }

    fileprivate func report(
        _ filter: DeliveryFilter = DeliveryFilter(), limit: Int = 100
    ) throws(TicketRegistryError) -> [LogoutDelivery] {
        try deliveries(matching: filter, limit: limit)
    }
}

private let end = epoch + .seconds(60)

let queueChecks: [TicketRegistryCheck] = [
    .init("removing a session queues a delivery for each service, due now") { registry in
        let session = try registry.enter(["https://a/", "https://b/", "https://a/"])
        let proxy = try registry.delegate(from: session)
        let proxied = try registry.proxied(for: "https://a/", from: proxy)
        _ = try registry.consume(proxied, at: epoch + .seconds(4))
        let handle = TicketHandle(of: session)
        let ended = try registry.remove(handle, queueing: .replaced, at: end)
        #expect(ended?.servicesNotQueued == 0 && ended?.services.count == 3)
        #expect(try registry.counts().pendingDeliveries == 3)
        #expect(try registry.claim(at: end + lastMillisecond).isEmpty)
        let queued = try registry.report()
        #expect(try Set(registry.claim(at: end)) == Set(queued))
        #expect(Set(queued.map(\.ticket)) == Set(ended?.services.map(\.ticket) ?? []))
        #expect(Set(queued.map(\.id)).count == 3)
        let first = try #require(queued.first { $0.ticket == proxied })
        #expect(
            first
                == LogoutDelivery(
                    id: first.id, session: handle, principal: "alice", service: "https://a/",
                    ticket: proxied, cause: .replaced, createdAt: end))
        #expect(first.id.bytes.starts(with: handle.bytes))
    },
    .init("without a cause, or without services, nothing is queued") { registry in
        let session = try registry.enter([testService])
        #expect(try registry.remove(TicketHandle(of: session)) != nil)
        let empty = try registry.begin()
        _ = try registry.granted(from: empty)
        #expect(try registry.remove(TicketHandle(of: empty), queueing: .logout, at: end) != nil)
        let unknown = TicketHandle(of: mint(.ticketGrantingTicket))
        #expect(try registry.remove(unknown, queueing: .logout, at: end) == nil)
        #expect(try registry.report().isEmpty && registry.counts().pendingDeliveries == 0)
    },
    .init("a claimed delivery comes back after its lease, to the millisecond") { registry in
        let session = try registry.enter([testService])
        _ = try registry.remove(TicketHandle(of: session), queueing: .revoked, at: end)
        let claimed = try registry.claim(at: end)
        #expect(claimed.count == 1 && claimed.first?.cause == .revoked)
        let again = end + .seconds(60)
        #expect(try registry.claim(at: end).isEmpty)
        #expect(try registry.claim(at: again + lastMillisecond).isEmpty)
        #expect(try registry.claim(at: again) == claimed)
        #expect(try registry.counts().pendingDeliveries == 1)
    },
    .init("the longest due are claimed first, at most the limit") { registry in
        for second in [3, 1, 2] {
            let session = try registry.enter(["https://\(second)/"])
            _ = try registry.remove(
                TicketHandle(of: session), queueing: .logout, at: end + .seconds(second))
        }
        let now = end + .seconds(9)
        #expect(
            try registry.claim(at: now, limit: 2).map(\.service) == ["https://1/", "https://2/"])
        #expect(try registry.claim(at: now, limit: 0).isEmpty)
        #expect(try registry.claim(at: now, limit: 2).map(\.service) == ["https://3/"])
    },
    .init("a delivery that is to be tried again is due then") { registry in
        let session = try registry.enter([testService])
        _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: end)
        let claimed = try #require(try registry.claim(at: end).first)
        let next = end + .seconds(5)
        let tried = end + .seconds(1)
        try registry.settle(claimed, .pending, note: "HTTP 503", nextTryAt: next, at: tried)
        #expect(try registry.claim(at: next + lastMillisecond).isEmpty)
        let second = try #require(try registry.claim(at: next).first)
        #expect(second.tries == 1 && second.note == "HTTP 503" && second.lastTriedAt == tried)
        try registry.settle(second, .pending, note: "HTTP 500", tries: 2, at: next)
        #expect(try registry.claim(at: next).first?.tries == 2)
    },
    .init("a settled delivery is never claimed again, and stays as it is") { registry in
        for status in [LogoutStatus.delivered, .failed, .skipped] {
            let session = try registry.enter([testService])
            let handle = TicketHandle(of: session)
            _ = try registry.remove(handle, queueing: .logout, at: end)
            let claimed = try #require(try registry.claim(at: end).first)
            try registry.settle(
                claimed, status, note: "done", tries: status == .skipped ? 0 : 1, at: end)
            let settled = try #require(
                try registry.report(DeliveryFilter(session: handle)).first)
            #expect(settled.status == status && settled.note == "done")
            #expect(settled.lastTriedAt == (status == .skipped ? nil : end))
            #expect(try registry.claim(at: end + .seconds(3600)).isEmpty)
            try registry.settle(claimed, .pending, tries: 9, at: end)
            try registry.settle(claimed, .failed, tries: 9, at: end)
            #expect(try registry.report(DeliveryFilter(session: handle)) == [settled])
        }
        #expect(try registry.counts().pendingDeliveries == 0)
        let unknown = try #require(LogoutDeliveryID(bytes: Array(repeating: 7, count: 64)))
        try registry.settleDelivery(
            unknown, status: .failed, note: nil, tries: 1, nextTryAt: nil, at: end)
        #expect(try registry.report().count == 3)
    },
    .init("eight threads claim each delivery once") { registry in
        for number in 0..<10 {
            let session = try registry.enter((0..<5).map { "https://\(number)-\($0)/" })
            _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: end)
        }
        let claimed = Lock<[LogoutDelivery]>([])
        onThreads(8) { _ in
            // A failure shows as a delivery that nobody got.
            while let batch = try? registry.claim(at: end, limit: 3), !batch.isEmpty {
                claimed.withLock { $0 += batch }
            }
        }
        let services = claimed.withLock { $0.map(\.service) }
        #expect(services.count == 50 && Set(services).count == 50)
    },
    .init("a note is cut between two characters") { registry in
        let session = try registry.enter([testService])
        _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: end)
        let claimed = try #require(try registry.claim(at: end).first)
        let note = "x" + String(repeating: "é", count: TextLimit.stored)
        try registry.settle(claimed, .failed, note: note, at: end)
        let stored = try registry.report().first?.note
        #expect(stored?.utf8.count == TextLimit.stored - 1 && stored.map(note.hasPrefix) == true)
    },
]

let reportChecks: [TicketRegistryCheck] = [
    .init("the report shows the newest deliveries first, as the filter says") { registry in
        var handles: [TicketHandle] = []
        for (second, principal) in ["alice", "bob", "alice"].enumerated() {
            let session = try registry.enter(["https://a/", "https://b/"], principal)
            handles.append(TicketHandle(of: session))
            _ = try registry.remove(
                TicketHandle(of: session), queueing: .logout, at: end + .seconds(second))
        }
        let late = end + .seconds(5)
        for delivery in try registry.claim(at: late) where delivery.service == "https://a/" {
            try registry.settle(delivery, .delivered, at: late)
        }
        let all = try registry.report()
        #expect(
            all.map(\.session)
                == [handles[2], handles[2], handles[1], handles[1], handles[0], handles[0]])
        #expect(try registry.report(limit: 3) == Array(all.prefix(3)))
        #expect(try registry.report(limit: 0).isEmpty)
        let filters: [(DeliveryFilter, Int)] = [
            (DeliveryFilter(principal: "alice"), 4), (DeliveryFilter(principal: "carol"), 0),
            (DeliveryFilter(status: .delivered), 3), (DeliveryFilter(status: .failed), 0),
            (DeliveryFilter(session: handles[1]), 2),
            (DeliveryFilter(sessionPrefix: handles[0].description), 2),
            (DeliveryFilter(sessionPrefix: "0000"), 0),
            (DeliveryFilter(principal: "bob", session: handles[0]), 0),
            (DeliveryFilter(principal: "bob", session: handles[1], status: .pending), 1),
        ]
        for (filter, count) in filters {
            let found = try registry.report(filter)
            #expect(found.count == count && found == all.filter(filter.matches))
        }
    },
    .init("settled deliveries are swept after a day, to the millisecond") { registry in
        let session = try registry.enter(["https://a/", "https://b/", "https://c/"])
        _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: end)
        let claimed = try registry.claim(at: end)
        let settled = end + .seconds(7)
        try registry.settle(claimed[0], .delivered, at: settled)
        try registry.settle(claimed[1], .failed, at: settled + .seconds(1))
        let gone = settled + LogoutRetention.report
        _ = try registry.sweep(at: settled + .seconds(1000), limit: .max)
        #expect(try registry.sweep(at: gone + lastMillisecond, limit: .max) == Sweep())
        #expect(try registry.sweep(at: gone, limit: .max) == Sweep(deliveries: 1))
        #expect(try registry.report().map(\.id).contains(claimed[0].id) == false)
        #expect(try registry.report().count == 2)
        #expect(
            try registry.sweep(at: gone + .seconds(1), limit: .max) == Sweep(deliveries: 1))
        #expect(try registry.counts().pendingDeliveries == 1)
    },
    .init("pending deliveries that nobody takes for a day are swept") { registry in
        let session = try registry.enter([testService])
        _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: end)
        _ = try registry.sweep(at: end + .seconds(1000), limit: .max)
        let gone = end + LogoutRetention.report
        #expect(try registry.sweep(at: gone + lastMillisecond, limit: .max) == Sweep())
        #expect(try registry.sweep(at: gone, limit: 1) == Sweep(deliveries: 1))
        #expect(try registry.report().isEmpty && registry.counts().pendingDeliveries == 0)
        #expect(try registry.claim(at: gone).isEmpty)
    },
    .init("a sweep that queues spaces what expired sessions send, in later sweeps too") {
        registry in
        for _ in 0..<3 { _ = try registry.enter(["https://a/", "https://b/"]) }
        let now = epoch + .seconds(60) + sessionLifetime.idle
        for limit in [2, 1] {
            var ended: [EndedSession] = []
            while ended.count < limit {
                ended += try registry.sweep(at: now, limit: 1, queueing: true).expiredSessions
            }
        }
        #expect(try registry.counts().pendingDeliveries == 6)
        #expect(try registry.report().allSatisfy { $0.cause == .expired && $0.createdAt == now })
        for place in 0..<6 {
            let due = now + LogoutRetention.spacing * place
            #expect(try registry.claim(at: due + lastMillisecond).isEmpty)
            #expect(try registry.claim(at: due).count == 1)
        }
        let last = try registry.enter([testService], at: now)
        let later = now + .seconds(60) + sessionLifetime.idle
        while try registry.session(handlePrefix: TicketHandle(of: last).description) != nil {
            _ = try registry.sweep(at: later, limit: 1, queueing: true)
        }
        #expect(try registry.claim(at: later).contains { $0.createdAt == later })
    },
    .init("a sweep that does not queue queues nothing") { registry in
        _ = try registry.enter([testService])
        let sweep = try registry.sweep(at: epoch + sessionLifetime.hard, limit: .max)
        #expect(sweep.expiredSessions.count == 1)
        #expect(try registry.report().isEmpty)
    },
]

extension TicketRegistryCheck {
    /// Logs out of a small registry until it has no room for messages: sessions end all the same,
    /// and so do they at their time.
    package static func checkFullQueue(_ registry: any TicketRegistry) throws {
        let service = "https://app.example.org/" + String(repeating: "x", count: 500)
        var isFull = false
        for _ in 0..<100_000 where !isFull {
            let session = try registry.enter([service])
            let handle = TicketHandle(of: session)
            let ended = try registry.remove(handle, queueing: .logout, at: epoch)
            #expect(ended?.services.count == 1)
            isFull = ended?.servicesNotQueued == 1
            #expect(try registry.session(session, at: epoch) == nil)
            _ = try registry.sweep(at: epoch + .seconds(130), limit: .max)
        }
        #expect(isFull)
        let before = try registry.counts()
        #expect(before.sessions == 0 && before.pendingDeliveries > 10)
        let claimed = try registry.claim(at: epoch, limit: 10)
        #expect(claimed.count == 10)
        for delivery in claimed { try registry.settle(delivery, .delivered, at: epoch) }
        let gone = epoch + LogoutRetention.report
        let swept = try registry.sweep(at: gone + .seconds(60), limit: .max, queueing: true)
        #expect(swept.deliveries == before.pendingDeliveries)
        let session = try registry.enter([service], at: gone)
        let ended = try registry.remove(
            TicketHandle(of: session), queueing: .logout, at: gone)
        #expect(ended?.servicesNotQueued == 0)
    }

    /// Fills a small registry with tickets and logs everybody out: all sessions end.
    package static func checkFullLogout(_ registry: any TicketRegistry) throws {
        let service = "https://app.example.org/" + String(repeating: "x", count: 2000)
        var sessions: [TicketID] = []
        do {
            while sessions.count < 100_000 { sessions.append(try registry.enter([service])) }
        } catch TicketRegistryError.full {}
        let last = try registry.allSessions(limit: .max, at: epoch)
        #expect(last.count - sessions.count <= 1 && last.count > 10)
        var queued = 0
        for (place, session) in last.enumerated() {
            if place % 10 == 0 {
                let sweep = try registry.sweep(
                    at: epoch + sessionLifetime.idle, limit: 1, queueing: true)
                #expect(sweep.count == 1)
            }
            guard let ended = try registry.remove(session.handle, queueing: .logout, at: epoch)
            else { continue }
            queued += ended.services.count - ended.servicesNotQueued
        }
        let now = epoch + sessionLifetime.idle
        _ = try registry.sweep(at: now, limit: .max, queueing: true)
        let counts = try registry.counts()
        #expect(counts.sessions == 0 && counts.serviceTickets == 0 && queued > 0)
        #expect(counts.pendingDeliveries >= queued)
        #expect(try registry.claim(at: now + .seconds(3600), limit: .max).count >= queued)
    }
}
