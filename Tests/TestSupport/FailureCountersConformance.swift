package import Platform
internal import Testing
package import Tickets

/// What all counters of failed logins must do, one check for each sentence of ``FailureCounters``.
package struct FailureCountersCheck: Sendable, CustomTestStringConvertible {
    package let name: String
    /// Runs the check on empty counters.
    package let run: @Sendable (any FailureCounters) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (any FailureCounters) throws -> Void) {
        self.name = name
        self.run = run
    }

    package var testDescription: String { name }

    /// All checks.
    package static let all = delayChecks + knownChecks + pendingChecks + upkeepChecks
}

/// Ten failures in 300 s, 100 of an address, waits of 900 s at most, known for an hour.
package let testLimits: FailureLimits = {
    var limits = FailureLimits()
    limits.familiarity = .seconds(3600)
    return limits
}()

/// A digest that is as good as that of the text; only its first sixteen bytes count.
package func subject(_ text: String) -> SubjectDigest {
    let bytes = Array(text.utf8.prefix(SubjectDigest.byteCount))
    let padded = bytes + [UInt8](repeating: 0, count: SubjectDigest.byteCount - bytes.count)
    guard let digest = SubjectDigest(padded) else { preconditionFailure() }
    return digest
}

/// Somebody who tries to log in.
package func attempt(
    _ account: String = "alice", from address: String? = "192.0.2.1", device: String? = nil,
    isCounted: Bool = true
) -> LoginAttempt {
    LoginAttempt(
        account: subject(account),
        address: address.map {
            LoginAttempt.Address(digest: subject($0), text: $0, isCounted: isCounted)
        },
        device: device.map(subject))
}

extension FailureCounters {
    /// Tries, fails, and returns how long one had to wait before; nothing has happened then.
    @discardableResult
    package func fail(
        _ attempt: LoginAttempt, at now: Instant = epoch, account: String? = "alice",
        limits: FailureLimits = testLimits
    ) throws -> Duration? {
        switch try admit(attempt, limits: limits, at: now) {
        case .refused(let until): return until - now
        case .admitted(let admitted):
            try settle(admitted, as: .failed(account: account), limits: limits, at: now)
            return nil
        }
    }

    /// Logs in, or returns how long one has to wait.
    @discardableResult
    package func succeed(_ attempt: LoginAttempt, at now: Instant = epoch) throws -> Duration? {
        switch try admit(attempt, limits: testLimits, at: now) {
        case .refused(let until): return until - now
        case .admitted(let admitted):
            try settle(
                admitted, as: .succeeded(account: "alice"), limits: testLimits, at: now)
            return nil
        }
    }

    /// How long one would have to wait; `nil` if not at all.
    package func wait(_ attempt: LoginAttempt, at now: Instant = epoch) throws -> Duration? {
        switch try admit(attempt, limits: testLimits, at: now) {
        case .refused(let until): return until - now
        case .admitted(let admitted):
            try settle(admitted, as: .withdrawn, limits: testLimits, at: now)
            return nil
        }
    }

    package func held(at now: Instant = epoch, limit: Int = 100) throws -> [FailureSummary] {
        try failures(limit: limit, limits: testLimits, at: now)
    }
}

