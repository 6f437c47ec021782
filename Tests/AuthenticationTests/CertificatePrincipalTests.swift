import Authentication
import CASProtocol
import OpenSSL
import Platform
import TestSupport
import Testing

/// A certificate of a name, with alternative names if there are any.
private func certificate(
    _ subject: String, serial: String = "300", names: String? = nil,
    strings: String = "utf8only", root: TestCA? = nil
) throws -> X509Certificate {
    let root = try root ?? TestCA("/C=US/O=Test, Inc/CN=Root")
    return try X509Certificate(
        root.issue(
            subject, serial: serial, adding: names.map { ["subjectAltName = \($0)"] } ?? [],
            strings: strings
        ).certificate)
}

extension PrincipalResolution {
    /// The identifier, or `nil` if there is none.
    fileprivate var identifier: String? {
        if case .principal(let identifier, _) = self { identifier } else { nil }
    }

    fileprivate var why: String {
        switch self {
        case .principal(_, let why), .none(let why): why
        }
    }
}

private func principal(_ part: CertificatePart, of certificate: X509Certificate) -> String? {
    CertificatePrincipal(part).resolve(certificate).identifier
}

private let upn = "otherName:1.3.6.1.4.1.311.20.2.3"

// The values are Apereo's: its resolver tests, and the names as Java 17 writes them.
@Suite("Principals of certificates") struct CertificatePrincipalTests {
    @Test func `a subject is written in each of Java's four ways`() throws {
        let root = try TestCA()
        let plain = try certificate(
            "/C=US/L=Zürich/DC=x/O=Ex, Inc/UID=al/title=Dr/serialNumber=12"
                + "/emailAddress=alice@x.org/CN=Alice  B", root: root)
        #expect(
            principal(.subjectName(.java), of: plain)
                == "CN=\"Alice  B\", EMAILADDRESS=alice@x.org, SERIALNUMBER=12, T=Dr, UID=al, "
                + "O=\"Ex, Inc\", DC=x, L=Zürich, C=US")
        #expect(
            principal(.subjectName(.rfc1779), of: plain)
                == "CN=\"Alice  B\", OID.1.2.840.113549.1.9.1=alice@x.org, OID.2.5.4.5=12, "
                + "OID.2.5.4.12=Dr, OID.0.9.2342.19200300.100.1.1=al, O=\"Ex, Inc\", "
                + "OID.0.9.2342.19200300.100.1.25=x, L=Zürich, C=US")
        #expect(
            principal(.subjectName(.rfc2253), of: plain)
                == "CN=Alice  B,1.2.840.113549.1.9.1=#160b616c69636540782e6f7267,"
                + "2.5.4.5=#13023132,2.5.4.12=#0c024472,UID=al,O=Ex\\, Inc,DC=x,L=Zürich,C=US")
        // Java takes letters and accents apart; a comparison of strings would not notice.
        let canonical = principal(.subjectName(.canonical), of: plain)
        #expect(
            canonical.map { Array($0.utf8) }
                == Array(
                    ("cn=alice b,1.2.840.113549.1.9.1=#160b616c69636540782e6f7267,"
                        + "2.5.4.5=#13023132,2.5.4.12=#0c024472,uid=al,o=ex\\, inc,dc=#160178,"
                        + "l=zu\u{308}rich,c=us").utf8))
    }

    @Test func `special characters and groups are written as Java does`() throws {
        let root = try TestCA()
        let odd = try certificate(
            "/O=  x  y  /UID=z+O=Aa+emailAddress=b@c/CN=#a=b;c\\\\d\"e<f>", root: root)
        #expect(
            principal(.subjectName(.rfc1779), of: odd)
                == "CN=\"#a=b;c\\\\d\\\"e<f>\", O=Aa + OID.0.9.2342.19200300.100.1.1=z + "
                + "OID.1.2.840.113549.1.9.1=b@c, O=\"  x  y  \"")
        #expect(
            principal(.subjectName(.canonical), of: odd)
                == "cn=\\#a=b\\;c\\\\d\\\"e\\<f\\>,"
                + "o=aa+uid=z+1.2.840.113549.1.9.1=#1603624063,o=x y")
        let accents = try certificate("/O=Å é/exampleOne=zz+CN=Q/CN=Ä  #x", root: root)
        #expect(
            principal(.subjectName(.canonical), of: accents).map { Array($0.utf8) }
                == Array(
                    "cn=a\u{308} #x,cn=q+1.2.3.4=#0c027a7a,o=a\u{30A} e\u{301}".utf8))
        let old = try certificate("/O=Test/CN=Zürich", strings: "nombstr", root: root)
        #expect(
            principal(.subjectName(.canonical), of: old) == "cn=#14065afc72696368,o=test")
    }

    @Test(arguments: ["½", "ａｂ", "ΑΛΕΞΗΣ"])
    func `a name that Java would write in an unknown way has no canonical form`(
        name: String
    ) throws {
        let resolution = CertificatePrincipal(.subjectName(.canonical)).resolve(
            try certificate("/CN=\(name)"))
        #expect(resolution == .none(why: "no subject (canonical)"))
    }

    @Test(arguments: [
        ("$UID@$DC.$DC", "/DC=edu/DC=vt/UID=jacky", "jacky@vt.edu"),
        ("$CN", "/DC=edu/CN=Marvin", "Marvin"), ("$cn", "/DC=edu/CN=Marvin", "Marvin"),
        ("$EMAILADDRESS", "/CN=a/emailAddress=a@b.org", "a@b.org"),
        ("$OU $CN", "/OU=Sales/CN=Marvin", "Sales Marvin"),
        ("$CN:$SERIALNUMBER", "/serialNumber=1234/CN=Marvin", "Marvin:1234"),
        ("$OU/$OU", "/OU=outer/OU=inner", "inner/outer"),
        ("$$CN$", "/CN=a", "$a$"), ("$CN-x", "/CN=$UID", "$UID-x"),
    ])
    func `a template is filled from the subject, most specific first`(
        template: String, subject: String, identifier: String
    ) throws {
        let part = CertificatePart.subject(try PrincipalTemplate(template))
        #expect(try principal(part, of: certificate(subject)) == identifier)
    }

    @Test func `a template with more placeholders than values gives nobody`() throws {
        let certificate = try certificate("/DC=edu/UID=jacky")
        for template in ["$UID@$DC.$DC", "$CN", "$UID$uid"] {
            let part = CertificatePart.subject(try PrincipalTemplate(template))
            let resolution = CertificatePrincipal(part).resolve(certificate)
            #expect(resolution.identifier == nil)
            #expect(resolution.why.contains("not enough values"))
        }
    }

    @Test(arguments: ["", "alice", "$", "$NONSENSE", "$CN_x", "$1", "${CN}"])
    func `a template that names nobody, or no attribute, is none`(text: String) {
        #expect(throws: PrincipalTemplateError.self) { try PrincipalTemplate(text) }
    }

    @Test(arguments: [
        ("300", 10, false, "300"), ("300", 16, false, "12c"), ("300", 16, true, "012c"),
        ("0xab", 16, true, "ab"), ("300", 2, false, "100101100"), ("300", 36, false, "8c"),
        ("0", 16, false, "0"), ("0", 16, true, "00"), ("255", 16, false, "ff"),
        (
            "0xffffffffffffffffffffffffffffffffffffffff", 36, false,
            "twj4yidkw7a8pn4g709kzmfoaol3x8f"
        ),
    ])
    func `a serial number is written in any radix`(
        serial: String, radix: Int, isPadded: Bool, identifier: String
    ) throws {
        let part = CertificatePart.serialNumber(radix: radix, isPadded: isPadded)
        #expect(try principal(part, of: certificate("/CN=a", serial: serial)) == identifier)
    }

    @Test func `serial number and issuer stand together`() throws {
        let certificate = try certificate("/CN=a", serial: "300")
        #expect(
            principal(
                .serialNumberAndIssuer(prefix: "SERIALNUMBER=", delimiter: ", "), of: certificate)
                == "SERIALNUMBER=300, CN=Root, O=\"Test, Inc\", C=US")
        #expect(
            principal(.serialNumberAndIssuer(prefix: "", delimiter: " of "), of: certificate)
                == "300 of CN=Root, O=\"Test, Inc\", C=US")
        #expect(
            principal(.issuerAndSerialNumber, of: certificate)
                == "300;CN=Root,O=Test\\, Inc,C=US")
    }

    @Test func `the first UPN counts, as text or as octets`() throws {
        let root = try TestCA()
        for value in ["UTF8:al@ad.org", "OCT:al@ad.org"] {
            let certificate = try certificate(
                "/CN=a", names: "email:x@y.org,\(upn);\(value),\(upn);UTF8:other@ad.org",
                root: root)
            #expect(principal(.userPrincipalName, of: certificate) == "al@ad.org")
        }
        #expect(
            try principal(.userPrincipalName, of: certificate("/CN=a", root: root)) == nil)
    }

    @Test func `alternative names of other types are principals, the first of each`() throws {
        let certificate = try certificate(
            "/CN=a",
            names: "URI:https://x.org/a,URI:SPIFFE://x.org/b,email:a@x.org,email:b@x.org,DNS:d")
        #expect(principal(.email, of: certificate) == "a@x.org")
        #expect(principal(.uri(scheme: nil), of: certificate) == "https://x.org/a")
        #expect(principal(.uri(scheme: "spiffe"), of: certificate) == "SPIFFE://x.org/b")
        #expect(principal(.uri(scheme: "urn"), of: certificate) == nil)
    }

    @Test(arguments: [
        ("/O=x/CN=DOE.JOHN.Q.1234567890", "1234567890"), ("/O=x/CN=1234567890", "1234567890"),
        ("/O=x/CN=A.1234567890.0987654321", "1234567890"), ("/O=x/CN=A.123456789", nil),
        ("/O=x/CN=A.123456789x", nil), ("/O=x/CN=A.12345678901", nil),
        ("/CN=A.1234567890/O=x", nil), ("/O=x/UID=b/CN=A, B.1234567890", nil),
        ("/CN=A.1234567890/O=x,CN=B.1234567890.C", nil), ("/O=x", nil),
        ("/O=x/CN=A.１２３４５６７８９０", nil),
    ])
    func `an EDIPI has ten digits in a common name that comes first`(
        subject: String, identifier: String?
    ) throws {
        #expect(try principal(.cardIdentifier, of: certificate(subject)) == identifier)
    }

    @Test func `the public key is a principal that outlives the certificate`() throws {
        let root = try TestCA()
        let issued = try root.issue("/CN=a", serial: "1")
        let certificate = try X509Certificate(issued.certificate)
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("key.pem"), with: Array(issued.key.utf8))
        try openssl([
            "pkey", "-in", folder.file("key.pem"), "-pubout", "-outform", "DER", "-out",
            folder.file("key.der"),
        ])
        let digest = sha256(try File.read(folder.file("key.der")))
        #expect(certificate.publicKeyDigest == digest)
        #expect(principal(.publicKey, of: certificate) == hexadecimal(digest))
    }
}

