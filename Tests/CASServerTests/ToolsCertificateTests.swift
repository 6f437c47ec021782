import Authentication
import CASProtocol
import JSON
import OpenSSL
import Platform
import TestSupport
import Testing

@testable import CASServer

@Suite("casd certificate") struct ToolsCertificateTests {
    private let folder: TemporaryDirectory
    private let root: TestCA
    private let now = Instant(milliseconds: 1_800_000_000_000)
    private static let life =
        Instant(milliseconds: 1_700_000_000_000)...Instant(milliseconds: 1_900_000_000_000)

    init() throws {
        folder = try TemporaryDirectory()
        root = try TestCA("/O=Test/CN=Root", wish: .init(serial: "0x01", validity: Self.life))
    }

    private func issue(_ subject: String, serial: String) throws -> String {
        return try root.issue(subject, wish: .init(serial: "0x\(serial)", validity: Self.life))
            .certificate
    }

    private func handler(_ rules: RevocationRules, _ list: [UInt8]) throws -> CertificateHandler {
        try File.replace(folder.file("ca.crl"), with: list)
        let now = now
        return CertificateHandler(
            trust: try TrustStore(
                anchors: [.init(name: "ca.pem", content: Array(root.certificate.utf8))]),
            rules: CertificateRules(principal: CertificatePrincipal(.commonName)),
            revocation: RevocationChecker(
                rules, authorities: [try X509Certificate(root.certificate)],
                fetch: { request throws(RevocationFetchError) in
                    throw RevocationFetchError("unreachable")
                }, random: systemRandomBytes, clock: { now }))
    }

    private func rules(_ sources: RevocationRules.Source...) -> RevocationRules {
        var rules = RevocationRules()
        rules.sources = sources
        rules.files = [folder.file("ca.crl")]
        return rules
    }

    private func list(_ revoked: [TestCA.Revoked] = []) throws -> [UInt8] {
        try root.revocationList(
            revoked, number: "07", validity: (now - .seconds(3600))...(now + .seconds(7200)))
    }

    /// The explanation with what differs from run to run left out.
    private func text(_ handler: CertificateHandler, _ certificate: String) throws -> String {
        let parsed = try X509Certificate(certificate)
        var text = CertificateReport(
            handler.explain(certificate, at: now), notes: [], at: now
        ).text
        for (value, name) in [
            (hexadecimal(parsed.sha256), "(digest)"),
            (hexadecimal(parsed.publicKeyDigest), "(key)"), (folder.path, "/etc/casd"),
            ("\(parsed.der.count) bytes", "(size)"),
        ] {
            text.replace(value, with: name)
        }
        return text
    }

