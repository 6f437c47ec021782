import Authentication
import CASProtocol
import Platform
import Testing

/// A handler with a fixed answer.
private struct FixedHandler: AuthenticationHandler {
    let name: String
    let takesPasswords: Bool
    let answer: Result<Authenticated, AuthenticationFailure>

    func accepts(_ credential: Credential) -> Bool {
        if case .password = credential { takesPasswords } else { !takesPasswords }
    }

    func authenticate(
        _ credential: Credential, at now: Instant
    ) throws(AuthenticationFailure) -> Authenticated {
        try answer.get()
    }
}

@Suite("Several handlers and credentials") struct AuthenticationPlanTests {
    private let now = Instant(milliseconds: 1000)
    private let password = Credential.password(username: "a", password: "b")
    private let certificate = Credential.certificate(ClientCertificate(text: "c"))

    private func passwords(_ id: String, _ attributes: [(String, [String])] = []) -> FixedHandler {
        FixedHandler(
            name: "users", takesPasswords: true,
            answer: .success(
                Authenticated(
                    principal: Principal(id: id, attributes: Attributes(attributes)),
                    handler: "users", credentialType: "UsernamePasswordCredential")))
    }

    private func certificates(_ id: String, _ attributes: [(String, [String])] = []) -> FixedHandler
    {
        FixedHandler(
            name: "x509", takesPasswords: false,
            answer: .success(
                Authenticated(
                    principal: Principal(id: id, attributes: Attributes(attributes)),
                    handler: "x509", credentialType: "X509CertificateCredential",
                    certificateDigest: [1, 2])))
    }

    @Test func `one credential gives its principal and an event`() throws {
        let (principal, event) = try AuthenticationPlan([passwords("a", [("x", ["1"])])])
            .authenticate([password], at: now, isLongTerm: true)
        #expect(principal == Principal(id: "a", attributes: Attributes([("x", ["1"])])))
        #expect(
            event
                == AuthenticationEvent(
                    date: now, handlers: ["users"],
                    credentialTypes: ["UsernamePasswordCredential"], isLongTerm: true))
    }

    @Test func `two credentials of one principal are one event`() throws {
        let plan = AuthenticationPlan([
            passwords("a", [("x", ["1"])]), certificates("a", [("x", ["2"]), ("y", ["3"])]),
        ])
        let (principal, event) = try plan.authenticate([password, certificate], at: now)
        #expect(principal.attributes == Attributes([("x", ["1"]), ("y", ["3"])]))
        #expect(event.handlers == ["users", "x509"])
        #expect(
            event.credentialTypes == ["UsernamePasswordCredential", "X509CertificateCredential"])
        #expect(event.certificateDigest == [1, 2])
    }

    @Test(arguments: [("a", "b"), ("a", "A"), ("caf\u{E9}", "cafe\u{301}")])
    func `credentials of different principals are refused`(first: String, second: String) {
        let plan = AuthenticationPlan([passwords(first), certificates(second)])
        #expect(
            throws: AuthenticationFailure.wrongCredential(
                "the credentials are of different principals")
        ) {
            try plan.authenticate([password, certificate], at: now)
        }
    }

    @Test func `one bad credential among good ones refuses all`() {
        let refusing = FixedHandler(
            name: "x509", takesPasswords: false, answer: .failure(.certificateRefused("no")))
        let plan = AuthenticationPlan([passwords("a"), refusing])
        #expect(throws: AuthenticationFailure.certificateRefused("no")) {
            try plan.authenticate([password, certificate], at: now)
        }
    }

    @Test func `the first handler that accepts decides`() {
        let refusing = FixedHandler(
            name: "ldap", takesPasswords: true, answer: .failure(.unavailable("down")))
        #expect(throws: AuthenticationFailure.unavailable("down")) {
            try AuthenticationPlan([refusing, passwords("a")]).authenticate([password], at: now)
        }
    }

    @Test func `no credential, too many, or one that nobody takes is unsupported`() {
        let plan = AuthenticationPlan([passwords("a")])
        let many = Array(repeating: password, count: AuthenticationPlan.credentialsMax + 1)
        let refused: [[Credential]] = [[], [certificate], many, [password, certificate]]
        for credentials in refused {
            #expect(throws: AuthenticationFailure.unsupportedCredential) {
                try plan.authenticate(credentials, at: now)
            }
        }
        #expect(throws: Never.self) {
            _ = try plan.authenticate(Array(many.dropFirst()), at: now)
        }
    }
}
