internal import CASProtocol
internal import Platform
internal import Testing
internal import Tickets

let consumeChecks: [TicketRegistryCheck] = [
    .init("a ticket is consumed once") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        let used = epoch + .seconds(3)
        guard case .consumed(let ticket, let owner) = try registry.consume(id, at: used) else {
            Issue.record("not consumed")
            return
        }
        #expect(ticket.id == id && ticket.service == testService && ticket.grantedAt == epoch)
        #expect(owner.handle == TicketHandle(of: session))
        for later in [used, epoch + .seconds(60)] {
            #expect(try registry.consume(id, at: later) == .refused(.alreadyUsed(at: used)))
            #expect(try !registry.isLive(id, at: later))
        }
    },
    .init("a ticket ends after its lifetime, to the millisecond") { registry in
        let session = try registry.begin()
        let good = try registry.granted(from: session)
        let late = try registry.granted(from: session)
        let end = epoch + ticketLifetime
        #expect(try registry.isLive(late, at: end + lastMillisecond))
        #expect(try !registry.isLive(late, at: end))
        #expect(try registry.consume(late, at: end) == .refused(.expired(at: end)))
        #expect(try registry.consume(late, at: end) == .refused(.expired(at: end)))
        guard case .consumed = try registry.consume(good, at: end + lastMillisecond) else {
            Issue.record("not consumed in its last millisecond")
            return
        }
    },
    .init("looking at a ticket does not use it") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        #expect(try registry.isLive(id, at: epoch) && registry.isLive(id, at: epoch))
        guard case .consumed = try registry.consume(id, at: epoch) else {
            Issue.record("not consumed")
            return
        }
    },
    .init("unknown tickets and identifiers of another kind are unknown") { registry in
        let session = try registry.begin()
        #expect(try registry.consume(mint(.serviceTicket), at: epoch) == .refused(.unknown))
        #expect(try registry.consume(mint(.proxyTicket), at: epoch) == .refused(.unknown))
        #expect(try registry.consume(session, at: epoch) == .refused(.unknown))
        #expect(try !registry.isLive(mint(.serviceTicket), at: epoch))
        #expect(try !registry.isLive(session, at: epoch))
        #expect(try registry.session(session, at: epoch) != nil)
    },
    .init("a ticket of an ended session is spent but not good") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        _ = try registry.remove(TicketHandle(of: session))
        #expect(try registry.consume(id, at: epoch) == .refused(.sessionEnded))
        #expect(try registry.consume(id, at: epoch) == .refused(.alreadyUsed(at: epoch)))
    },
    .init("a ticket of an expired session is spent but not good") { registry in
        let session = try registry.begin()
        let end = epoch + sessionLifetime.idle
        let granted = end + .milliseconds(-5)
        let other = try registry.begin(at: granted)
        let id = try registry.granted(from: session, at: epoch + .milliseconds(1))
        let last = try registry.begin(lifetime: SessionLifetime(hard: .seconds(5), idle: .zero))
        let ticket = try registry.granted(from: last, at: epoch + .milliseconds(4999))
        let sessionEnd = epoch + .seconds(5)
        #expect(try registry.consume(ticket, at: sessionEnd) == .refused(.sessionEnded))
        #expect(
            try registry.consume(ticket, at: sessionEnd)
                == .refused(.alreadyUsed(at: sessionEnd)))
        #expect(try registry.isLive(id, at: sessionEnd))
        #expect(try registry.session(other, at: granted) != nil)
    },
    .init("a discarded ticket is unknown, and discarding is harmless") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        let kept = try registry.granted(from: session)
        try registry.discard(id)
        try registry.discard(id)
        try registry.discard(mint(.serviceTicket))
        try registry.discard(session)
        #expect(try registry.consume(id, at: epoch) == .refused(.unknown))
        #expect(try registry.isLive(kept, at: epoch))
        #expect(try registry.counts() == TicketCounts(sessions: 1, serviceTickets: 1))
        #expect(try registry.sweep(at: epoch + .seconds(130), limit: .max).serviceTickets == 1)
    },
]

