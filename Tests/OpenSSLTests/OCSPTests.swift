import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("RFC 6960 questions and answers") struct OCSPTests {
    private let root: TestCA
    private let issuer: X509Certificate
    private let leaf: X509Certificate
    private let nonce = [UInt8](0..<32)

    init() throws {
        // Older than the answers, so that their times can be judged alone.
        root = try TestCA(
            wish: .init(validity: (.now - .seconds(86_400))...(.now + .seconds(864_000))))
        issuer = try X509Certificate(root.certificate)
        leaf = try X509Certificate(
            root.issue(
                "/CN=alice", adding: ["authorityInfoAccess = OCSP;URI:http://ocsp.example/"],
                wish: .init(serial: "0x0102030405")
            ).certificate)
    }

    private func failure(
        _ question: OCSPQuestion, _ response: [UInt8], at now: Instant = .now
    ) -> OCSPError? {
        do throws(OCSPError) {
            _ = try question.answer(response, at: now)
            return nil
        } catch {
            return error
        }
    }

    private func isUntrusted(_ failure: OCSPError?) -> Bool {
        if case .untrusted = failure { true } else { false }
    }

    @Test func `good, revoked and unknown are told apart`() throws {
        #expect(leaf.ocspResponders == ["http://ocsp.example/"])
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let at = Instant(milliseconds: 1_600_000_000_000)
        let good = try question.answer(
            root.ocspAnswer(to: question.der, good: ["0102030405"]), at: .now)
        #expect(good.status == .good)
        #expect(good.hasNonce)
        #expect(good.responder == nil)
        let life = try #require(good.nextUpdate) - good.thisUpdate
        #expect(life == .seconds(3600))
        let revoked = try question.answer(
            root.ocspAnswer(
                to: question.der,
                revoked: [.init("0102030405", reason: "keyCompromise", at: at)]), at: .now)
        #expect(revoked.status == .revoked(.init(revokedAt: at, reason: .keyCompromise)))
        let silent = try question.answer(
            root.ocspAnswer(to: question.der, revoked: [.init("0102030405", at: at)]), at: .now)
        #expect(silent.status == .revoked(.init(revokedAt: at, reason: nil)))
        let unknown = try question.answer(root.ocspAnswer(to: question.der), at: .now)
        #expect(unknown.status == .unknown)
    }

    @Test func `a responder that the issuer has appointed is believed`() throws {
        let delegate = try root.issue("/CN=responder", extensions: TestCA.responderExtensions)
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nil)
        for options in [[], ["-resp_key_id"]] {
            let response = try root.ocspAnswer(
                to: question.der, good: ["0102030405"], responder: delegate, options: options)
            let answer = try question.answer(response, at: .now)
            #expect(answer.status == .good)
            #expect(!answer.hasNonce)
            #expect(answer.responder?.hasNoCheck == true)
            #expect(answer.responder?.subject.rfc2253 == "CN=responder")
        }
        let checked = try root.issue(
            "/CN=responder", extensions: TestCA.responderExtensions.dropLast())
        let response = try root.ocspAnswer(
            to: question.der, good: ["0102030405"], responder: checked)
        #expect(try question.answer(response, at: .now).responder?.hasNoCheck == false)
        let bare = try root.ocspAnswer(
            to: question.der, good: ["0102030405"], responder: delegate,
            options: ["-resp_no_certs"])
        #expect(isUntrusted(failure(question, bare)))
    }

    @Test func `an intermediate answers for what it has issued`() throws {
        let middle = try root.issueAuthority("/CN=Middle")
        let issuer = try X509Certificate(middle.certificate)
        let leaf = try X509Certificate(
            middle.issue("/CN=bob", wish: .init(serial: "0x0A")).certificate)
        let delegate = try middle.issue("/CN=responder", extensions: TestCA.responderExtensions)
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        for responder in [nil, delegate] {
            let response = try middle.ocspAnswer(
                to: question.der, good: ["0A"], responder: responder)
            #expect(try question.answer(response, at: .now).status == .good)
        }
        // The root's responder, and the root itself, are not appointed by the intermediate.
        let above = try root.issue("/CN=responder", extensions: TestCA.responderExtensions)
        for responder in [root.own, above] {
            let response = try middle.ocspAnswer(
                to: question.der, good: ["0A"], responder: responder)
            #expect(isUntrusted(failure(question, response)))
        }
    }

    @Test func `nobody else is believed`() throws {
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let middle = try root.issueAuthority("/CN=Middle")
        let now = Instant.now
        let old = (now - .seconds(7200))...(now - .seconds(3600))
        let faults = [
            // A client of the same authority, and a server that lacks the appointment.
            try root.issue("/CN=client"),
            try root.issue("/CN=server", extensions: ["extendedKeyUsage = serverAuth"]),
            try root.issue("/CN=any", extensions: ["extendedKeyUsage = anyExtendedKeyUsage"]),
            try root.issue("/CN=none", extensions: ["basicConstraints = CA:FALSE"]),
            // Appointed by somebody else: a stranger, one of the same name, the level below.
            try TestCA("/CN=Stranger").own,
            try TestCA().issue("/CN=responder", extensions: TestCA.responderExtensions),
            try middle.issue("/CN=responder", extensions: TestCA.responderExtensions),
            try TestCA("/CN=Stranger", extensions: TestCA.responderExtensions).own,
            // The same name as the issuer's, another key.
            try TestCA().own,
            // Appointed, but no longer, or with too weak a key.
            try root.issue(
                "/CN=old", extensions: TestCA.responderExtensions, wish: .init(validity: old)),
            try root.issue(
                "/CN=weak", extensions: TestCA.responderExtensions,
                wish: .init(key: ["rsa:1024"])),
        ]
        for responder in faults {
            let response = try root.ocspAnswer(
                to: question.der, good: ["0102030405"], responder: responder)
            #expect(isUntrusted(failure(question, response)), "\(responder.certificate)")
        }
    }

    @Test func `a forged signature or a weak digest is refused`() throws {
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let forged = try root.ocspAnswer(
            to: question.der, good: ["0102030405"], options: ["-badsig"])
        #expect(isUntrusted(failure(question, forged)))
        let weak = try root.ocspAnswer(
            to: question.der, good: ["0102030405"], options: ["-rmd", "sha1"])
        #expect(failure(question, weak) == .weak("digest of 1.2.840.10045.4.1"))
    }

    @Test func `an answer is in force for its time and five minutes`() throws {
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let response = try root.ocspAnswer(to: question.der, good: ["0102030405"])
        let answer = try question.answer(response, at: .now)
        let (first, last) = (answer.thisUpdate, try #require(answer.nextUpdate))
        for (instant, fault) in [
            (first - .seconds(300), nil), (first - .seconds(301), OCSPError.notYetValid),
            (last + .seconds(300), nil), (last + .seconds(301), .expired),
        ] {
            #expect(failure(question, response, at: instant) == fault)
        }
    }

    @Test func `an answer without an end lasts a day unless its nonce proves it fresh`() throws {
        let asked = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let unasked = try OCSPQuestion(leaf, issuer: issuer, nonce: nil)
        for (question, isBelieved) in [(asked, true), (unasked, false)] {
            let response = try root.ocspAnswer(
                to: question.der, good: ["0102030405"], minutes: nil)
            #expect(try question.answer(response, at: .now).nextUpdate == nil)
            #expect(failure(question, response, at: .now + .seconds(86_000)) == nil)
            let late = failure(question, response, at: .now + .seconds(86_800))
            #expect(late == (isBelieved ? nil : .expired))
        }
    }

    @Test func `an answer to another question is refused`() throws {
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let other = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce.reversed())
        let response = try root.ocspAnswer(to: other.der, good: ["0102030405"])
        #expect(failure(question, response) == .otherNonce)
        let unasked = try OCSPQuestion(leaf, issuer: issuer, nonce: nil)
        #expect(try !unasked.answer(response, at: .now).hasNonce)
        let silent = try root.ocspAnswer(to: unasked.der, good: ["0102030405"])
        #expect(try !question.answer(silent, at: .now).hasNonce)
        let bob = try X509Certificate(root.issue("/CN=bob").certificate)
        let about = try OCSPQuestion(bob, issuer: issuer, nonce: nonce)
        let wrong = try root.ocspAnswer(to: about.der)
        #expect(failure(question, wrong) == .otherCertificate)
    }

    @Test func `bytes that are no answer are refused for their fault`() throws {
        let question = try OCSPQuestion(leaf, issuer: issuer, nonce: nonce)
        let response = try root.ocspAnswer(to: question.der, good: ["0102030405"])
        for count in 0..<response.count {
            #expect(failure(question, Array(response.prefix(count))) != nil)
        }
        #expect(failure(question, response + [0]) == .malformed("bytes behind the answer"))
        let large = [UInt8](repeating: 0, count: OCSPQuestion.answerBytesMax + 1)
        #expect(failure(question, large) == .tooLarge)
        for (code, name) in [
            (1, "malformedrequest"), (2, "internalerror"), (3, "trylater"), (5, "sigrequired"),
            (6, "unauthorized"),
        ] {
            #expect(failure(question, [0x30, 3, 0x0A, 1, UInt8(code)]) == .noAnswer(name))
        }
        #expect(failure(question, [0x30, 3, 0x0A, 1, 0]) != nil)
    }

    @Test func `a nonce has 16 to 32 bytes`() throws {
        for count in [0, 15, 33] {
            #expect(throws: OpenSSLError.self) {
                try OCSPQuestion(leaf, issuer: issuer, nonce: [UInt8](repeating: 1, count: count))
            }
        }
        for count in [16, 32] {
            _ = try OCSPQuestion(leaf, issuer: issuer, nonce: [UInt8](repeating: 1, count: count))
        }
    }
}