@Suite("What stands in for a missing part") struct CertificateAlternateTests {
    @Test(arguments: [
        ("subjectDn", "CN=a, O=Test"), ("subjectX500Principal", "CN=a,O=Test"),
        ("issuerDn", "CN=Root, O=\"Test, Inc\", C=US"),
        ("issuerX500Principal", "CN=Root,O=Test\\, Inc,C=US"),
        ("sigAlgOid", "1.2.840.10045.4.3.2"), ("x509Rfc822Email", "a@b.org"),
        ("x509subjectUPN", nil), ("x509EDIPI", nil), ("nonsense", nil), ("", nil),
    ])
    func `the alternate is an attribute of the certificate`(
        alternate: String, identifier: String?
    ) throws {
        let certificate = try certificate("/O=Test/CN=a", names: "email:a@b.org")
        for part in [CertificatePart.userPrincipalName, .cardIdentifier, .uri(scheme: nil)] {
            let principal = CertificatePrincipal(part, alternate: alternate)
            #expect(principal.resolve(certificate).identifier == identifier)
        }
        let unused = CertificatePrincipal(.email, alternate: alternate)
        #expect(unused.resolve(certificate).identifier == "a@b.org")
    }

    @Test func `an EDIPI is an attribute only if it is asked for`() throws {
        let certificate = try certificate("/O=Test/CN=A.1234567890")
        var principal = CertificatePrincipal(.email, alternate: "x509EDIPI")
        #expect(principal.attributes(of: certificate)["x509EDIPI"] == nil)
        #expect(principal.resolve(certificate).identifier == nil)
        principal.hasIdentifierAttribute = true
        #expect(principal.attributes(of: certificate)["x509EDIPI"] == ["1234567890"])
        #expect(principal.resolve(certificate).identifier == "1234567890")
    }

