internal import OpenSSL
internal import Platform

/// The lists at the distribution points that certificates name.
final class DistributedLists: Sendable {
    private let rules: RevocationRules
    private let authorities: [X509Certificate]
    private let fetch: RevocationFetch
    private let clock: Clock
    private let rests: HostRests
    private let cache: FetchCache<RevocationList>

    /// How many addresses of one certificate are asked.
    private static let pointsMax = 8
    /// The shortest time between two fetches of a list that will end soon.
    private static let renewalMin: Duration = .seconds(5)

    init(
        _ rules: RevocationRules, authorities: [X509Certificate],
        fetch: @escaping RevocationFetch, patience: Duration, threads: FetchThreads,
        rests: HostRests, clock: @escaping Clock
    ) {
        self.rules = rules
        self.authorities = authorities
        self.fetch = fetch
        self.clock = clock
        self.rests = rests
        cache = FetchCache(
            .init(
                entriesMax: max(1, rules.cachedListsMax), bytesMax: rules.listsBytesMax,
                patience: patience),
            threads: threads, clock: clock)
    }

    /// What the lists of a certificate's distribution points say.
    func steps(
        for certificate: X509Certificate, issuer: X509Certificate, at now: Instant
    ) -> [RevocationStep] {
        let points = certificate.distributionPoints
        guard !points.isEmpty else {
            return [step("", .unusable("the certificate names no distribution point"))]
        }
        return points.prefix(Self.pointsMax).map { point in
            do throws(ListAddress.Fault) {
                return step(for: certificate, issuer, try ListAddress(point), at: now)
            } catch {
                return step(point, .unusable(error.text))
            }
        }
    }

    private func step(
        for certificate: X509Certificate, _ issuer: X509Certificate, _ address: ListAddress,
        at now: Instant
    ) -> RevocationStep {
        let finding = cache.value(for: address.url, host: address.host, at: now) { [self] previous in
            load(address, previous: previous)
        }
        guard let list = finding.value else {
            return step(address.url, .unusable(finding.failure ?? "not fetched yet"))
        }
        let statement: RevocationStep.Statement
        if list.issuerKeyDigest != issuer.publicKeyDigest {
            statement = .unusable("it is a list of \(list.issuer.rfc2253), not of the issuer's key")
        } else if !list.covers(certificate) {
            statement = .unusable("it does not cover this certificate")
        } else {
            statement = rules.statement(of: list, on: certificate, at: now)
        }
        return RevocationStep(
            source: .crl, place: address.url, list: list, statement: statement,
            note: finding.failure.map { "no newer one: \($0)" })
    }

    private func step(
        _ place: String, _ statement: RevocationStep.Statement
    ) -> RevocationStep {
        RevocationStep(source: .crl, place: place, statement: statement)
    }

    private func load(
        _ address: ListAddress, previous: RevocationList?
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
            let list = try RevocationList(bytes, signers: authorities)
            // An old list that is sent again must not take back what a newer one has said.
            if let previous, previous.issuerKeyDigest == list.issuerKeyDigest,
                previous.scope == list.scope, list.thisUpdate < previous.thisUpdate
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
        cache.renew(at: now) { url in
            // Only addresses that could be read have become keys.
            (try? ListAddress(url))?.host ?? url
        }
    }

    func facts(at now: Instant) -> [RevocationListFacts] {
        cache.findings(at: now).map { url, finding, failureCount in
            var facts = RevocationListFacts(source: .crl, place: url)
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