    @Test func `an accepted certificate is explained`() throws {
        let handler = try handler(rules(.files), try list())
        #expect(
            try text(handler, try issue("/O=Test/CN=alice", serial: "0A")) == """
                subject        CN=alice,O=Test
                issuer         CN=Root,O=Test
                serial number  0a
                valid          2023-11-14 22:13:20Z to 2030-03-17 17:46:40Z
                SHA-256        (digest)
                key's SHA-256  (key)

                STEP             FOUND
                form         ok  one certificate, (size)
                kind         ok  no authority's certificate
                path         ok  leads to CN=Root,O=Test
                path length  ok  0 intermediates, and max_path_length is 1
                subject      -   there is no subject_pattern
                issuer       -   there is no issuer_pattern
                key usage    -   is not checked
                revocation   ok  not revoked
                principal    ok  alice (common name (CN) in the subject)

                Path, the certificate first:
                DEPTH  SUBJECT          SERIAL NUMBER  VALID UNTIL
                0      CN=alice,O=Test  0a             2030-03-17 17:46:40Z
                1      CN=Root,O=Test   01             2030-03-17 17:46:40Z

                Revocation of CN=alice,O=Test: not revoked
                SOURCE  SAYS  MADE                  NEXT                  NUMBER  ENTRIES  PLACE
                files   good  2027-01-15 07:00:00Z  2027-01-15 10:00:00Z  07      0        \
                /etc/casd/ca.crl

                Accepted at 2027-01-15 08:00:00Z as alice

                """)
    }

    @Test func `a revoked certificate is explained`() throws {
        let handler = try handler(
            rules(.files, .crl), try list([.init("0a", reason: "keyCompromise")]))
        let text = try text(handler, try issue("/O=Test/CN=alice", serial: "0A"))
        #expect(
            text.hasSuffix(
                """
                Revocation of CN=alice,O=Test: revoked at 2023-11-14 22:13:20Z (keyCompromise)
                SOURCE  SAYS                                             MADE                  \
                NEXT                  NUMBER  ENTRIES  PLACE
                files   revoked at 2023-11-14 22:13:20Z (keyCompromise)  2027-01-15 07:00:00Z  \
                2027-01-15 10:00:00Z  07      1        /etc/casd/ca.crl
                crl     the certificate names no distribution point      -                     \
                -                     -       -        -

                Refused at 2027-01-15 08:00:00Z: revoked at 2023-11-14T22:13:20.000Z \
                (keyCompromise): CN=alice,O=Test, serial number 0a

                """))
        #expect(text.contains("\nrevocation   REFUSED  revoked at 2023-11-14T22:13:20.000Z"))
    }

    @Test func `a text that is no certificate is explained`() throws {
        let handler = try handler(rules(.files), try list())
        let report = CertificateReport(
            handler.explain("-----BEGIN CERTIFICATE-----", at: now), notes: [], at: now)
        #expect(report.status == .remarkable)
        #expect(
            report.text == """
                STEP           FOUND
                form  REFUSED  no -----END CERTIFICATE----- or closing colon

                Refused at 2027-01-15 08:00:00Z: no -----END CERTIFICATE----- or closing colon

                """)
    }

    @Test func `programs get the same as JSON`() throws {
        let handler = try handler(rules(.files), try list([.init("0a")]))
        let report = CertificateReport(
            handler.explain(try issue("/CN=alice", serial: "0A"), at: now), notes: [], at: now)
        let json = try #require(report.json.objectValue)
        #expect(json["accepted"] == false)
        #expect(json["principal"] == .null)
        #expect(json["at"] == "2027-01-15T08:00:00.000Z")
        let source = json["revocation"]?.arrayValue?.first?.objectValue?["sources"]?.arrayValue?
            .first?.objectValue
        #expect(source?["place"] == .string(folder.file("ca.crl")))
        #expect(source?["entries"] == 1)
    }

    @Test func `lists are shown with their age and what is wrong`() throws {
        let checker = try #require(
            try handler(rules(.files, .ocsp), try list([.init("0a")])).revocation)
        let report = RevocationListReport(
            facts: checker.facts(at: now), sources: [.files, .ocsp], now: now)
        #expect(report.status == .good)
        #expect(
            report.text.replacing(folder.path, with: "/etc/casd") == """
                ISSUER          NUMBER  ENTRIES  MADE     NEXT    STATE     PLACE
                CN=Root,O=Test  07      1        1 h ago  in 2 h  in force  /etc/casd/ca.crl
                Also asked, by the running service when certificates come: ocsp.

                """)
        let later = now + .seconds(7261)
        let expired = RevocationListReport(
            facts: checker.facts(at: later), sources: [.files], now: later)
        #expect(expired.status == .remarkable)
        #expect(expired.text.contains("1 min 1 s ago  expired  /"))
        try File.replace(folder.file("ca.crl"), with: Array("x".utf8))
        _ = checker.refresh(at: now)
        let broken = RevocationListReport(
            facts: checker.facts(at: now), sources: [.files], now: now)
        #expect(broken.status == .remarkable)
        #expect(broken.text.contains("no X.509 revocation list"))
    }

    @Test func `certificates are taken out of the files that people have`() throws {
        let text = try issue("/CN=alice", serial: "0A")
        let other = try issue("/CN=bob", serial: "0B")
        let der = try X509Certificate(text).der
        let key = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n"
        for (content, noteCount) in [
            (Array(text.utf8), 0), (Array("Certificate:\n  Data:\n\(text)".utf8), 0), (der, 1),
            (Array((text + other).utf8), 1), (Array((key + text + key).utf8), 0),
            (Array(base64(der).utf8), 0),
        ] {
            let presented = PresentedCertificate(content)
            #expect(try X509Certificate(presented.text).der == der)
            #expect(presented.notes.count == noteCount)
            #expect(!presented.text.contains("MC4C"))
        }
        for content in [[], [0x30], [0x30, 0x82], Array("x".utf8)] as [[UInt8]] {
            #expect(throws: CertificateError.self) {
                try X509Certificate(PresentedCertificate(content).text)
            }
        }
    }

    @Test func `the commands read the configuration`() throws {
        try File.replace(folder.file("ca.pem"), with: Array(root.certificate.utf8))
        try File.replace(
            folder.file("alice.pem"), with: Array(try issue("/CN=alice", serial: "0A").utf8))
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { x509: { trust_anchors: [ca.pem] } }
            services: { directory: services }
            """
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        let explain = { (file: String, at: String?) in
            CertificateTools.explain(
                file, at: at, configuration: folder.file("casd.yaml"), format: .text,
                clock: { [now] in now })
        }
        let good = explain(folder.file("alice.pem"), nil)
        #expect(good.status == .good, "\(good.complaint)")
        #expect(good.text.contains("\nAccepted at 2027-01-15 08:00:00Z as CN=alice\n"))
        let late = explain(folder.file("alice.pem"), "2035-01-01")
        #expect(late.status == .remarkable)
        #expect(late.text.contains("\nRefused at 2035-01-01 00:00:00Z: certificate has expired"))
        #expect(explain(folder.file("none.pem"), nil).status == .failed)
        #expect(explain(folder.file("alice.pem"), "yesterday").status == .failed)
        let lists = CertificateTools.lists(
            configuration: folder.file("casd.yaml"), format: .text, clock: { [now] in now })
        #expect(lists.status == .failed)
        #expect(lists.complaint.contains("authentication.x509.revocation is off"))
    }

    @Test func `times are read strictly`() {
        let good: [(String, Int64)] = [
            ("2027-01-15T08:00:00Z", 1_800_000_000), ("2027-01-15 08:00:00Z", 1_800_000_000),
            ("2027-01-15", 1_799_971_200), ("1970-01-01T00:00:00Z", 0),
        ]
        for (text, seconds) in good { #expect(Instant(rfc3339: text)?.seconds == seconds) }
        for text in [
            "", "2027", "2027-02-30", "2027-13-01", "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z",
            "2027-01-15T08:00:00", "2027-01-15T08:00:00+01:00", "2027/01/15", "x027-01-15",
        ] { #expect(Instant(rfc3339: text) == nil, "\(text)") }
    }
}
