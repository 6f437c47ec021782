import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Certificates") struct X509CertificateTests {
    private static let alice = Result {
        try TestCA("/C=US/O=Test/CN=Test CA").issue(
            "/C=US/O=Te, \"st\"/emailAddress=a@b.c/CN=Alice Ä+UID=al=1",
            adding: [
                "subjectAltName = email:alice@example.org,email:two@example.org,"
                    + "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@ad.example.org,"
                    + "URI:spiffe://example.org/alice,DNS:alice.example.org"
            ])
    }

    private func text() throws -> String { try Self.alice.get().certificate }

    @Test func `names are written as Java writes them`() throws {
        let certificate = try X509Certificate(try text())
        #expect(
            certificate.subject.rfc2253
                == "CN=Alice Ä+UID=al\\=1,1.2.840.113549.1.9.1=#16056140622e63,"
                + "O=Te\\, \\\"st\\\",C=US")
        #expect(
            certificate.subject.javaText
                == "CN=Alice Ä + UID=\"al=1\", EMAILADDRESS=a@b.c, O=\"Te, \\\"st\\\"\", C=US")
        #expect(certificate.issuer.rfc2253 == "CN=Test CA,O=Test,C=US")
        #expect(certificate.issuer.javaText == "CN=Test CA, O=Test, C=US")
    }

    @Test func `attributes are found by keyword and by identifier`() throws {
        let subject = try X509Certificate(try text()).subject
        #expect(subject.values("CN") == ["Alice Ä"])
        #expect(subject.values("uid") == ["al=1"])
        #expect(subject.values("2.5.4.10") == ["Te, \"st\""])
        #expect(subject.values("EMAILADDRESS") == ["a@b.c"])
        #expect(subject.values("OU").isEmpty)
    }

    @Test func `alternative names are sorted by kind`() throws {
        let names = try X509Certificate(try text()).alternativeNames
        #expect(names.emails == ["alice@example.org", "two@example.org"])
        #expect(names.userPrincipalNames == ["alice@ad.example.org"])
        #expect(names.uris == ["spiffe://example.org/alice"])
        #expect(names.dnsNames == ["alice.example.org"])
    }

    @Test func `usage, algorithm, serial number and validity are read`() throws {
        let certificate = try X509Certificate(try text())
        #expect(certificate.usage.allowsDigitalSignature)
        #expect(certificate.usage.isCritical)
        #expect(certificate.usage.extended == ["1.3.6.1.5.5.7.3.2"])
        #expect(!certificate.isCertificateAuthority)
        #expect(certificate.pathLength == nil)
        #expect(certificate.signatureAlgorithm == "1.2.840.10045.4.3.2")
        #expect(certificate.serialNumber.hexadecimal.utf8.count.isMultiple(of: 2))
        #expect(certificate.serialNumber.decimal.utf8.allSatisfy { (48...57).contains($0) })
        let life = certificate.validity.upperBound - certificate.validity.lowerBound
        #expect(life == .seconds(3650 * 86_400))
        #expect(abs((certificate.validity.lowerBound - .now).milliseconds) < 600_000)
        #expect(certificate.sha256 == sha256(certificate.der))
    }

    @Test func `an authority says how long its path may be`() throws {
        let authority = try TestCA(
            extensions: ["basicConstraints = critical,CA:TRUE,pathlen:3"])
        let certificate = try X509Certificate(authority.certificate)
        #expect(certificate.isCertificateAuthority)
        #expect(certificate.pathLength == 3)
        #expect(certificate.usage.bits == nil)
        #expect(certificate.usage.extended == nil)
        #expect(certificate.isSelfIssued)
    }

    @Test func `every form in which nginx passes a certificate is read`() throws {
        let pem = try text()
        let der = try X509Certificate(pem).der
        let lines = pem.split(separator: "\n")
        let escaped = pem.utf8.map { byte in
            "%" + hexadecimal([byte]).uppercased()
        }.joined()
        let partlyEscaped = pem.replacing("\n", with: "%0A").replacing(" ", with: "%20")
            .replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
        for form in [
            lines.joined(separator: "\n\t"), lines.joined(separator: " "),
            lines.joined(separator: "\r\n"), lines.joined(), escaped, partlyEscaped,
            "\n  \(pem)\n\n",
        ] {
            #expect(try X509Certificate(form).der == der)
        }
    }

    @Test func `a text with a fault is refused for that fault`() throws {
        let pem = try text()
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined()
        func wrapped(_ body: some StringProtocol) -> String {
            "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n"
        }
        let der = try X509Certificate(pem).der
        let faults: [(String, CertificateError)] = [
            ("", .empty), (" \n\t", .empty), ("(null)", .noPEM), (body, .noPEM),
            ("x" + pem, .noPEM), (pem + pem, .severalCertificates), (pem + "x", .trailingText),
            (pem + "-----BEGIN PRIVATE KEY-----", .trailingText),
            (String(pem.dropLast(10)), .noEnd), (wrapped(""), .badBase64),
            (wrapped(body.dropLast(3)), .badBase64), (wrapped("\u{0}" + body), .badBase64),
            (wrapped("*" + body.dropFirst()), .badBase64),
            (wrapped(base64(der + [0])), .trailingBytes),
            (wrapped(base64(der + der)), .trailingBytes),
            ("%", .badPercentEncoding), (pem + "%0", .badPercentEncoding),
            (pem + "%zz", .badPercentEncoding),
            (pem + String(repeating: " ", count: 64 << 10), .tooLarge),
        ]
        for (text, fault) in faults {
            #expect(throws: fault) { try X509Certificate(text) }
        }
        let nested = pem.replacing("-----END CERTIFICATE-----", with: "") + pem
        #expect(throws: CertificateError.severalCertificates) { try X509Certificate(nested) }
    }

    @Test func `a certificate cut short anywhere is refused`() throws {
        let der = try X509Certificate(try text()).der
        for count in 0..<der.count {
            #expect(throws: CertificateError.self) {
                try X509Certificate(der: Array(der.prefix(count)))
            }
        }
    }

    @Test func `random damage never traps`() throws {
        let der = try X509Certificate(try text()).der
        var seed: UInt64 = 42
        for _ in 0..<3000 {
            var changed = der
            for _ in 0..<3 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                changed[Int(seed >> 33) % changed.count] = UInt8(truncatingIfNeeded: seed >> 25)
            }
            if let certificate = try? X509Certificate(der: changed) {
                #expect(!certificate.subject.javaText.isEmpty || certificate.subject.isEmpty)
            }
        }
    }

    @Test func `a name with a NUL inside is refused`() throws {
        let issued = try TestCA().issue(
            "/CN=x",
            adding: ["subjectAltName = DER:30:0e:81:0c:61:40:62:2e:63:00:2e:65:76:69:6c:2e"]
        )
        #expect(throws: CertificateError.badExtension("subjectAltName")) {
            try X509Certificate(issued.certificate)
        }
    }
}
