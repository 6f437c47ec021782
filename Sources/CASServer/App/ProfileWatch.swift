internal import HTTP
internal import Logging
internal import Platform

/// Warns when requests arrive without the marker of casd's own gateway file, once a minute at most.
///
/// Without that file the certificate's parameters are often lost or can be forged.
struct ProfileWatch: Sendable {
    private let log: Logger
    private let clock: Clock
    private let lastWarning: Lock<Instant?>

    init(log: Logger, clock: @escaping Clock) {
        self.log = log
        self.clock = clock
        lastWarning = Lock(nil)
    }

    func check(_ gateway: GatewayFacts) {
        guard !gateway.hasProfileMarker else { return }
        let now = clock()
        let isDue = lastWarning.withLock { last in
            guard last.map({ now - $0 >= .seconds(60) }) ?? true else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        log.warning(
            "gateway profile missing",
            metadata: [
                "reason": "requests arrive without CASD_PROFILE; include casd-params.conf in nginx"
            ])
    }
}
