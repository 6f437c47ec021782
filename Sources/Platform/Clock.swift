internal import Glibc

/// Where "now" comes from; tests pass their own.
package typealias Clock = @Sendable () -> Instant

extension Instant {
    /// The present time by the system's wall clock.
    package static var now: Instant {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// Milliseconds of a clock that never steps, for deadlines and measuring inside one process.
package func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
