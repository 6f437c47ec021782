import Authentication
import CASProtocol
import CASServer
import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("The file of certificates and their users") struct CertificateUsersFileTests {
    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationProblems) {
            _ = try CertificateUsersFile.read(Array(text.utf8), file: "users.yaml")
            return []
        } catch {
            return error.problems.map { "\($0.line) \($0.key): \($0.text)" }
        }
    }

    @Test func `YAML and JSON are read`() throws {
        let digest = String(repeating: "ab", count: 32)
        let yaml = """
            - { user: alice, sha256: \(digest) }
            - user: bob
              spki: "\(Array(repeating: "AB", count: 32).joined(separator: ":"))"
            - { user: carol, issuer: "CN=Root,O=Test", serial: 0x012C }
            - { user: carol, issuer: "CN=Root,O=Test", serial: 301 }
            - { user: dave, subject: "CN=Dave, O=Test" }
            - { user: dave, subject: "CN=Dave, O=Test", issuer: "CN=Root" }
            - { user: erin, email: erin@example.org }
            - { user: erin, upn: erin@ad.example.org }
            - { user: frank, uri: "spiffe://example.org/frank" }
            """
        #expect(try CertificateUsersFile.read(Array(yaml.utf8), file: "a").count == 9)
        let json = """
            [
            \t{"user": "alice", "email": "alice@example.org"},
            \t{"user": "bob", "serial": "7", "issuer": "CN=Root"}
            ]
            """
        #expect(try CertificateUsersFile.read(Array(json.utf8), file: "a").count == 2)
        for empty in ["", "[]", "# nobody\n"] {
            #expect(try CertificateUsersFile.read(Array(empty.utf8), file: "a").count == 0)
        }
    }

    @Test(arguments: [
        ("- { email: a@b.org }", "[0].user: is missing"),
        ("- { user: '', email: a@b.org }", "[0].user: has 1 to 256 bytes"),
        ("- { user: \"a\\nb\", email: a@b.org }", "[0].user: has 1 to 256 bytes"),
        ("- { user: a }", "[0]: one of sha256, spki, serial, subject, email, upn, uri is needed"),
        (
            "- { user: a, email: a@b.org, uri: 'urn:a' }",
            "[0]: one of sha256, spki, serial, subject, email, upn, uri is needed, not email and"
        ),
        ("- { user: a, issuer: CN=a }", "[0]: one of sha256"),
        ("- { user: a, email: a@b.org, issuer: CN=a }", "[0].issuer: goes with serial or subject"),
        ("- { user: a, mail: a@b.org }", "[0].mail: unknown key; did you mean 'email'?"),
        ("- { user: a, sha256: abc }", "[0].sha256: must be 64 hexadecimal digits"),
        ("- { user: a, spki: [a] }", "[0].spki: must be"),
        ("- { user: a, serial: 7 }", "[0].issuer: is missing: serial numbers are unique"),
        ("- { user: a, serial: 7, issuer: Root }", "[0].issuer: 'Root' is no distinguished name"),
        ("- { user: a, serial: 12c, issuer: CN=a }", "[0].serial: must be a decimal number"),
        ("- { user: a, subject: alice }", "[0].subject: 'alice' is no distinguished name"),
        ("- { user: a, email: alice }", "[0].email: must be like alice@example.org"),
        ("- { user: a, upn: a@b@c }", "[0].upn: must be like"),
        ("- { user: a, uri: alice }", "[0].uri: must be like spiffe"),
        ("- alice", "[0]: must be a section"), ("alice: a@b.org", ": must be a list"),
        ("- { user: a", ": "), ("- &a { user: a }", ": anchors and tags"),
        ("- { user: a, user: b, email: a@b.org }", ": 'user' is there twice"),
    ])
    func `what is wrong is named with its place`(text: String, problem: String) {
        let found = problems(text)
        #expect(found.first?.contains(problem) == true, "\(found)")
    }

    @Test func `problems are listed at once with their lines, up to a hundred`() {
        let found = problems(
            """
            # Cards of the library
            - { user: a, email: a@b.org }
            - { user: b, email: nobody }

            - { user: c, email: a@B.ORG }
            - { user: a, email: a@b.org }
            """)
        #expect(
            found.map { String($0.prefix { $0 != ":" }) } == ["3 [1].email", "5 [2]", "6 [3]"])
        #expect(found[1].hasSuffix("the same fact is on line 2"))
        let many = String(repeating: "- { user: a }\n", count: 5000)
        #expect(problems(many).count == 100)
        let entry = "- {user: a, email: x}\n"
        let tooMany = problems(
            String(repeating: entry, count: CertificateUsersFile.entriesMax + 1))
        #expect(tooMany == ["1 : has 100001 entries, at most 100000 are read"])
    }

    @Test func `the plan of logins reads the file, and names its mistakes`() throws {
        let root = try TestCA()
        let certificate = try X509Certificate(root.issue("/CN=alice").certificate)
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("ca.pem"), with: Array(root.certificate.utf8))
        let path = folder.file("casd.yaml")
        try File.replace(
            path,
            with: Array(
                """
                server: { public_url: https://sso.example.org/cas }
                authentication:
                  x509:
                    trust_anchors: [ca.pem]
                    principal: { type: mapped, users_file: mapped.yaml }
                """.utf8))
        let configuration = try Configuration.load(path)
        func identifier() throws -> String? {
            let credential = Credential.certificate(
                ClientCertificate(
                    text: "-----BEGIN CERTIFICATE-----\n" + base64(certificate.der)
                        + "\n-----END CERTIFICATE-----\n"))
            return try? Assembly.plan(configuration)
                .authenticate([credential], at: .now + .seconds(60)).principal.id
        }
        #expect(throws: Assembly.Failure.self) { try Assembly.plan(configuration) }
        let entry = "- { user: wonder, sha256: \(hexadecimal(certificate.sha256)) }\n"
        try File.replace(folder.file("mapped.yaml"), with: Array(entry.utf8))
        #expect(try identifier() == "wonder")
        try File.replace(folder.file("mapped.yaml"), with: Array("[]".utf8))
        #expect(try identifier() == nil)
        try File.replace(folder.file("mapped.yaml"), with: Array((entry + entry).utf8))
        do {
            try Assembly.check(configuration)
            Issue.record("a mistake in the file is overlooked")
        } catch let failure as Assembly.Failure {
            #expect(
                failure.description.hasSuffix("mapped.yaml:2: [1]: the same fact is on line 1"))
        }
    }
}
