import Platform
import TestSupport
import Testing

@testable import Authentication

/// A server of numbers: each fetch brings the next one, or a failure, once the gate is open.
private final class Source: Sendable {
    struct State {
        var now = Instant(milliseconds: 1_700_000_000_000)
        var fetches = 0
        var failure: RevocationFetchError?
        var isOpen = true
    }

    let state = Lock(State())
    let gate: WakeUp

    init() throws {
        gate = try WakeUp()
    }

    var fetches: Int { state.withLock { $0.fetches } }
    var now: Instant { state.withLock { $0.now } }
    var clock: Clock { { [self] in now } }

    func pass(_ time: Duration) {
        state.withLock { $0.now = $0.now + time }
    }

    func fail(_ text: String?) {
        state.withLock { $0.failure = text.map { RevocationFetchError($0) } }
    }

    func close() {
        state.withLock { $0.isOpen = false }
    }

    /// Lets one fetch that waits go on, and all later ones.
    func open() {
        state.withLock { $0.isOpen = true }
        gate.ring()
    }

    func load(_ previous: Int?) -> Result<FetchCache<Int>.Fetched, RevocationFetchError> {
        let (number, failure, isOpen) = state.withLock { state in
            state.fetches += 1
            return (state.fetches, state.failure, state.isOpen)
        }
        if !isOpen { gate.wait(within: .seconds(20)) }
        if let failure { return .failure(failure) }
        let now = now
        return .success(
            .init(
                value: number, renewAt: now + .seconds(60), goodUntil: now + .seconds(120),
                bytes: 10))
    }
}

@Suite("What is fetched from other servers") struct FetchCacheTests {
    private let source: Source

    init() throws {
        source = try Source()
    }

    private func cache(
        _ limits: FetchCache<Int>.Limits = .init(entriesMax: 100, bytesMax: 1000),
        start: @escaping FetchThreads.Start = { body in
            body()
            return true
        }
    ) -> FetchCache<Int> {
        FetchCache(limits, threads: FetchThreads(start: start), clock: source.clock)
    }

    private func value(
        _ cache: FetchCache<Int>, _ key: String = "a", patience: Duration? = .seconds(20)
    ) -> FetchCache<Int>.Finding {
        var wait = patience.map { FetchWait.time($0) } ?? .none
        return cache.value(
            for: key, host: "h", at: source.now, wait: &wait, load: source.load)
    }

    @Test func `a value serves until it is to be renewed`() {
        let cache = cache()
        #expect(value(cache).value == 1)
        source.pass(.milliseconds(59_999))
        #expect(value(cache).value == 1)
        #expect(source.fetches == 1)
        source.pass(.milliseconds(1))
        // What is there serves while the newer one is fetched.
        #expect(value(cache).value == 1)
        #expect(source.fetches == 2)
        #expect(value(cache).value == 2)
    }

    @Test func `a value that is no longer good is waited for`() {
        let cache = cache()
        #expect(value(cache).value == 1)
        source.pass(.seconds(120))
        #expect(value(cache).value == 2)
    }

    @Test func `a failure is remembered for half a minute`() {
        let cache = cache()
        source.fail("no route")
        #expect(value(cache).failure == "no route")
        source.pass(.milliseconds(29_999))
        #expect(value(cache).failure == "no route")
        #expect(source.fetches == 1)
        source.fail(nil)
        source.pass(.milliseconds(1))
        let finding = value(cache)
        #expect(finding.value == 2)
        #expect(finding.failure == nil)
    }

    @Test func `a failed renewal leaves the value and says so`() {
        let cache = cache()
        #expect(value(cache).value == 1)
        source.fail("no route")
        source.pass(.seconds(200))
        let finding = value(cache)
        #expect(finding.value == 1)
        #expect(finding.failure == "no route")
        #expect(finding.isOverdue)
    }

    @Test func `a clock that is set back ends no rest later`() {
        let cache = cache()
        source.fail("no route")
        _ = value(cache)
        source.fail(nil)
        source.pass(.seconds(-3600))
        #expect(value(cache).value == 2)
    }

    @Test func `many who ask at once cause one fetch`() {
        let cache = cache(start: FetchThreads.systemStart)
        source.close()
        let results = Lock<[Int?]>([])
        onThreads(16) { number in
            if number == 0 {
                // The others are waiting, or will find the value.
                _ = waitUntil { source.fetches == 1 }
                source.open()
            }
            let found = value(cache).value
            results.withLock { $0.append(found) }
        }
        #expect(results.withLock { $0 } == Array(repeating: 1, count: 16))
        #expect(source.fetches == 1)
    }

