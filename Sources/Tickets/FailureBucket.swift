package import Platform

/// A leaky bucket of failures.
///
/// It leaks all the time but while it makes somebody wait, so that whoever goes on as soon as he
/// may waits longer each time: 1 s, 2 s, 4 s, and so on after the failures that found it full.
package struct FailureBucket: Hashable, Sendable {
    /// Thousandths of failures, as they were at ``leaksFrom``.
    package var level: Int64 = 0
    /// From when on it leaks; attempts before are not looked at.
    package var leaksFrom: Instant
    /// Attempts that are under way, admitted since ``pendingSince``.
    package var pending: Int64 = 0
    /// Attempts that are under way, admitted in the minute or so before.
    package var pendingBefore: Int64 = 0
    /// When the first of those that ``pending`` counts was admitted, or could have been.
    package var pendingSince: Instant
    package var lastFailureAt: Instant?
    /// When somebody logged in, if that makes the address a known one.
    package var succeededAt: Instant?
    package var account = Account.unasked
    /// For operators; of buckets with an address.
    package var address: String?
    /// When nothing will be left to remember.
    package var keptUntil: Instant

    /// Whose bucket it is, as far as that can be shown.
    package enum Account: Hashable, Sendable {
        /// No failure or login has told yet.
        case unasked
        /// What was typed is no name of an account.
        case unknown
        case known(String)
    }

    package init(at now: Instant) {
        leaksFrom = now
        pendingSince = now
        keptUntil = now
    }

    /// A clock that is set back by more than this makes nobody wait.
    private static let clockSkew: Duration = .seconds(60)
    private static let one: Int64 = 1000

    // MARK: What it says

    func isWaiting(at now: Instant) -> Bool {
        guard now < leaksFrom else { return false }
        return lastFailureAt.map { now >= $0 - Self.clockSkew } ?? false
    }

    func failures(of kind: FailureKey.Kind, limits: FailureLimits, at now: Instant) -> Int {
        Int(clamping: (level(of: kind, limits, at: now) + Self.one - 1) / Self.one)
    }

    /// Until when an attempt is refused; `nil` if it is admitted.
    func refusal(of kind: FailureKey.Kind, _ limits: FailureLimits, at now: Instant) -> Instant? {
        if isWaiting(at: now) { return min(leaksFrom, now + limits.delayMax(kind)) }
        let capacity = limits.capacity(kind)
        let level = level(of: kind, limits, at: now)
        let isFree =
            level >= capacity * Self.one
            // One at a time, or what is to be waited for could be avoided by not waiting.
            ? underWay == 0
            : level + underWay * Self.one
                < max(capacity, Int64(FailureLimits.parallelMax)) * Self.one
        return isFree ? nil : now + .seconds(1)
    }

    private var underWay: Int64 { pending + pendingBefore }

    private func level(
        of kind: FailureKey.Kind, _ limits: FailureLimits, at now: Instant
    ) -> Int64 {
        guard now > leaksFrom else { return level }
        let window = max(1, limits.window.milliseconds)
        let elapsed = (now - leaksFrom).milliseconds
        // What is larger than this has leaked whatever it was, and would overflow.
        guard elapsed >= 0, elapsed < 1 << 36 else { return 0 }
        let leaked = elapsed * min(limits.capacity(kind), 1 << 16) * Self.one / window
        return max(0, level - leaked)
    }

    // MARK: What changes it

    /// Counts attempts as failed that nobody has settled for too long.
    ///
    /// In a busy bucket something is always under way, so its attempts are told apart by when they
    /// were admitted, or those of a worker that was killed would never be given up.
    mutating func giveUpPending(_ kind: FailureKey.Kind, _ limits: FailureLimits, at now: Instant) {
        guard underWay > 0 else { return }
        let age = now - pendingSince
        guard age > FailureLimits.pendingMax || age < .zero - FailureLimits.pendingMax else {
            return
        }
        // Nothing has been admitted in the second half of that time, or this would have been run.
        let isLong = age > FailureLimits.pendingMax * 2 || age < .zero
        let orphans = isLong ? underWay : pendingBefore
        if orphans > 0 {
            level = min(level(of: kind, limits, at: now) + orphans * Self.one, most(kind, limits))
            leaksFrom = max(leaksFrom, now)
            lastFailureAt = lastFailureAt ?? pendingSince
        }
        pendingBefore = isLong ? 0 : pending
        pending = 0
        pendingSince = now
    }

    mutating func admit(_ kind: FailureKey.Kind, _ limits: FailureLimits, at now: Instant) {
        if underWay == 0 { pendingSince = now }
        pending += 1
        keep(kind, limits)
    }

    /// Ends an attempt that was admitted at that time.
    mutating func end(admittedAt date: Instant) {
        if date < pendingSince, pendingBefore > 0 {
            pendingBefore -= 1
        } else {
            pending = max(0, pending - 1)
        }
    }

    /// Counts a failure, of an attempt that has been ended if it was pending here.
    mutating func fail(_ kind: FailureKey.Kind, _ limits: FailureLimits, at now: Instant) {
        level = min(level(of: kind, limits, at: now) + Self.one, most(kind, limits))
        let excess = (level - limits.capacity(kind) * Self.one + Self.one - 1) / Self.one
        let wait = excess > 0 ? Self.delay(excess, kind, limits) : .zero
        leaksFrom = max(now + wait, isWaiting(at: now) ? leaksFrom : now)
        lastFailureAt = now
        keep(kind, limits)
    }

    /// Forgets the failures.
    mutating func clear(at now: Instant) {
        level = 0
        leaksFrom = min(leaksFrom, now)
        lastFailureAt = nil
    }

    /// Whether there is nothing to remember, so that the bucket need not exist.
    func isEmpty(of kind: FailureKey.Kind, _ limits: FailureLimits, at now: Instant) -> Bool {
        underWay == 0 && !isWaiting(at: now) && level(of: kind, limits, at: now) == 0
            && !isFamiliar(limits, at: now)
    }

    /// Whether somebody has logged in lately.
    func isFamiliar(_ limits: FailureLimits, at now: Instant) -> Bool {
        guard let succeededAt else { return false }
        return now < succeededAt + limits.familiarity
    }

    mutating func keep(_ kind: FailureKey.Kind, _ limits: FailureLimits) {
        let all = level + underWay * Self.one
        let leak = max(1, limits.capacity(kind) * Self.one)
        let milliseconds = all.multipliedReportingOverflow(by: limits.window.milliseconds)
        let time = Duration.milliseconds(
            milliseconds.overflow ? .max : milliseconds.partialValue / leak + 1)
        keptUntil = leaksFrom + time
        if underWay > 0 {
            keptUntil = max(keptUntil, pendingSince + FailureLimits.pendingMax * 2)
        }
        if let succeededAt { keptUntil = max(keptUntil, succeededAt + limits.familiarity) }
    }

    /// The most that it holds: as much as makes people wait the longest time.
    private func most(_ kind: FailureKey.Kind, _ limits: FailureLimits) -> Int64 {
        var excess: Int64 = 1
        while excess < 32, Self.delay(excess, kind, limits) < limits.delayMax(kind) { excess += 1 }
        return (limits.capacity(kind) + excess) * Self.one
    }

    /// How long one waits after so many failures too many.
    private static func delay(
        _ excess: Int64, _ kind: FailureKey.Kind, _ limits: FailureLimits
    ) -> Duration {
        min(limits.delayMax(kind), .seconds(Int64(1) << min(excess - 1, 32)))
    }
}
