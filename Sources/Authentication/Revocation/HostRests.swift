internal import Platform

/// Which hosts have not answered lately, or not in time, and are left alone for a while.
final class HostRests: Sendable {
    private struct Rest {
        var failures: Int
        var until: Instant
    }

    private static let first: Duration = .seconds(15)
    private static let longest: Duration = .seconds(120)
    private static let hostsMax = 1000

    private let rests = Lock<[String: Rest]>([:])
    private let slowAfter: Duration

    /// - Parameter slowAfter: A host that takes longer is as bad as one that does not answer: who
    ///   asks does not wait for it that long.
    init(slowAfter: Duration = .seconds(5)) {
        self.slowAfter = slowAfter
    }

    /// Fetches from the host and notes whether it answers, and in time.
    func fetch(
        from host: String, clock: Clock, _ fetch: () throws(RevocationFetchError) -> [UInt8]
    ) throws(RevocationFetchError) -> [UInt8] {
        let start = monotonicMilliseconds()
        do throws(RevocationFetchError) {
            let bytes = try fetch()
            note(host, isOutage: isSlow(since: start), clock)
            return bytes
        } catch {
            // Another failure is one of the address, and no news of the host.
            if error.isOutage || isSlow(since: start) { failed(host, at: clock()) }
            throw error
        }
    }

    private func isSlow(since start: Int64) -> Bool {
        monotonicMilliseconds() &- start > slowAfter.milliseconds
    }

    private func note(_ host: String, isOutage: Bool, _ clock: Clock) {
        if isOutage { failed(host, at: clock()) } else { answered(host) }
    }

    /// Whether the host is to be left alone now.
    func isResting(_ host: String, at now: Instant) -> Bool {
        rests.withLock { rests in
            guard let rest = rests[host] else { return false }
            // A clock that was set back must not make the rest longer.
            return now < rest.until && rest.until - now <= Self.longest
        }
    }

    /// The host did not answer: it rests, each time longer.
    func failed(_ host: String, at now: Instant) {
        rests.withLock { rests in
            let failures = min(rests[host]?.failures ?? 0, 10)
            let time = min(Self.longest, Self.first * (1 << failures))
            if rests.count >= Self.hostsMax { rests = rests.filter { now < $0.value.until } }
            guard rests.count < Self.hostsMax || rests[host] != nil else { return }
            rests[host] = Rest(failures: failures + 1, until: now + time)
        }
    }

    func answered(_ host: String) {
        rests.withLock { $0[host] = nil }
    }
}
