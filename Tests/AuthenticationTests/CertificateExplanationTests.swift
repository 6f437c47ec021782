import CASProtocol
import OpenSSL
import Platform
import TestSupport
import Testing

@testable import Authentication

@Suite("The explained decision about a certificate") struct CertificateExplanationTests {
    private let servers = ListServers()
    private let folder: TemporaryDirectory
    private let root: TestCA

    init() throws {
        folder = try TemporaryDirectory()
        root = try TestCA("/CN=Root")
    }

    private func handler(
        revoked: [TestCA.Revoked] = [], _ rules: CertificateRules = CertificateRules()
    ) throws -> CertificateHandler {
        try File.replace(folder.file("ca.crl"), with: try root.revocationList(revoked))
        return CertificateHandler(
            trust: try TrustStore(
                anchors: [.init(name: "ca.pem", content: Array(root.certificate.utf8))]),
            rules: rules,
            revocation: try servers.checker(
                RevocationRules(.files, files: [folder.file("ca.crl")]), [root]))
    }

    private func lines(_ explanation: CertificateExplanation) -> [String] {
        explanation.steps.map { "\($0.name.rawValue): \($0.verdict): \($0.text)" }
    }

    private func refusal(_ handler: CertificateHandler, _ text: String) -> String? {
        do throws(AuthenticationFailure) {
            _ = try handler.authenticate(
                .certificate(ClientCertificate(text: text)), at: servers.now)
            return nil
        } catch {
            if case .certificateRefused(let reason) = error { return reason }
            return "\(error)"
        }
    }

    @Test func `a good certificate goes through every step`() throws {
        let issued = try root.issue("/CN=alice", wish: .init(serial: "0x0A"))
        let rules = CertificateRules(
            principal: CertificatePrincipal(.commonName), subjectPattern: try NamePattern("CN=.+"),
            requiresKeyUsage: true)
        let handler = try handler(rules)
        let explanation = handler.explain(issued.certificate, at: servers.now)
        let size = try X509Certificate(issued.certificate).der.count
        #expect(
            lines(explanation) == [
                "form: good: one certificate, \(size) bytes",
                "kind: good: no authority's certificate",
                "path: good: leads to CN=Root",
                "path length: good: 0 intermediates, and max_path_length is 1",
                "subject: good: subject_pattern matches CN=alice",
                "issuer: skipped: there is no issuer_pattern",
                "key usage: good: allows digital signatures", "revocation: good: not revoked",
                "principal: good: alice (common name (CN) in the subject)",
            ])
        #expect(explanation.refusal == nil)
        #expect(explanation.path.count == 2)
        #expect(explanation.revocation?.certificates.count == 1)
        #expect(explanation.accepted?.principal.id == "alice")
        #expect(refusal(handler, issued.certificate) == nil)
    }

    private func handler(_ rules: CertificateRules) throws -> CertificateHandler {
        try handler(revoked: [], rules)
    }

    @Test func `behind the first fault the others are shown as well`() throws {
        let issued = try root.issue("/CN=alice", wish: .init(serial: "0x0A"))
        let rules = CertificateRules(
            principal: CertificatePrincipal(.email), subjectPattern: try NamePattern("CN=bob"))
        let handler = try handler(revoked: [.init("0a", reason: "keyCompromise")], rules)
        let explanation = handler.explain(issued.certificate, at: servers.now)
        #expect(
            explanation.steps.filter { $0.verdict == .bad }.map(\.name) == [
                .subject, .revocation, .principal,
            ])
        #expect(explanation.accepted == nil)
        #expect(explanation.refusal == "the subject does not match subject_pattern: CN=alice")
    }

    @Test func `what is refused and what the explanation says are the same`() throws {
        let stranger = try TestCA("/CN=Stranger")
        let revoked = try root.issue("/CN=alice", wish: .init(serial: "0x0A")).certificate
        let noUsage = try root.issue("/CN=a", extensions: ["extendedKeyUsage = clientAuth"])
        let texts = [
            revoked, try stranger.issue("/CN=alice").certificate, root.certificate, "", "x",
            noUsage.certificate, try root.issue("/CN=bob").certificate,
            try root.issue("/O=nobody").certificate,
        ]
        let rules = CertificateRules(
            principal: CertificatePrincipal(.commonName), requiresKeyUsage: true)
        let handler = try handler(revoked: [.init("0a")], rules)
        var refusals = 0
        for text in texts {
            let explanation = handler.explain(text, at: servers.now)
            #expect(explanation.refusal == refusal(handler, text))
            #expect((explanation.refusal == nil) == (explanation.accepted != nil))
            refusals += explanation.refusal == nil ? 0 : 1
        }
        #expect(refusals == texts.count - 1)
        #expect(refusal(handler, revoked)?.hasPrefix("revoked at 2023-11-14T22:13:20") == true)
    }

    @Test func `servers are asked about trusted certificates only`() throws {
        let stranger = try TestCA("/CN=Root")
        let point = ["crlDistributionPoints = URI:http://ca/x"]
        let handler = CertificateHandler(
            trust: try TrustStore(
                anchors: [.init(name: "ca.pem", content: Array(root.certificate.utf8))]),
            revocation: try servers.checker(RevocationRules(.crl, .ocsp), [root]))
        let text = try stranger.issue("/CN=alice", adding: point).certificate
        #expect(refusal(handler, text) != nil)
        let explanation = handler.explain(text, at: servers.now)
        #expect(
            explanation.steps.contains(.init(.revocation, .skipped, "there is no trusted path")))
        #expect(servers.requests.isEmpty)
        let own = try root.issue("/CN=alice", adding: point).certificate
        #expect(refusal(handler, own)?.hasPrefix("revocation unknown: CN=alice") == true)
        #expect(!servers.requests.isEmpty)
    }

    @Test func `a list of a hundred thousand entries costs a login nothing to speak of`() throws {
        // Of four bytes each, with gaps between them.
        let serials = (0..<100_000).map { number in
            String(0x1000_0000 + number * 7, radix: 16)
        }
        let handler = try handler(revoked: serials.map { .init($0) })
        let bad = try root.issue("/CN=a", wish: .init(serial: "0x\(serials[54_321])"))
        let good = try root.issue("/CN=b", wish: .init(serial: "0x10000001"))
        #expect(refusal(handler, bad.certificate)?.hasPrefix("revoked at") == true)
        #expect(refusal(handler, good.certificate) == nil)
        #expect(handler.revocation?.facts(at: servers.now).first?.count == 100_000)
        let start = monotonicMilliseconds()
        for _ in 0..<200 { _ = refusal(handler, good.certificate) }
        let time = monotonicMilliseconds() - start
        #expect(time < 4000, "\(time) ms for 200 logins")
    }
}