let removalChecks: [TicketRegistryCheck] = [
    .init("an ended session is returned with its services, newest first") { registry in
        let session = try registry.begin()
        let entered = ["https://a/", "https://b/", "https://a/", "https://c/"]
        for (second, service) in entered.enumerated() {
            let now = epoch + .seconds(second)
            let id = try registry.granted(for: service, from: session, at: now)
            _ = try registry.consume(id, at: now)
        }
        let other = try registry.begin("bob")
        _ = try registry.consume(registry.granted(for: "https://d/", from: other), at: epoch)
        _ = try registry.granted(for: "https://never-entered/", from: session)
        let ended = try #require(try registry.remove(TicketHandle(of: session)))
        #expect(ended.session.principal.id == "alice")
        #expect(ended.services.map(\.service) == ["https://c/", "https://a/", "https://b/"])
        #expect(
            ended.services.map(\.enteredAt)
                == [epoch + .seconds(3), epoch + .seconds(2), epoch + .seconds(1)])
        #expect(try registry.remove(TicketHandle(of: other))?.services.count == 1)
    },
    .init("entering a service again keeps its last ticket") { registry in
        let session = try registry.begin()
        _ = try registry.consume(registry.granted(from: session), at: epoch)
        let last = try registry.granted(from: session)
        _ = try registry.consume(last, at: epoch + .seconds(1))
        let services = try registry.remove(TicketHandle(of: session))?.services
        #expect(
            services == [
                SessionService(service: testService, ticket: last, enteredAt: epoch + .seconds(1))
            ])
    },
    .init("a removed session is gone everywhere") { registry in
        let session = try registry.begin()
        _ = try registry.consume(registry.granted(from: session), at: epoch)
        #expect(try registry.remove(TicketHandle(of: session)) != nil)
        #expect(try registry.remove(TicketHandle(of: session)) == nil)
        #expect(try registry.session(session, at: epoch) == nil)
        #expect(try registry.sessions(of: "alice", at: epoch).isEmpty)
        #expect(try registry.counts().sessions == 0)
        let swept = try registry.sweep(at: epoch + .seconds(100_000), limit: .max)
        #expect(swept.expiredSessions.isEmpty)
        try registry.begin("alice", session)
        #expect(try registry.remove(TicketHandle(of: session))?.services == [])
    },
    .init("an expired session is removed and returned as well") { registry in
        let session = try registry.begin()
        #expect(try registry.session(session, at: epoch + sessionLifetime.hard) == nil)
        #expect(try registry.remove(TicketHandle(of: session)) != nil)
        #expect(try registry.remove(TicketHandle(of: mint(.ticketGrantingTicket))) == nil)
    },
]

