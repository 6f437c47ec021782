import CASProtocol
import Platform
import TestSupport
import Testing
import Tickets

@testable import CASServer

@Suite("Logout messages that wait for their hosts") struct DeliveryQueueTests {
    private let now = Instant(milliseconds: 1_714_550_139_123)
    private let fresh: Duration = .seconds(10)

    private func message(_ host: String, _ number: UInt8 = 0) throws -> WaitingDelivery {
        let ticket = TicketID.mint(.serviceTicket, from: systemRandomBytes)
        let session = TicketHandle(of: ticket)
        let url = "https://\(host)/"
        return WaitingDelivery(
            delivery: LogoutDelivery(
                id: try #require(
                    LogoutDeliveryID(bytes: session.bytes + [UInt8](repeating: number, count: 32))),
                session: session, principal: "alice", service: url, ticket: ticket,
                cause: .logout, createdAt: now),
            target: try ServiceURL(url), claimedAt: now)
    }

    @Test func `a host gets four at once, and others do not wait for it`() throws {
        var queue = DeliveryQueue()
        for number in 0..<UInt8(6) {
            _ = queue.add(try message("slow.example.org", number), at: now)
        }
        for _ in 0..<4 { #expect(queue.take(at: now, freshFor: fresh) != nil) }
        #expect(queue.take(at: now, freshFor: fresh) == nil)
        _ = queue.add(try message("quick.example.org"), at: now)
        #expect(queue.take(at: now, freshFor: fresh)?.host == "quick.example.org")
        queue.leave("slow.example.org", failed: false, at: now)
        #expect(queue.take(at: now, freshFor: fresh)?.host == "slow.example.org")
    }

    @Test func `a host that does not answer rests, twice as long each time, and is tried again`()
        throws
    {
        var queue = DeliveryQueue()
        var date = now
        for seconds in [2, 4, 8, 16, 16, 16] {
            guard case .waits = queue.add(try message("dead.example.org"), at: date) else {
                Issue.record("rests still")
                return
            }
            #expect(queue.take(at: date, freshFor: .seconds(1000)) != nil)
            queue.leave("dead.example.org", failed: true, at: date)
            let end = date + .seconds(seconds)
            guard case .rests(until: end) = queue.add(try message("dead.example.org"), at: date)
            else {
                Issue.record("does not rest for \(seconds) s")
                return
            }
            date = end
        }
    }

    @Test func `four messages that fail together are one outage`() throws {
        var queue = DeliveryQueue()
        for number in 0..<UInt8(4) {
            _ = queue.add(try message("dead.example.org", number), at: now)
        }
        for _ in 0..<4 { #expect(queue.take(at: now, freshFor: fresh) != nil) }
        for _ in 0..<4 { queue.leave("dead.example.org", failed: true, at: now) }
        guard
            case .rests(until: now + .seconds(2)) = queue.add(
                try message("dead.example.org"), at: now)
        else {
            Issue.record("rests longer than for one outage")
            return
        }
    }

    @Test func `ports of one host are apart`() throws {
        var queue = DeliveryQueue()
        _ = queue.add(try message("app.example.org:8443"), at: now)
        #expect(queue.take(at: now, freshFor: fresh)?.host == "app.example.org:8443")
        queue.leave("app.example.org:8443", failed: true, at: now)
        guard case .waits = queue.add(try message("app.example.org"), at: now) else {
            Issue.record("a closed port keeps the others waiting")
            return
        }
    }

    @Test func `what waits longer than its lease allows is let go`() throws {
        var queue = DeliveryQueue()
        let room = queue.room
        _ = queue.add(try message("app.example.org"), at: now)
        #expect(queue.room == room - 1)
        #expect(queue.take(at: now + fresh + .milliseconds(1), freshFor: fresh) == nil)
        #expect(queue.room == room)
    }

    @Test func `a host and the whole queue hold so many and no more`() throws {
        var queue = DeliveryQueue()
        for number in 0..<256 {
            _ = queue.add(try message("app.example.org", UInt8(number)), at: now)
        }
        guard case .full = queue.add(try message("app.example.org"), at: now) else {
            Issue.record("one host holds more than its share")
            return
        }
        for host in 0..<768 { _ = queue.add(try message("h\(host).example.org"), at: now) }
        #expect(queue.room == 0)
        guard case .full = queue.add(try message("more.example.org"), at: now) else {
            Issue.record("the queue is not bounded")
            return
        }
    }
}

@Suite("Calls of other servers are bounded") struct CallLimitTests {
    @Test func `there are so many places and no more`() {
        let limit = CallLimit(2)
        #expect(limit.enter() && limit.enter() && !limit.enter())
        limit.leave()
        #expect(limit.enter() && !limit.enter())
        #expect(CallLimit(0).enter(), "one is always there")
    }

    @Test func `after three outages in a row one call tries every ten seconds`() {
        let now = Lock(Instant(milliseconds: 0))
        let breaker = OutageBreaker(clock: { now.withLock { $0 } })
        for _ in 0..<2 { breaker.note(isOutage: true) }
        breaker.note(isOutage: false)
        for _ in 0..<3 {
            #expect(breaker.allows())
            breaker.note(isOutage: true)
        }
        #expect(!breaker.allows())
        now.withLock { $0 = $0 + .seconds(10) }
        #expect(breaker.allows() && !breaker.allows())
        breaker.note(isOutage: false)
        #expect(breaker.allows() && breaker.allows())
    }
}
