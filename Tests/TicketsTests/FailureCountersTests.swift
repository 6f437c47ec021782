internal import Platform
internal import TestSupport
internal import Testing
internal import Tickets

@Suite struct FailureCountersTests {
    @Test(arguments: FailureCountersCheck.all)
    func `memory conforms`(_ check: FailureCountersCheck) throws {
        try check.run(MemoryTicketRegistry())
    }

    @Test func `many weak failures push out neither a full bucket nor a known address`() throws {
        let registry = MemoryTicketRegistry(failureCapacity: 100)
        try registry.succeed(attempt("robot", from: "203.0.113.5"))
        for _ in 0..<20 {
            for round in 0..<11 { try registry.fail(attempt(from: "192.0.2.\(round)")) }
        }
        for number in 0..<5000 { try registry.fail(attempt("user\(number)", from: "10.\(number)")) }
        #expect(try registry.held(limit: 10_000).count <= 100)
        #expect(try registry.wait(attempt(from: "198.51.100.1")) == .seconds(1))
        for number in 0..<11 {
            _ = try registry.fail(attempt("robot", from: "192.0.2.\(number)"))
        }
        #expect(try registry.wait(attempt("robot", from: "203.0.113.5")) == nil)
        #expect(try registry.wait(attempt("robot", from: "203.0.113.6")) != nil)
    }

    @Test func `100000 guesses from many addresses leave the owner in`() throws {
        let registry = MemoryTicketRegistry(failureCapacity: 20_000)
        let robot = attempt(from: "203.0.113.5")
        let owner = attempt(from: "203.0.113.77", device: "laptop")
        try registry.succeed(robot)
        var looked = 0
        var now = epoch
        for number in 0..<100_000 {
            now = epoch + .milliseconds(Int64(number) * 10)
            if try registry.fail(attempt(from: "192.0.\(number % 50_000)"), at: now) == nil {
                looked += 1
            }
            guard number % 10_000 == 0 else { continue }
            #expect(try registry.succeed(robot, at: now) == nil)
            #expect(try registry.succeed(owner, at: now) == nil)
        }
        // Ten at once, and waits of 1, 2, 4, 8, 16, 30, 30 … seconds in a thousand.
        #expect((47...49).contains(looked))
        let wait = try #require(try registry.wait(attempt(from: "198.51.100.1"), at: now))
        #expect(wait <= FailureLimits.accountDelayMax)
        #expect(try registry.held(at: now, limit: .max).count < 100)
    }

    @Test func `1000 parallel guesses are not all looked at`() throws {
        let registry = MemoryTicketRegistry()
        let looked = Lock(0)
        onThreads(20) { thread in
            for number in 0..<50 {
                // A failure shows as guesses that nobody looked at.
                guard
                    case .admitted(let one)? = try? registry.admit(
                        attempt(from: "192.0.\(thread).\(number)"), limits: testLimits, at: epoch)
                else { continue }
                looked.withLock { $0 += 1 }
                try? registry.settle(
                    one, as: .failed(account: nil), limits: testLimits, at: epoch)
            }
        }
        #expect((11...64).contains(looked.withLock { $0 }))
    }
}
