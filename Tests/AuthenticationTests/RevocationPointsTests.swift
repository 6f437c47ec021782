import OpenSSL
import Platform
import TestSupport
import Testing

@testable import Authentication

@Suite("Revocation lists at distribution points") struct RevocationPointsTests {
    private let servers = ListServers()
    private let root: TestCA
    private let url = "http://ca.example.org/root.crl"

    init() throws {
        root = try TestCA("/CN=Root")
    }

    private func alice(
        _ points: String..., serial: String = "0A"
    ) throws -> [X509Certificate] {
        let points = points.isEmpty ? [url] : points
        return try root.path(
            serial: serial,
            adding: ["crlDistributionPoints = " + points.map { "URI:\($0)" }.joined(separator: ",")]
        )
    }

    private func list(
        _ revoked: [TestCA.Revoked] = [], age: Int = 3600, life: Int = 86_400,
        extensions: [String] = []
    ) throws -> [UInt8] {
        let start = servers.now - .seconds(age)
        return try root.revocationList(
            revoked, validity: start...(start + .seconds(life)), extensions: extensions)
    }

    @Test func `a list is fetched once and serves all certificates of its issuer`() throws {
        servers.put(url, try list([.init("0a")]))
        let checker = try servers.checker(RevocationRules(.crl), [root])
        #expect(!checker.check(try alice(), at: servers.now).isAcceptable)
        let bob = try alice(serial: "0B")
        #expect(checker.check(bob, at: servers.now).verdict == .good)
        #expect(servers.requests == [RevocationRequest(url: url, bytesMax: 32 << 20)])
        let facts = try #require(checker.facts(at: servers.now).first)
        #expect(facts.place == url)
        #expect(facts.count == 1)
        #expect(facts.age.map { (3600...3601).contains($0.milliseconds / 1000) } == true)
    }

    @Test func `a list is fetched again when the rules or the list say so`() throws {
        // How long the list lives yet, and when it is fetched again.
        for (life, again) in [(1_000_000, 3600), (1000, 900)] {
            let servers = ListServers()
            let start = servers.now - .seconds(10)
            servers.put(
                url, try root.revocationList(validity: start...(start + .seconds(life + 10))))
            let checker = try servers.checker(RevocationRules(.crl), [root])
            let path = try alice()
            _ = checker.check(path, at: servers.now)
            servers.pass(.seconds(again - 2))
            _ = checker.refresh(at: servers.now)
            #expect(servers.requests.count == 1)
            servers.pass(.seconds(4))
            _ = checker.refresh(at: servers.now)
            #expect(servers.requests.count == 2)
        }
    }

    @Test func `a server that fails is not asked for half a minute, and the list before serves`()
        throws
    {
        servers.put(url, try list())
        let checker = try servers.checker(RevocationRules(.crl), [root])
        let path = try alice()
        #expect(checker.check(path, at: servers.now).isAcceptable)
        servers.fail(url, "unreachable", isOutage: true)
        servers.pass(.seconds(3600))
        _ = checker.check(path, at: servers.now)
        let finding = checker.check(path, at: servers.now)
        #expect(finding.isAcceptable)
        #expect(finding.certificates.first?.steps.first?.note == "no newer one: unreachable")
        #expect(servers.requests.count == 2)
        // Beyond its own end it is judged as expired, however long nobody can be asked.
        servers.pass(.seconds(86_400))
        #expect(checker.check(path, at: servers.now).refusal?.contains("has expired") == true)
    }

