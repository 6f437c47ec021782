package import OpenSSL
package import Platform

/// Tells whether certificates have been revoked, by the sources that the rules name.
///
/// Any thread may ask. A question blocks only if a list or an answer must be fetched first, not
/// longer than `patience`, and only if not too many others wait already.
package final class RevocationChecker: Sendable {
    package let rules: RevocationRules
    private let patience: Duration
    private let waitersMax: Int
    private let waiters = Lock(0)
    private let files: FileLists
    private let lists: DistributedLists
    private let answers: ResponderAnswers

    /// Reads the files; what is wrong with them is in the ``facts(at:)``.
    ///
    /// - Parameters:
    ///   - authorities: Whose lists are believed in files; elsewhere it is the issuer's only.
    ///   - patience: How long a question waits for lists and answers; a host that takes longer
    ///     is left alone for a while.
    ///   - waitersMax: How many questions wait at once; the others are judged by what is there.
    package convenience init(
        _ rules: RevocationRules, authorities: [X509Certificate],
        fetch: @escaping RevocationFetch, random: @escaping RandomBytes,
        patience: Duration = .seconds(5), waitersMax: Int = 2, clock: @escaping Clock = { .now }
    ) {
        self.init(
            rules, authorities: authorities, fetch: fetch, random: random, patience: patience,
            waitersMax: waitersMax, clock: clock,
            threads: FetchThreads(start: FetchThreads.systemStart))
    }

    init(
        _ rules: RevocationRules, authorities: [X509Certificate],
        fetch: @escaping RevocationFetch, random: @escaping RandomBytes, patience: Duration,
        waitersMax: Int, clock: @escaping Clock, threads: FetchThreads
    ) {
        self.rules = rules
        self.patience = patience
        self.waitersMax = max(1, waitersMax)
        let rests = HostRests(slowAfter: patience)
        let files = FileLists(rules, authorities: authorities)
        let lists = DistributedLists(
            rules, fetch: fetch, threads: threads, rests: rests, clock: clock)
        self.files = files
        self.lists = lists
        answers = ResponderAnswers(
            rules, fetch: fetch, random: random, threads: threads, rests: rests, clock: clock,
            fault: { responder, issuer, now, wait in
                var steps: [RevocationStep] = []
                if rules.sources.contains(.files) {
                    steps += files.steps(for: responder, issuer: issuer, at: now)
                }
                if rules.sources.contains(.crl) {
                    steps += lists.steps(for: responder, issuer: issuer, at: now, wait: &wait)
                }
                switch rules.verdict(on: steps) {
                case .good, .undecided(_, isTolerated: true): return nil
                case .revoked: return "the responder's certificate is revoked"
                case .undecided(let why, isTolerated: false):
                    return "whether the responder's certificate is revoked is unknown: \(why)"
                }
            })
        if rules.sources.contains(.files) { _ = files.refresh(at: clock()) }
    }

    /// What is known of the certificates of a path, the leaf first and the trust anchor last.
    ///
    /// The anchor itself is not looked for: nobody above it could revoke it.
    package func check(_ path: [X509Certificate], at now: Instant) -> RevocationFinding {
        var wait = FetchWait.none
        let finding = check(path, at: now, wait: &wait)
        guard wait.isWorthwhile, takePlace() else { return finding }
        defer { waiters.withLock { $0 -= 1 } }
        // All that is missing is on its way now, so that the slowest of them sets the time.
        wait = .time(patience)
        return check(path, at: now, wait: &wait)
    }

    /// How many questions wait now.
    var waiterCount: Int { waiters.withLock { $0 } }

    /// Whether one more may wait; the threads that wait check passwords as well.
    private func takePlace() -> Bool {
        waiters.withLock { count in
            guard count < waitersMax else { return false }
            count += 1
            return true
        }
    }

    private func check(
        _ path: [X509Certificate], at now: Instant, wait: inout FetchWait
    ) -> RevocationFinding {
        var found: [RevocationFinding.Certificate] = []
        for (certificate, issuer) in zip(path, path.dropFirst()) {
            var steps: [RevocationStep] = []
            for source in rules.sources {
                switch source {
                case .files: steps += files.steps(for: certificate, issuer: issuer, at: now)
                case .crl:
                    steps += lists.steps(
                        for: certificate, issuer: issuer, at: now, wait: &wait)
                case .ocsp:
                    steps += answers.steps(
                        for: certificate, issuer: issuer, at: now, wait: &wait)
                }
            }
            let verdict = rules.sources.isEmpty ? .good : rules.verdict(on: steps)
            found.append(
                RevocationFinding.Certificate(
                    certificate: certificate, steps: steps, verdict: verdict))
            if !rules.checksAuthorities { break }
        }
        return RevocationFinding(certificates: found)
    }

    /// Reads what has changed in files and folders, and has fetched lists renewed in time.
    ///
    /// Cheap if nothing has changed; called each second.
    ///
    /// - Returns: What is new, for the operator.
    package func refresh(at now: Instant) -> [String] {
        if rules.sources.contains(.crl) { lists.renew(at: now) }
        if rules.sources.contains(.ocsp) { answers.forget(at: now) }
        return rules.sources.contains(.files) ? files.refresh(at: now) : []
    }

    /// All lists and the answers that could not be had, in the order of sources and places.
    package func facts(at now: Instant) -> [RevocationListFacts] {
        files.facts(at: now) + lists.facts(at: now) + answers.failures()
    }
}
