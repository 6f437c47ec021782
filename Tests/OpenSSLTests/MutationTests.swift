import OpenSSL
import Platform
import TestSupport
import Testing

/// Damaged input gives an error or a well-formed value; a crash ends the whole run.
@Suite("Random damage") struct MutationTests {
    private let root: TestCA
    private let issuer: X509Certificate
    private let leaf: X509Certificate

    init() throws {
        root = try TestCA()
        issuer = try X509Certificate(root.certificate)
        leaf = try X509Certificate(
            root.issue(
                "/C=US/O=Te, \"st\"/emailAddress=a@b.c/CN=Alice Ä+UID=al=1",
                adding: [
                    "subjectAltName = email:alice@example.org,URI:spiffe://example.org/alice,"
                        + "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@ad.example.org",
                    "crlDistributionPoints = one,two",
                    "authorityInfoAccess = OCSP;URI:http://o.example/",
                    "[one]", "fullname = URI:http://l.example/1", "reasons = keyCompromise",
                    "[two]", "relativename = point", "[point]", "CN = Part",
                ], wish: .init(serial: "0x0102030405")
            ).certificate)
    }

    /// The bytes with one to four faults: changed, inserted, removed, doubled or cut off.
    private func damaged(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            let byte = UInt8(truncatingIfNeeded: random.next())
            switch Int.random(in: 0..<20, using: &random) {
            case 0: bytes.insert(byte, at: place)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(Int(byte)), at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int(byte)))
            case 4: bytes[place] = [0, 0x7F, 0x80, 0x81, 0x84, 0xFF][Int(byte % 6)]
            case 5...9: bytes[place] ^= 1 << (byte & 7)
            default: bytes[place] = byte
            }
        }
        return bytes
    }

    private func isSound(_ certificate: X509Certificate) -> Bool {
        let names = certificate.alternativeNames
        return (1...SerialNumber.bytesMax).contains(certificate.serialNumber.bytes.count)
            && certificate.publicKeyDigest.count == 32
            && certificate.subject.rfc2253.isEmpty == certificate.subject.isEmpty
            && certificate.subject.javaText.isEmpty == certificate.subject.isEmpty
            && (names.emails + names.uris + certificate.distributionPoints
                + certificate.ocspResponders).allSatisfy { !$0.utf8.contains(0) }
    }

    @Test func `of a certificate in DER`() throws {
        var random = SeededRandom(seed: 1)
        let store = try TrustStore(
            anchors: [.init(name: "ca", content: Array(root.certificate.utf8))])
        var readCount = 0
        for _ in 0..<4000 {
            let bytes = damaged(leaf.der, &random)
            guard let certificate = try? X509Certificate(der: bytes) else { continue }
            readCount += 1
            #expect(isSound(certificate))
            guard case .refused = store.verify(certificate, at: .now + .seconds(60)) else {
                #expect(certificate.der == leaf.der)
                continue
            }
        }
        #expect(readCount > 100)
    }

    @Test func `of a certificate's text`() throws {
        let digits = base64(leaf.der)
        let pem = "-----BEGIN CERTIFICATE-----\n\(digits)\n-----END CERTIFICATE-----\n"
        let escaped = pem.replacing("\n", with: "%0A").replacing("+", with: "%2B")
        var random = SeededRandom(seed: 2)
        for text in [pem, pem.replacing("\n", with: "\t"), escaped, digits, ":\(digits):"] {
            for _ in 0..<400 {
                let bytes = damaged(Array(text.utf8), &random)
                if let certificate = try? X509Certificate(String(decoding: bytes, as: UTF8.self)) {
                    #expect(isSound(certificate))
                }
            }
        }
    }

    @Test func `of a revocation list`() throws {
        let bytes = try root.revocationList(
            [.init("0102030405", reason: "keyCompromise"), .init("7F"), .init("80")],
            extensions: ["issuingDistributionPoint = critical,@idp"],
            sections: "[idp]\nfullname = URI:http://l.example/1\nonlyuser = TRUE")
        let pem = "-----BEGIN X509 CRL-----\n\(base64(bytes))\n-----END X509 CRL-----\n"
        var random = SeededRandom(seed: 3)
        for form in [bytes, bytes, bytes, Array(pem.utf8)] {
            for _ in 0..<1000 {
                let changed = damaged(form, &random)
                for part in RevocationList.contents(of: changed) {
                    guard let list = try? RevocationList(part, signers: [issuer]) else { continue }
                    // Only what is not signed can have changed.
                    #expect(list.count == 3 && list.entry(for: leaf.serialNumber) != nil)
                }
            }
        }
    }

    @Test func `of what is signed in a revocation list`() throws {
        let reason = sequence(ext(idCE(21), [10, 1, 1]))
        var entries: [UInt8] = []
        let issuer = try TestList.issuer(of: root)
        let signer = self.issuer
        for number in 1...UInt8(20) {
            entries += sequence(der(2, [number, number, number]), noon, reason)
        }
        let extensions =
            ext(idCE(20), [2, 1, 7])
            + ext(idCE(28), critical: true, sequence(der(0xA0, der(0xA0, der(0x86, [0x61])))))
        var random = SeededRandom(seed: 4)
        var readCount = 0
        for round in 0..<100 {
            let isInEntries = round.isMultiple(of: 2)
            var changed = isInEntries ? entries : extensions
            if round < 50 {
                // One bit, which often leaves the form intact.
                let place = Int.random(in: changed.indices, using: &random)
                changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            } else {
                changed = damaged(changed, &random)
            }
            let made = try TestList(
                root, issuer: issuer, entries: isInEntries ? changed : entries,
                extensions: isInEntries ? extensions : changed)
            guard let list = try? RevocationList(made.bytes, signers: [signer]) else { continue }
            readCount += 1
            #expect(list.count <= 21)
            #expect(list.entry(for: leaf.serialNumber) == nil)
        }
        #expect((5..<95).contains(readCount))
    }

    @Test func `of a responder's answer`() throws {
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: [UInt8](0..<16))
        let delegate = try root.issue("/CN=responder", extensions: TestCA.responderExtensions)
        let responses = [
            try root.ocspAnswer(to: question.der, good: ["0102030405"]),
            try root.ocspAnswer(to: question.der, good: ["0102030405"], responder: delegate),
        ]
        var random = SeededRandom(seed: 5)
        for response in responses {
            for _ in 0..<1500 {
                let changed = damaged(response, &random)
                guard let answer = try? question.answer(changed, at: .now) else { continue }
                #expect(answer.status == .good && answer.hasNonce)
            }
        }
    }
}
