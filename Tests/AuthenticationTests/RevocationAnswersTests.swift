import OpenSSL
import Platform
import TestSupport
import Testing

@testable import Authentication

@Suite("Answers of responders") struct RevocationAnswersTests {
    /// `openssl ocsp` answers for one thread at a time.
    private final class Responder: @unchecked Sendable {
        let authority: TestCA
        var good: [String] = []
        var revoked: [TestCA.Revoked] = []
        var signer: TestCA.Issued?
        var minutes: Int? = 60
        var options: [String] = []

        init(_ authority: TestCA) {
            self.authority = authority
        }

        func answer(_ question: [UInt8]) throws -> [UInt8] {
            try authority.ocspAnswer(
                to: question, good: good, revoked: revoked, responder: signer, minutes: minutes,
                options: options)
        }
    }

    private let servers = ListServers()
    private let root: TestCA
    private let responder: Responder
    private let url = "http://ocsp.example.org/"

    init() throws {
        root = try TestCA("/CN=Root")
        responder = Responder(root)
        servers.answer(responder.answer)
    }

    private func path(
        _ serial: String = "0A", _ responders: String = "http://ocsp.example.org/"
    ) throws -> [X509Certificate] {
        try root.path(
            serial: serial, adding: ["authorityInfoAccess = OCSP;URI:\(responders)"])
    }

    private func checker(
        _ change: (inout RevocationRules) -> Void = { _ in }
    ) throws -> RevocationChecker {
        var rules = RevocationRules(.ocsp)
        change(&rules)
        return try servers.checker(rules, [root])
    }

    @Test func `an answer is asked for with a nonce and kept`() throws {
        responder.good = ["0a"]
        let checker = try checker()
        let path = try path()
        #expect(checker.check(path, at: servers.now).verdict == .good)
        let finding = checker.check(path, at: servers.now)
        #expect(finding.statements() == [.good])
        #expect(finding.certificates.first?.steps.first?.note == nil)
        #expect(servers.requests.count == 1)
        let request = try #require(servers.requests.first)
        #expect(request.url == url)
        guard case .post(let body, "application/ocsp-request") = request.method else {
            Issue.record("no question")
            return
        }
        #expect(body.firstRange(of: Array(repeating: 7, count: 16)) != nil)
    }

    @Test func `an answer is kept no longer than the rules and the answer say`() throws {
        // The answer lives an hour.
        for (lifetime, minutes, again) in [(600, 60, 600), (86_400, 60, 3600), (600, nil, 60)] {
            let servers = ListServers()
            servers.answer(responder.answer)
            responder.good = ["0a"]
            responder.minutes = minutes
            var rules = RevocationRules(.ocsp)
            rules.answerLifetime = .seconds(lifetime)
            let checker = try servers.checker(rules, [root])
            let path = try path()
            #expect(checker.check(path, at: servers.now).isAcceptable)
            servers.pass(.seconds(again * 9 / 10 - 62))
            #expect(checker.check(path, at: servers.now).isAcceptable)
            #expect(servers.requests.count == 1, "\(lifetime)")
            servers.pass(.seconds(again + 62))
            _ = checker.check(path, at: servers.now)
            #expect(servers.requests.count == 2, "\(lifetime)")
        }
    }

