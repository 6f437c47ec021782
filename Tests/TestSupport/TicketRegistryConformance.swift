package import CASProtocol
package import Platform
internal import Testing
package import Tickets

/// What every ticket registry must do, one check for each sentence of ``TicketRegistry``.
package struct TicketRegistryCheck: Sendable, CustomTestStringConvertible {
    package let name: String
    /// Runs the check on an empty registry with room for at least a hundred tickets.
    package let run: @Sendable (any TicketRegistry) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (any TicketRegistry) throws -> Void) {
        self.name = name
        self.run = run
    }

    package var testDescription: String { name }

    /// All checks.
    package static let all =
        sessionChecks + grantChecks + consumeChecks + removalChecks + sweepChecks + proxyChecks
        + queueChecks + reportChecks + historyChecks + listChecks

    /// Fills a small registry until it is full: what is refused changes nothing, and what is there
    /// goes on working.
    package static func checkFull(_ registry: any TicketRegistry) throws {
        let session = try registry.begin("alice")
        var ids: [TicketID] = []
        var isFull = false
        while !isFull, ids.count < 100_000 {
            let id = mint(.serviceTicket)
            do {
                let ticket = try registry.grant(id, from: session, at: epoch)
                try #require(ticket != nil)
                ids.append(id)
            } catch TicketRegistryError.full {
                isFull = true
                #expect(try !registry.isLive(id, at: epoch))
            }
        }
        #expect(isFull && !ids.isEmpty)
        let counts = try registry.counts()
        #expect(counts == TicketCounts(sessions: 1, serviceTickets: ids.count))
        let late = mint(.ticketGrantingTicket)
        #expect(throws: TicketRegistryError.full) { try registry.begin("bob", late) }
        #expect(try registry.session(late, at: epoch) == nil)
        #expect(try registry.sessions(of: "bob", at: epoch).isEmpty)
        #expect(try registry.counts() == counts)
        for id in ids {
            guard case .consumed = try registry.consume(id, at: epoch) else {
                Issue.record("a full registry must consume")
                return
            }
        }
        let swept = try registry.sweep(at: epoch + .seconds(130), limit: .max)
        #expect(swept.serviceTickets == ids.count)
        #expect(try registry.remove(TicketHandle(of: session))?.services.count == 1)
        _ = try registry.begin("bob", late)
        #expect(try registry.session(late, at: epoch) != nil)
    }
}

/// When all checks begin.
package let epoch = Instant(milliseconds: 1_777_777_777_777)
/// The lifetime of the sessions that ``TicketRegistry/begin(_:_:at:lifetime:)`` adds.
package let sessionLifetime = SessionLifetime(hard: .seconds(28_800), idle: .seconds(7200))
package let ticketLifetime: Duration = .seconds(10)
package let testService = "https://app.example.org/"

package func mint(_ kind: TicketKind) -> TicketID {
    .mint(kind, from: systemRandomBytes)
}

extension TicketRegistry {
    /// Adds a session and returns its identifier.
    @discardableResult
    package func begin(
        _ principal: String = "alice", _ id: TicketID = mint(.ticketGrantingTicket),
        at now: Instant = epoch, lifetime: SessionLifetime = sessionLifetime
    ) throws(TicketRegistryError) -> TicketID {
        try insert(.sample(principal, id, at: now, lifetime: lifetime))
        return id
    }

    package func grant(
        _ id: TicketID, for service: String = testService, isRenewed: Bool = false,
        from session: TicketID, at now: Instant = epoch
    ) throws(TicketRegistryError) -> ServiceTicket? {
        try grant(
            id, for: service, lifetime: ticketLifetime, isRenewed: isRenewed, from: session,
            at: now)
    }

    /// Ends a session and queues nothing.
    @discardableResult
    package func remove(_ session: TicketHandle) throws(TicketRegistryError) -> EndedSession? {
        try remove(session, queueing: nil, at: epoch)
    }

    /// Sweeps and queues nothing.
    package func sweep(at now: Instant, limit: Int) throws(TicketRegistryError) -> Sweep {
        try sweep(at: now, limit: limit, queueing: false)
    }

