internal import Platform

/// How long somebody may wait for all that is fetched for one question.
struct FetchWait {
    private let deadline: Int64?
    /// Whether there was something to wait for.
    var isWorthwhile = false

    /// Waits for nothing: what is missing is fetched meanwhile.
    static let none = FetchWait(deadline: nil)

    /// Waits until the time is over.
    static func time(_ patience: Duration) -> FetchWait {
        FetchWait(deadline: monotonicMilliseconds() &+ patience.milliseconds)
    }

    /// What is left; `nil` not to wait at all.
    fileprivate var time: Duration? {
        deadline.map { .milliseconds(max(0, $0 &- monotonicMilliseconds())) }
    }

    private init(deadline: Int64?) {
        self.deadline = deadline
    }
}

/// What other servers have, kept for as long as it is good, fetched by threads in the background.
///
/// A key is fetched by one thread at a time; who needs it meanwhile waits for that thread or takes
/// what is there. A failure is remembered for a while, so that a slow server slows nobody but the
/// first. No lock is held while something is fetched.
final class FetchCache<Value: Sendable>: Sendable {
    /// What was fetched, and how long it is good.
    struct Fetched: Sendable {
        let value: Value
        /// When it should be fetched again, in the background.
        let renewAt: Instant
        /// When nobody takes it any more without having waited for a newer one.
        let goodUntil: Instant
        /// What it counts against ``Limits/bytesMax``.
        let bytes: Int
    }

    struct Limits: Sendable {
        var entriesMax: Int
        /// How much may be kept altogether.
        var bytesMax: Int
        /// How long a failure is remembered.
        var retryAfter: Duration = .seconds(30)
        /// In the background it is tried again later from failure to failure, at last after this.
        var retryMax: Duration = .seconds(15 * 60)
        /// How long an entry is kept that nobody asks for.
        var idleMax: Duration = .seconds(24 * 3600)
        /// The same for one that could never be fetched.
        var emptyIdleMax: Duration = .seconds(10 * 60)
        /// From this failure in a row on nobody waits any more; it is tried in the background.
        var failuresMax = 3
    }

    /// What there is for a key.
    struct Finding: Sendable {
        /// `nil` if it could never be fetched.
        var value: Value?
        /// Why the last fetch failed; `nil` if it did not.
        var failure: String?
        /// Whether the value is past the time until which it is good.
        var isOverdue = false
    }

    /// Fetches, given what there is already; blocks.
    typealias Load = @Sendable (_ previous: Value?) -> Result<Fetched, RevocationFetchError>

    private struct Entry {
        var fetched: Fetched?
        var failure: String?
        var failureCount = 0
        var failedAt: Instant?
        var lastUse: Instant
        var isFetching = false
        var waiters: [WakeUp] = []
        let host: String
        var load: Load

        func isGood(at now: Instant) -> Bool {
            fetched.map { now < $0.goodUntil } ?? false
        }

        /// Whether it may be fetched; a clock that was set back ends no rest later.
        func mayFetch(at now: Instant, _ limits: Limits) -> Bool {
            guard !isFetching else { return false }
            guard let failedAt else { return true }
            return now >= failedAt + limits.retryAfter || now < failedAt
        }

        /// Whether it is fetched again though nobody asks just now.
        func mayRenew(at now: Instant, _ limits: Limits) -> Bool {
            guard mayFetch(at: now, limits), fetched.map({ now >= $0.renewAt }) ?? true
            else { return false }
            guard let failedAt else { return true }
            let rest = limits.retryAfter * (1 << min(max(0, failureCount - 1), 16))
            return now >= failedAt + min(limits.retryMax, rest) || now < failedAt
        }

        func isIdle(at now: Instant, _ limits: Limits) -> Bool {
            lastUse + (fetched == nil ? limits.emptyIdleMax : limits.idleMax) < now
        }

        func finding(at now: Instant) -> Finding {
            Finding(value: fetched?.value, failure: failure, isOverdue: !isGood(at: now))
        }
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var bytes = 0
    }

    private let limits: Limits
    private let clock: Clock
    private let threads: FetchThreads
    private let state = Lock(State())

    init(_ limits: Limits, threads: FetchThreads, clock: @escaping Clock) {
        self.limits = limits
        self.threads = threads
        self.clock = clock
    }