    @Test func `revoked is refused, unknown is nothing known`() throws {
        responder.revoked = [.init("0a", reason: "superseded")]
        let checker = try checker()
        #expect(
            checker.check(try path(), at: servers.now).refusal
                == "revoked at 2023-11-14T22:13:20.000Z (superseded): CN=alice, serial number 0a")
        let other = try path("0B")
        #expect(
            checker.check(other, at: servers.now).statements()
                == [.unusable("the responder does not know the certificate")])
        #expect(!checker.check(other, at: servers.now).isAcceptable)
    }

    @Test func `the responder of the rules is asked instead of the certificate's`() throws {
        responder.good = ["0a"]
        let checker = try checker { $0.responder = "http://own.example.org/ocsp" }
        #expect(checker.check(try root.path(serial: "0A"), at: servers.now).isAcceptable)
        #expect(servers.requests.map(\.url) == ["http://own.example.org/ocsp"])
    }

    @Test func `an answer without a nonce counts unless the rules want one`() throws {
        responder.good = ["0a"]
        let bare = try OCSPQuestion(
            try path()[0], issuer: X509Certificate(root.certificate), nonce: nil)
        let responder = responder
        servers.answer { _ in try responder.answer(bare.der) }
        let finding = try checker().check(try path(), at: servers.now)
        #expect(finding.isAcceptable)
        #expect(finding.certificates.first?.steps.first?.note == "without a nonce")
        let strict = try checker { $0.requiresNonce = true }
        #expect(
            strict.check(try path(), at: servers.now).statements()
                == [.unusable("the answer has no nonce")])
    }

    @Test func `answers that are none are not believed`() throws {
        let stranger = try TestCA("/CN=Stranger")
        responder.good = ["0a"]
        responder.signer = stranger.own
        #expect(try !checker().check(try path(), at: servers.now).isAcceptable)
        servers.answer { _ in Array("<html>".utf8) }
        #expect(try !checker().check(try path(), at: servers.now).isAcceptable)
        servers.answer { _ in [] }
        #expect(try !checker().check(try path(), at: servers.now).isAcceptable)
    }

    @Test func `a responder that does not answer is not asked about others`() throws {
        servers.fail(url, "timeout", isOutage: true)
        let checker = try checker()
        #expect(
            checker.check(try path(), at: servers.now).statements() == [.unusable("timeout")])
        for serial in ["0B", "0C", "0D"] {
            #expect(
                checker.check(try path(serial), at: servers.now).statements()
                    == [.unusable("the responder does not answer")])
        }
        #expect(servers.requests.count == 1)
        #expect(checker.facts(at: servers.now).contains { $0.failure == "timeout" })
        servers.pass(.seconds(31))
        _ = checker.check(try path(), at: servers.now)
        #expect(servers.requests.count == 2)
    }

    @Test func `the next responder is asked if the first says nothing`() throws {
        servers.fail("http://down/", "timeout", isOutage: true)
        responder.good = ["0a"]
        let finding = try checker().check(
            try path("0A", "http://down/,OCSP;URI:\(url)"), at: servers.now)
        #expect(finding.statements() == [.unusable("timeout"), .good])
        #expect(finding.isAcceptable)
    }

    @Test func `a responder whose certificate is revoked is not believed`() throws {
        let extensions = [
            "basicConstraints = critical,CA:FALSE", "keyUsage = critical,digitalSignature",
            "extendedKeyUsage = OCSPSigning",
        ]
        responder.signer = try root.issue(
            "/CN=Responder", extensions: extensions, wish: .init(serial: "0x0E"))
        responder.good = ["0a"]
        let folder = try TemporaryDirectory()
        for (revoked, isGood) in [([TestCA.Revoked](), true), ([.init("0e")], false)] {
            try File.replace(folder.file("ca.crl"), with: try root.revocationList(revoked))
            var rules = RevocationRules(.ocsp, .files, files: [folder.file("ca.crl")])
            rules.checksAuthorities = false
            let finding = try servers.checker(rules, [root]).check(try path(), at: servers.now)
            #expect(
                finding.statements().first
                    == (isGood ? .good : .unusable("the responder's certificate is revoked")))
        }
    }

    @Test func `a responder without a list about it is not believed unless the rules allow it`()
        throws
    {
        responder.good = ["0a"]
        for (noCheck, policy, isGood) in [
            (false, RevocationRules.Policy.deny, false), (false, .allow, true), (true, .deny, true),
        ] {
            responder.signer = try root.issue(
                "/CN=Responder",
                extensions: TestCA.responderExtensions.filter { noCheck || $0.first != "n" },
                wish: .init(serial: "0x0E"))
            let finding = try checker { $0.unavailable = policy }
                .check(try path(), at: servers.now)
            #expect(
                finding.statements() == [
                    isGood
                        ? .good
                        : .unusable(
                            "whether the responder's certificate is revoked is unknown: "
                                + "no source says anything")
                ])
        }
    }

    @Test func `the list about a responder is waited for`() throws {
        let list = "http://ca.example.org/root.crl"
        responder.good = ["0a"]
        responder.signer = try root.issue(
            "/CN=Responder",
            extensions: TestCA.responderExtensions.filter { $0.first != "n" }
                + ["crlDistributionPoints = URI:\(list)"],
            wish: .init(serial: "0x0E"))
        servers.put(list, try root.revocationList())
        let finding = try servers.checker(RevocationRules(.ocsp, .crl), [root])
            .check(try path(), at: servers.now)
        #expect(finding.statements().first == .good)
    }

    @Test func `a revocation outlives its answer unless it is on hold only`() throws {
        for (reason, stays) in [("superseded", true), ("certificateHold", false)] {
            let servers = ListServers()
            servers.answer(responder.answer)
            responder.revoked = [.init("0a", reason: reason)]
            var rules = RevocationRules(.ocsp)
            rules.unavailable = .allow
            let checker = try servers.checker(rules, [root])
            let path = try path()
            #expect(!checker.check(path, at: servers.now).isAcceptable)
            // The responder knows nothing of it any more when it is asked again.
            responder.revoked = []
            servers.pass(.seconds(55 * 60))
            _ = checker.check(path, at: servers.now)
            #expect(servers.requests.count == 2)
            #expect(checker.check(path, at: servers.now).isAcceptable == !stays, "\(reason)")
            servers.answer { _ in throw RevocationFetchError("gone") }
            servers.pass(.seconds(2 * 86_400))
            _ = checker.refresh(at: servers.now)
            #expect(checker.check(path, at: servers.now).isAcceptable == !stays, "\(reason)")
        }
    }

    @Test func `a list that names the certificate outweighs a good answer`() throws {
        responder.good = ["0a"]
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("ca.crl"), with: try root.revocationList([.init("0a")]))
        let rules = RevocationRules(.files, .ocsp, files: [folder.file("ca.crl")])
        #expect(try !servers.checker(rules, [root]).check(try path(), at: servers.now).isAcceptable)
    }
}