    @Test func `what is no list of the issuer is none`() throws {
        let other = try TestCA("/CN=Other")
        let double = try TestCA("/CN=Root")
        let path = try alice()
        let contents: [([UInt8], String)] = [
            (Array("<html>".utf8), "no X.509 revocation list"), ([], "empty"),
            (try other.revocationList(), "no known authority is its issuer: CN=Other"),
            (try double.revocationList(), "no known authority is its issuer: CN=Root"),
            (
                try list(extensions: ["2.5.29.27 = critical,ASN1:INTEGER:1"]),
                "a delta list; only complete lists are read"
            ),
        ]
        for (content, reason) in contents {
            let servers = ListServers()
            servers.put(url, content)
            let checker = try servers.checker(RevocationRules(.crl), [root, other, double])
            let refusal = checker.check(path, at: servers.now).refusal ?? "accepted"
            #expect(refusal.contains("\(url): \(reason)"), "\(refusal)")
        }
    }

    @Test func `a spoilt answer and an older one leave the list before in force`() throws {
        let old = try list(age: 7200)
        servers.put(url, try list([.init("0a")], age: 3600))
        let checker = try servers.checker(RevocationRules(.crl), [root])
        let path = try alice()
        #expect(!checker.check(path, at: servers.now).isAcceptable)
        for content in [old, Array("<html>".utf8)] {
            servers.put(url, content)
            servers.pass(.seconds(3601))
            _ = checker.refresh(at: servers.now)
            #expect(!checker.check(path, at: servers.now).isAcceptable)
            #expect(checker.facts(at: servers.now).first?.failure != nil)
        }
    }

