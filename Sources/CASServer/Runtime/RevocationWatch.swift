internal import Authentication
internal import Logging
internal import Platform

/// Keeps the revocation lists of a worker in step with files and servers, and tells the log what
/// the operator should see to before people are kept out.
struct RevocationWatch {
    private let checker: RevocationChecker
    private let log: Logger
    private var lastLook: Instant?
    /// The lists that were reported as expired.
    private var expired: Set<String> = []

    private static let lookInterval: Duration = .seconds(60)

    init(_ checker: RevocationChecker, log: Logger) {
        self.checker = checker
        self.log = log
        for facts in checker.facts(at: .now) {
            guard let failure = facts.failure else { continue }
            log.warning("revocation list", metadata: ["reason": "\(facts.place): \(failure)"])
        }
    }

    /// Does what is due; called each second.
    mutating func step(at now: Instant) {
        for text in checker.refresh(at: now) {
            log.notice("revocation list", metadata: ["reason": "\(text)"])
        }
        if let lastLook, now >= lastLook, now - lastLook < Self.lookInterval { return }
        lastLook = now
        var found: Set<String> = []
        for facts in checker.facts(at: now) where facts.isExpired(at: now) {
            guard let end = facts.nextUpdate else { continue }
            let text = "\(facts.place): the list of \(facts.issuer) has expired at \(end.rfc3339)"
            if !expired.contains(text) {
                log.warning("revocation list", metadata: ["reason": "\(text)"])
            }
            found.insert(text)
        }
        expired = found
    }
}
