import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("RFC 5280 §5 revocation lists") struct RevocationListTests {
    private let root: TestCA

    init() throws {
        root = try TestCA()
    }

    private func authority(_ authority: TestCA) throws -> X509Certificate {
        try X509Certificate(authority.certificate)
    }

    private func serial(_ hexadecimal: String) throws -> SerialNumber {
        try #require(SerialNumber(hexadecimal: hexadecimal))
    }

    private func failure(_ bytes: [UInt8], _ signers: [X509Certificate]) -> RevocationListError? {
        do throws(RevocationListError) {
            _ = try RevocationList(bytes, signers: signers)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the revoked are found with date and reason, the others are not`() throws {
        let at = Instant(milliseconds: 1_600_000_000_000)
        let reasons = [
            "unspecified", "keyCompromise", "CACompromise", "affiliationChanged", "superseded",
            "cessationOfOperation", "certificateHold",
        ]
        let revoked =
            reasons.enumerated().map {
                TestCA.Revoked("0\($0.offset + 1)", reason: $0.element, at: at)
            } + [TestCA.Revoked("7F"), .init("80"), .init(String(repeating: "FE", count: 19))]
        let list = try RevocationList(
            root.revocationList(revoked, number: "0100"), signers: [authority(root)])
        #expect(list.count == 10)
        #expect(list.number == "0100")
        #expect(list.issuer.rfc2253 == "CN=Test CA,O=Test")
        #expect(list.issuerKeyDigest == (try authority(root)).publicKeyDigest)
        for (index, reason) in [
            RevocationReason.unspecified, .keyCompromise, .cACompromise, .affiliationChanged,
            .superseded, .cessationOfOperation, .certificateHold,
        ].enumerated() {
            let entry = list.entry(for: try serial("0\(index + 1)"))
            #expect(entry == .init(revokedAt: at, reason: reason))
        }
        for text in ["7f", "80", String(repeating: "fe", count: 19)] {
            #expect(list.entry(for: try serial(text))?.reason == nil)
            #expect(list.entry(for: try serial(text)) != nil)
        }
        for text in ["00", "08", "7e", "81", "ff", "0100", String(repeating: "fe", count: 20)] {
            #expect(list.entry(for: try serial(text)) == nil)
        }
    }

    @Test func `a certificate is covered by its issuer's list and found in it`() throws {
        let issued = try root.issue("/CN=a", wish: .init(serial: "0x1234567890ABCDEF"))
        let leaf = try X509Certificate(issued.certificate)
        let list = try RevocationList(
            root.revocationList([.init("1234567890ABCDEF")]), signers: [authority(root)])
        #expect(list.covers(leaf))
        #expect(list.entry(for: leaf.serialNumber) != nil)
        let other = try X509Certificate(TestCA("/CN=Other").issue("/CN=a").certificate)
        #expect(!list.covers(other))
    }

    @Test func `times and emptiness are reported`() throws {
        let first = Instant(milliseconds: 1_700_000_000_000)
        let last = Instant(milliseconds: 4_000_000_000_000)
        let list = try RevocationList(
            root.revocationList(number: nil, validity: first...last), signers: [authority(root)])
        #expect(list.thisUpdate == first)
        #expect(list.nextUpdate == last)
        #expect(list.number == nil)
        #expect(list.count == 0)
        #expect(list.entry(for: try serial("01")) == nil)
    }

    @Test func `RSA, EdDSA and PSS signatures are checked too`() throws {
        let pss = ["-sigopt", "rsa_padding_mode:pss"]
        for (key, digest, options) in [
            (["rsa:2048"], "sha384", []), (["rsa:2048"], "sha256", pss), (["ed25519"], "null", []),
        ] {
            let authority = try TestCA(wish: .init(key: key))
            let signer = try self.authority(authority)
            let bytes = try authority.revocationList(
                [.init("01")], digest: digest, options: options)
            #expect(try RevocationList(bytes, signers: [signer]).count == 1)
            var changed = bytes
            changed[changed.count - 1] ^= 1
            #expect(failure(changed, [signer]) == .badSignature)
        }
    }

    @Test func `PEM is read, and bundles are taken apart`() throws {
        let signers = [try authority(root)]
        let one = try root.revocationList([.init("01")])
        let two = try root.revocationList([.init("01"), .init("02")])
        func pem(_ bytes: [UInt8]) -> String {
            "-----BEGIN X509 CRL-----\n\(base64(bytes))\n-----END X509 CRL-----\n"
        }
        let bundle = "comment\n" + pem(one) + "x\n" + pem(two) + "end\n"
        let parts = RevocationList.contents(of: Array(bundle.utf8))
        #expect(try parts.map { try RevocationList($0, signers: signers).count } == [1, 2])
        #expect(RevocationList.contents(of: one) == [one])
        #expect(failure(Array(bundle.utf8), signers) == .several)
        #expect(failure([], signers) == .empty)
        for text in ["x", "-----BEGIN X509 CRL-----\nMAAA", pem([]), pem(Array(one.dropLast()))] {
            let parts = RevocationList.contents(of: Array(text.utf8))
            #expect(parts == [Array(text.utf8)].map { Array($0.prefix(parts[0].count)) })
            guard case .malformed = failure(parts[0], signers) else {
                Issue.record("\(text) is read")
                continue
            }
        }
        let cut = pem(one).replacing("-----END X509 CRL-----", with: "")
        #expect(RevocationList.contents(of: Array((cut + pem(two)).utf8)).count == 2)
    }

    @Test func `only an authority that may sign lists has signed it`() throws {
        let bytes = try root.revocationList([.init("01")])
        #expect(failure(bytes, []) == .unknownIssuer("CN=Test CA,O=Test"))
        // The same name, another key: the list names the key, so this is no candidate at all.
        let stranger = try TestCA()
        #expect(
            failure(bytes, [try authority(stranger)]) == .unknownIssuer("CN=Test CA,O=Test"))
        #expect(failure(bytes, [try authority(stranger), try authority(root)]) == nil)
        let unnamed = try TestCA(
            extensions: ["basicConstraints = critical,CA:TRUE", "subjectKeyIdentifier = none"])
        #expect(failure(bytes, [try authority(unnamed)]) == .badSignature)
        let usage = try TestCA(
            "/CN=Usage",
            extensions: [
                "basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign",
                "subjectKeyIdentifier = hash",
            ])
        #expect(
            failure(try usage.revocationList(), [try authority(usage)]) == .notAllowed("CN=Usage"))
        let client = try root.issueAuthority("/CN=client", extensions: TestCA.clientExtensions)
        #expect(
            failure(try client.revocationList(), [try authority(client)])
                == .notAllowed("CN=client"))
    }

    @Test func `a weak digest or key is refused`() throws {
        let bytes = try root.revocationList(digest: "sha1")
        #expect(failure(bytes, [try authority(root)]) == .weak("digest of 1.2.840.10045.4.1"))
        let small = try TestCA(wish: .init(key: ["rsa:1024"]))
        #expect(
            failure(try small.revocationList(), [try authority(small)])
                == .weak("key of 80 bits of strength"))
        let large = try TestCA(wish: .init(key: ["rsa:2048"]))
        let pss = try large.revocationList(
            digest: "sha1", options: ["-sigopt", "rsa_padding_mode:pss"])
        #expect(
            failure(pss, [try authority(large)]) == .weak("digest of 1.2.840.113549.1.1.10"))
    }

    @Test func `delta and indirect lists and unknown critical extensions are refused`() throws {
        let faults: [([String], String, RevocationListError)] = [
            (["2.5.29.27 = critical,ASN1:INTEGER:1"], "", .delta),
            (["2.5.29.27 = ASN1:INTEGER:1"], "", .delta),
            (
                ["issuingDistributionPoint = critical,@idp"], "[idp]\nindirectCRL = TRUE",
                .indirect
            ),
            (["1.2.3.4 = critical,ASN1:NULL"], "", .criticalExtension("1.2.3.4")),
        ]
        for (extensions, sections, fault) in faults {
            let bytes = try root.revocationList(extensions: extensions, sections: sections)
            #expect(failure(bytes, [try authority(root)]) == fault)
        }
        let bytes = try root.revocationList(extensions: ["1.2.3.4 = ASN1:NULL"])
        #expect(failure(bytes, [try authority(root)]) == nil)
    }

    @Test func `a part of a list covers what it is for`() throws {
        func point(_ name: String) -> [String] { ["crlDistributionPoints = \(name)"] }
        let here = "URI:http://x.example/1.crl"
        let leaf = try X509Certificate(root.issue("/CN=a", adding: point(here)).certificate)
        let other = try X509Certificate(
            root.issue("/CN=a", adding: point("URI:http://x.example/2.crl")).certificate)
        let middle = try X509Certificate(root.issueAuthority("/CN=Middle").certificate)
        #expect(leaf.distributionPoints == ["http://x.example/1.crl"])
        func list(_ sections: String) throws -> RevocationList {
            try RevocationList(
                root.revocationList(
                    extensions: ["issuingDistributionPoint = critical,@idp"],
                    sections: "[idp]\n" + sections), signers: [authority(root)])
        }
        let users = try list("onlyuser = TRUE")
        #expect(users.scope.onlyUserCertificates)
        #expect(users.covers(leaf) && !users.covers(middle))
        let authorities = try list("onlyCA = TRUE")
        #expect(!authorities.covers(leaf) && authorities.covers(middle))
        let attributes = try list("onlyAA = TRUE")
        #expect(!attributes.covers(leaf) && !attributes.covers(middle))
        let part = try list("fullname = \(here)")
        #expect(part.scope.distributionPoints == ["http://x.example/1.crl"])
        #expect(part.covers(leaf) && !part.covers(other) && !part.covers(middle))
        let some = try list("onlysomereasons = keyCompromise")
        #expect(some.scope.onlySomeReasons && some.covers(leaf))
        #expect(!users.scope.onlySomeReasons)
    }

    @Test func `a list of 100,000 is small and quick`() throws {
        var random = SeededRandom(seed: 1)
        var serials: [[UInt8]] = []
        var content: [UInt8] = []
        content.reserveCapacity(5_000_000)
        let reason = sequence(ext(idCE(21), [10, 1, 1]))
        for _ in 0..<100_000 {
            var serial: [UInt8] = [0x01]
            for _ in 0..<2 {
                let bits = random.next()
                for shift in 0..<8 { serial.append(UInt8(truncatingIfNeeded: bits >> (8 * shift))) }
            }
            serials.append(serial)
            let entry = [2, UInt8(serial.count)] + serial + noon + reason
            content += [0x30, UInt8(entry.count)]
            content += entry
        }
        let bytes = try TestList(root, entries: content).bytes
        let list = try RevocationList(bytes, signers: [authority(root)])
        #expect(list.count == 100_000)
        for serial in serials[..<1000] {
            let number = try self.serial(hexadecimal(serial))
            #expect(list.entry(for: number)?.reason == .keyCompromise)
        }
        #expect(list.entry(for: try serial("01")) == nil)
    }
}
