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
    private let hosts = Lock(HostLoad())
    /// Rung when there is something to deliver.
    package let bell: WakeUp?

    /// How often a message is tried in all.
    static let triesMax = 4
    /// How long after the first, second and third try the next one comes.
    private static let pauses: [Duration] = [.seconds(5), .seconds(30), .seconds(120)]
    /// How long a delivery belongs to the thread that took it; longer than any call may take.
    private let lease: Duration

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
        // Losing the error is right: without a bell, deliveries wait for the next look.
        bell = try? WakeUp()
    }

    /// Delivers what is due, one message after another.
    ///
    /// - Returns: How many were looked at; what cannot be read from the registry now is logged.
    @discardableResult
    package func deliverDue(at clock: Clock, limit: Int) -> Int {
        var count = 0
        do {
            while count < limit,
                let delivery = try sso.registry.claimDeliveries(
                    at: clock(), lease: lease, limit: 1
                ).first
            {
                count += 1
                // There may be more: another thread shall look.
                bell?.ring()
                try deliver(delivery, clock)
            }
        } catch {
            log.error("logout delivery failed", metadata: ["reason": "\(error)"])
        }
        return count
    }

    private func deliver(_ delivery: LogoutDelivery, _ clock: Clock) throws {
        let now = clock()
        switch sso.plan(for: delivery.service, in: services.current, at: now) {
        case .skip(let why): try settle(delivery, .skipped, why, tries: delivery.tries, at: now)
        case .browser:
            let why =
                delivery.cause == .logout
                ? "left to the browser" : "only a browser could tell it, and none was there"
            try settle(delivery, .skipped, why, tries: delivery.tries, at: now)
        case .send(to: let target):
            guard hosts.withLock({ $0.enter(target.host, at: now) }) else {
                return try putOff(delivery, at: now)
            }
            let outcome = post(delivery, to: target, at: now)
            let end = clock()
            hosts.withLock { $0.leave(target.host, failed: outcome.isFailure, at: end) }
            try note(outcome, of: delivery, at: end)
        }
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

    /// A host that is busy or was just found dead must not keep all threads waiting.
    private func putOff(_ delivery: LogoutDelivery, at now: Instant) throws {
        guard now - delivery.createdAt < .seconds(600) else {
            return try settle(
                delivery, .failed, "the host stayed unreachable", tries: delivery.tries, at: now)
        }
        try settle(
            delivery, .pending, delivery.note, tries: delivery.tries,
            nextTryAt: now + .seconds(2), at: now, isLogged: false)
    }

    private func settle(
        _ delivery: LogoutDelivery, _ status: LogoutStatus, _ note: String?, tries: Int,
        nextTryAt: Instant? = nil, at now: Instant, isLogged: Bool = true
    ) throws {
        try sso.registry.settleDelivery(
            delivery.id, status: status, note: note, tries: tries, nextTryAt: nextTryAt, at: now)
        guard isLogged else { return }
        log.log(
            level: status == .failed ? .warning : .info, "logout message",
            metadata: [
                "status": "\(status.rawValue)", "reason": "\(note ?? "")", "tries": "\(tries)",
                "user": "\(delivery.principal)", "session": "\(delivery.session)",
                "service": "\(delivery.service)", "ticket": "\(TicketHandle(of: delivery.ticket))",
            ])
    }

    /// A fresh identifier of a logout message.
    static func mintID(_ random: RandomBytes) -> String { "LR-" + hexadecimal(random(16)) }
}

/// How many messages are on their way to each host, and which hosts do not answer.
private struct HostLoad {
    private var inFlight: [String: Int] = [:]
    private var restsUntil: [String: Instant] = [:]

    /// How many messages one host gets at once from this process.
    private static let inFlightMax = 4
    /// How long a host that did not answer is left alone.
    private static let rest: Duration = .seconds(2)

    mutating func enter(_ host: String, at now: Instant) -> Bool {
        if let end = restsUntil[host] {
            if now < end { return false }
            restsUntil[host] = nil
        }
        guard inFlight[host, default: 0] < Self.inFlightMax else { return false }
        inFlight[host, default: 0] += 1
        return true
    }

    mutating func leave(_ host: String, failed: Bool, at now: Instant) {
        let count = inFlight[host, default: 1] - 1
        inFlight[host] = count > 0 ? count : nil
        if failed { restsUntil[host] = now + Self.rest }
    }
}
