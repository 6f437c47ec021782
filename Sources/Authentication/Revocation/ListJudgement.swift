internal import OpenSSL
internal import Platform

extension RevocationRules {
    /// By how much clocks may differ.
    static let skew: Duration = .seconds(300)

    /// What a list says about a certificate whose issuer has signed it.
    ///
    /// - Parameter end: When the time of a list is over that does not say so itself; `nil` if it is
    ///   believed as long as it is there, as the operator's own files are.
    func statement(
        of list: RevocationList, on certificate: X509Certificate, at now: Instant,
        endingAt end: Instant? = nil
    ) -> RevocationStep.Statement {
        guard list.covers(certificate) else {
            return .unusable("it does not cover this certificate")
        }
        guard list.isBegun(at: now) else { return .unusable("it is not valid yet") }
        // Also if its time is over: what was revoked once stays so.
        if let entry = list.entry(for: certificate.serialNumber) {
            return .revoked(at: entry.revokedAt, reason: entry.reason?.description)
        }
        guard !list.scope.onlySomeReasons else {
            return .unusable("it names revocations for some reasons only")
        }
        guard let end = list.nextUpdate ?? end, now > end else { return .good }
        switch expired {
        case .allow: return .tolerated
        case .deny: return .expired
        case .threshold: return now <= end + threshold ? .tolerated : .expired
        }
    }

    /// What is known of a certificate after all sources have been asked.
    func verdict(on steps: [RevocationStep]) -> RevocationFinding.Verdict {
        var isGood = false
        var expiry: RevocationStep?
        for step in steps {
            switch step.statement {
            case .revoked(let time, let reason): return .revoked(at: time, reason: reason)
            case .good, .tolerated: isGood = true
            case .expired: expiry = expiry ?? step
            case .unusable: break
            }
        }
        if isGood { return .good }
        if let expiry {
            let end = expiry.nextUpdate.map { " at \($0.rfc3339)" } ?? ""
            return .undecided("the list \(expiry.place) has expired\(end)", isTolerated: false)
        }
        return .undecided(Self.summary(of: steps), isTolerated: unavailable == .allow)
    }

    private static func summary(of steps: [RevocationStep]) -> String {
        let texts = steps.prefix(3).compactMap { step -> String? in
            guard case .unusable(let why) = step.statement else { return nil }
            return step.place.isEmpty ? why : "\(step.place): \(why)"
        }
        return texts.isEmpty ? "no source says anything" : texts.joined(separator: "; ")
    }
}

extension RevocationList {
    /// Whether it is not dated in the future, but for the difference of clocks.
    func isBegun(at now: Instant) -> Bool {
        thisUpdate <= now + RevocationRules.skew
    }

    /// Why the list must not take the place of another of its kind; `nil` if it may.
    ///
    /// One that is in force already is not taken back by what an older one says, nor by what will
    /// be said one day.
    func objection(replacing old: RevocationList, at now: Instant) -> String? {
        guard old.isBegun(at: now) else { return nil }
        if !isBegun(at: now) { return "not valid yet, only from \(thisUpdate.rfc3339)" }
        guard thisUpdate < old.thisUpdate else { return nil }
        return "older than the list in force, of \(thisUpdate.rfc3339)"
    }
}

extension RevocationStep {
    /// The step of a list.
    init(
        source: RevocationRules.Source, place: String, list: RevocationList,
        statement: Statement, note: String? = nil
    ) {
        self.init(source: source, place: place, statement: statement)
        thisUpdate = list.thisUpdate
        nextUpdate = list.nextUpdate
        number = list.number
        count = list.count
        self.note = note
    }
}