    /// Grants a ticket that the check needs.
    package func granted(
        for service: String = testService, from session: TicketID, at now: Instant = epoch
    ) throws -> TicketID {
        let id = mint(.serviceTicket)
        try #require(try grant(id, for: service, from: session, at: now) != nil)
        return id
    }
}

extension TicketGrantingTicket {
    package static func sample(
        _ principal: String = "alice", _ id: TicketID = mint(.ticketGrantingTicket),
        at now: Instant = epoch, lifetime: SessionLifetime = sessionLifetime
    ) -> TicketGrantingTicket {
        TicketGrantingTicket(
            handle: TicketHandle(of: id),
            principal: Principal(
                id: principal,
                attributes: Attributes([("mail", ["a@example.org"]), ("memberOf", ["x", "y"])])),
            event: AuthenticationEvent(
                date: now, handlers: ["users"], credentialTypes: ["UsernamePasswordCredential"],
                certificateDigest: Array(0..<32), isLongTerm: true),
            grantedAt: now, lifetime: lifetime)
    }
}

package let lastMillisecond: Duration = .milliseconds(-1)

private let sessionChecks: [TicketRegistryCheck] = [
    .init("a renewed session has the new event, its old end and its services") { registry in
        let id = try registry.begin()
        _ = try registry.consume(try registry.granted(from: id), at: epoch)
        let later = epoch + .seconds(3600)
        let event = AuthenticationEvent(
            date: later, handlers: ["x509"], credentialTypes: ["X509CertificateCredential"])
        #expect(try registry.renew(id, event: event, upstream: nil, at: later))
        let session = try #require(try registry.session(id, at: later))
        #expect(session.event.date == later && session.event.handlers == ["x509"])
        #expect(session.event.isLongTerm && session.lastUsedAt == later)
        #expect(session.principal.attributes["mail"] == ["a@example.org"])
        #expect(session.grantedAt == epoch && session.lifetime == sessionLifetime)
        #expect(try registry.sessions(of: "alice", at: later).map(\.handle) == [session.handle])
        #expect(try registry.remove(session.handle)?.services.count == 1)
    },
    .init("a session that is renewed at its server is found by the newer ticket") { registry in
        let id = mint(.ticketGrantingTicket)
        let first = UpstreamSession(provider: "campus", ticket: "ST-1")
        let second = UpstreamSession(provider: "campus", ticket: "ST-2")
        let sample = TicketGrantingTicket.sample("alice", id)
        try registry.insert(
            TicketGrantingTicket(
                handle: sample.handle, principal: sample.principal, event: sample.event,
                use: sample.use, upstream: first))
        #expect(try registry.renew(id, event: sample.event, upstream: second, at: epoch))
        #expect(try registry.session(id, at: epoch)?.upstream == second)
        #expect(
            try registry.sessions(ofUpstream: "campus", ticket: "ST-2", at: epoch)
                == [sample.handle])
        #expect(try registry.sessions(ofUpstream: "campus", ticket: "ST-1", at: epoch).isEmpty)
        #expect(try registry.renew(id, event: sample.event, upstream: nil, at: epoch))
        #expect(try registry.session(id, at: epoch)?.upstream == second)
    },
    .init("a session remembers so many services, the oldest go first") { registry in
        let id = try registry.begin()
        for number in 0...SessionLimits.servicesMax {
            let now = epoch + .milliseconds(Int64(number))
            let ticket = try registry.granted(
                for: "https://app.example.org/?n=\(number)", from: id, at: now)
            _ = try registry.consume(ticket, at: now)
        }
        let again = try registry.granted(for: "https://app.example.org/?n=1", from: id)
        _ = try registry.consume(again, at: epoch + .seconds(1))
        let ended = try #require(try registry.remove(TicketHandle(of: id)))
        #expect(ended.services.count == SessionLimits.servicesMax)
        #expect(ended.services.first?.service == "https://app.example.org/?n=1")
        #expect(!ended.services.contains { $0.service == "https://app.example.org/?n=0" })
    },
    .init("what is no live session is not renewed") { registry in
        let id = try registry.begin()
        let event = AuthenticationEvent(date: epoch, handlers: [], credentialTypes: [])
        #expect(
            try !registry.renew(mint(.ticketGrantingTicket), event: event, upstream: nil, at: epoch)
        )
        #expect(
            try !registry.renew(id, event: event, upstream: nil, at: epoch + sessionLifetime.idle))
        #expect(
            try !registry.renew(mint(.proxyGrantingTicket), event: event, upstream: nil, at: epoch))
    },
    .init("a session is found as it was added") { registry in
        let id = mint(.ticketGrantingTicket)
        let session = TicketGrantingTicket.sample("alice", id)
        try registry.insert(session)
        #expect(try registry.session(id, at: epoch) == session)
        let proxy = mint(.proxyGrantingTicket)
        try registry.insert(.sample("alice", proxy))
        #expect(try registry.session(proxy, at: epoch) != nil)
    },
    .init("a session of one handle is added once") { registry in
        let id = try registry.begin("alice")
        #expect(throws: TicketRegistryError.self) { try registry.begin("bob", id) }
        #expect(try registry.session(id, at: epoch)?.principal.id == "alice")
        #expect(try registry.sessions(of: "bob", at: epoch).isEmpty)
        #expect(try registry.counts().sessions == 1)
    },
    .init("an unknown session and an identifier of another kind are nil") { registry in
        try registry.begin()
        #expect(try registry.session(mint(.ticketGrantingTicket), at: epoch) == nil)
        let session = try registry.begin()
        let ticket = try registry.granted(from: session)
        #expect(try registry.session(ticket, at: epoch) == nil)
    },
    .init("a session ends at its idle time, to the millisecond") { registry in
        let id = try registry.begin()
        let end = epoch + sessionLifetime.idle
        #expect(try registry.session(id, at: end + lastMillisecond) != nil)
        #expect(try registry.session(id, at: end) == nil)
    },
    .init("a session without idle time ends at its hard time, to the millisecond") { registry in
        let id = try registry.begin(
            lifetime: SessionLifetime(hard: .seconds(100), idle: .zero))
        #expect(try registry.session(id, at: epoch + .milliseconds(99_999)) != nil)
        #expect(try registry.session(id, at: epoch + .seconds(100)) == nil)
    },
    .init("looking at a session does not touch it") { registry in
        let id = try registry.begin()
        let end = epoch + sessionLifetime.idle
        #expect(try registry.session(id, at: end + lastMillisecond)?.lastUsedAt == epoch)
        #expect(try registry.session(id, at: end) == nil)
    },
    .init("touching never moves the hard end") { registry in
        let id = try registry.begin()
        for hour in [1, 2, 3, 4, 5, 6, 7] {
            _ = try registry.granted(from: id, at: epoch + .seconds(3600 * hour))
        }
        let end = epoch + sessionLifetime.hard
        #expect(try registry.session(id, at: end + lastMillisecond) != nil)
        #expect(try registry.session(id, at: end) == nil)
    },
    .init("the live sessions of a principal come oldest first") { registry in
        let second = try registry.begin(at: epoch + .seconds(2))
        let first = try registry.begin(at: epoch + .seconds(1))
        try registry.begin("bob")
        try registry.begin("alic")
        let third = try registry.begin(at: epoch + .seconds(3))
        let now = epoch + .seconds(4)
        let handles = try registry.sessions(of: "alice", at: now).map(\.handle)
        #expect(handles == [first, second, third].map(TicketHandle.init(of:)))
        _ = try registry.remove(TicketHandle(of: second))
        let later = epoch + .seconds(1) + sessionLifetime.idle
        #expect(try registry.sessions(of: "alice", at: later + lastMillisecond).count == 2)
        #expect(
            try registry.sessions(of: "alice", at: later).map(\.handle)
                == [TicketHandle(of: third)])
        #expect(try registry.sessions(of: "nobody", at: now).isEmpty)
    },
]

