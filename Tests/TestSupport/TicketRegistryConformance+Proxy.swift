package import CASProtocol
package import Platform
internal import Testing
package import Tickets

extension TicketRegistry {
    /// Adds a proxy-granting ticket that rests on a session, and returns its identifier.
    @discardableResult
    package func delegate(
        from root: TicketID, _ id: TicketID = mint(.proxyGrantingTicket),
        proxies: [String] = [testProxy], at now: Instant = epoch,
        lifetime: SessionLifetime = sessionLifetime
    ) throws(TicketRegistryError) -> TicketID {
        try insert(.proxySample(id, root: root, proxies: proxies, at: now, lifetime: lifetime))
        return id
    }

    /// Grants a proxy ticket that the check needs.
    package func proxied(
        for service: String = testService, from session: TicketID, at now: Instant = epoch
    ) throws -> TicketID {
        let id = mint(.proxyTicket)
        try #require(try grant(id, for: service, from: session, at: now) != nil)
        return id
    }
}

extension TicketGrantingTicket {
    package static func proxySample(
        _ id: TicketID, root: TicketID, proxies: [String] = [testProxy], at now: Instant = epoch,
        lifetime: SessionLifetime = sessionLifetime
    ) -> TicketGrantingTicket {
        let session = TicketGrantingTicket.sample("alice", root, at: now)
        return TicketGrantingTicket(
            handle: TicketHandle(of: id), principal: session.principal, event: session.event,
            grantedAt: now, lifetime: lifetime,
            proxy: ProxyGrant(
                root: session.handle, service: testService, proxies: proxies))
    }
}

package let testProxy = "https://proxy.example.org/callback"

