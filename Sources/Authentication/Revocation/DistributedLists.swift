internal import OpenSSL
internal import Platform

/// The lists at the distribution points that certificates name.
final class DistributedLists: Sendable {
    private let rules: RevocationRules
    private let fetch: RevocationFetch
    private let clock: Clock
    private let rests: HostRests
    private let cache: FetchCache<[FetchedList]>

    /// Stands in no address.
    private static let separator: Character = " "
    /// How many addresses of one certificate are asked.
    private static let pointsMax = 8
    /// The shortest time between two fetches of a list that will end soon.
    private static let renewalMin: Duration = .seconds(5)
    /// How many lists of different scope one address may have had.
    private static let scopesMax = 4

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
        return points.prefix(Self.pointsMax).flatMap { point in
            do throws(ListAddress.Fault) {
                return steps(
                    for: certificate, issuer, try ListAddress(point), at: now, wait: &wait)
            } catch {
                return [step(point, .unusable(error.text))]
            }
        }
    }

    private func steps(
        for certificate: X509Certificate, _ issuer: X509Certificate, _ address: ListAddress,
        at now: Instant, wait: inout FetchWait
    ) -> [RevocationStep] {
        // Under one address each issuer has its own, so that none can spoil another's.
        let key = "\(address.url) \(hexadecimal(issuer.publicKeyDigest))"
        let finding = cache.value(
            for: key, host: address.host, at: now, wait: &wait
        ) { [self] previous in load(address, issuer, previous: previous) }
        guard let lists = finding.value else {
            return [step(address.url, .unusable(finding.failure ?? "not fetched yet"))]
        }
        return lists.map { fetched in
            RevocationStep(
                source: .crl, place: address.url, list: fetched.list,
                statement: rules.statement(
                    of: fetched.list, on: certificate, at: now,
                    endingAt: fetched.at + rules.openListLifetime),
                note: finding.failure.map { "no newer one: \($0)" })
        }
    }

    private func step(
        _ place: String, _ statement: RevocationStep.Statement
    ) -> RevocationStep {
        RevocationStep(source: .crl, place: place, statement: statement)
    }

    private func load(
        _ address: ListAddress, _ issuer: X509Certificate, previous: [FetchedList]?
    ) -> Result<FetchCache<[FetchedList]>.Fetched, RevocationFetchError> {
        guard !rests.isResting(address.host, at: clock()) else {
            return .failure(RevocationFetchError("the server does not answer"))
        }
        let bytes: [UInt8]
        do throws(RevocationFetchError) {
            let request = RevocationRequest(url: address.url, bytesMax: rules.listBytesMax)
            bytes = try rests.fetch(
                from: address.host, clock: clock
            ) { () throws(RevocationFetchError) in try fetch(request) }
        } catch {
            return .failure(error)
        }
        guard bytes.count <= rules.listBytesMax else {
            return .failure(RevocationFetchError("larger than \(rules.listBytesMax) bytes"))
        }
        do throws(RevocationListError) {
            let list = try RevocationList(bytes, signers: [issuer])
            return joined(
                FetchedList(list: list, at: clock(), bytes: bytes.count), previous ?? [])
        } catch {
            return .failure(RevocationFetchError(error.description))
        }
    }

    /// Puts a list in the place of the one of its scope; others stay, or what they have said would
    /// be forgotten.
    private func joined(
        _ fetched: FetchedList, _ previous: [FetchedList]
    ) -> Result<FetchCache<[FetchedList]>.Fetched, RevocationFetchError> {
        var lists = previous
        if let place = lists.firstIndex(where: { $0.list.scope == fetched.list.scope }) {
            if let why = fetched.list.objection(replacing: lists[place].list, at: fetched.at) {
                return .failure(RevocationFetchError(why))
            }
            lists[place] = fetched
        } else {
            guard lists.count < Self.scopesMax else {
                return .failure(RevocationFetchError("the address has had too many other lists"))
            }
            lists.append(fetched)
        }
        return .success(kept(lists, newest: fetched.list))
    }

    /// How long a list is kept that has just come.
    private func kept(
        _ lists: [FetchedList], newest list: RevocationList
    ) -> FetchCache<[FetchedList]>.Fetched {
        let now = clock()
        var renewAt = now + rules.refresh
        var goodUntil = renewAt + rules.refresh
        if let nextUpdate = list.nextUpdate {
            let left = nextUpdate - now
            renewAt = min(renewAt, now + max(Self.renewalMin, left * 9 / 10))
            // One that has come expired is no worse in a minute.
            goodUntil = min(goodUntil, max(nextUpdate, now + .seconds(60)))
        }
        return .init(
            value: lists, renewAt: renewAt, goodUntil: goodUntil,
            bytes: lists.reduce(0) { $0 + $1.bytes })
    }

    /// Has lists renewed that are still asked for, in the background.
    func renew(at now: Instant) {
        cache.renew(at: now)
    }

    func facts(at now: Instant) -> [RevocationListFacts] {
        cache.findings(at: now).flatMap { key, finding, failureCount in
            let url = key.prefix { $0 != Self.separator }
            var common = RevocationListFacts(source: .crl, place: String(url))
            common.failure = finding.failure
            common.failureCount = failureCount
            guard let lists = finding.value else { return [common] }
            return lists.map { fetched in
                var facts = common
                facts.describe(fetched.list, at: now)
                return facts
            }
        }
    }
}

/// A list of a distribution point.
private struct FetchedList: Sendable {
    let list: RevocationList
    /// When it came.
    let at: Instant
    let bytes: Int
}

extension RevocationRules {
    /// How long a fetched list is believed that does not say when the next one comes.
    var openListLifetime: Duration { max(refresh * 2, .seconds(86_400)) }

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
