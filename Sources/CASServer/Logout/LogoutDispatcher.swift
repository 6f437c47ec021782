internal import CASProtocol
internal import Logging
internal import Outbound
package import Platform
internal import SSO
internal import Services
internal import Tickets

/// Posts the logout messages that ended sessions have left in the registry (CAS 3.0 §2.3.3).
///
/// The queue is in the registry: whoever ends a session only writes there, any worker delivers, and
/// what a dead worker had begun is due again when its lease is over. Several threads work at once;
/// none of them is one that answers requests.
package final class LogoutDispatcher: Sendable {
    private let sso: SingleSignOn
    private let services: ServiceCatalog
    private let send: OutboundSend
    private let random: RandomBytes
    private let log: Logger
    private let queue = Lock(DeliveryQueue())
    /// Rung when there is something to deliver.
    package let bell: WakeUp?

    /// How often a message is tried in all.
    static let triesMax = 4
    /// How long after the first, second and third try the next one comes.
    private static let pauses: [Duration] = [.seconds(5), .seconds(30), .seconds(120)]
    /// How long a delivery belongs to the thread that took it; longer than any call may take.
    private let lease: Duration
    /// How long a call may take.
    private let sendTimeout: Duration
    /// How many deliveries are taken from the registry at once.
    private static let claimMax = 32
    /// When a host that does not answer is given up, counted from the end of the session.
    private static let giveUpAfter: Duration = .seconds(3600)

    init(
        sso: SingleSignOn, services: ServiceCatalog, send: @escaping OutboundSend,
        timeout: Duration, random: @escaping RandomBytes, log: Logger
    ) {
        self.sso = sso
        self.services = services
        self.send = send
        self.random = random
        self.log = log
        lease = timeout + .seconds(10)
        sendTimeout = timeout
        // Losing the error is right: without a bell, deliveries wait for the next look.
        bell = try? WakeUp()
    }

    /// Delivers what is due, one message after another.
    ///
    /// - Returns: How many were tried; what cannot be read from the registry now is logged.
    @discardableResult
    package func deliverDue(at clock: Clock, limit: Int) -> Int {
        var count = 0
        do {
            while count < limit, let waiting = try next(clock) {
                count += 1
                // There may be more: another thread shall look.
                bell?.ring()
                try deliver(waiting, clock)
            }
        } catch {
            log.error("logout delivery failed", metadata: ["reason": "\(error)"])
        }
        return count
    }

    /// A message whose host has a place for it; more are claimed while there is none.
    private func next(_ clock: Clock) throws -> WaitingDelivery? {
        while true {
            let now = clock()
            let (ready, room) = queue.withLock { queue in
                (queue.take(at: now, freshFor: lease - sendTimeout), queue.room)
            }
            if let ready { return ready }
            let claimed = try sso.registry.claimDeliveries(
                at: now, lease: lease, limit: min(room, Self.claimMax))
            guard !claimed.isEmpty else { return nil }
            for delivery in claimed { try sort(delivery, at: now) }
        }
    }

    /// Decides what becomes of a message, and lets it wait for its host.
    private func sort(_ delivery: LogoutDelivery, at now: Instant) throws {
        switch sso.plan(for: delivery.service, in: services.current, at: now) {
        case .skip(let why): try settle(delivery, .skipped, why, tries: delivery.tries, at: now)
        case .browser:
            let why =
                delivery.cause == .logout
                ? "left to the browser, if one was there"
                : "only a browser could tell it, and none was there"
            try settle(delivery, .skipped, why, tries: delivery.tries, at: now)
        case .send(to: let target):
            let waiting = WaitingDelivery(delivery: delivery, target: target, claimedAt: now)
            switch queue.withLock({ $0.add(waiting, at: now) }) {
            case .waits: break
            case .full: try putOff(delivery, until: now + .seconds(1), at: now)
            case .rests(until: let end):
                if now - delivery.createdAt > Self.giveUpAfter {
                    try settle(
                        delivery, .failed, "the host stayed unreachable", tries: delivery.tries,
                        at: now)
                } else {
                    try putOff(delivery, until: end, at: now)
                }
            }
        }
    }

    /// Not a try: it leaves no line in the log, and counts as none.
    private func putOff(
        _ delivery: LogoutDelivery, until date: Instant, at now: Instant
    ) throws {
        try sso.registry.settleDelivery(
            delivery.id, status: .pending, note: delivery.note, tries: delivery.tries,
            nextTryAt: date, at: now)
    }

    private func deliver(_ waiting: WaitingDelivery, _ clock: Clock) throws {
        let outcome = post(waiting.delivery, to: waiting.target, at: clock())
        let end = clock()
        queue.withLock { $0.leave(waiting.host, failed: outcome.isFailure, at: end) }
        try note(outcome, of: waiting.delivery, at: end)
    }

    private enum Outcome {
        case answered(status: Int)
        case failed(String)

        var isFailure: Bool { if case .failed = self { true } else { false } }
    }

    private func post(
        _ delivery: LogoutDelivery, to target: ServiceURL, at now: Instant
    ) -> Outcome {
        let message = LogoutMessage.xml(
            id: Self.mintID(random), ticket: delivery.ticket, principal: delivery.principal,
            at: now)
        let request = OutboundRequest(
            method: .post(
                body: LogoutMessage.body(message), type: "application/x-www-form-urlencoded"),
            url: target.addressWithoutFragment, allowsPlain: target.scheme == "http")
        do throws(OutboundError) {
            return .answered(status: try send(request).status)
        } catch {
            return .failed(error.reasonClass)
        }
    }

    /// Any answer is taken, because applications redirect or refuse after they have understood;
    /// only an outage is tried again.
    private func note(_ outcome: Outcome, of delivery: LogoutDelivery, at now: Instant) throws {
        let tries = delivery.tries + 1
        let why: String
        switch outcome {
        case .answered(let status) where status < 500:
            return try settle(delivery, .delivered, "status \(status)", tries: tries, at: now)
        case .answered(let status): why = "status \(status)"
        case .failed(let reason): why = reason
        }
        guard tries < Self.triesMax else {
            return try settle(delivery, .failed, why, tries: tries, at: now)
        }
        try settle(
            delivery, .pending, why, tries: tries,
            nextTryAt: now + Self.pauses[min(tries, Self.pauses.count) - 1], at: now)
    }

    private func settle(
        _ delivery: LogoutDelivery, _ status: LogoutStatus, _ note: String?, tries: Int,
        nextTryAt: Instant? = nil, at now: Instant
    ) throws {
        try sso.registry.settleDelivery(
            delivery.id, status: status, note: note, tries: tries, nextTryAt: nextTryAt, at: now)
        log.log(
            level: status == .failed ? .warning : .info, "logout message",
            metadata: [
                "status": "\(status.rawValue)", "reason": "\(note ?? "")", "tries": "\(tries)",
                "user": "\(delivery.principal)", "session": "\(delivery.session)",
                // What stands behind the question mark is the application's own affair.
                "service": "\(delivery.service.prefix { $0 != "?" })",
                "ticket": "\(TicketHandle(of: delivery.ticket))",
            ])
    }

    /// A fresh identifier of a logout message.
    static func mintID(_ random: RandomBytes) -> String { "LR-" + hexadecimal(random(16)) }
}
