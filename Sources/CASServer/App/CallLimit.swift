internal import Platform

/// How many calls of other servers are under way in a worker.
///
/// The threads that make them check passwords as well, so a server that hangs must never get all of
/// them.
final class CallLimit: Sendable {
    private let count = Lock(0)
    private let most: Int

    /// - Parameter most: How many at once; at least one.
    init(_ most: Int) {
        self.most = max(1, most)
    }

    /// Takes a place; `false` if there is none.
    func enter() -> Bool {
        count.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    func leave() {
        count.withLock { $0 -= 1 }
    }
}

/// Whether a server that did not answer several times is asked again yet.
final class OutageBreaker: Sendable {
    private struct State {
        var failures = 0
        var restsUntil: Instant?
    }

    private let state = Lock(State())
    private let clock: Clock

    /// After so many outages in a row the server is left alone.
    static let failuresMax = 3
    /// For how long; then one call tries again.
    static let rest: Duration = .seconds(10)

    init(clock: @escaping Clock) {
        self.clock = clock
    }

    /// Whether the server may be asked now.
    func allows() -> Bool {
        let now = clock()
        return state.withLock { state in
            guard let end = state.restsUntil else { return true }
            guard now >= end else { return false }
            // One tries; the others wait for how it goes.
            state.restsUntil = now + Self.rest
            return true
        }
    }

    /// Notes how a call went.
    func note(isOutage: Bool) {
        let now = clock()
        state.withLock { state in
            guard isOutage else {
                state = State()
                return
            }
            state.failures += 1
            if state.failures >= Self.failuresMax { state.restsUntil = now + Self.rest }
        }
    }
}