extension FailureCountersCheck {
    private static var delayChecks: [FailureCountersCheck] {
        [
            Self("ten failures are free, then each doubles the wait up to the longest") {
                counters throws in
                for _ in 0..<11 { #expect(try counters.fail(attempt()) == nil) }
                var now = epoch
                for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
                    #expect(try counters.wait(attempt(), at: now) == .seconds(seconds))
                    now = now + .seconds(seconds) - .milliseconds(1)
                    #expect(try counters.fail(attempt(), at: now) == .milliseconds(1))
                    now = now + .milliseconds(1)
                    #expect(try counters.fail(attempt(), at: now) == nil)
                }
            },
            Self("whoever waits is not looked at and does not wait longer for it") {
                counters throws in
                for _ in 0..<12 { _ = try counters.fail(attempt()) }
                for _ in 0..<100 { #expect(try counters.fail(attempt()) == .seconds(1)) }
                #expect(try counters.wait(attempt(), at: epoch + .seconds(1)) == nil)
            },
            Self("a bucket leaks a failure in a tenth of the window") { counters throws in
                for _ in 0..<10 { _ = try counters.fail(attempt()) }
                #expect(try counters.held().first?.failures == 10)
                #expect(try counters.held(at: epoch + .milliseconds(29_999)).first?.failures == 10)
                #expect(try counters.held(at: epoch + .milliseconds(30_000)).first?.failures == 9)
                #expect(try counters.held(at: epoch + .milliseconds(299_999)).count == 2)
                #expect(try counters.held(at: epoch + .seconds(300)).isEmpty)
                for number in 1...20 {
                    let now = epoch + .seconds(30 * number)
                    #expect(try counters.fail(attempt(), at: now) == nil)
                    #expect(try counters.wait(attempt(), at: now) == nil)
                }
            },
            Self("an address takes a hundred, whatever the accounts") { counters throws in
                for number in 0..<101 {
                    #expect(try counters.fail(attempt("user\(number)")) == nil)
                }
                #expect(try counters.wait(attempt("another")) == .seconds(1))
                #expect(try counters.wait(attempt("another", from: "192.0.2.2")) == nil)
            },
            Self("an account is slow from every address") { counters throws in
                for number in 0..<11 { _ = try counters.fail(attempt(from: "192.0.2.\(number)")) }
                #expect(try counters.wait(attempt(from: "198.51.100.1")) == .seconds(1))
                #expect(try counters.wait(attempt(from: nil)) == .seconds(1))
                #expect(try counters.wait(attempt("bob", from: "192.0.2.1")) == nil)
            },
            Self("an account alone makes nobody wait for longer than half a minute") {
                counters throws in
                var now = epoch
                for number in 0..<11 { _ = try counters.fail(attempt(from: "192.0.2.\(number)")) }
                for (number, seconds) in [1, 2, 4, 8, 16, 30, 30, 30].enumerated() {
                    #expect(
                        try counters.wait(attempt(from: "a\(number)"), at: now) == .seconds(seconds)
                    )
                    now = now + .seconds(seconds)
                    #expect(try counters.fail(attempt(from: "b\(number)"), at: now) == nil)
                }
                var limits = testLimits
                limits.delayMax = .seconds(5)
                #expect(
                    try counters.fail(attempt(from: "c"), at: now, limits: limits) == .seconds(5))
            },
            Self("an exempt address is counted with an account only") { counters throws in
                for number in 0..<500 {
                    #expect(try counters.fail(attempt("user\(number)", isCounted: false)) == nil)
                }
                for _ in 0..<11 { _ = try counters.fail(attempt(isCounted: false)) }
                #expect(try counters.wait(attempt(isCounted: false)) == .seconds(1))
            },
            Self("a clock that is set back makes nobody wait") { counters throws in
                for _ in 0..<11 { _ = try counters.fail(attempt()) }
                #expect(try counters.wait(attempt(), at: epoch - .seconds(60)) == .seconds(61))
                #expect(try counters.wait(attempt(), at: epoch - .seconds(61)) == nil)
            },
        ]
    }

    private static var knownChecks: [FailureCountersCheck] {
        [
            Self("a login makes an address known to an account, and nobody else slows it") {
                counters throws in
                let robot = attempt(from: "203.0.113.5")
                try counters.succeed(robot)
                for number in 0..<11 { _ = try counters.fail(attempt(from: "192.0.2.\(number)")) }
                for number in 0..<101 {
                    _ = try counters.fail(attempt("user\(number)", from: "203.0.113.5"))
                }
                #expect(try counters.wait(attempt(from: "192.0.2.1")) != nil)
                #expect(try counters.wait(attempt("bob", from: "203.0.113.5")) != nil)
                #expect(try counters.succeed(robot) == nil)
            },
            Self("a known address has a bucket of its own, which a login does not empty") {
                counters throws in
                let robot = attempt(from: "203.0.113.5")
                try counters.succeed(robot)
                for _ in 0..<11 { #expect(try counters.fail(robot) == nil) }
                #expect(try counters.fail(robot) == .seconds(1))
                #expect(try counters.wait(attempt(from: "192.0.2.1")) == nil)
                #expect(try counters.succeed(robot, at: epoch + .seconds(1)) == nil)
                #expect(try counters.fail(robot, at: epoch + .seconds(1)) == nil)
                #expect(try counters.fail(robot, at: epoch + .seconds(1)) == .seconds(2))
                // It leaks, so a program whose password is wrong now and then gets in.
                for number in 1...20 {
                    let now = epoch + .seconds(400 + 30 * number)
                    #expect(try counters.fail(robot, at: now) == nil)
                    #expect(try counters.succeed(robot, at: now) == nil)
                }
            },
            Self("whoever shares an address gets no new guesses when the owner logs in") {
                counters throws in
                var looked = 0
                for number in 0..<100 {
                    let now = epoch + .milliseconds(number)
                    if number % 5 == 0 { try counters.succeed(attempt(), at: now) }
                    if try counters.fail(attempt(), at: now) == nil { looked += 1 }
                }
                #expect(looked == 11)
            },
            Self("failures of known addresses and devices count against the address") {
                counters throws in
                for number in 0..<101 {
                    let name = "user\(number)"
                    if number % 2 == 0 {
                        try counters.succeed(attempt(name))
                        #expect(try counters.fail(attempt(name)) == nil)
                    } else {
                        #expect(try counters.fail(attempt(name, device: "laptop")) == nil)
                    }
                }
                #expect(try counters.wait(attempt("stranger")) == .seconds(1))
                #expect(try counters.wait(attempt("stranger", from: "192.0.2.2")) == nil)
                #expect(try counters.wait(attempt("user0")) == nil)
                #expect(try counters.wait(attempt("user1", device: "laptop")) == nil)
                let exempt = attempt("user1", from: "192.0.2.3", device: "laptop", isCounted: false)
                try counters.fail(exempt)
                #expect(
                    try counters.held(limit: 1000).allSatisfy {
                        $0.address != "192.0.2.3" || $0.key.kind == .device
                    })
            },
            Self("an address is known for its time and not longer") { counters throws in
                let robot = attempt(from: "203.0.113.5")
                try counters.succeed(robot)
                let end = epoch + .seconds(3600)
                for number in 0..<11 {
                    _ = try counters.fail(attempt(from: "192.0.2.\(number)"), at: end)
                }
                #expect(try counters.wait(robot, at: end - .milliseconds(1)) == nil)
                #expect(try counters.wait(robot, at: end) == .seconds(1))
            },
            Self("a known device has a bucket of its own") { counters throws in
                let owner = attempt(device: "laptop")
                for number in 0..<11 { _ = try counters.fail(attempt(from: "192.0.2.\(number)")) }
                for number in 0..<101 { _ = try counters.fail(attempt("user\(number)")) }
                for _ in 0..<11 { #expect(try counters.fail(owner) == nil) }
                #expect(try counters.fail(owner) == .seconds(1))
                #expect(try counters.wait(attempt(device: "phone")) == nil)
                #expect(try counters.wait(attempt("bob", device: "laptop")) == nil)
                #expect(try counters.succeed(owner, at: epoch + .seconds(1)) == nil)
                #expect(try counters.held().allSatisfy { $0.key.kind != .device })
            },
            Self("a login does not make good what others did to the account or the address") {
                counters throws in
                for number in 0..<10 { _ = try counters.fail(attempt(from: "192.0.2.\(number)")) }
                for number in 0..<99 { _ = try counters.fail(attempt("user\(number)")) }
                #expect(try counters.succeed(attempt()) == nil)
                #expect(try counters.fail(attempt("bob")) == nil)
                #expect(try counters.wait(attempt("carol")) == .seconds(1))
                #expect(try counters.fail(attempt(from: "198.51.100.1")) == nil)
                #expect(try counters.wait(attempt(from: "198.51.100.1")) == .seconds(1))
            },
        ]
    }

    private static var pendingChecks: [FailureCountersCheck] {
        [
            Self("guesses at the same moment count before they have failed") { counters throws in
                var admitted: [AdmittedAttempt] = []
                while case .admitted(let one) = try counters.admit(
                    attempt(), limits: testLimits, at: epoch), admitted.count < 1000
                {
                    admitted.append(one)
                }
                #expect(admitted.count == FailureLimits.parallelMax)
                #expect(try counters.wait(attempt()) == .seconds(1))
                for one in admitted {
                    try counters.settle(
                        one, as: .failed(account: nil), limits: testLimits, at: epoch)
                }
                #expect(try counters.wait(attempt()) == .seconds(900))
            },
            Self("behind a full bucket one guesses at a time") { counters throws in
                for _ in 0..<11 { _ = try counters.fail(attempt()) }
                let now = epoch + .seconds(1)
                guard
                    case .admitted(let first) = try counters.admit(
                        attempt(), limits: testLimits, at: now)
                else { throw Unexpected() }
                #expect(try counters.wait(attempt(), at: now) == .seconds(1))
                try counters.settle(first, as: .withdrawn, limits: testLimits, at: now)
                #expect(try counters.wait(attempt(), at: now) == nil)
            },
            Self("an attempt that nobody settles counts as failed after two minutes") {
                counters throws in
                for _ in 0..<11 {
                    guard
                        case .admitted = try counters.admit(
                            attempt(), limits: testLimits, at: epoch)
                    else { throw Unexpected() }
                }
                #expect(try counters.held(at: epoch + .seconds(120)).isEmpty)
                let now = epoch + .milliseconds(120_001)
                #expect(try counters.fail(attempt(), at: now) == nil)
                #expect(try counters.wait(attempt(), at: now) == .seconds(2))
            },
            Self("what nobody settles is given up in a busy bucket, too, and nothing else is") {
                counters throws in
                var pending: [AdmittedAttempt] = []
                func admit(at now: Instant) throws {
                    guard
                        case .admitted(let one) = try counters.admit(
                            attempt(), limits: testLimits, at: now)
                    else { throw Unexpected() }
                    pending.append(one)
                }
                for _ in 0..<3 { try admit(at: epoch) }
                pending = []
                // Each takes two seconds, and there is never none.
                for number in 0..<300 {
                    let now = epoch + .milliseconds(500 * number)
                    try admit(at: now)
                    guard pending.count > 4 else { continue }
                    try counters.settle(
                        pending.removeFirst(), as: .withdrawn, limits: testLimits, at: now)
                }
                let held = try counters.held(at: epoch + .seconds(150))
                #expect(held.map(\.key.kind) == [.account, .pair])
                #expect(held.map(\.failures) == [3, 3])
            },
            Self("what tells nothing of a password leaves nothing") { counters throws in
                for _ in 0..<1000 { #expect(try counters.wait(attempt()) == nil) }
                #expect(try counters.held().isEmpty)
                #expect(try counters.sweepFailures(at: epoch + .seconds(9999), limit: 100) == 0)
            },
        ]
    }

    private static var upkeepChecks: [FailureCountersCheck] {
        [
            Self("the counters are listed, the newest first") { counters throws in
                try counters.fail(attempt(), account: "Alice")
                let later = epoch + .seconds(1)
                try counters.fail(attempt("secret", from: nil), at: later, account: nil)
                let held = try counters.held(at: later)
                #expect(held.map(\.key.kind) == [.account, .account, .address, .pair])
                #expect(
                    held.map(\.account)
                        == [.unknown, .known("Alice"), .unasked, .known("Alice")])
                #expect(held.map(\.address) == [nil, nil, "192.0.2.1", "192.0.2.1"])
                #expect(held.allSatisfy { $0.failures == 1 && $0.waitsUntil == nil })
                #expect(try counters.held(at: later, limit: 1).count == 1)
                #expect(held.first?.lastFailureAt == later)
            },
            Self("the counters of an account, of an address, or all are cleared") {
                counters throws in
                for _ in 0..<11 {
                    try counters.fail(attempt())
                    try counters.fail(attempt("bob", from: "192.0.2.2"))
                }
                #expect(try counters.clearFailures(.account(subject("nobody"))) == 0)
                #expect(try counters.clearFailures(.account(subject("alice"))) == 2)
                #expect(try counters.wait(attempt()) == nil)
                #expect(try counters.wait(attempt("bob", from: "192.0.2.2")) != nil)
                #expect(try counters.clearFailures(.address(subject("192.0.2.2"))) == 2)
                #expect(try counters.held().map(\.key.kind) == [.account, .address])
                #expect(try counters.clearFailures(.all) == 2)
                #expect(try counters.held().isEmpty)
            },
            Self("what is known stays known when counters are cleared") { counters throws in
                try counters.succeed(attempt())
                for _ in 0..<11 { try counters.fail(attempt()) }
                #expect(try counters.clearFailures(.account(subject("alice"))) == 1)
                for number in 0..<11 { _ = try counters.fail(attempt(from: "192.0.3.\(number)")) }
                #expect(try counters.wait(attempt()) == nil)
            },
            Self("the sweep removes what has leaked empty and what is known no longer") {
                counters throws in
                try counters.succeed(attempt("bob"))
                for _ in 0..<5 { try counters.fail(attempt()) }
                #expect(try counters.sweepFailures(at: epoch + .seconds(149), limit: 100) == 1)
                #expect(try counters.sweepFailures(at: epoch + .seconds(151), limit: 1) == 1)
                #expect(try counters.sweepFailures(at: epoch + .seconds(151), limit: 100) == 1)
                #expect(try counters.sweepFailures(at: epoch + .seconds(3599), limit: 100) == 0)
                #expect(try counters.sweepFailures(at: epoch + .seconds(3601), limit: 100) == 1)
            },
        ]
    }

    private struct Unexpected: Error {}
}
