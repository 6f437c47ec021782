internal import Authentication
internal import Logging
internal import Platform

/// Keeps the revocation lists of a worker in step with files and servers, and tells the log what
/// the operator should see to before people are kept out.
struct RevocationWatch {
    private let checker: RevocationChecker
    private let log: Logger
    private var lastLook: Instant?
    /// What has been reported and goes on.
    private var reported: Set<String> = []

    private static let lookInterval: Duration = .seconds(60)

    init(_ checker: RevocationChecker, log: Logger) {
        self.checker = checker
        self.log = log
    }

    /// Does what is due; called each second.
    mutating func step(at now: Instant) {
        for text in checker.refresh(at: now) {
            log.notice("revocation list", metadata: ["reason": "\(text)"])
        }
        if let lastLook, now >= lastLook, now - lastLook < Self.lookInterval { return }
        lastLook = now
        var found: Set<String> = []
        for text in checker.facts(at: now).flatMap({ troubles($0, at: now) }) {
            if !reported.contains(text) {
                log.warning("revocation list", metadata: ["reason": "\(text)"])
            }
            found.insert(text)
        }
        reported = found
    }

    /// What the operator should see to: a list or an answer that cannot be had, or is over.
    private func troubles(_ facts: RevocationListFacts, at now: Instant) -> [String] {
        var troubles: [String] = []
        if let failure = facts.failure { troubles.append("\(facts.place): \(failure)") }
        if facts.isExpired(at: now), let end = facts.nextUpdate {
            troubles.append(
                "\(facts.place): the list of \(facts.issuer) has expired at \(end.rfc3339)")
        }
        return troubles
    }
}
