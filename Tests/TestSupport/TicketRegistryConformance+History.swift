internal import CASProtocol
internal import Platform
internal import Testing
internal import Tickets

private func upstreamSession(
    _ ticket: String, provider: String = "campus", _ principal: String = "alice",
    at now: Instant = epoch
) -> TicketGrantingTicket {
    let sample = TicketGrantingTicket.sample(principal, at: now)
    return TicketGrantingTicket(
        handle: sample.handle, principal: sample.principal, event: sample.event, use: sample.use,
        upstream: UpstreamSession(provider: provider, ticket: ticket))
}

private func handle(_ first: [UInt8]) throws -> TicketHandle {
    try #require(
        TicketHandle(bytes: first + Array(repeating: 9, count: 32 - first.count)))
}

let historyChecks: [TicketRegistryCheck] = [
    .init("the history of a ticket says what it is and what became of it") { registry in
        let session = try registry.begin()
        _ = try registry.granted(from: session)
        let id = try registry.granted(from: session, at: epoch + .seconds(1))
        let handle = TicketHandle(of: id)
        func expected(
            _ state: TicketHistory.State, _ judgement: TicketJudgement? = nil
        ) -> TicketHistory {
            TicketHistory(
                handle: handle, state: state, kind: .serviceTicket, service: testService,
                grantedAt: epoch + .seconds(1), lifetime: ticketLifetime, isFromNewLogin: false,
                session: TicketHandle(of: session), judgement: judgement)
        }
        let end = epoch + .seconds(1) + ticketLifetime
        #expect(
            try registry.history(of: handle, at: end + lastMillisecond) == expected(.live))
        #expect(try registry.history(of: handle, at: end) == expected(.expired(at: end)))
        let used = epoch + .seconds(2)
        _ = try registry.consume(id, at: used)
        #expect(try registry.history(of: handle, at: used) == expected(.used(at: used)))
        #expect(try registry.history(of: handle, at: end) == expected(.used(at: used)))
        let judgement = TicketJudgement(
            reason: "other service", presentedService: "https://other/é")
        try registry.noteJudgement(handle, judgement)
        #expect(
            try registry.history(of: handle, at: used) == expected(.used(at: used), judgement))
        #expect(try registry.consume(id, at: used) == .refused(.alreadyUsed(at: used)))
        let gone = end + TicketRetention.afterEnd
        _ = try registry.sweep(at: gone + lastMillisecond, limit: .max)
        #expect(try registry.history(of: handle, at: gone)?.judgement == judgement)
        _ = try registry.sweep(at: gone, limit: .max)
        #expect(try registry.history(of: handle, at: gone) == nil)
    },
    .init("the history of a proxy ticket names its proxy-granting ticket") { registry in
        let proxy = try registry.delegate(from: registry.begin())
        let id = try registry.proxied(for: "imap://mail", from: proxy)
        _ = try registry.consume(id, at: epoch)
        let history = try registry.history(of: TicketHandle(of: id), at: epoch)
        #expect(history?.kind == .proxyTicket && history?.service == "imap://mail")
        #expect(history?.session == TicketHandle(of: proxy))
    },
    .init("unknown and discarded tickets have no history, and no judgement makes one") {
        registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        let judgement = TicketJudgement(reason: "no")
        try registry.noteJudgement(TicketHandle(of: id), judgement)
        #expect(try registry.history(of: TicketHandle(of: id), at: epoch)?.state == .live)
        #expect(try registry.history(of: TicketHandle(of: id), at: epoch)?.judgement == nil)
        try registry.discard(id)
        let unknown = [id, mint(.serviceTicket), session].map(TicketHandle.init(of:))
        for handle in unknown {
            try registry.noteJudgement(handle, judgement)
            #expect(try registry.history(of: handle, at: epoch) == nil)
        }
    },
    .init("a ticket that ended with its session is used, and its reason is kept") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        try registry.remove(TicketHandle(of: session))
        #expect(try registry.consume(id, at: epoch) == .refused(.sessionEnded))
        let judgement = TicketJudgement(
            reason: "session ended",
            presentedService: String(repeating: "x", count: TextLimit.stored))
        try registry.noteJudgement(TicketHandle(of: id), judgement)
        let history = try registry.history(of: TicketHandle(of: id), at: epoch)
        #expect(history?.state == .used(at: epoch) && history?.judgement == judgement)
        #expect(history?.judgement?.presentedService?.utf8.count == TextLimit.presentedService)
    },
    .init("tickets and sessions are found by the first digits of their handles") { registry in
        let session = try registry.begin()
        let id = try registry.granted(from: session)
        let proxy = try registry.delegate(from: session)
        for length in [8, 9, 16, 63, 64] {
            for owner in [session, proxy] {
                let digits = hexadecimal(TicketHandle(of: owner).bytes).prefix(length)
                let found = try registry.session(handlePrefix: String(digits))
                #expect(found?.handle == TicketHandle(of: owner))
            }
            let digits = hexadecimal(TicketHandle(of: id).bytes).prefix(length).uppercased()
            let found = try registry.ticketHistory(handlePrefix: digits, at: epoch)
            #expect(found == (try registry.history(of: TicketHandle(of: id), at: epoch)))
            #expect(try registry.session(handlePrefix: digits) == nil)
        }
        let whole = hexadecimal(TicketHandle(of: session).bytes)
        let text = TicketHandle(of: id).description
        for wrong in [
            "", String(text.prefix(7)), "zz" + text, text + " ", whole + "00", "0123456é",
        ] {
            #expect(try registry.session(handlePrefix: wrong) == nil)
            #expect(try registry.ticketHistory(handlePrefix: wrong, at: epoch) == nil)
        }
    },
    .init("digits with which several handles begin are ambiguous") { registry in
        let sample = TicketGrantingTicket.sample()
        for first: [UInt8] in [[0xAB, 0xCD, 0xEF, 0x01, 0x23], [0xAB, 0xCD, 0xEF, 0x01, 0x2F]] {
            try registry.insert(
                TicketGrantingTicket(
                    handle: handle(first), principal: sample.principal, event: sample.event,
                    use: sample.use))
        }
        for several in ["abcdef01", "abcdef012"] {
            #expect(throws: TicketRegistryError.ambiguous) {
                try registry.session(handlePrefix: several)
            }
        }
        #expect(try registry.session(handlePrefix: "abcdef0123") != nil)
        #expect(try registry.session(handlePrefix: "abcdef0124") == nil)
        #expect(try registry.session(handlePrefix: "abcdef013") == nil)
    },
]