    @Test func `the reason says what was taken and what was missing`() throws {
        let certificate = try certificate("/O=Test/CN=a")
        #expect(
            CertificatePrincipal(.email, alternate: "subjectDn").resolve(certificate)
                == .principal(
                    "CN=a, O=Test",
                    why: "subjectDn, because: no e-mail address in the alternative names"))
        #expect(
            CertificatePrincipal(.email, alternate: "x509subjectUPN").resolve(certificate)
                == .none(
                    why: "no e-mail address in the alternative names, and no x509subjectUPN instead"
                ))
        #expect(
            CertificatePrincipal(.commonName).resolve(certificate)
                == .principal("a", why: "common name (CN) in the subject"))
    }
}

@Suite("Transformed principals") struct PrincipalTransformTests {
    private func transformed(_ name: String, _ transform: PrincipalTransform) throws -> String? {
        var principal = CertificatePrincipal(.commonName)
        principal.transform = transform
        return principal.resolve(try certificate("/CN=\(name)")).identifier
    }

    @Test func `a pattern takes its first group, or all that it matches`() throws {
        let name = "cas@example.org"
        #expect(try transformed(name, .init(pattern: "(\\w+)@\\w+.org")) == "cas")
        #expect(try transformed(name, .init(pattern: "^\\w+")) == "cas")
        #expect(try transformed(name, .init(pattern: "EXAMPLE")) == "example")
        #expect(try transformed(name, .init(pattern: "x(y)?")) == nil)
        #expect(try transformed("  cas  ", .init(pattern: "(\\w+)@\\w+.org")) == "cas")
        #expect(
            try transformed(
                name, .init(letterCase: .upper, pattern: "(\\w+)@\\w+.org")) == "CAS")
    }

    @Test func `prefix, suffix and case come after the pattern, block sees the result`() throws {
        let transform = try PrincipalTransform(
            prefix: "U-", suffix: "@Campus", letterCase: .lower, pattern: "^(\\w+)",
            block: "^u-root@")
        #expect(try transformed("Alice Doe", transform) == "u-alice@campus")
        #expect(try transformed("ROOT x", transform) == nil)
    }

    @Test func `what is blocked, empty, too long or has control characters is nobody`() throws {
        #expect(try transformed("casuser", .init(block: "[abc]")) == nil)
        #expect(try transformed("helloworld", .init(block: "[abc]")) == "helloworld")
        #expect(try transformed("a", .init(pattern: "()a")) == nil)
        #expect(try transformed("a", .init(prefix: String(repeating: "x", count: 1023))) != nil)
        #expect(try transformed("a", .init(prefix: String(repeating: "x", count: 1024))) == nil)
        #expect(try transformed("a\u{7F}b", .init()) == nil)
        #expect(
            try transformed(String(repeating: "a", count: 60) + "!", .init(pattern: "(a+)+$"))
                == nil)
    }
}