    @Test func `nobody waits longer than allowed, and the value comes all the same`() {
        let cache = cache(start: FetchThreads.systemStart)
        source.close()
        let finding = value(cache, patience: .milliseconds(20))
        #expect(finding.value == nil)
        #expect(finding.failure == "it takes too long")
        #expect(value(cache, patience: nil).value == nil)
        source.open()
        #expect(waitUntil { value(cache, patience: nil).value == 1 })
        #expect(source.fetches == 1)
    }

    @Test func `who need not wait learns that waiting is worthwhile`() {
        let cache = cache(start: FetchThreads.systemStart)
        source.close()
        var wait = FetchWait.none
        _ = cache.value(for: "a", host: "h", at: source.now, wait: &wait, load: source.load)
        #expect(wait.isWorthwhile)
        source.open()
        #expect(waitUntil { value(cache, patience: nil).value == 1 })
    }

    @Test func `after three failures in a row nobody waits any more`() {
        let cache = cache()
        source.fail("no route")
        for _ in 0..<3 {
            _ = value(cache)
            source.pass(.seconds(30))
        }
        source.fail(nil)
        // It is tried in the background; the next one finds it.
        #expect(value(cache).failure == "no route")
        #expect(source.fetches == 4)
        #expect(value(cache).value == 4)
    }

    @Test func `the one that was not asked for the longest makes room`() {
        let cache = cache(.init(entriesMax: 2, bytesMax: 1000))
        for key in ["a", "b", "a", "c"] {
            _ = value(cache, key)
            source.pass(.seconds(1))
        }
        #expect(cache.findings(at: source.now).map(\.key) == ["a", "c"])
    }

    @Test func `what is kept has a limit in bytes`() {
        let cache = cache(.init(entriesMax: 100, bytesMax: 25))
        for key in ["a", "b", "c", "d"] {
            _ = value(cache, key)
            source.pass(.seconds(1))
        }
        #expect(cache.findings(at: source.now).map(\.key) == ["c", "d"])
    }

    @Test func `entries on their way are not given up for others`() {
        let cache = cache(
            .init(entriesMax: 1, bytesMax: 1000), start: FetchThreads.systemStart)
        source.close()
        _ = value(cache, "a", patience: nil)
        #expect(value(cache, "b", patience: nil).failure == "too many others are fetched")
        source.open()
        #expect(waitUntil { value(cache, "a", patience: nil).value == 1 })
    }

    @Test func `renewal fetches what is due and forgets what nobody asks for`() {
        let cache = cache()
        _ = value(cache, "a")
        source.pass(.seconds(60))
        cache.renew(at: source.now)
        #expect(source.fetches == 2)
        #expect(value(cache, "a").value == 2)
        source.pass(.seconds(25 * 3600))
        cache.renew(at: source.now)
        #expect(cache.findings(at: source.now).isEmpty)
        #expect(source.fetches == 2)
    }

    @Test func `in the background failures are repeated more and more seldom`() {
        let cache = cache()
        _ = value(cache)
        source.fail("no route")
        source.pass(.seconds(60))
        cache.renew(at: source.now)
        for (number, rest) in [30, 60, 120, 240, 480, 900, 900].enumerated() {
            #expect(source.fetches == 2 + number)
            source.pass(.seconds(rest) - .milliseconds(1))
            cache.renew(at: source.now)
            #expect(source.fetches == 2 + number, "\(rest)")
            source.pass(.milliseconds(1))
            cache.renew(at: source.now)
        }
        source.fail(nil)
        source.pass(.seconds(900))
        cache.renew(at: source.now)
        #expect(value(cache).value == 10)
    }

    @Test func `what could never be fetched is forgotten after ten minutes`() {
        let cache = cache()
        source.fail("no route")
        _ = value(cache)
        source.pass(.seconds(600))
        cache.renew(at: source.now)
        #expect(cache.findings(at: source.now).count == 1)
        source.pass(.milliseconds(1))
        cache.renew(at: source.now)
        #expect(cache.findings(at: source.now).isEmpty)
    }

    @Test func `without threads there is a failure and no wait`() {
        let cache = cache(start: { _ in false })
        #expect(value(cache).failure == "too much is fetched already")
    }
}

@Suite("Threads that fetch") struct FetchThreadsTests {
    @Test func `a host that hangs holds two threads, and others are served`() throws {
        let threads = FetchThreads(start: FetchThreads.systemStart)
        let gate = try WakeUp()
        let begun = Lock(0)
        let ended = Lock(0)
        for _ in 0..<10 {
            let isAccepted = threads.run(host: "slow") {
                begun.withLock { $0 += 1 }
                gate.wait(within: .seconds(20))
                ended.withLock { $0 += 1 }
            }
            #expect(isAccepted)
        }
        let others = Lock(0)
        for number in 0..<20 {
            _ = threads.run(host: "host\(number)") { others.withLock { $0 += 1 } }
        }
        #expect(waitUntil { others.withLock { $0 } == 20 })
        #expect(begun.withLock { $0 } == 2)
        for _ in 0..<10 { gate.ring() }
        #expect(waitUntil { ended.withLock { $0 } == 10 })
    }

