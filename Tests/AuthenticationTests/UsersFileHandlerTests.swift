import Authentication
import CASProtocol
import Password
import Platform
import Testing

@Suite("Passwords of the users file") struct UsersFileHandlerTests {
    private let noon = Instant(milliseconds: 1_893_499_200_000)  // 2030-01-01T12:00:00Z

    private func handler(_ member: String = "", allowsPlaintext: Bool = false) -> UsersFileHandler {
        let password = allowsPlaintext ? "Mellon" : Sample.argon2
        return UsersFileHandler(
            Sample.users(
                """
                { "casuser": {
                    "password": "\(password)", "attributes": { "sn": "User" } \(member)
                } }
                """, allowsPlaintext: allowsPlaintext))
    }

    private func outcome(
        _ handler: UsersFileHandler, _ username: String, _ password: String
    ) -> Result<Authenticated, AuthenticationFailure> {
        Result { () throws(AuthenticationFailure) in
            try handler.authenticate(.password(username: username, password: password), at: noon)
        }
    }

    @Test(arguments: [false, true])
    func `the right password names the principal`(allowsPlaintext: Bool) throws {
        let authenticated = try outcome(
            handler(allowsPlaintext: allowsPlaintext), "casuser", "Mellon"
        ).get()
        #expect(
            authenticated
                == Authenticated(
                    principal: Principal(
                        id: "casuser", attributes: Attributes([("sn", ["User"])])),
                    handler: "users", credentialType: "UsernamePasswordCredential"))
    }

    @Test(arguments: [false, true])
    func `anything else is a wrong credential`(allowsPlaintext: Bool) {
        let handler = handler(allowsPlaintext: allowsPlaintext)
        for (username, password) in [
            ("casuser", "mellon"), ("casuser", ""), ("casuser", "Mellon "), ("casuser", "Mello"),
            ("casuser", "Mellon\0"), ("casuser", Sample.argon2),
            ("casuser", String(repeating: "a", count: 1 << 20)),
        ] {
            #expect(
                outcome(handler, username, password) == .failure(.wrongCredential("wrong password"))
            )
        }
        for username in ["", "Casuser", "casuser ", "casuser\0", "@class"] {
            #expect(
                outcome(handler, username, "Mellon") == .failure(.unknownUser))
        }
    }

    @Test(arguments: [
        ("DISABLED", AuthenticationFailure.accountDisabled), ("LOCKED", .accountLocked),
        ("EXPIRED", .accountExpired), ("MUST_CHANGE_PASSWORD", .mustChangePassword),
    ])
    func `a status is told only to those who know the password`(
        status: String, failure: AuthenticationFailure
    ) {
        let handler = handler(", \"status\": \"\(status)\"")
        #expect(outcome(handler, "casuser", "Mellon") == .failure(failure))
        #expect(
            outcome(handler, "casuser", "wrong") == .failure(.wrongCredential("wrong password")))
    }

    @Test func `an account works until its expiration date begins`() throws {
        let handler = handler(", \"expirationDate\": \"2030-01-02\"")
        let credential = Credential.password(username: "casuser", password: "Mellon")
        let midnight = Instant(milliseconds: 1_893_542_400_000)
        _ = try handler.authenticate(credential, at: midnight - .milliseconds(1))
        #expect(throws: AuthenticationFailure.accountExpired) {
            try handler.authenticate(credential, at: midnight)
        }
    }

    @Test func `an unknown name costs the same work as a known one`() {
        let work = Lock<[String]>([])
        let handler = UsersFileHandler(
            Sample.users(
                """
                { "a": { "password": "\(Sample.bcrypt)" }, "b": { "password": "\(Sample.bcrypt)" } }
                """),
            verify: { hash, _ in
                work.withLock { $0.append(hash.cost) }
                return false
            })
        for username in ["a", "b", "nobody", ""] { _ = outcome(handler, username, "x") }
        #expect(work.withLock { $0 } == Array(repeating: "$2b$04", count: 4))
    }

    @Test func `nobody gets in through the imitation`() {
        let handler = UsersFileHandler(
            Sample.users("{ \"a\": { \"password\": \"\(Sample.argon2)\" } }"),
            verify: { _, _ in true })
        #expect(outcome(handler, "nobody", "x") == .failure(.unknownUser))
    }

    @Test func `only passwords are accepted`() {
        let certificate = Credential.certificate(ClientCertificate(text: ""))
        #expect(handler().accepts(.password(username: "", password: "")))
        #expect(!handler().accepts(certificate))
        #expect(throws: AuthenticationFailure.unsupportedCredential) {
            try handler().authenticate(certificate, at: noon)
        }
    }

    @Test func `a credential does not print its password`() {
        let credential = Credential.password(username: "casuser", password: "Mellon")
        var text = "\(credential)\(String(reflecting: credential))"
        dump(credential, to: &text)
        #expect(!text.contains("Mellon"))
    }
}