    /// What there is for the key; has it fetched if it is not good, and waits as `wait` says.
    func value(
        for key: String, host: String, at now: Instant, wait: inout FetchWait,
        load: @escaping Load
    ) -> Finding {
        // Without a descriptor to wait on, nobody waits.
        let bell = wait.time == nil || hasGood(key, at: now) ? nil : try? WakeUp()
        let (finding, mustFetch, mustWait) = state.withLock { state in
            var entry = state.entries[key] ?? Entry(lastUse: now, host: host, load: load)
            entry.lastUse = now
            let isDue = entry.fetched.map { now >= $0.renewAt } ?? true
            let mustFetch = isDue && entry.mayFetch(at: now, limits)
            entry.isFetching = entry.isFetching || mustFetch
            let mustWait =
                entry.isFetching && !entry.isGood(at: now)
                && entry.failureCount < limits.failuresMax
            if mustWait, let bell { entry.waiters.append(bell) }
            let finding = entry.finding(at: now)
            guard state.entries[key] != nil || makeRoom(in: &state) else {
                return (Finding(failure: "too many others are fetched"), false, false)
            }
            state.entries[key] = entry
            return (finding, mustFetch, mustWait)
        }
        if mustFetch { fetch(key, host: host, load) }
        guard mustWait else { return finding }
        guard let bell, let time = wait.time else {
            wait.isWorthwhile = true
            return finding
        }
        guard bell.wait(within: time) else {
            return Finding(
                value: finding.value, failure: finding.failure ?? "it takes too long",
                isOverdue: true)
        }
        return state.withLock { $0.entries[key]?.finding(at: now) } ?? finding
    }

    /// Fetches what is due and still asked for, and forgets the rest.
    func renew(at now: Instant) {
        forget(at: now)
        let due = state.withLock { state in
            var due: [(key: String, host: String, load: Load)] = []
            for (key, entry) in state.entries where entry.mayRenew(at: now, limits) {
                state.entries[key]?.isFetching = true
                due.append((key, entry.host, entry.load))
            }
            return due
        }
        for (key, host, load) in due { fetch(key, host: host, load) }
    }

    /// Forgets what nobody has asked for in a long time.
    func forget(at now: Instant) {
        state.withLock { state in
            for (key, entry) in state.entries
            where !entry.isFetching && entry.isIdle(at: now, limits) {
                state.bytes -= entry.fetched?.bytes ?? 0
                state.entries[key] = nil
            }
        }
    }

    /// All keys with what there is for them, in order.
    func findings(at now: Instant) -> [(key: String, finding: Finding, failureCount: Int)] {
        state.withLock { state in
            state.entries.map { ($0, $1.finding(at: now), $1.failureCount) }
        }.sorted { $0.0 < $1.0 }
    }

    private func hasGood(_ key: String, at now: Instant) -> Bool {
        state.withLock { $0.entries[key]?.isGood(at: now) ?? false }
    }

    private func fetch(_ key: String, host: String, _ load: @escaping Load) {
        let isAccepted = threads.run(
            host: host, refused: { [weak self] in self?.refuse(key) }
        ) { [weak self] in
            guard let self else { return }
            let previous = state.withLock { $0.entries[key]?.fetched?.value }
            finish(key, load(previous))
        }
        if !isAccepted { refuse(key) }
    }

    /// There is no thread for it.
    private func refuse(_ key: String) {
        finish(key, .failure(RevocationFetchError("too much is fetched already")))
    }

    private func finish(_ key: String, _ result: Result<Fetched, RevocationFetchError>) {
        let now = clock()
        let waiters = state.withLock { state -> [WakeUp] in
            guard var entry = state.entries[key] else { return [] }
            entry.isFetching = false
            switch result {
            case .success(let fetched):
                state.bytes += fetched.bytes - (entry.fetched?.bytes ?? 0)
                entry.fetched = fetched
                entry.failure = nil
                entry.failureCount = 0
                entry.failedAt = nil
            case .failure(let failure):
                entry.failure = failure.description
                entry.failureCount += 1
                entry.failedAt = now
            }
            let waiters = entry.waiters
            entry.waiters = []
            state.entries[key] = entry
            shrink(&state, keeping: key)
            return waiters
        }
        for waiter in waiters { waiter.ring() }
    }

    /// Makes room for one more entry.
    ///
    /// - Returns: Whether there is room; all may be on their way.
    private func makeRoom(in state: inout State) -> Bool {
        state.entries.count < limits.entriesMax || removeOldest(&state, keeping: nil)
    }

    /// Forgets others until what is kept is not too much.
    private func shrink(_ state: inout State, keeping key: String) {
        while state.bytes > limits.bytesMax, removeOldest(&state, keeping: key) {}
    }

    private func removeOldest(_ state: inout State, keeping key: String?) -> Bool {
        let candidates = state.entries.lazy.filter { !$0.value.isFetching && $0.key != key }
        guard let oldest = candidates.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return false
        }
        state.bytes -= oldest.value.fetched?.bytes ?? 0
        state.entries[oldest.key] = nil
        return true
    }
}