    @Test func `too much that waits is refused`() {
        // Nothing ever runs, as if all threads were busy.
        let threads = FetchThreads(start: { _ in true })
        let accepted = (0..<2000).count { _ in threads.run(host: "a") {} }
        #expect(accepted == FetchThreads.waitingMax)
    }

    @Test func `when the only thread cannot be started, all that wait hear of it`() {
        let gate = Lock<FetchThreads?>(nil)
        let results = Lock<[String]>([])
        let note: @Sendable (String) -> Void = { text in results.withLock { $0.append(text) } }
        let attempts = Lock(0)
        let threads = FetchThreads(start: { _ in
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            // While the first is being started, others come; theirs cannot be started either.
            if attempt == 1, let threads = gate.withLock({ $0 }) {
                for name in ["b", "c"] {
                    let isAccepted = threads.run(host: name, refused: { note(name) }) {
                        note("run")
                    }
                    if !isAccepted { note("refused at once") }
                }
            }
            return false
        })
        gate.withLock { $0 = threads }
        #expect(!threads.run(host: "a", refused: { note("a") }) { note("run") })
        #expect(results.withLock { $0 } == ["b", "c"])
        gate.withLock { $0 = nil }
    }

    @Test func `a host that answers too late rests as well`() throws {
        let rests = HostRests(slowAfter: .milliseconds(1))
        let now = Instant(milliseconds: 1_700_000_000_000)
        let start = monotonicMilliseconds()
        _ = try rests.fetch(from: "slow", clock: { now }) { () throws(RevocationFetchError) in
            _ = waitUntil { monotonicMilliseconds() - start > 5 }
            return []
        }
        #expect(rests.isResting("slow", at: now))
        let patient = HostRests(slowAfter: .seconds(60))
        for isOutage in [false, true] {
            _ = try? patient.fetch(
                from: "h", clock: { now }
            ) { () throws(RevocationFetchError) in
                throw RevocationFetchError("status 503", isOutage: isOutage)
            }
            #expect(patient.isResting("h", at: now) == isOutage)
        }
        _ = try patient.fetch(from: "h", clock: { now }) { () throws(RevocationFetchError) in [] }
        #expect(!patient.isResting("h", at: now))
    }

    @Test func `a host that does not answer rests, each time longer`() {
        let rests = HostRests()
        var now = Instant(milliseconds: 1_700_000_000_000)
        for rest in [15, 30, 60, 120, 120] {
            rests.failed("h", at: now)
            #expect(rests.isResting("h", at: now + .seconds(rest) - .milliseconds(1)))
            #expect(!rests.isResting("h", at: now + .seconds(rest)))
            #expect(!rests.isResting("other", at: now))
            now = now + .seconds(rest)
        }
        rests.failed("h", at: now)
        #expect(!rests.isResting("h", at: now - .seconds(3600)))
        rests.answered("h")
        #expect(!rests.isResting("h", at: now))
    }
}

@Suite("Addresses of lists") struct ListAddressTests {
    @Test func `addresses are read as authorities write them`() throws {
        let cases = [
            ("http://ca.example.org/a.crl", "http://ca.example.org/a.crl", "http://ca.example.org"),
            (
                " HTTP://CA.example.org:8080/My CA.crl\r\n",
                "http://CA.example.org:8080/My%20CA.crl",
                "http://ca.example.org:8080"
            ),
            ("https://[::1]/x#part", "https://[::1]/x", "https://[::1]"),
            (
                "http://ca/certdist?cmd=crl&issuer=CN=Root, O=X",
                "http://ca/certdist?cmd=crl&issuer=CN=Root,%20O=X", "http://ca"
            ),
            ("http://ca", "http://ca", "http://ca"),
        ]
        for (text, url, host) in cases {
            let address = try ListAddress(text)
            #expect(address.url == url)
            #expect(address.host == host)
        }
    }

    @Test func `other addresses are refused and say why`() {
        let cases = [
            ("ldap://ca/cn=x", "ldap is not supported; give its lists as files"),
            ("LDAPS://ca/cn=x", "ldaps is not supported; give its lists as files"),
            ("file:///etc/passwd", "the scheme is not supported"), ("", "no address with a scheme"),
            ("ca.example.org", "no address with a scheme"), ("http:", "no address with a host"),
            ("http:///x", "no address with a host"), ("http:/x", "no address with a host"),
            ("http://c\u{0}a/", "control characters in the address"),
            ("http://ca/\n/x", "control characters in the address"),
            ("http://ca/" + String(repeating: "x", count: 5000), "the address is too long"),
        ]
        for (text, reason) in cases {
            #expect(throws: ListAddress.Fault(text: reason)) { try ListAddress(text) }
        }
    }
}