let proxyChecks: [TicketRegistryCheck] = [
    .init("a proxy-granting ticket is found as it was added") { registry in
        let root = try registry.begin()
        let id = mint(.proxyGrantingTicket)
        let ticket = TicketGrantingTicket.proxySample(id, root: root, proxies: ["b", "a"])
        try registry.insert(ticket)
        #expect(try registry.session(id, at: epoch) == ticket)
        #expect(ticket.hasGranted)
        #expect(throws: TicketRegistryError.self) { try registry.delegate(from: root, id) }
        #expect(
            try registry.counts()
                == TicketCounts(sessions: 1, serviceTickets: 0, proxyGrantingTickets: 1))
    },
    .init("a proxy-granting ticket needs a live session") { registry in
        let unknown = mint(.ticketGrantingTicket)
        #expect(throws: TicketRegistryError.sessionEnded) { try registry.delegate(from: unknown) }
        let root = try registry.begin()
        let end = epoch + sessionLifetime.idle
        #expect(throws: TicketRegistryError.sessionEnded) {
            try registry.delegate(from: root, at: end)
        }
        let proxy = try registry.delegate(from: root)
        #expect(throws: TicketRegistryError.sessionEnded) { try registry.delegate(from: proxy) }
        #expect(try registry.counts().proxyGrantingTickets == 1)
    },
    .init("proxy tickets carry their chain, the most recent proxy first") { registry in
        let root = try registry.begin()
        let first = try registry.delegate(from: root, proxies: ["https://one/"])
        let second = try registry.delegate(
            from: root, proxies: ["https://two/", "https://one/"])
        for (session, chain) in [
            (first, ["https://one/"]), (second, ["https://two/", "https://one/"]),
        ] {
            let id = mint(.proxyTicket)
            let granted = try registry.grant(id, from: session)
            #expect(granted?.proxies == chain && granted?.isFromNewLogin == false)
            guard case .consumed(let ticket, let owner) = try registry.consume(id, at: epoch)
            else {
                Issue.record("not consumed")
                return
            }
            #expect(ticket == granted)
            #expect(owner == (try registry.session(session, at: epoch)))
            #expect(try registry.consume(id, at: epoch) == .refused(.alreadyUsed(at: epoch)))
        }
        let service = try registry.granted(from: root)
        guard case .consumed(let ticket, _) = try registry.consume(service, at: epoch) else {
            Issue.record("not consumed")
            return
        }
        #expect(ticket.proxies.isEmpty && ticket.isFromNewLogin)
    },
    .init("sessions grant service tickets, proxy-granting tickets proxy tickets") { registry in
        let root = try registry.begin()
        let proxy = try registry.delegate(from: root)
        #expect(try registry.grant(mint(.serviceTicket), from: proxy) == nil)
        #expect(try registry.grant(mint(.proxyTicket), from: root) == nil)
        #expect(try registry.counts().serviceTickets == 0)
    },
    .init("proxy-granting tickets die when their session is removed") { registry in
        let root = try registry.begin()
        let other = try registry.begin()
        let proxies = try [registry.delegate(from: root), registry.delegate(from: root)]
        let kept = try registry.delegate(
            from: other, lifetime: SessionLifetime(hard: .seconds(50_000), idle: .zero))
        let ticket = try registry.proxied(from: proxies[0])
        #expect(try registry.remove(TicketHandle(of: root)) != nil)
        for proxy in proxies {
            #expect(try registry.session(proxy, at: epoch) == nil)
            #expect(try registry.grant(mint(.proxyTicket), from: proxy) == nil)
            #expect(try registry.remove(TicketHandle(of: proxy)) == nil)
        }
        #expect(try registry.consume(ticket, at: epoch) == .refused(.sessionEnded))
        #expect(try registry.consume(ticket, at: epoch) == .refused(.alreadyUsed(at: epoch)))
        #expect(try registry.session(kept, at: epoch) != nil)
        #expect(
            try registry.counts()
                == TicketCounts(sessions: 1, serviceTickets: 1, proxyGrantingTickets: 1))
        let later = try registry.sweep(at: epoch + .seconds(100_000), limit: .max)
        #expect(later.expiredSessions.count == 1 && later.proxyGrantingTickets == 0)
        #expect(try registry.counts() == TicketCounts(sessions: 0, serviceTickets: 0))
    },
    .init("proxy-granting tickets die when their session is idle, to the millisecond") {
        registry in
        let root = try registry.begin()
        let created = epoch + .seconds(5)
        let proxy = try registry.delegate(
            from: root, at: created, lifetime: SessionLifetime(hard: .seconds(50_000), idle: .zero))
        let end = epoch + sessionLifetime.idle
        let ticket = try registry.proxied(from: proxy, at: created)
        #expect(try registry.session(proxy, at: end + lastMillisecond) != nil)
        #expect(try registry.session(proxy, at: end) == nil)
        #expect(try registry.grant(mint(.proxyTicket), from: proxy, at: end) == nil)
        #expect(try registry.isLive(ticket, at: created))
        let sweep = try registry.sweep(at: end, limit: .max)
        #expect(sweep.expiredSessions.map(\.session.handle) == [TicketHandle(of: root)])
        #expect(try registry.counts().proxyGrantingTickets == 0)
    },
    .init("a proxy ticket whose session has expired is spent but not good") { registry in
        let root = try registry.begin(lifetime: SessionLifetime(hard: .seconds(5), idle: .zero))
        let proxy = try registry.delegate(from: root)
        let ticket = try registry.proxied(from: proxy)
        let end = epoch + .seconds(5)
        #expect(try registry.consume(ticket, at: end) == .refused(.sessionEnded))
        #expect(try registry.consume(ticket, at: end) == .refused(.alreadyUsed(at: end)))
    },
    .init("a proxy-granting ticket may end before its session") { registry in
        let root = try registry.begin()
        let short = SessionLifetime(hard: .seconds(60), idle: .seconds(30))
        let proxy = try registry.delegate(from: root, lifetime: short)
        let end = epoch + .seconds(30)
        #expect(try registry.session(proxy, at: end + lastMillisecond) != nil)
        #expect(try registry.session(proxy, at: end) == nil)
        #expect(try registry.grant(mint(.proxyTicket), from: proxy, at: end) == nil)
        #expect(
            try registry.sweep(at: end, limit: .max) == Sweep(proxyGrantingTickets: 1))
        #expect(try registry.session(root, at: end) != nil)
        #expect(try registry.counts() == TicketCounts(sessions: 1, serviceTickets: 0))
        #expect(try registry.remove(TicketHandle(of: root)) != nil)
    },
    .init("a proxy ticket touches its proxy-granting ticket and the session below") { registry in
        let root = try registry.begin()
        let proxy = try registry.delegate(from: root)
        let later = epoch + .seconds(600)
        _ = try registry.proxied(from: proxy, at: later)
        #expect(try registry.session(proxy, at: later)?.lastUsedAt == later)
        #expect(try registry.session(root, at: later)?.lastUsedAt == later)
        let end = later + sessionLifetime.idle
        #expect(try registry.session(root, at: end + lastMillisecond) != nil)
        #expect(try registry.session(proxy, at: end) == nil)
        #expect(try registry.grant(mint(.serviceTicket), from: root, at: later) != nil)
    },
    .init("a proxy ticket takes nothing from the first service ticket") { registry in
        let root = try registry.begin()
        let proxy = try registry.delegate(from: root)
        _ = try registry.proxied(from: proxy, at: epoch + .seconds(600))
        #expect(try registry.session(root, at: epoch)?.hasGranted == false)
    },
    .init("a proxy ticket's service is noted beside the service ticket's") { registry in
        let root = try registry.begin()
        let proxy = try registry.delegate(from: root)
        let service = try registry.granted(from: root)
        _ = try registry.consume(service, at: epoch)
        let old = try registry.proxied(from: proxy)
        _ = try registry.consume(old, at: epoch + .seconds(1))
        let new = try registry.proxied(from: proxy)
        _ = try registry.consume(new, at: epoch + .seconds(2))
        let services = try registry.remove(TicketHandle(of: root))?.services
        #expect(services?.map(\.ticket) == [new, service])
        #expect(services?.map(\.service) == [testService, testService])
    },
    .init("a proxy-granting ticket can be removed alone") { registry in
        let root = try registry.begin()
        let proxy = try registry.delegate(from: root)
        let other = try registry.delegate(from: root)
        _ = try registry.consume(registry.proxied(from: proxy), at: epoch)
        let ended = try registry.remove(TicketHandle(of: proxy), queueing: .logout, at: epoch)
        #expect(ended?.session.proxy?.root == TicketHandle(of: root) && ended?.services == [])
        #expect(try registry.session(proxy, at: epoch) == nil)
        #expect(try registry.session(other, at: epoch) != nil)
        #expect(try registry.counts().pendingDeliveries == 0)
        #expect(try registry.remove(TicketHandle(of: root))?.services.count == 1)
    },
    .init("proxy-granting tickets are not among the sessions") { registry in
        let root = try registry.begin()
        try registry.delegate(from: root)
        #expect(try registry.sessions(of: "alice", at: epoch).map(\.proxy) == [nil])
        #expect(try registry.allSessions(limit: 9, at: epoch).count == 1)
    },
    .init("texts that are too long are not stored") { registry in
        let long = String(repeating: "x", count: TextLimit.stored + 1)
        let fits = String(repeating: "x", count: TextLimit.stored)
        let root = try registry.begin()
        #expect(throws: TicketRegistryError.self) {
            try registry.delegate(from: root, proxies: [long])
        }
        try registry.delegate(from: root, proxies: [fits])
        #expect(throws: TicketRegistryError.self) {
            try registry.grant(mint(.serviceTicket), for: long, from: root)
        }
        #expect(try registry.grant(mint(.serviceTicket), for: fits, from: root) != nil)
        #expect(throws: TicketRegistryError.self) { try registry.begin(long) }
    },
]