let listChecks: [TicketRegistryCheck] = [
    .init("the sessions of another server's session are found, and forgotten") { registry in
        let first = upstreamSession("ST-1")
        let second = upstreamSession("ST-1", "bob")
        for session in [
            first, second, upstreamSession("ST-2"), upstreamSession("ST-1", provider: "x"),
        ] {
            try registry.insert(session)
        }
        try registry.begin()
        func found(_ ticket: String, at now: Instant = epoch) throws -> Set<TicketHandle> {
            Set(try registry.sessions(ofUpstream: "campus", ticket: ticket, at: now))
        }
        #expect(try found("ST-1") == [first.handle, second.handle])
        #expect(try found("ST-3").isEmpty && found("ST-").isEmpty)
        #expect(try registry.sessions(ofUpstream: "campusST", ticket: "-1", at: epoch).isEmpty)
        #expect(try found("ST-1", at: epoch + sessionLifetime.idle).isEmpty)
        #expect(try registry.remove(first.handle)?.session == first)
        #expect(try found("ST-1") == [second.handle])
        _ = try registry.sweep(at: epoch + sessionLifetime.idle, limit: .max)
        #expect(try found("ST-1").isEmpty)
    },
    .init("all sessions are listed, the newest first, with what an operator asks") { registry in
        for second in [3, 1, 4, 2] {
            _ = try registry.enter(
                (0..<second).map { "https://\($0)/" }, "user-\(second)",
                at: epoch + .seconds(second))
        }
        let delegated = upstreamSession("ST-1", "eve", at: epoch + .seconds(5))
        try registry.insert(delegated)
        let now = epoch + .seconds(10)
        let all = try registry.allSessions(limit: 100, at: now)
        #expect(all.map(\.principal) == ["eve", "user-4", "user-3", "user-2", "user-1"])
        #expect(all.map(\.serviceCount) == [0, 4, 3, 2, 1])
        #expect(all.map(\.upstream) == ["campus", nil, nil, nil, nil])
        #expect(all.first == SessionSummary(delegated, serviceCount: 0))
        #expect(try registry.allSessions(limit: 2, at: now) == Array(all.prefix(2)))
        #expect(try registry.allSessions(limit: 0, at: now).isEmpty)
        let later = epoch + .seconds(3) + sessionLifetime.idle
        #expect(
            try registry.allSessions(limit: 9, at: later).map(\.principal) == ["eve", "user-4"])
    },
]
