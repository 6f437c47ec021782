internal import OpenSSL
internal import Platform

/// The lists in the operator's files and folders.
///
/// Read again when a file is added, changed or removed. A file that is broken leaves the lists in
/// force that it had before, and so does one that is older than these, or dated in the future while
/// these are valid. A list that names no end is believed as long as its file is there: it is the
/// operator's own.
final class FileLists: Sendable {
    /// A list and the file that it is from.
    struct Placed: Sendable {
        let path: String
        let list: RevocationList
    }

    /// All lists in force, by the key of their signer and by its name.
    struct Index: Sendable {
        var bySigner: [[UInt8]: [Placed]] = [:]
        var byName: [DistinguishedName: [Placed]] = [:]

        fileprivate mutating func add(_ placed: Placed) {
            bySigner[placed.list.issuerKeyDigest, default: []].append(placed)
            byName[placed.list.issuer, default: []].append(placed)
        }
    }

    private struct State {
        var index = Index()
        var files: [ListFile] = []
        var lastReading: Instant?
        var isReading = false
    }

    static let filesMax = 10_000
    /// How long a file that could not be used is left alone if it does not change.
    private static let retryAfter: Duration = .seconds(60)

    private let rules: RevocationRules
    private let authorities: [X509Certificate]
    private let state = Lock(State())

    init(_ rules: RevocationRules, authorities: [X509Certificate]) {
        self.rules = rules
        self.authorities = authorities
    }

    /// What the lists of a certificate's issuer say.
    func steps(
        for certificate: X509Certificate, issuer: X509Certificate, at now: Instant
    ) -> [RevocationStep] {
        let index = state.withLock { $0.index }
        var steps: [RevocationStep] = []
        for placed in index.bySigner[issuer.publicKeyDigest] ?? [] {
            // The lists of other parts are no news about this certificate.
            guard placed.list.covers(certificate) else { continue }
            steps.append(
                RevocationStep(
                    source: .files, place: placed.path, list: placed.list,
                    statement: rules.statement(of: placed.list, on: certificate, at: now)))
        }
        if steps.isEmpty { steps = missing(for: certificate, issuer, in: index) }
        return steps
    }

    /// Why there is no list.
    private func missing(
        for certificate: X509Certificate, _ issuer: X509Certificate, in index: Index
    ) -> [RevocationStep] {
        let others = index.byName[certificate.issuer] ?? []
        guard let first = others.first else {
            return [
                RevocationStep(
                    source: .files, place: "",
                    statement: .unusable("no list of \(certificate.issuer.rfc2253)"))
            ]
        }
        let why =
            first.list.issuerKeyDigest == issuer.publicKeyDigest
            ? "it does not cover this certificate" : "it is signed by another key of that name"
        return [
            RevocationStep(
                source: .files, place: first.path, list: first.list, statement: .unusable(why))
        ]
    }

    /// Reads what has changed; costs one look at each file if nothing has.
    ///
    /// - Returns: What is new, for the operator.
    func refresh(at now: Instant) -> [String] {
        let before = state.withLock { state -> State? in
            guard !state.isReading else { return nil }
            state.isReading = true
            return state
        }
        guard let before else { return [] }
        let wanted = ListFile.present(rules.files, before: before.files)
        let mustRetry = before.lastReading.map { now >= $0 + Self.retryAfter || now < $0 } ?? true
        let isSame =
            wanted.elementsEqual(before.files) { $0.path == $1.path && $0.version == $1.version }
            && !(mustRetry && before.files.contains { $0.failure != nil })
        guard !isSame else {
            state.withLock { $0.isReading = false }
            return []
        }
        let (files, news) = read(wanted, before.files, at: now)
        var index = Index()
        for file in files {
            for list in file.lists { index.add(Placed(path: file.path, list: list)) }
        }
        state.withLock { state in
            state.index = index
            state.files = files
            state.lastReading = now
            state.isReading = false
        }
        return news
    }

    private func read(
        _ wanted: [ListFile], _ before: [ListFile], at now: Instant
    ) -> (files: [ListFile], news: [String]) {
        let known = Dictionary(
            before.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        var files: [ListFile] = []
        var news: [String] = []
        var bytes = 0
        for file in wanted {
            let previous = known[file.path]
            if let previous, previous.version == file.version, previous.failure == nil {
                files.append(previous)
                bytes += previous.bytes
                continue
            }
            let limit = min(rules.listBytesMax, rules.listsBytesMax - bytes)
            var read = file
            read.read(previous, signers: authorities, bytesMax: limit, at: now)
            bytes += read.bytes
            files.append(read)
            if previous?.failure != read.failure || previous?.version != read.version {
                news.append(read.news)
            }
        }
        let paths = Set(wanted.map(\.path))
        news += before.filter { !paths.contains($0.path) }.map { "\($0.path): removed" }
        return (files, news)
    }

    func facts(at now: Instant) -> [RevocationListFacts] {
        let files = state.withLock { $0.files }
        return files.flatMap { file -> [RevocationListFacts] in
            let empty = RevocationListFacts(source: .files, place: file.path)
            var facts = file.lists.map { list in
                var facts = empty
                facts.describe(list, at: now)
                return facts
            }
            if facts.isEmpty { facts = [empty] }
            for place in facts.indices {
                facts[place].failure = file.failure
                facts[place].failureCount = file.failureCount
            }
            return facts
        }
    }
}