let sweepChecks: [TicketRegistryCheck] = [
    .init("one-time tickets stay for the retention, to the millisecond") { registry in
        let session = try registry.begin()
        let spent = try registry.granted(from: session)
        let unused = try registry.granted(from: session)
        _ = try registry.consume(spent, at: epoch)
        let end = epoch + ticketLifetime
        let gone = end + TicketRetention.afterEnd
        #expect(try registry.sweep(at: gone + lastMillisecond, limit: .max) == Sweep())
        #expect(try registry.counts().serviceTickets == 2)
        #expect(
            try registry.consume(spent, at: gone + lastMillisecond)
                == .refused(.alreadyUsed(at: epoch)))
        #expect(
            try registry.consume(unused, at: gone + lastMillisecond)
                == .refused(.expired(at: end)))
        #expect(try registry.sweep(at: gone, limit: .max) == Sweep(serviceTickets: 2))
        #expect(try registry.consume(spent, at: gone) == .refused(.unknown))
        #expect(try registry.consume(unused, at: gone) == .refused(.unknown))
        #expect(try registry.counts() == TicketCounts(sessions: 1, serviceTickets: 0))
    },
    .init("expired sessions go at once, with their services") { registry in
        let session = try registry.begin()
        _ = try registry.consume(registry.granted(from: session), at: epoch)
        let end = epoch + sessionLifetime.idle
        let early = try registry.sweep(at: end + lastMillisecond, limit: .max)
        #expect(early == Sweep(serviceTickets: 1))
        let sweep = try registry.sweep(at: end, limit: .max)
        #expect(sweep.expiredSessions.map(\.session.handle) == [TicketHandle(of: session)])
        #expect(sweep.expiredSessions.first?.services.map(\.service) == [testService])
        #expect(try registry.remove(TicketHandle(of: session)) == nil)
        #expect(try registry.sessions(of: "alice", at: epoch).isEmpty)
        #expect(try registry.counts() == TicketCounts(sessions: 0, serviceTickets: 0))
        #expect(try registry.sweep(at: end, limit: .max) == Sweep())
    },
    .init("a session that was touched is swept at its real end") { registry in
        let session = try registry.begin()
        let touched = epoch + .seconds(5000)
        _ = try registry.granted(from: session, at: touched)
        let indexed = epoch + sessionLifetime.idle
        #expect(try registry.sweep(at: indexed, limit: .max).expiredSessions.isEmpty)
        let end = touched + sessionLifetime.idle
        let early = try registry.sweep(at: end + lastMillisecond, limit: .max)
        #expect(early.expiredSessions.isEmpty)
        #expect(try registry.session(session, at: end + lastMillisecond) != nil)
        #expect(try registry.sweep(at: end, limit: .max).expiredSessions.count == 1)
    },
    .init("a session that was touched and put back is removed without a trace") { registry in
        let session = try registry.begin()
        _ = try registry.granted(from: session, at: epoch + .seconds(5000))
        _ = try registry.sweep(at: epoch + sessionLifetime.idle, limit: .max)
        #expect(try registry.remove(TicketHandle(of: session)) != nil)
        let sweep = try registry.sweep(at: epoch + .seconds(100_000), limit: .max)
        #expect(sweep.expiredSessions.isEmpty)
    },
    .init("a sweep removes at most its limit, and the next ones the rest") { registry in
        for _ in 0..<10 {
            _ = try registry.granted(from: registry.begin())
        }
        let now = epoch + sessionLifetime.hard
        var sessions: Set<TicketHandle> = []
        var tickets = 0
        for _ in 0..<7 {
            let sweep = try registry.sweep(at: now, limit: 3)
            #expect(sweep.expiredSessions.count + sweep.serviceTickets <= 3)
            sessions.formUnion(sweep.expiredSessions.map(\.session.handle))
            tickets += sweep.serviceTickets
        }
        #expect(sessions.count == 10 && tickets == 10)
        #expect(try registry.sweep(at: now, limit: 0) == Sweep())
        #expect(try registry.sweep(at: now, limit: 3) == Sweep())
    },
    .init("sessions that only have to be put back do not hide what is due") { registry in
        for _ in 0..<20 {
            _ = try registry.granted(from: registry.begin(), at: epoch + .seconds(5000))
        }
        let dead = try registry.begin(at: epoch + .seconds(1))
        let now = epoch + .seconds(1) + sessionLifetime.idle
        var handles: [TicketHandle] = []
        for _ in 0..<21 {
            handles += try registry.sweep(at: now, limit: 1).expiredSessions.map(\.session.handle)
        }
        #expect(handles == [TicketHandle(of: dead)])
    },
    .init("counts say what is there") { registry in
        #expect(try registry.counts() == TicketCounts(sessions: 0, serviceTickets: 0))
        let session = try registry.begin()
        try registry.begin("bob")
        _ = try registry.consume(registry.granted(from: session), at: epoch)
        _ = try registry.granted(from: session)
        #expect(try registry.counts() == TicketCounts(sessions: 2, serviceTickets: 2))
    },
]
