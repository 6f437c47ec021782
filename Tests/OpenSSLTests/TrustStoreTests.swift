import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("RFC 5280 §6 path validation") struct TrustStoreTests {
    private func store(
        _ anchors: [TestCA], intermediates: [TestCA] = [],
        strictness: TrustStore.Strictness = .usual,
        intermediatesMax: Int = 8
    ) throws -> TrustStore {
        func bundle(_ authorities: [TestCA], _ name: String) -> [TrustStore.Bundle] {
            authorities.map { .init(name: name, content: Array($0.certificate.utf8)) }
        }
        return try TrustStore(
            anchors: bundle(anchors, "anchors.pem"),
            intermediates: bundle(intermediates, "intermediates.pem"), strictness: strictness,
            intermediatesMax: intermediatesMax)
    }

    private func reason(_ verdict: TrustStore.Verdict) -> String? {
        if case .refused(let reason, _, _) = verdict { reason } else { nil }
    }

    /// The subjects of a trusted path, `nil` if it is refused.
    private func names(_ verdict: TrustStore.Verdict) -> [String]? {
        if case .trusted(let path) = verdict { path.map(\.subject.rfc2253) } else { nil }
    }

    private let soon = Instant.now + .seconds(60)

    @Test func `a client certificate of a trusted authority is trusted`() throws {
        let root = try TestCA()
        let leaf = try X509Certificate(root.issue("/O=Test/CN=alice").certificate)
        #expect(
            names(try store([root]).verify(leaf, at: soon))
                == ["CN=alice,O=Test", "CN=Test CA,O=Test"])
        #expect(
            names(try store([root], strictness: .strict).verify(leaf, at: soon))
                == ["CN=alice,O=Test", "CN=Test CA,O=Test"])
    }

    @Test func `a configured intermediate closes the gap`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority("/O=Test/CN=Middle")
        let leaf = try X509Certificate(middle.issue("/CN=alice").certificate)
        let path = ["CN=alice", "CN=Middle,O=Test", "CN=Test CA,O=Test"]
        #expect(
            names(try store([root], intermediates: [middle]).verify(leaf, at: soon)) == path)
        #expect(names(try store([root, middle]).verify(leaf, at: soon)) == path)
        #expect(
            reason(try store([root]).verify(leaf, at: soon))
                == "unable to get local issuer certificate")
    }

    @Test func `the authorities of a path are those of the store`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority("/O=Test/CN=Middle")
        let leaf = try X509Certificate(middle.issue("/CN=alice").certificate)
        for store in [
            try store([root], intermediates: [middle]), try store([root, middle, root]),
            try store([root, root], intermediates: [middle, root, middle]),
        ] {
            #expect(store.authorities.map(\.subject.rfc2253) == names(of: [root, middle]))
            guard case .trusted(let path) = store.verify(leaf, at: soon) else {
                Issue.record("refused")
                return
            }
            #expect(path.count == 3 && path[0] === leaf)
            #expect(path.map(\.der) == [leaf.der] + store.authorities.reversed().map(\.der))
            #expect(store.authorities.contains { $0.der == path[2].der })
        }
        let store = try store([root], intermediates: [middle])
        if case .trusted(let path) = store.verify(leaf, at: soon) {
            #expect(path[1] === store.authorities[1] && path[2] === store.authorities[0])
        }
        guard case .refused(_, _, let path) = store.verify(leaf, at: soon + .seconds(1 << 30))
        else {
            Issue.record("trusted")
            return
        }
        #expect(path.first === leaf)
    }

    private func names(of authorities: [TestCA]) -> [String] {
        authorities.compactMap { try? X509Certificate($0.certificate).subject.rfc2253 }
    }

    @Test func `an intermediate alone is no anchor`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority("/O=Test/CN=Middle")
        #expect(throws: TrustStoreError.self) { try store([middle]) }
        let leaf = try X509Certificate(middle.issue("/CN=alice").certificate)
        let other = try TestCA("/CN=Other")
        #expect(reason(try store([other, middle]).verify(leaf, at: soon)) != nil)
    }

    @Test func `before and after its life a certificate is refused`() throws {
        let root = try TestCA()
        let leaf = try X509Certificate(root.issue("/CN=alice").certificate)
        let store = try store([root])
        let (first, last) = (leaf.validity.lowerBound, leaf.validity.upperBound)
        #expect(reason(store.verify(leaf, at: soon)) == nil)
        #expect(
            reason(store.verify(leaf, at: first - .seconds(60)))
                == "certificate is not yet valid")
        #expect(
            reason(store.verify(leaf, at: last + .seconds(60))) == "certificate has expired")
    }

    @Test(arguments: [
        (["extendedKeyUsage = serverAuth"], "unsuitable certificate purpose"),
        (["keyUsage = critical,keyEncipherment"], "unsuitable certificate purpose"),
        (["1.2.3.4 = critical,ASN1:UTF8String:x"], "unhandled critical extension"),
    ])
    func `a certificate for something else is refused`(extensions: [String], text: String) throws {
        let root = try TestCA()
        let leaf = try X509Certificate(root.issue("/CN=a", extensions: extensions).certificate)
        #expect(reason(try store([root]).verify(leaf, at: soon)) == text)
    }

    @Test func `an unknown authority of the same name is refused`() throws {
        let leaf = try X509Certificate(TestCA().issue("/CN=alice").certificate)
        #expect(reason(try store([TestCA()]).verify(leaf, at: soon)) != nil)
    }

    @Test func `a self-signed certificate is refused`() throws {
        let lonely = try TestCA("/CN=alice", extensions: TestCA.clientExtensions.dropLast())
        let leaf = try X509Certificate(lonely.certificate)
        #expect(reason(try store([TestCA()]).verify(leaf, at: soon)) == "self-signed certificate")
    }

    @Test func `a client that signs certificates is no authority`() throws {
        let root = try TestCA()
        let client = try root.issueAuthority("/CN=mallory", extensions: TestCA.clientExtensions)
        let leaf = try X509Certificate(client.issue("/CN=alice").certificate)
        let verdict = try store([root], intermediates: [client]).verify(leaf, at: soon)
        #expect(reason(verdict) != nil)
    }

    @Test func `an intermediate without basic constraints is no authority`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority(
            "/CN=Middle",
            extensions: ["keyUsage = critical,keyCertSign", "subjectKeyIdentifier = hash"])
        let leaf = try X509Certificate(middle.issue("/CN=alice").certificate)
        let verdict = try store([root], intermediates: [middle]).verify(leaf, at: soon)
        #expect(reason(verdict) != nil)
    }

    @Test func `a path longer than an authority allows is refused`() throws {
        let root = try TestCA(
            extensions: [
                "basicConstraints = critical,CA:TRUE,pathlen:0", "keyUsage = critical,keyCertSign",
                "subjectKeyIdentifier = hash",
            ])
        let middle = try root.issueAuthority("/CN=Middle")
        let near = try X509Certificate(root.issue("/CN=alice").certificate)
        let far = try X509Certificate(middle.issue("/CN=alice").certificate)
        let store = try store([root], intermediates: [middle])
        #expect(reason(store.verify(near, at: soon)) == nil)
        #expect(reason(store.verify(far, at: soon)) == "path length constraint exceeded")
    }

    @Test func `a path longer than the operator allows is refused`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority("/CN=Middle")
        let leaf = try X509Certificate(middle.issue("/CN=alice").certificate)
        for (count, isTrusted) in [(1, true), (0, false)] {
            let store = try store([root], intermediates: [middle], intermediatesMax: count)
            #expect((reason(store.verify(leaf, at: soon)) == nil) == isTrusted)
        }
    }

    @Test func `a name outside an authority's constraint is refused`() throws {
        let root = try TestCA()
        let middle = try root.issueAuthority(
            "/CN=Middle", adding: ["nameConstraints = critical,permitted;email:example.org"])
        let store = try store([root], intermediates: [middle])
        for (email, isTrusted) in [("a@example.org", true), ("a@example.com", false)] {
            let issued = try middle.issue("/CN=a", adding: ["subjectAltName = email:\(email)"])
            let verdict = store.verify(try X509Certificate(issued.certificate), at: soon)
            #expect((reason(verdict) == nil) == isTrusted)
            if !isTrusted { #expect(reason(verdict) == "permitted subtree violation") }
        }
    }

    @Test func `a weak key is refused`() throws {
        let root = try TestCA()
        let weak = try X509Certificate(root.issue("/CN=a", key: ["rsa:1024"]).certificate)
        #expect(reason(try store([root]).verify(weak, at: soon)) == "EE certificate key too weak")
    }

    @Test func `an authority made without care is refused only when strict`() throws {
        let root = try TestCA(extensions: ["basicConstraints = CA:TRUE"])
        let leaf = try X509Certificate(
            root.issue("/CN=a", extensions: ["basicConstraints = CA:FALSE"]).certificate)
        #expect(reason(try store([root]).verify(leaf, at: soon)) == nil)
        #expect(reason(try store([root], strictness: .strict).verify(leaf, at: soon)) != nil)
    }

    @Test func `a broken bundle is refused by name and place`() throws {
        let good = try TestCA().certificate
        let truncated = good.replacing("-----END CERTIFICATE-----", with: "")
        let rubbish = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
        for (text, part) in [
            ("", "no -----BEGIN"), (truncated, "no -----END"), (good + rubbish, "certificate 2:"),
            (good.replacing("M", with: "*"), "Base64"),
        ] {
            let failure = try #require(throws: TrustStoreError.self) {
                try TrustStore(anchors: [.init(name: "ca.pem", content: Array(text.utf8))])
            }
            #expect(failure.bundle == "ca.pem")
            #expect(failure.description.contains(part))
        }
        #expect(throws: TrustStoreError.self) { try TrustStore(anchors: []) }
    }

    @Test func `text between the certificates of a bundle is a comment`() throws {
        let (one, two) = (try TestCA("/CN=One"), try TestCA("/CN=Two"))
        let text = "# one\n\(one.certificate)\nTwo:\n\(two.certificate)# end\n"
        let store = try TrustStore(anchors: [.init(name: "ca.pem", content: Array(text.utf8))])
        for authority in [one, two] {
            let leaf = try X509Certificate(authority.issue("/CN=a").certificate)
            #expect(reason(store.verify(leaf, at: soon)) == nil)
        }
    }

    @Test func `threads share a store`() async throws {
        let root = try TestCA()
        let leaf = try X509Certificate(root.issue("/CN=alice").certificate)
        let store = try store([root])
        let now = soon
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<100).allSatisfy { _ in
                        if case .trusted = store.verify(leaf, at: now) { true } else { false }
                    }
                }
            }
            for await isTrusted in group { #expect(isTrusted) }
        }
    }
}
