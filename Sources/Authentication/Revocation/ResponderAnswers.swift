internal import OpenSSL
internal import Platform

/// What responders say about certificates (RFC 6960).
final class ResponderAnswers: Sendable {
    private let rules: RevocationRules
    private let fetch: RevocationFetch
    private let random: RandomBytes
    private let clock: Clock
    private let rests: HostRests
    private let fault: ResponderFault
    private let cache: FetchCache<OCSPAnswer>

    /// Why the answers of a responder that may be revoked are not believed, by what the lists say
    /// about its certificate; `nil` if they are.
    typealias ResponderFault =
        @Sendable (
            _ responder: X509Certificate, _ issuer: X509Certificate, _ now: Instant,
            _ wait: inout FetchWait
        ) -> String?

    /// How many responders of one certificate are asked.
    private static let respondersMax = 3
    private static let answersMax = 10_000
    private static let nonceBytes = 16
    /// Long: a revocation is not to be forgotten while there is room for it.
    private static let idleMax: Duration = .seconds(365 * 86_400)
    /// How long an answer is kept that does not say how long it is good.
    private static let openLifetime: Duration = .seconds(60)

    init(
        _ rules: RevocationRules, fetch: @escaping RevocationFetch, random: @escaping RandomBytes,
        threads: FetchThreads, rests: HostRests, clock: @escaping Clock,
        fault: @escaping ResponderFault
    ) {
        self.rules = rules
        self.fault = fault
        self.fetch = fetch
        self.random = random
        self.clock = clock
        self.rests = rests
        cache = FetchCache(
            .init(entriesMax: Self.answersMax, bytesMax: .max, idleMax: Self.idleMax),
            threads: threads, clock: clock)
    }

    /// What the responders of a certificate say; the next one is asked only if one says nothing.
    func steps(
        for certificate: X509Certificate, issuer: X509Certificate, at now: Instant,
        wait: inout FetchWait
    ) -> [RevocationStep] {
        let addresses = rules.responder.map { [$0] } ?? certificate.ocspResponders
        guard !addresses.isEmpty else {
            return [step("", .unusable("the certificate names no responder"))]
        }
        var steps: [RevocationStep] = []
        for text in addresses.prefix(Self.respondersMax) {
            do throws(ListAddress.Fault) {
                let address = try ListAddress(text)
                steps.append(step(for: certificate, issuer, address, at: now, wait: &wait))
            } catch {
                steps.append(step(text, .unusable(error.text)))
            }
            switch steps.last?.statement {
            case .good, .revoked: return steps
            default: continue
            }
        }
        return steps
    }

    private func step(
        for certificate: X509Certificate, _ issuer: X509Certificate, _ address: ListAddress,
        at now: Instant, wait: inout FetchWait
    ) -> RevocationStep {
        let key =
            "\(address.url) \(hexadecimal(issuer.publicKeyDigest)) "
            + certificate.serialNumber.hexadecimal
        let finding = cache.value(
            for: key, host: address.host, at: now, wait: &wait
        ) { [self] previous in load(address, certificate, issuer, previous: previous) }
        guard let answer = finding.value, !finding.isOverdue || answer.isFinal else {
            return step(address.url, .unusable(finding.failure ?? "not asked yet"))
        }
        if let responder = answer.responder, !responder.hasNoCheck,
            let fault = fault(responder, issuer, now, &wait)
        {
            return step(address.url, .unusable(fault))
        }
        let statement: RevocationStep.Statement =
            switch answer.status {
            case .good: .good
            case .revoked(let entry):
                .revoked(at: entry.revokedAt, reason: entry.reason?.description)
            case .unknown: .unusable("the responder does not know the certificate")
            }
        var step = step(address.url, statement)
        step.thisUpdate = answer.thisUpdate
        step.nextUpdate = answer.nextUpdate
        if !answer.hasNonce { step.note = "without a nonce" }
        if finding.isOverdue { step.note = "its time is over, but what was revoked stays so" }
        return step
    }

    private func step(
        _ place: String, _ statement: RevocationStep.Statement
    ) -> RevocationStep {
        RevocationStep(source: .ocsp, place: place, statement: statement)
    }

    private func load(
        _ address: ListAddress, _ certificate: X509Certificate, _ issuer: X509Certificate,
        previous: OCSPAnswer?
    ) -> Result<FetchCache<OCSPAnswer>.Fetched, RevocationFetchError> {
        guard !rests.isResting(address.host, at: clock()) else {
            return .failure(RevocationFetchError("the responder does not answer"))
        }
        do {
            let question = try OCSPQuestion(
                certificate, issuer: issuer, nonce: random(Self.nonceBytes))
            let request = RevocationRequest(
                url: address.url,
                method: .post(body: question.der, type: "application/ocsp-request"),
                bytesMax: OCSPQuestion.answerBytesMax)
            let bytes = try rests.fetch(
                from: address.host, clock: clock
            ) { () throws(RevocationFetchError) in try fetch(request) }
            let answer = try question.answer(bytes, at: clock())
            guard answer.hasNonce || !rules.requiresNonce else {
                return .failure(RevocationFetchError("the answer has no nonce"))
            }
            if let previous, previous.isFinal, !answer.mayFollowRevocation(previous) {
                return .failure(RevocationFetchError("the answer takes back a revocation"))
            }
            return .success(kept(answer))
        } catch let error as RevocationFetchError {
            return .failure(error)
        } catch {
            return .failure(RevocationFetchError("\(error)"))
        }
    }

    /// How long an answer is kept that has just come.
    private func kept(_ answer: OCSPAnswer) -> FetchCache<OCSPAnswer>.Fetched {
        let now = clock()
        let end = answer.nextUpdate ?? now + Self.openLifetime
        // At least the seconds by which clocks differ, or each login would ask again.
        let goodUntil = min(max(end, now + .seconds(10)), now + rules.answerLifetime)
        let renewAt = now + (goodUntil - now) * 9 / 10
        return .init(value: answer, renewAt: renewAt, goodUntil: goodUntil, bytes: 0)
    }

    /// Forgets what nobody has asked for in a long time.
    func forget(at now: Instant) {
        cache.forget(at: now)
    }

    /// The answers that could not be had.
    func failures() -> [RevocationListFacts] {
        cache.findings(at: clock()).compactMap { key, finding, failureCount in
            guard let failure = finding.failure else { return nil }
            var facts = RevocationListFacts(
                source: .ocsp, place: String(key.prefix { $0 != " " }))
            facts.failure = failure
            facts.failureCount = failureCount
            return facts
        }
    }
}

extension OCSPAnswer {
    /// Whether it says for good that the certificate is revoked: not on hold only.
    fileprivate var isFinal: Bool {
        guard case .revoked(let entry) = status else { return false }
        return entry.reason != .certificateHold
    }

    /// Whether it may take the place of a revocation: as another one, or as the authority's own
    /// correction, which is not older.
    fileprivate func mayFollowRevocation(_ previous: OCSPAnswer) -> Bool {
        switch status {
        case .revoked: isFinal || thisUpdate >= previous.thisUpdate
        case .good: thisUpdate > previous.thisUpdate
        case .unknown: false
        }
    }
}
