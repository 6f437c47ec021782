import Authentication
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Users of certificates") struct CertificateUsersTests {
    private func resolve(
        _ certificate: X509Certificate, _ entries: [(user: String, fact: CertificateFact)],
        _ part: CertificatePart = .mapped, block: String? = nil
    ) throws -> PrincipalResolution {
        var principal = CertificatePrincipal(part)
        principal.users = CertificateUsers(entries)
        principal.transform = try PrincipalTransform(prefix: "never-", block: block)
        return principal.resolve(certificate)
    }

    private func alice() throws -> X509Certificate {
        let root = try TestCA("/C=US/O=Test, Inc/CN=Root")
        return try X509Certificate(
            root.issue(
                "/C=US/emailAddress=a@b.org/CN=alice", serial: "300",
                adding: [
                    "subjectAltName = URI:urn:a,email:Al@X.org,email:al2@x.org,"
                        + "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:Alice@AD.org"
                ]
            ).certificate)
    }

    private func key(_ text: String) throws -> DistinguishedNameKey {
        try #require(DistinguishedNameKey(text), "\(text)")
    }

    @Test func `each fact finds its user`() throws {
        let alice = try alice()
        let issuer = try key("CN=Root, O=\"Test, Inc\", C=US")
        let subject = try key("cn=alice,EMAILADDRESS=a@b.org,c=US")
        let serial = try #require(CertificateFact.decimalSerial("0x012C"))
        let facts: [CertificateFact] = [
            .certificate(sha256: alice.sha256), .publicKey(sha256: alice.publicKeyDigest),
            .serialNumber(serial, issuer: issuer), .subject(subject),
            .subject(subject, issuer: issuer), .email("Al@x.ORG"), .email("al2@x.org"),
            .userPrincipalName("ALICE@ad.org"), .uri("urn:a"),
        ]
        for fact in facts {
            guard case .principal("alice", let why) = try resolve(alice, [("alice", fact)]) else {
                Issue.record("\(fact) does not find anybody")
                continue
            }
            #expect(why.hasPrefix("users_file says so of "))
        }
        let others: [CertificateFact] = [
            .certificate(sha256: alice.publicKeyDigest), .publicKey(sha256: alice.sha256),
            .serialNumber("301", issuer: issuer), .serialNumber("300", issuer: subject),
            .subject(issuer), .subject(subject, issuer: subject), .email("al@x.org"),
            .email("a@b.org"), .uri("urn:A"), .userPrincipalName("Al@X.org"),
        ]
        for fact in others {
            #expect(
                try resolve(alice, [("alice", fact)])
                    == .none(why: "users_file does not know it"))
        }
    }

    @Test func `a mapping wins over the type, and is not transformed`() throws {
        let alice = try alice()
        let entries = [(user: "boss", fact: CertificateFact.uri("urn:a"))]
        guard case .principal("boss", _) = try resolve(alice, entries, .commonName) else {
            Issue.record("the mapping does not win")
            return
        }
        guard case .principal("never-alice", _) = try resolve(alice, [], .commonName) else {
            Issue.record("the type does not count without a mapping")
            return
        }
        #expect(
            try resolve(alice, entries, .commonName, block: "^boss$")
                == .none(why: "transform.block refuses 'boss'"))
    }

    @Test func `facts of several users give nobody`() throws {
        let alice = try alice()
        let both: [(user: String, fact: CertificateFact)] = [
            ("bob", .uri("urn:a")), ("alice", .email("Al@x.org")),
        ]
        #expect(
            try resolve(alice, both, .commonName)
                == .none(why: "users_file names several: alice, bob"))
        let same = both.map { (user: "alice", fact: $0.fact) }
        guard case .principal("alice", _) = try resolve(alice, same) else {
            Issue.record("two facts of one user are not enough")
            return
        }
        let alike: [(user: String, fact: CertificateFact)] = [
            ("caf\u{E9}", .uri("urn:a")), ("cafe\u{301}", .email("Al@x.org")),
        ]
        guard case .none = try resolve(alice, alike) else {
            Issue.record("names that look alike are one user")
            return
        }
    }

    @Test(arguments: [
        ("CN=alice,C=US", "cn = alice , c=US"), ("CN=alice,C=US", "CN=\"alice\"; C=US"),
        ("CN=alice,C=US", "2.5.4.3=alice,OID.2.5.4.6=US"), ("CN=a\\,b", "CN=\"a,b\""),
        ("CN=a\\,b", "CN=a\\2Cb"), ("CN=Zürich", "CN=Z\\C3\\BCrich"),
        ("CN=Zürich", "CN=#0c075ac3bc72696368"), ("CN=Zürich", "CN=#14065afc72696368"),
        ("CN=Zü", "CN=#1e04005a00fc"), ("CN=a+UID=b", "UID=b + CN=a"),
        ("1.2.840.113549.1.9.1=#160b616c69636540782e6f7267", "EMAILADDRESS=alice@x.org"),
        ("CN=a\\ ", "CN=\"a \" "), ("CN=\\#a", "CN=\"#a\""), ("CN=", "CN=\"\""),
    ])
    func `a name is the same however it is written`(left: String, right: String) throws {
        #expect(try key(left) == key(right))
    }

    @Test(arguments: [
        ("CN=alice,C=US", "C=US,CN=alice"), ("CN=alice", "CN=Alice"), ("CN=a,CN=b", "CN=a+CN=b"),
        ("CN=a", "UID=a"), ("CN=a b", "CN=a  b"), ("CN=caf\u{E9}", "CN=cafe\u{301}"),
        ("CN=1.2.3.4=#0c", "CN=#0c"), ("CN=#0201ff", "CN=\u{2}\u{1}\u{FF}"),
    ])
    func `names that differ are different`(left: String, right: String) throws {
        guard let other = DistinguishedNameKey(right) else { return }
        #expect(try key(left) != other)
    }

    @Test(arguments: [
        "", "alice", "=a", "CN", "CN=a,", "CN=a,,C=US", "NONSENSE=a", "CN=\"a", "CN=\"a\"b",
        "CN=a\"b", "CN=#", "CN=#0", "CN=#zz", "CN=a\\", "CN=a\\4", "1=a", "1..2=a", "CN=a+",
        "CN=" + String(repeating: "a", count: 5000),
    ])
    func `a text that is no name is none`(text: String) {
        #expect(DistinguishedNameKey(text) == nil)
    }

    @Test(arguments: [
        ("300", "300"), ("0x12c", "300"), ("0X012C", "300"), ("0", "0"), ("000", "0"),
        (
            "0xffffffffffffffffffffffffffffffffffffffff",
            "1461501637330902918203684832716283019655932542975"
        ),
        ("", nil), ("0x", nil), ("12c", nil), ("-1", nil), (" 1", nil), ("１", nil),
    ])
    func `a serial number is decimal or hexadecimal`(text: String, decimal: String?) {
        #expect(CertificateFact.decimalSerial(text) == decimal)
    }

    @Test func `any bytes are a name or none, never a crash`() throws {
        var random = SeededRandom(seed: 42)
        let samples = ["CN=a\\,b+UID=\"x\\\"y\",C=#0c0161", "OID.1.2.3=\\C3\\A9 , DC=b;L=c"]
        for _ in 0..<20_000 {
            var bytes = Array(samples[Int.random(in: 0..<2, using: &random)].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            _ = DistinguishedNameKey(String(decoding: bytes, as: UTF8.self))
        }
    }
}
