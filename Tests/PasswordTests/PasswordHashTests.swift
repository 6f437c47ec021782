import Password
import Testing

@Suite("Password hashes") struct PasswordHashTests {
    /// Made by calling libxcrypt and libargon2 from Python, so that our `make` is not its judge.
    static let known: [(scheme: PasswordScheme, password: String, text: String)] = [
        (
            .yescrypt, "Mellon",
            "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$0A0Ot54ZFREWnN31qobvcu3MiU4Aq8UJKOoNolfNNH1"
        ),
        (
            .bcrypt, "Mellon",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.SoX.fRE6s3AP8M6mO7t2lDugSBDjFYK"
        ),
        (
            .bcrypt, "Mellon",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.SoX.fRE6s3AP8M6mO7t2lDugSBDjFYK"
        ),
        (
            .bcrypt, "Mellon",
            "$2y$05$CCCCCCCCCCCCCCCCCCCCC.SoX.fRE6s3AP8M6mO7t2lDugSBDjFYK"
        ),
        (
            .sha512crypt, "Mellon",
            "$6$saltstring$9P/f5D/WI7FrkI8b3DKCLjqHGRLk4Jx.VzVyEdayBOCFDu"
                + "S6oxkjfFrvUK1RCN3FSLnAPjNsv.zuQbN6zX9T9."
        ),
        (
            .sha512crypt, "Mellon",
            "$6$rounds=1000$saltstring$XXxO1KCCQf8svSROe9k8L2uRvm5oJz.cyf"
                + "9e0tWiBP6pyh.Z.K14zjVmDF2MAIk.HhSTqFvrTQ7NSxFKCI1ij0"
        ),
        (
            .sha256crypt, "Mellon",
            "$5$saltstring$j/55eCjAatVSVUf7HA/JNVj7Qc.sG1TAYqTmq.8B24D"
        ),
        (
            .argon2id, "Mellon",
            "$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$wQR9Ng6"
                + "XWkX89vXXnZ15t6xdPa6q3hlDOQkow/uFEis"
        ),
        (
            .bcrypt, "U*U",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        ),
        (
            .sha512crypt, "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnI"
                + "FNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
        ),
        (
            .argon2id, "password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        ),
    ]

    @Test(arguments: known.indices)
    func `a hash made elsewhere is verified`(index: Int) throws {
        let (scheme, password, text) = Self.known[index]
        let hash = try PasswordHash(text)
        #expect(hash.scheme == scheme)
        #expect(hash.verify(password))
        #expect(!hash.verify(password + "x"))
        #expect(!hash.verify(String(password.dropLast())))
        #expect(!hash.verify(""))
        #expect(!hash.verify(password + "\0"))
        #expect(!hash.verify(password + "\0x"))
    }

    @Test(arguments: PasswordScheme.allCases)
    func `what is made is verified`(scheme: PasswordScheme) throws {
        let hash = try PasswordHash.make("Mellon ä€", scheme)
        #expect(hash.scheme == scheme)
        #expect(PasswordHash.scheme(of: hash.text) == scheme)
        #expect(hash.verify("Mellon ä€"))
        #expect(!hash.verify("mellon ä€"))
        #expect(try PasswordHash.make("Mellon ä€", scheme) != hash)
    }

    @Test(arguments: known.indices)
    func `an imitation costs the same and matches nothing`(index: Int) throws {
        let (_, password, text) = Self.known[index]
        let hash = try PasswordHash(text)
        let imitation = hash.imitation
        #expect(imitation.cost == hash.cost)
        #expect(try PasswordHash(imitation.text) == imitation)
        #expect(imitation != hash)
        #expect(!imitation.verify(password))
    }

    @Test func `the cost is what hashes of the same work have in common`() throws {
        #expect(try PasswordHash.make("a").cost == "$y$j9T")
        #expect(try PasswordHash.make("a", .argon2id).cost == "$argon2id$v=19$m=19456,t=2,p=1")
        #expect(try PasswordHash.make("a", .bcrypt).cost == "$2b$12")
        #expect(try PasswordHash.make("a", .sha512crypt).cost == "$6$rounds=500000")
    }

    private static let digest43 = String(repeating: "a", count: 43)

    @Test(arguments: [
        "$y$jHT$salt$\(digest43)", "$y$jZT$salt$\(digest43)",
        "$2b$15$" + String(repeating: "a", count: 53),
        "$6$rounds=1000001$salt$" + String(repeating: "a", count: 86),
        "$5$rounds=999999999$salt$\(digest43)",
        "$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=65536,t=17,p=1$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=19456,t=999999999,p=1$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=262144,t=5,p=1$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=19456,t=1,p=9$c2FsdHNhbHQ$\(digest43)",
    ])
    func `a hash that would cost too much is refused`(text: String) throws {
        let failure = try #require(throws: PasswordHashError.self) { try PasswordHash(text) }
        guard case .tooExpensive = failure else {
            Issue.record("\(failure)")
            return
        }
    }

    @Test(arguments: [
        "$y$", "$y$j9T$$\(digest43)", "$y$j9T$salt$short", "$y$j9T$sa lt$\(digest43)",
        "$y$j9TT$salt$\(digest43)", "$y$jzT$salt$\(digest43)", "$y$j9T$salt$\(digest43)$",
        "$2b$10$short", "$2b$+5$" + String(repeating: "a", count: 53),
        "$2b$03$" + String(repeating: "a", count: 53), "$6$salt$short", "$6$rounds=5$a$b",
        "$6$rounds=05000$salt$" + String(repeating: "a", count: 86), "$6$",
        "$argon2id$m=19456,t=2,p=1$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=19456,t=2$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=4,t=2,p=1$c2FsdHNhbHQ$\(digest43)",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$\(digest43)\n",
        "$argon2id$v=19$m=-1,t=2,p=1$c2FsdHNhbHQ$\(digest43)",
        "$6$salt$" + String(repeating: "a", count: 400),
    ])
    func `a malformed hash is refused`(text: String) throws {
        let failure = try #require(throws: PasswordHashError.self) { try PasswordHash(text) }
        guard case .malformed = failure else {
            Issue.record("\(text): \(failure)")
            return
        }
    }

    @Test(arguments: ["", "Mellon", "$", "$1$abc$def", "{SSHA}x", "*", "!", "$2x$10$", "y$j9T$"])
    func `another scheme is unknown`(text: String) throws {
        #expect(PasswordHash.scheme(of: text) == nil)
        #expect(throws: PasswordHashError.unknownScheme) { try PasswordHash(text) }
    }

    @Test func `the longest password of a scheme works and one more byte is refused`() throws {
        for (scheme, count) in [
            (PasswordScheme.yescrypt, 511), (.bcrypt, 72),
            (.argon2id, PasswordHash.passwordBytesMax),
        ] {
            let longest = String(repeating: "a", count: count)
            let hash = try PasswordHash.make(longest, scheme)
            #expect(hash.verify(longest))
            #expect(throws: PasswordMakingError.self) {
                try PasswordHash.make(longest + "a", scheme)
            }
            // bcrypt itself cannot see the difference.
            #expect(hash.verify(longest + "a") == (scheme == .bcrypt))
        }
        #expect(throws: PasswordMakingError.self) { try PasswordHash.make("") }
        #expect(throws: PasswordMakingError.self) { try PasswordHash.make("a\0b") }
    }

    @Test func `a hash does not print itself`() throws {
        let hash = try PasswordHash.make("a", .argon2id)
        #expect("\(hash)" == "argon2id (redacted)")
    }
}
