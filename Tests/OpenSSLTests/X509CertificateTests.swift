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
        #expect(!certificate.hasNoCheck)
        #expect(certificate.distributionPoints.isEmpty)
        #expect(certificate.ocspResponders.isEmpty)
    }

    @Test func `the addresses of lists and responders are read and bounded`() throws {
        let root = try TestCA()
        let issued = try root.issue(
            "/CN=a",
            adding: [
                "crlDistributionPoints = one,two,three",
                "authorityInfoAccess = OCSP;URI:http://o.example/1,caIssuers;URI:http://i.example/,"
                    + "OCSP;email:a@b.c,OCSP;URI:https://o.example/2",
                "[one]", "fullname = URI:http://l.example/1,URI:ldap://l.example/cn=a?x?y",
                "[two]", "fullname = dirName:point", "[three]", "fullname = URI:http://l.example/2",
                "[point]", "CN = Part",
            ])
        let certificate = try X509Certificate(issued.certificate)
        #expect(
            certificate.distributionPoints == [
                "http://l.example/1", "ldap://l.example/cn=a?x?y", "http://l.example/2",
            ])
        #expect(certificate.ocspResponders == ["http://o.example/1", "https://o.example/2"])
        let long = (0..<40).map { "URI:http://l.example/\($0)" }.joined(separator: ",")
        let many = try X509Certificate(
            root.issue("/CN=a", adding: ["crlDistributionPoints = \(long)"]).certificate)
        #expect(many.distributionPoints.count == X509Certificate.addressesMax)
        let odd = try X509Certificate(
            root.issue(
                "/CN=a",
                adding: [
                    "crlDistributionPoints = URI:http://l.example/a b",
                    "authorityInfoAccess = OCSP;URI:"
                        + "http://o.example/\(String(repeating: "x", count: 2048))",
                ]
            ).certificate)
        // Blanks are kept, as Apereo has it; who fetches the list writes them properly.
        #expect(odd.distributionPoints == ["http://l.example/a b"])
        #expect(odd.ocspResponders.isEmpty)
    }

    @Test func `a key is known by the digest of its SubjectPublicKeyInfo`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority("/CN=Middle")
        let (one, two) = (try root.issue("/CN=a"), try root.issue("/CN=b"))
        let digests = try [root.certificate, middle.certificate, one.certificate, two.certificate]
            .map { try X509Certificate($0).publicKeyDigest }
        #expect(Set(digests).count == 4)
        let certificate = try X509Certificate(one.certificate)
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("key"), with: Array(one.key.utf8))
        try openssl(
            [
                "pkey", "-in", folder.file("key"), "-pubout", "-outform", "DER",
                "-out", folder.file("spki"),
            ])
        #expect(certificate.publicKeyDigest == sha256(try File.read(folder.file("spki"))))
    }

    @Test func `serial numbers of any sign and up to forty bytes are read`() throws {
        let root = try TestCA()
        let long = String(repeating: "ab", count: 20)
        for (wish, decimal, hexadecimal, bytes) in [
            ("0x01", "1", "01", "01"), ("0x80", "128", "80", "0080"),
            ("-0x1", "-1", "-01", "ff"), ("0x" + long, nil, long, "00" + long),
        ] as [(String, String?, String, String)] {
            let serial = try X509Certificate(
                root.issue("/CN=a", wish: .init(serial: wish)).certificate
            ).serialNumber
            if let decimal { #expect(serial.decimal == decimal) }
            #expect(serial.hexadecimal == hexadecimal)
            #expect(Platform.hexadecimal(serial.bytes) == bytes)
            if !wish.hasPrefix("-") {
                #expect(SerialNumber(hexadecimal: hexadecimal) == serial)
                #expect(SerialNumber(hexadecimal: "00" + hexadecimal.uppercased()) == serial)
            }
        }
        #expect(SerialNumber(hexadecimal: "0")?.decimal == "0")
        #expect(SerialNumber(hexadecimal: "7" + String(repeating: "f", count: 79)) != nil)
        for text in ["", "x", "-1", "0x1", String(repeating: "f", count: 80)] {
            #expect(SerialNumber(hexadecimal: text) == nil)
        }
        let tooLong = try root.issue(
            "/CN=a", wish: .init(serial: "0x7" + String(repeating: "f", count: 81)))
        #expect(
            throws: CertificateError.badCertificate("the serial number has more than 40 bytes")
        ) { try X509Certificate(tooLong.certificate) }
    }

    @Test func `an authority may sign lists unless its key usage forbids it`() throws {
        for (extensions, isAllowed) in [
            (["keyUsage = keyCertSign,cRLSign"], true), (["keyUsage = keyCertSign"], false),
            ([], true),
        ] {
            let authority = try TestCA(extensions: ["basicConstraints = CA:TRUE"] + extensions)
            let usage = try X509Certificate(authority.certificate).usage
            #expect(usage.allowsListSignature == isAllowed)
        }
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

    @Test func `a certificate cut short anywhere is refused`() throws {
        let der = try X509Certificate(try text()).der
        for count in 0..<der.count {
            #expect(throws: CertificateError.self) {
                try X509Certificate(der: Array(der.prefix(count)))
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
