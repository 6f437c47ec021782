internal import OpenSSL
internal import Platform

/// What responders say about certificates (RFC 6960).
final class ResponderAnswers: Sendable {
    private let rules: RevocationRules
    private let fetch: RevocationFetch
    private let random: RandomBytes
    private let clock: Clock
    private let rests: HostRests
    private let isRevoked: IsRevoked
    private let cache: FetchCache<OCSPAnswer>

    /// Whether a list names the certificate; asked about responders that may be revoked as well.
    typealias IsRevoked =
        @Sendable (
            _ certificate: X509Certificate, _ issuer: X509Certificate, _ now: Instant
        ) -> Bool

    /// How many responders of one certificate are asked.
    private static let respondersMax = 3
    private static let answersMax = 10_000
    private static let nonceBytes = 16
    /// How long an answer is kept that does not say how long it is good.
    private static let openLifetime: Duration = .seconds(60)

    init(
        _ rules: RevocationRules, fetch: @escaping RevocationFetch, random: @escaping RandomBytes,
        threads: FetchThreads, rests: HostRests, clock: @escaping Clock,
        isRevoked: @escaping IsRevoked
    ) {
        self.rules = rules
        self.isRevoked = isRevoked
        self.fetch = fetch
        self.random = random
        self.clock = clock
        self.rests = rests
        cache = FetchCache(
            .init(entriesMax: Self.answersMax, bytesMax: .max), threads: threads, clock: clock)
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
        ) { [self] _ in load(address, certificate, issuer) }
        guard let answer = finding.value, !finding.isOverdue else {
            return step(address.url, .unusable(finding.failure ?? "not asked yet"))
        }
        if let responder = answer.responder, !responder.hasNoCheck,
            isRevoked(responder, issuer, now)
        {
            return step(address.url, .unusable("the responder's certificate is revoked"))
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
        return step
    }

    private func step(
        _ place: String, _ statement: RevocationStep.Statement
    ) -> RevocationStep {
        RevocationStep(source: .ocsp, place: place, statement: statement)
    }

    private func load(
        _ address: ListAddress, _ certificate: X509Certificate, _ issuer: X509Certificate
    ) -> Result<FetchCache<OCSPAnswer>.Fetched, RevocationFetchError> {
        guard !rests.isResting(address.host, at: clock()) else {
            return .failure(RevocationFetchError("the responder does not answer"))
        }
        do {
            let question = try OCSPQuestion(
                certificate, issuer: issuer, nonce: random(Self.nonceBytes))
            let bytes = try fetch(
                RevocationRequest(
                    url: address.url,
                    method: .post(body: question.der, type: "application/ocsp-request"),
                    bytesMax: OCSPQuestion.answerBytesMax))
            rests.answered(address.host)
            let answer = try question.answer(bytes, at: clock())
            guard answer.hasNonce || !rules.requiresNonce else {
                return .failure(RevocationFetchError("the answer has no nonce"))
            }
            return .success(kept(answer))
        } catch let error as RevocationFetchError {
            if error.isOutage { rests.failed(address.host, at: clock()) }
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