    @Test func `a list must be the part that the certificate names`() throws {
        let idp = ["issuingDistributionPoint = critical,@idp"]
        func part(_ place: String) throws -> [UInt8] {
            try root.revocationList(
                extensions: idp, sections: "[idp]\nfullname = URI:\(place)")
        }
        servers.put(url, try part("http://ca.example.org/other.crl"))
        let checker = try servers.checker(RevocationRules(.crl), [root])
        #expect(
            checker.check(try alice(), at: servers.now).statements()
                == [.unusable("it does not cover this certificate")])
        let good = ListServers()
        good.put(url, try part(url))
        #expect(
            try good.checker(RevocationRules(.crl), [root])
                .check(try alice(), at: good.now).isAcceptable)
    }

    @Test func `a list of some reasons can revoke, but clears nobody`() throws {
        let list = try root.revocationList(
            [.init("0a", reason: "keyCompromise")],
            extensions: ["issuingDistributionPoint = critical,@idp"],
            sections: "[idp]\nonlysomereasons = keyCompromise")
        servers.put(url, list)
        let checker = try servers.checker(RevocationRules(.crl), [root])
        #expect(
            checker.check(try alice(), at: servers.now).refusal?.hasPrefix("revoked") == true)
        let bob = checker.check(try alice(serial: "0B"), at: servers.now)
        #expect(!bob.isAcceptable)
        #expect(
            bob.statements() == [.unusable("it names revocations for some reasons only")])
    }

    @Test func `addresses that lead nowhere say so, and others are taken`() throws {
        servers.put("http://ca.example.org/My%20CA.crl", try list())
        let checker = try servers.checker(RevocationRules(.crl), [root])
        let finding = checker.check(
            try alice("ldap://ca/x", "http://ca.example.org/My CA.crl"), at: servers.now)
        #expect(
            finding.statements()
                == [.unusable("ldap is not supported; give its lists as files"), .good])
        #expect(finding.isAcceptable)
        let none = checker.check(try root.path(), at: servers.now)
        #expect(
            none.refusal?.hasSuffix("the certificate names no distribution point") == true)
    }

    @Test func `a slow server holds a login no longer than allowed, and others not at all`() throws
    {
        let gate = try WakeUp()
        let good = try list()
        let started = Lock(0)
        let fetch: RevocationFetch = { request throws(RevocationFetchError) in
            if request.url.contains("slow") {
                started.withLock { $0 += 1 }
                gate.wait(within: .seconds(30))
            }
            return good
        }
        let checker = RevocationChecker(
            RevocationRules(.crl), authorities: [], fetch: fetch, random: systemRandomBytes,
            patience: .milliseconds(50), clock: servers.clock)
        let path = try alice("http://slow/a", "http://slow/b", "http://slow/c")
        let start = monotonicMilliseconds()
        let finding = checker.check(path, at: servers.now)
        #expect(monotonicMilliseconds() - start < 5000)
        #expect(finding.refusal?.contains("it takes too long") == true)
        #expect(started.withLock { $0 } <= 2)
        let quick = Lock(false)
        #expect(
            waitUntil {
                let isAcceptable = checker.check(
                    (try? alice("http://quick/a")) ?? [], at: servers.now
                ).isAcceptable
                quick.withLock { $0 = isAcceptable }
                return isAcceptable
            })
        // One good mirror is enough, whatever the slow one says later.
        let mixed = try alice("http://slow/a", "http://quick/a")
        #expect(checker.check(mixed, at: servers.now).isAcceptable)
        for _ in 0..<8 { gate.ring() }
        #expect(waitUntil { checker.check(path, at: servers.now).isAcceptable })
    }

    @Test func `only some logins wait at once, the others are judged by what is there`() throws {
        let servers = servers
        let gate = try WakeUp()
        let good = try list()
        let fetch: RevocationFetch = { _ throws(RevocationFetchError) in
            gate.wait(within: .seconds(30))
            return good
        }
        let checker = RevocationChecker(
            RevocationRules(.crl), authorities: [], fetch: fetch, random: systemRandomBytes,
            patience: .seconds(20), waitersMax: 1, clock: servers.clock)
        let path = try alice("http://slow/a")
        let first = Lock(false)
        onThreads(2) { number in
            guard number == 0 else {
                let isAcceptable = checker.check(path, at: servers.now).isAcceptable
                first.withLock { $0 = isAcceptable }
                return
            }
            #expect(waitUntil { checker.waiterCount == 1 })
            let start = monotonicMilliseconds()
            #expect(
                checker.check(path, at: servers.now).statements() == [.unusable("not fetched yet")])
            #expect(monotonicMilliseconds() - start < 10_000)
            gate.ring()
        }
        #expect(first.withLock { $0 })
        #expect(checker.waiterCount == 0)
        #expect(checker.check(path, at: servers.now).isAcceptable)
    }

    @Test func `a host that does not answer is not asked for its other lists either`() throws {
        servers.fail("http://down/a", "unreachable", isOutage: true)
        let checker = try servers.checker(RevocationRules(.crl), [root])
        let path = try alice("http://down/a", "http://down/b", "http://DOWN/c")
        let finding = checker.check(path, at: servers.now)
        #expect(
            finding.statements() == [
                .unusable("unreachable"), .unusable("the server does not answer"),
                .unusable("the server does not answer"),
            ])
        #expect(servers.requests.count == 1)
    }

    @Test func `the number of lists that are kept has a limit`() throws {
        var rules = RevocationRules(.crl)
        rules.cachedListsMax = 3
        let content = try list()
        let checker = try servers.checker(rules, [root])
        for number in 0..<6 {
            servers.put("http://ca/\(number)", content)
            #expect(checker.check(try alice("http://ca/\(number)"), at: servers.now).isAcceptable)
            servers.pass(.seconds(1))
        }
        #expect(checker.facts(at: servers.now).map(\.place) == (3..<6).map { "http://ca/\($0)" })
    }

    @Test func `a list that is too long is none`() throws {
        var rules = RevocationRules(.crl)
        let content = try list()
        rules.listBytesMax = content.count - 1
        servers.put(url, content)
        let finding = try servers.checker(rules, [root]).check(try alice(), at: servers.now)
        #expect(finding.statements() == [.unusable("larger than \(content.count - 1) bytes")])
    }

    @Test func `of one certificate only eight addresses are asked`() throws {
        let checker = try servers.checker(RevocationRules(.crl), [root])
        let points = (0..<12).map { "URI:http://ca\($0)/x" }.joined(separator: ",")
        let path = try root.path(adding: ["crlDistributionPoints = " + points])
        #expect(checker.check(path, at: servers.now).statements().count == 8)
    }
}
