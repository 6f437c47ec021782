import Authentication
import CASProtocol
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Client certificates") struct CertificateHandlerTests {
    private let soon = Instant.now + .seconds(60)

    private func handler(
        _ root: TestCA, intermediates: [TestCA] = [], _ rules: CertificateRules = CertificateRules()
    ) throws -> CertificateHandler {
        CertificateHandler(
            trust: try TrustStore(
                anchors: [.init(name: "ca.pem", content: Array(root.certificate.utf8))],
                intermediates: intermediates.map {
                    .init(name: "middle.pem", content: Array($0.certificate.utf8))
                }), rules: rules)
    }

    private func outcome(
        _ handler: CertificateHandler, _ text: String, at now: Instant? = nil
    ) -> Result<Authenticated, AuthenticationFailure> {
        Result { () throws(AuthenticationFailure) in
            try handler.authenticate(.certificate(ClientCertificate(text: text)), at: now ?? soon)
        }
    }

    /// Why the certificate was refused, or `nil` if it was accepted.
    private func refusal(
        _ handler: CertificateHandler, _ text: String, at now: Instant? = nil
    ) -> String? {
        if case .failure(.certificateRefused(let reason)) = outcome(handler, text, at: now) {
            reason
        } else {
            nil
        }
    }

    @Test func `a good certificate names the principal and its facts`() throws {
        let root = try TestCA()
        let issued = try root.issue(
            "/C=US/O=Test/CN=alice",
            adding: [
                "subjectAltName = email:alice@example.org,"
                    + "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@ad.example.org"
            ])
        let authenticated = try outcome(handler(root), issued.certificate).get()
        #expect(
            authenticated
                == Authenticated(
                    principal: Principal(
                        id: "CN=alice,O=Test,C=US",
                        attributes: Attributes([
                            ("sigAlgOid", ["1.2.840.10045.4.3.2"]),
                            ("subjectDn", ["CN=alice, O=Test, C=US"]),
                            ("subjectX500Principal", ["CN=alice,O=Test,C=US"]),
                            ("issuerDn", ["CN=Test CA, O=Test"]),
                            ("issuerX500Principal", ["CN=Test CA,O=Test"]),
                            ("x509Rfc822Email", ["alice@example.org"]),
                            ("x509subjectUPN", ["alice@ad.example.org"]),
                        ])),
                    handler: "x509", credentialType: "X509CertificateCredential",
                    certificateDigest: try X509Certificate(issued.certificate).sha256))
    }

    @Test func `the principal is the part that the rules name`() throws {
        let root = try TestCA()
        let issued = try root.issue(
            "/O=Test/CN=outer/CN=inner", adding: ["subjectAltName = email:a@b.org"])
        let parts: [(CertificatePart, String)] = [
            (.subjectName(.rfc2253), "CN=inner,CN=outer,O=Test"),
            (.subjectName(.java), "CN=inner, CN=outer, O=Test"), (.commonName, "inner"),
            (.email, "a@b.org"),
        ]
        for (part, identifier) in parts {
            let handler = try handler(root, CertificateRules(principal: CertificatePrincipal(part)))
            #expect(try outcome(handler, issued.certificate).get().principal.id == identifier)
        }
    }

    @Test func `a certificate without the part is refused`() throws {
        let root = try TestCA()
        let issued = try root.issue("/O=Test")
        for part in [CertificatePart.commonName, .email] {
            let handler = try handler(root, CertificateRules(principal: CertificatePrincipal(part)))
            #expect(
                refusal(handler, issued.certificate)?.hasPrefix("no usable principal in O=Test: ")
                    == true)
        }
    }

    @Test func `a fault of the certificate is the reason that the operator reads`() throws {
        let root = try TestCA()
        let stranger = try TestCA("/CN=Stranger")
        let good = try root.issue("/CN=alice").certificate
        let handler = try handler(root)
        let wrongUsage = try root.issue("/CN=a", extensions: ["extendedKeyUsage = serverAuth"])
        let authority = try root.issueAuthority("/CN=Middle")
        let faults: [(String, String)] = [
            (try stranger.issue("/CN=alice").certificate, "unable to get local issuer"),
            (wrongUsage.certificate, "unsuitable certificate purpose"),
            (authority.certificate, "an authority's certificate"),
            (root.certificate, "an authority's certificate"),
            (good + good, "more than one certificate"), (good + "x", "text behind"),
            (String(good.dropLast(30)), "no -----END"), ("", "empty"), ("(null)", "empty"),
        ]
        for (text, reason) in faults {
            let refusal = refusal(handler, text)
            #expect(refusal?.contains(reason) == true, "\(refusal ?? "accepted"), not \(reason)")
        }
        #expect(refusal(handler, good) == nil)
        let year = Duration.seconds(365 * 86_400)
        #expect(refusal(handler, good, at: soon - year)?.contains("not yet valid") == true)
        #expect(refusal(handler, good, at: soon + year * 11)?.contains("expired") == true)
    }

    @Test func `patterns match whole names in either case`() throws {
        let root = try TestCA("/O=Test/CN=Root")
        let text = try root.issue("/O=Test/CN=alice").certificate
        let patterns: [(subject: String?, issuer: String?, isGood: Bool)] = [
            (".+", nil, true), ("cn=ALICE, o=test", nil, true), ("CN=alice", nil, false),
            ("CN=(alice|bob), O=Test", "CN=Root, O=Test", true), (nil, "CN=Root", false),
            (nil, "(a+)+$", false),
        ]
        for (subject, issuer, isGood) in patterns {
            let rules = CertificateRules(
                subjectPattern: try subject.map { try NamePattern($0) },
                issuerPattern: try issuer.map { try NamePattern($0) })
            #expect((refusal(try handler(root, rules), text) == nil) == isGood)
        }
    }

    @Test func `a path may have as many intermediates as the rules say`() throws {
        let root = try TestCA()
        let first = try root.issueAuthority("/CN=First")
        let second = try first.issueAuthority("/CN=Second")
        let text = try second.issue("/CN=alice").certificate
        for (length, isGood) in [(2, true), (1, false), (0, false)] {
            let handler = try handler(
                root, intermediates: [first, second], CertificateRules(maxPathLength: length))
            #expect((refusal(handler, text) == nil) == isGood)
        }
    }

    @Test func `the key usage counts as the rules say`() throws {
        let root = try TestCA()
        let agreement = try root.issue(
            "/CN=a", extensions: ["keyUsage = critical,keyAgreement"]
        ).certificate
        let optional = try root.issue("/CN=a", extensions: ["keyUsage = keyAgreement"]).certificate
        let none = try root.issue("/CN=a", extensions: ["extendedKeyUsage = clientAuth"])
            .certificate
        let signature = try root.issue("/CN=a").certificate
        let cases: [(text: String, checks: Bool, requires: Bool, isGood: Bool)] = [
            (agreement, false, false, true), (agreement, true, false, false),
            (agreement, false, true, false), (optional, true, false, true),
            (optional, true, true, false), (none, true, false, true), (none, false, true, false),
            (signature, true, true, true),
        ]
        for (index, entry) in cases.enumerated() {
            let rules = CertificateRules(
                checksKeyUsage: entry.checks, requiresKeyUsage: entry.requires)
            let refusal = refusal(try handler(root, rules), entry.text)
            #expect((refusal == nil) == entry.isGood, "case \(index): \(refusal ?? "accepted")")
        }
    }
}
