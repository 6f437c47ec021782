internal import OpenSSL
internal import Platform

/// The lists at the distribution points that certificates name.
final class DistributedLists: Sendable {
    private let rules: RevocationRules
    private let fetch: RevocationFetch
    private let clock: Clock
    private let rests: HostRests
    private let cache: FetchCache<RevocationList>

    /// Stands in no address.
    private static let separator: Character = " "
    /// How many addresses of one certificate are asked.
    private static let pointsMax = 8
    /// The shortest time between two fetches of a list that will end soon.
    private static let renewalMin: Duration = .seconds(5)

    init(
        _ rules: RevocationRules, fetch: @escaping RevocationFetch, threads: FetchThreads,
        rests: HostRests, clock: @escaping Clock
    ) {
        self.rules = rules
        self.fetch = fetch
        self.clock = clock
        self.rests = rests
        cache = FetchCache(
            .init(
                entriesMax: max(1, rules.cachedListsMax), bytesMax: rules.listsBytesMax),
            threads: threads, clock: clock)
    }

    /// What the lists of a certificate's distribution points say.
    func steps(
        for certificate: X509Certificate, issuer: X509Certificate, at now: Instant,
        wait: inout FetchWait
    ) -> [RevocationStep] {
        let points = certificate.distributionPoints
        guard !points.isEmpty else {
            return [step("", .unusable("the certificate names no distribution point"))]
        }
        return points.prefix(Self.pointsMax).map { point in
            do throws(ListAddress.Fault) {
                return step(for: certificate, issuer, try ListAddress(point), at: now, wait: &wait)
            } catch {
                return step(point, .unusable(error.text))
            }
        }
    }

    private func step(
        for certificate: X509Certificate, _ issuer: X509Certificate, _ address: ListAddress,
        at now: Instant, wait: inout FetchWait
    ) -> RevocationStep {
        // Under one address each issuer has its own, so that none can spoil another's.
        let key = "\(address.url) \(hexadecimal(issuer.publicKeyDigest))"
        let finding = cache.value(
            for: key, host: address.host, at: now, wait: &wait
        ) { [self] previous in load(address, issuer, previous: previous) }
        guard let list = finding.value else {
            return step(address.url, .unusable(finding.failure ?? "not fetched yet"))
        }
        return RevocationStep(
            source: .crl, place: address.url, list: list,
            statement: rules.statement(of: list, on: certificate, at: now),
            note: finding.failure.map { "no newer one: \($0)" })
    }

    private func step(
        _ place: String, _ statement: RevocationStep.Statement
    ) -> RevocationStep {
        RevocationStep(source: .crl, place: place, statement: statement)
    }

    private func load(
        _ address: ListAddress, _ issuer: X509Certificate, previous: RevocationList?
    ) -> Result<FetchCache<RevocationList>.Fetched, RevocationFetchError> {
        guard !rests.isResting(address.host, at: clock()) else {
            return .failure(RevocationFetchError("the server does not answer"))
        }
        let bytes: [UInt8]
        do throws(RevocationFetchError) {
            bytes = try fetch(RevocationRequest(url: address.url, bytesMax: rules.listBytesMax))
            rests.answered(address.host)
        } catch {
            if error.isOutage { rests.failed(address.host, at: clock()) }
            return .failure(error)
        }
        guard bytes.count <= rules.listBytesMax else {
            return .failure(RevocationFetchError("larger than \(rules.listBytesMax) bytes"))
        }
        do throws(RevocationListError) {
            let list = try RevocationList(bytes, signers: [issuer])
            // An old list that is sent again must not take back what a newer one has said.
            if let previous, previous.scope == list.scope,
                list.thisUpdate < previous.thisUpdate
            {
                return .failure(
                    RevocationFetchError(
                        "older than the list before, of \(list.thisUpdate.rfc3339)"))
            }
            return .success(kept(list, bytes: bytes.count))
        } catch {
            return .failure(RevocationFetchError(error.description))
        }
    }

    /// How long a list is kept that has just come.
    private func kept(
        _ list: RevocationList, bytes: Int
    ) -> FetchCache<RevocationList>.Fetched {
        let now = clock()
        var renewAt = now + rules.refresh
        var goodUntil = renewAt + rules.refresh
        if let nextUpdate = list.nextUpdate {
            let left = nextUpdate - now
            renewAt = min(renewAt, now + max(Self.renewalMin, left * 9 / 10))
            // One that has come expired is no worse in a minute.
            goodUntil = min(goodUntil, max(nextUpdate, now + .seconds(60)))
        }
        return .init(value: list, renewAt: renewAt, goodUntil: goodUntil, bytes: bytes)
    }

    /// Has lists renewed that are still asked for, in the background.
    func renew(at now: Instant) {
        cache.renew(at: now)
    }

    func facts(at now: Instant) -> [RevocationListFacts] {
        cache.findings(at: now).map { key, finding, failureCount in
            let url = key.prefix { $0 != Self.separator }
            var facts = RevocationListFacts(source: .crl, place: String(url))
            if let list = finding.value { facts.describe(list, at: now) }
            facts.failure = finding.failure
            facts.failureCount = failureCount
            return facts
        }
    }
}

extension RevocationRules {
    /// How many bytes of lists are kept altogether, for files and for distribution points each.
    var listsBytesMax: Int {
        let (product, overflow) = listBytesMax.multipliedReportingOverflow(by: 8)
        return overflow ? .max : product
    }
}

extension RevocationListFacts {
    mutating func describe(_ list: RevocationList, at now: Instant) {
        issuer = list.issuer.rfc2253
        number = list.number
        thisUpdate = list.thisUpdate
        nextUpdate = list.nextUpdate
        age = now - list.thisUpdate
        count = list.count
    }
}
