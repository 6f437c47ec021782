import OpenSSL
import Platform
import TestSupport
import Testing

@testable import Authentication

@Suite("Policies of revocation") struct RevocationPolicyTests {
    private let servers = ListServers()
    private let folder: TemporaryDirectory
    private let root: TestCA

    init() throws {
        folder = try TemporaryDirectory()
        root = try TestCA("/CN=Root")
    }

    private func checker(
        _ list: [UInt8]?, _ authorities: [TestCA]? = nil,
        _ change: (inout RevocationRules) -> Void = { _ in }
    ) throws -> RevocationChecker {
        var rules = RevocationRules(.files, files: [folder.file("ca.crl")])
        change(&rules)
        if let list { try File.replace(folder.file("ca.crl"), with: list) }
        return try servers.checker(rules, authorities ?? [root])
    }

    /// A list that ended some seconds ago.
    private func ended(_ seconds: Int, naming serial: String? = nil) throws -> [UInt8] {
        let end = Instant(milliseconds: servers.now.seconds * 1000) - .seconds(seconds)
        return try root.revocationList(
            serial.map { [.init($0)] } ?? [], validity: (end - .seconds(3600))...end)
    }

    @Test func `nobody knows: allow or deny`() throws {
        let alice = try root.path()
        let policies: [(RevocationRules.Policy, Bool)] = [
            (.allow, true), (.deny, false), (.threshold, false),
        ]
        for (policy, isAccepted) in policies {
            let finding = try checker(nil) { $0.unavailable = policy }.check(alice, at: servers.now)
            #expect(finding.isAcceptable == isAccepted)
            #expect(
                finding.verdict == .undecided("no list of CN=Root", isTolerated: isAccepted))
        }
    }

    @Test func `expired lists: allow, deny, or for some time`() throws {
        let alice = try root.path(serial: "0A")
        let cases: [(RevocationRules.Policy, Int, RevocationStep.Statement)] = [
            (.allow, 1_000_000, .tolerated), (.deny, 1, .expired), (.deny, -60, .good),
            (.threshold, 3600, .tolerated), (.threshold, 3602, .expired), (.threshold, -1, .good),
        ]
        for (policy, seconds, statement) in cases {
            let checker = try checker(try ended(seconds)) {
                $0.expired = policy
                $0.threshold = .seconds(3601)
            }
            let finding = checker.check(alice, at: servers.now)
            #expect(finding.statements() == [statement], "\(policy) \(seconds)")
            #expect(finding.isAcceptable == (statement != .expired))
        }
    }

    @Test func `the last moment of a list is one of its life`() throws {
        let alice = try root.path()
        let end = Instant(milliseconds: servers.now.seconds * 1000)
        let checker = try checker(try ended(0))
        #expect(checker.check(alice, at: end).statements() == [.good])
        #expect(checker.check(alice, at: end + .milliseconds(1)).statements() == [.expired])
    }

    @Test func `an expired list is no missing list`() throws {
        let alice = try root.path()
        let checker = try checker(try ended(10)) { $0.unavailable = .allow }
        let finding = checker.check(alice, at: servers.now)
        #expect(!finding.isAcceptable)
        #expect(finding.refusal?.contains("has expired at") == true)
    }

    @Test(arguments: RevocationRules.Policy.allCases)
    func `who is on an expired list stays revoked`(policy: RevocationRules.Policy) throws {
        let alice = try root.path(serial: "0A")
        let checker = try checker(try ended(1_000_000, naming: "0a")) {
            $0.expired = policy
            $0.unavailable = .allow
        }
        #expect(!checker.check(alice, at: servers.now).isAcceptable)
    }

    @Test func `a list of the future is none, but for what clocks differ`() throws {
        let alice = try root.path()
        let start = Instant(milliseconds: servers.now.seconds * 1000)
        let checker = try checker(
            try root.revocationList(validity: start...(start + .seconds(86_400))))
        #expect(checker.check(alice, at: start - .seconds(300)).statements() == [.good])
        let early = checker.check(alice, at: start - .milliseconds(300_001))
        #expect(early.statements() == [.unusable("it is not valid yet")])
        #expect(!early.isAcceptable)
    }

    @Test func `an intermediate that is revoked takes all below it along`() throws {
        let middle = try root.issueAuthority("/CN=Middle", wish: .init(serial: "0x0F"))
        let path = try middle.path() + [X509Certificate(root.certificate)]
        let lists =
            pem(try root.revocationList([.init("0f", reason: "CACompromise")]))
            + pem(try middle.revocationList())
        let checker = try checker(lists, [root, middle])
        let finding = checker.check(path, at: servers.now)
        #expect(finding.certificates.map(\.verdict).first == .good)
        #expect(
            finding.refusal
                == "revoked at 2023-11-14T22:13:20.000Z (cACompromise): CN=Middle, "
                + "serial number 0f")
        let leafOnly = try self.checker(lists, [root, middle]) { $0.checksAuthorities = false }
        #expect(leafOnly.check(path, at: servers.now).isAcceptable)
        #expect(leafOnly.check(path, at: servers.now).certificates.count == 1)
    }

    @Test func `every certificate but the anchor needs a list`() throws {
        let middle = try root.issueAuthority("/CN=Middle")
        let path = try middle.path() + [X509Certificate(root.certificate)]
        let finding = try checker(try middle.revocationList(), [root, middle])
            .check(path, at: servers.now)
        #expect(finding.certificates.count == 2)
        #expect(finding.verdict == .good)
        #expect(finding.refusal?.contains("CN=Middle, serial number") == true)
        #expect(finding.refusal?.hasPrefix("revocation unknown: ") == true)
        #expect(try checker(nil).check([path[2]], at: servers.now).isAcceptable)
        #expect(try checker(nil).check([], at: servers.now).isAcceptable)
    }

    @Test func `a certificate on hold is revoked`() throws {
        let alice = try root.path(serial: "0A")
        let finding = try checker(
            try root.revocationList([.init("0a", reason: "certificateHold")])
        ).check(alice, at: servers.now)
        #expect(finding.refusal?.contains("(certificateHold)") == true)
    }

    @Test func `one list that names it outweighs all that do not`() throws {
        let alice = try root.path(
            serial: "0A", adding: ["crlDistributionPoints = URI:http://ca/a, URI:http://ca/b"])
        for (first, second) in [(true, false), (false, true)] {
            let servers = ListServers()
            servers.put("http://ca/a", try root.revocationList(first ? [.init("0a")] : []))
            servers.put("http://ca/b", try root.revocationList(second ? [.init("0a")] : []))
            let checker = try servers.checker(RevocationRules(.crl), [root])
            #expect(!checker.check(alice, at: servers.now).isAcceptable)
        }
    }
}