private let grantChecks: [TicketRegistryCheck] = [
    .init("a ticket is granted with what was asked") { registry in
        let session = try registry.begin()
        let id = mint(.serviceTicket)
        let ticket = try registry.grant(id, from: session)
        #expect(
            ticket
                == ServiceTicket(
                    id: id, service: testService, grantedAt: epoch, lifetime: ticketLifetime,
                    isFromNewLogin: true))
        #expect(try registry.isLive(id, at: epoch))
    },
    .init("the first ticket of a session is from new login, later ones if renewed") { registry in
        let session = try registry.begin()
        #expect(try registry.grant(mint(.serviceTicket), from: session)?.isFromNewLogin == true)
        #expect(try registry.grant(mint(.serviceTicket), from: session)?.isFromNewLogin == false)
        let renewed = try registry.grant(mint(.serviceTicket), isRenewed: true, from: session)
        #expect(renewed?.isFromNewLogin == true)
        #expect(try registry.grant(mint(.serviceTicket), from: session)?.isFromNewLogin == false)
        #expect(try registry.session(session, at: epoch)?.hasGranted == true)
    },
    .init("a renewed first ticket counts as the first") { registry in
        let session = try registry.begin()
        _ = try registry.grant(mint(.serviceTicket), isRenewed: true, from: session)
        #expect(try registry.grant(mint(.serviceTicket), from: session)?.isFromNewLogin == false)
    },
    .init("a consumed ticket says whether it is from new login") { registry in
        let session = try registry.begin()
        for isFirst in [true, false] {
            let consumption = try registry.consume(registry.granted(from: session), at: epoch)
            guard case .consumed(let ticket, let owner) = consumption else {
                Issue.record("not consumed")
                return
            }
            #expect(ticket.isFromNewLogin == isFirst)
            #expect(owner == (try registry.session(session, at: epoch)))
        }
    },
    .init("no session or an expired one grants nothing") { registry in
        let id = mint(.serviceTicket)
        #expect(try registry.grant(id, from: mint(.ticketGrantingTicket)) == nil)
        let session = try registry.begin()
        let end = epoch + sessionLifetime.idle
        #expect(try registry.grant(id, from: session, at: end) == nil)
        #expect(try registry.counts().serviceTickets == 0)
        #expect(try registry.consume(id, at: epoch) == .refused(.unknown))
        #expect(try registry.grant(id, from: session, at: end + lastMillisecond) != nil)
    },
    .init("identifiers of the wrong kind grant nothing") { registry in
        let session = try registry.begin()
        let ticket = try registry.granted(from: session)
        #expect(try registry.grant(mint(.serviceTicket), from: ticket) == nil)
        #expect(try registry.grant(mint(.ticketGrantingTicket), from: session) == nil)
        #expect(try registry.counts() == TicketCounts(sessions: 1, serviceTickets: 1))
    },
    .init("an identifier is granted once, even when it is spent") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        _ = try registry.consume(id, at: epoch)
        #expect(throws: TicketRegistryError.self) { try registry.grant(id, from: session) }
        #expect(try registry.consume(id, at: epoch) == .refused(.alreadyUsed(at: epoch)))
    },
    .init("granting touches the session when a sixtieth of the idle time is over") { registry in
        let session = try registry.begin()
        _ = try registry.granted(from: session)
        let sixtieth = epoch + sessionLifetime.idle / 60
        _ = try registry.granted(from: session, at: sixtieth)
        #expect(try registry.session(session, at: sixtieth)?.lastUsedAt == sixtieth)
        let end = sixtieth + sessionLifetime.idle
        #expect(try registry.session(session, at: end + lastMillisecond) != nil)
        #expect(try registry.session(session, at: end) == nil)
    },
    .init("a clock that steps back does not shorten a session") { registry in
        let session = try registry.begin()
        _ = try registry.granted(from: session, at: epoch + .seconds(600))
        _ = try registry.granted(from: session, at: epoch)
        let used = try registry.session(session, at: epoch)?.lastUsedAt
        #expect(used == epoch + .seconds(600))
    },
]
