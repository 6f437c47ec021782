import OpenSSL
import Platform
import TestSupport

@testable import Authentication

/// Servers of lists and answers as the checker sees them, and a clock to go with them.
final class ListServers: Sendable {
    private struct State {
        var pages: [String: Result<[UInt8], RevocationFetchError>] = [:]
        var answer: (@Sendable ([UInt8]) throws -> [UInt8])?
        var requests: [RevocationRequest] = []
        var now = Instant.now + .seconds(60)
    }

    private let state = Lock(State())

    var now: Instant { state.withLock { $0.now } }
    var clock: Clock { { [self] in now } }
    var requests: [RevocationRequest] { state.withLock { $0.requests } }

    func pass(_ time: Duration) {
        state.withLock { $0.now = $0.now + time }
    }

    func put(_ url: String, _ list: [UInt8]) {
        state.withLock { $0.pages[url] = .success(list) }
    }

    func fail(_ url: String, _ text: String, isOutage: Bool = false) {
        state.withLock {
            $0.pages[url] = .failure(RevocationFetchError(text, isOutage: isOutage))
        }
    }

    /// Has questions answered.
    func answer(_ answer: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        state.withLock { $0.answer = answer }
    }

    var fetch: RevocationFetch {
        { [self] request throws(RevocationFetchError) in
            let (page, answer) = state.withLock { state in
                state.requests.append(request)
                return (state.pages[request.url], state.answer)
            }
            switch (page, request.method, answer) {
            case (.failure(let failure), _, _): throw failure
            case (_, .post(let body, _), let answer?):
                do {
                    return try answer(body)
                } catch {
                    throw RevocationFetchError("\(error)")
                }
            case (.success(let list), .get, _): return list
            default: throw RevocationFetchError("status 404")
            }
        }
    }

    /// A checker that fetches on the thread that asks, so that nothing has to be waited for.
    func checker(
        _ rules: RevocationRules, _ authorities: [TestCA],
        start: @escaping FetchThreads.Start = { body in
            body()
            return true
        }
    ) throws -> RevocationChecker {
        RevocationChecker(
            rules, authorities: try authorities.map { try X509Certificate($0.certificate) },
            fetch: fetch, random: { Array(repeating: 7, count: $0) }, patience: .seconds(20),
            waitersMax: 2,
            clock: clock, threads: FetchThreads(start: start))
    }
}

extension RevocationRules {
    init(_ sources: Source..., files: [String] = []) {
        self.init()
        self.sources = sources
        self.files = files
    }
}

extension TestCA {
    /// A certificate of this authority and the path up to it.
    func path(
        _ subject: String = "/CN=alice", serial: String? = nil, adding more: [String] = []
    ) throws -> [X509Certificate] {
        let issued = try issue(subject, adding: more, wish: Wish(serial: serial.map { "0x\($0)" }))
        return [try X509Certificate(issued.certificate), try X509Certificate(certificate)]
    }
}

extension RevocationFinding {
    /// The statements about the certificate at a place of the path.
    func statements(_ place: Int = 0) -> [RevocationStep.Statement] {
        certificates.indices.contains(place) ? certificates[place].steps.map(\.statement) : []
    }

    var verdict: Verdict? { certificates.first?.verdict }
}

/// A list in PEM.
func pem(_ list: [UInt8]) -> [UInt8] {
    var text = "-----BEGIN X509 CRL-----\n"
    var digits = Substring(base64(list))
    while !digits.isEmpty {
        text += digits.prefix(64) + "\n"
        digits = digits.dropFirst(64)
    }
    return Array((text + "-----END X509 CRL-----\n").utf8)
}
