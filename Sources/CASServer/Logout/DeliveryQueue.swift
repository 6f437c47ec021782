internal import CASProtocol
internal import Platform
internal import Tickets

/// A logout message that this process has claimed and not sent yet.
struct WaitingDelivery: Sendable {
    let delivery: LogoutDelivery
    let target: ServiceURL
    let claimedAt: Instant

    /// What has a load of its own: a server, as far as its address tells.
    var host: String { target.host + (target.port.map { ":\($0)" } ?? "") }
}

/// The messages of one process that wait for their hosts.
///
/// A host gets few messages at once, and is left alone for a while when it does not answer, so that
/// one that is slow or dead never keeps the others waiting.
struct DeliveryQueue {
    private struct Host {
        var waiting: [WaitingDelivery] = []
        var inFlight = 0
        /// How often in a row it did not answer.
        var failures = 0
        var restsUntil: Instant?

        var isIdle: Bool { waiting.isEmpty && inFlight == 0 }
    }

    /// What became of a message that was added.
    enum Place {
        case waits
        /// There are too many for the host already.
        case full
        case rests(until: Instant)
    }

    private var hosts: [String: Host] = [:]
    private var waitingCount = 0

    /// How many messages one host gets at once from this process.
    private static let inFlightMax = 4
    private static let waitingMaxOfHost = 256
    private static let waitingMax = 1024
    /// The longest rest of a host; the first is two seconds, each next one twice as long.
    private static let restMax: Duration = .seconds(16)
    /// How many hosts that do not answer are remembered.
    private static let restingMax = 1000

    /// How many more can wait.
    var room: Int { Self.waitingMax - waitingCount }

    mutating func add(_ delivery: WaitingDelivery, at now: Instant) -> Place {
        let name = delivery.host
        if let end = hosts[name]?.restsUntil, now < end { return .rests(until: end) }
        guard hosts[name]?.waiting.count ?? 0 < Self.waitingMaxOfHost, room > 0 else {
            return .full
        }
        hosts[name, default: Host()].waiting.append(delivery)
        waitingCount += 1
        return .waits
    }

    /// Takes a message for a host that has a place for it.
    ///
    /// - Parameter time: How long a claimed message may wait; what is older is let go, because
    ///   another process may claim it while it is sent.
    mutating func take(at now: Instant, freshFor time: Duration) -> WaitingDelivery? {
        guard waitingCount > 0 else { return nil }
        for name in hosts.keys {
            guard var host = hosts[name], !host.waiting.isEmpty else { continue }
            let count = host.waiting.count
            host.waiting.removeAll { now - $0.claimedAt > time }
            waitingCount -= count - host.waiting.count
            let rests = host.restsUntil.map { now < $0 } ?? false
            guard !rests, host.inFlight < Self.inFlightMax, !host.waiting.isEmpty else {
                hosts[name] = host
                continue
            }
            let taken = host.waiting.removeFirst()
            waitingCount -= 1
            host.inFlight += 1
            hosts[name] = host
            return taken
        }
        return nil
    }

    /// Notes that a message has been sent, or could not be.
    mutating func leave(_ name: String, failed: Bool, at now: Instant) {
        guard var host = hosts[name] else { return }
        host.inFlight -= 1
        if failed {
            // Several messages that were on their way together tell of one outage.
            if !(host.restsUntil.map { now < $0 } ?? false) {
                host.failures += 1
                host.restsUntil = now + min(.seconds(1 << min(host.failures, 6)), Self.restMax)
            }
        } else {
            host.failures = 0
            host.restsUntil = nil
        }
        hosts[name] = host.isIdle && !failed ? nil : host
        if hosts.count > Self.restingMax { forgetRested(at: now) }
    }

    private mutating func forgetRested(at now: Instant) {
        hosts = hosts.filter { _, host in
            !host.isIdle || host.restsUntil.map { now < $0 } ?? false
        }
    }
}
