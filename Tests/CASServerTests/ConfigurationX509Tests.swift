import Authentication
import CASServer
import Platform
import TestSupport
import Testing

@Suite("Configuration of client certificates") struct ConfigurationX509Tests {
    /// Configurations with a section `x509` in one line, and other keys of `authentication`.
    private func text(_ x509: String, _ others: String = "") -> String {
        """
        server: { public_url: https://sso.example.org/cas }
        authentication:
          x509: { trust_anchors: [ca.pem], \(x509) }
        \(others)
        """ + "\n"
    }

    private func load(_ text: String) throws -> Configuration {
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
        return try Configuration.load(folder.file("casd.yaml"))
    }

    private func x509(
        _ text: String, _ others: String = ""
    ) throws -> Configuration.Authentication.X509 {
        try #require(try load(self.text(text, others)).authentication.x509)
    }

    /// What is wrong, as `key: text` without the first part of the key.
    private func problems(_ text: String) throws -> [String] {
        do {
            _ = try load(text)
            return []
        } catch let error as ConfigurationProblems {
            return error.problems.map {
                "\($0.key.replacing("authentication.x509.", with: "")): \($0.text)"
            }
        }
    }

    @Test func `the defaults are safe`() throws {
        let x509 = try x509("")
        #expect(x509.sources.tls && !x509.sources.acceptsUnverified)
        #expect(x509.sources.header == nil && x509.sources.bodyPeers == nil)
        #expect(x509.principal.part == .subjectName(.rfc2253))
        #expect(x509.principal.alternate == nil && x509.usersFile == nil)
        #expect(x509.subjectPattern == ".+" && x509.issuerPattern == nil)
        #expect(x509.maxPathLength == 1 && !x509.checksKeyUsage && !x509.requiresKeyUsage)
        #expect(x509.revocation == RevocationRules())
        #expect(x509.boundTickets == .off)
    }

    @Test func `every key is read`() throws {
        let x509 = try x509(
            """
            sources: { tls: false, optional_no_ca: false,
                header: { enabled: true, name: x-client-cert, peers: [10.0.0.5, "fd00::/8"] },
                body: { enabled: true, peers: [10.1.0.0/16] } },
              principal: { type: rfc822_email, alternate: subjectDn, edipi_attribute: true,
                transform: { prefix: u-, suffix: "@x", case: lower, pattern: "(.+)@", block: root },
                users_file: mapped.yaml },
              subject_pattern: "CN=.+", issuer_pattern: "CN=Root", max_path_length: 3,
              check_key_usage: true, require_key_usage: true,
              revocation: { checker: [files, crl, ocsp], crl_files: [/crl, b.crl], refresh: 10m,
                unavailable: allow, expired: threshold, threshold: 12h, check_authorities: false,
                list_size: 64MiB, cached_lists: 5, answer_lifetime: 5m,
                responder: "http://ocsp.example.org/", require_nonce: true },
              bound_tickets: required
            """)
        #expect(!x509.sources.tls)
        #expect(x509.sources.header?.name == "x-client-cert")
        #expect(
            x509.sources.header?.peers.map(\.description) == ["10.0.0.5/32", "fd00::/8"])
        #expect(x509.sources.bodyPeers?.map(\.description) == ["10.1.0.0/16"])
        #expect(x509.principal.part == .email)
        #expect(x509.principal.alternate == "subjectDn" && x509.principal.hasIdentifierAttribute)
        #expect(x509.principal.transform.prefix == "u-" && x509.principal.transform.suffix == "@x")
        #expect(x509.principal.transform.letterCase == .lower)
        #expect(x509.principal.transform.pattern != nil && x509.principal.transform.block != nil)
        #expect(x509.usersFile?.hasSuffix("/mapped.yaml") == true)
        #expect(x509.checksKeyUsage && x509.requiresKeyUsage && x509.maxPathLength == 3)
        let rules = x509.revocation
        #expect(rules.sources == [.files, .crl, .ocsp] && rules.files.first == "/crl")
        #expect(rules.files.last?.hasPrefix("/tmp/") == true)
        #expect(rules.refresh == .seconds(600) && rules.threshold == .seconds(43_200))
        #expect(rules.unavailable == .allow && rules.expired == .threshold)
        #expect(!rules.checksAuthorities && rules.listBytesMax == 64 << 20)
        #expect(rules.cachedListsMax == 5 && rules.answerLifetime == .seconds(300))
        #expect(rules.responder == "http://ocsp.example.org/" && rules.requiresNonce)
        #expect(x509.boundTickets == .required)
    }

    @Test(arguments: [
        ("{ type: subject_dn, dn_format: default }", CertificatePart.subjectName(.java)),
        ("{ dn_format: rfc1779 }", .subjectName(.rfc1779)),
        ("{ dn_format: canonical }", .subjectName(.canonical)),
        ("{ type: subject_alt_name }", .userPrincipalName), ("{ type: cn }", .commonName),
        ("{ type: serial_no }", .serialNumber(radix: 10, isPadded: false)),
        (
            "{ type: serial_no, serial_radix: 16, serial_zero_padding: true }",
            .serialNumber(radix: 16, isPadded: true)
        ),
        (
            "{ type: serial_no_dn }",
            .serialNumberAndIssuer(prefix: "SERIALNUMBER=", delimiter: ", ")
        ),
        (
            "{ type: serial_no_dn, serial_prefix: \"\", serial_delimiter: ' of ' }",
            .serialNumberAndIssuer(prefix: "", delimiter: " of ")
        ),
        ("{ type: cn_edipi, dn_format: rfc2253 }", .cardIdentifier),
        ("{ type: san_uri, uri_scheme: SPIFFE }", .uri(scheme: "spiffe")),
        ("{ type: san_uri }", .uri(scheme: nil)),
        ("{ type: issuer_serial }", .issuerAndSerialNumber), ("{ type: spki }", .publicKey),
        ("{ type: mapped, users_file: u.yaml }", .mapped),
    ])
    func `each type has its options`(principal: String, part: CertificatePart) throws {
        #expect(try x509("principal: \(principal)").principal.part == part)
    }

    @Test func `a template is read`() throws {
        let principal = try x509("principal: { type: subject, descriptor: $UID@$DC.$DC }").principal
        #expect(principal.part == .subject(try PrincipalTemplate("$UID@$DC.$DC")))
    }

    @Test(arguments: [
        ("type: upn", "type: must be one of subject_dn, subject, "),
        ("type: subject", "descriptor: is required with type: subject"),
        ("type: subject, descriptor: alice", "descriptor: has no placeholder"),
        ("type: subject, descriptor: $NAME", "descriptor: $NAME is no attribute; known are "),
        ("descriptor: $CN", "descriptor: is only for type: subject, not subject_dn"),
        ("type: cn, dn_format: default", "dn_format: is only for type: subject_dn"),
        ("dn_format: rfc4514", "dn_format: must be one of"),
        ("type: serial_no, serial_radix: 37", "serial_radix: must be a whole number from 2 to 36"),
        ("type: serial_no, serial_radix: 1", "serial_radix: must be"),
        (
            "type: serial_no, serial_radix: 8, serial_zero_padding: true",
            "serial_zero_padding: is only for serial_radix: 16, not 8"
        ),
        ("type: cn, serial_radix: 16", "serial_radix: is only for type: serial_no"),
        ("type: cn, serial_prefix: x", "serial_prefix: is only for type: serial_no_dn"),
        ("type: serial_no_dn, serial_delimiter: \"\\n\"", "serial_delimiter: must have at most"),
        ("type: san_uri, uri_scheme: 'a:'", "uri_scheme: must be a scheme without its colon"),
        ("type: cn, uri_scheme: urn", "uri_scheme: is only for type: san_uri"),
        (
            "type: cn, alternate: subjectDN",
            "alternate: must be one of subjectDn, subjectX500Principal, issuerDn, "
                + "issuerX500Principal, sigAlgOid, x509Rfc822Email, x509subjectUPN, x509EDIPI, "
                + "not 'subjectDN'; did you mean 'subjectDn'?"
        ),
        ("type: cn, alternate: x509EDIPI", "alternate: there is no x509EDIPI without"),
        ("type: spki, alternate: subjectDn", "alternate: is never used"),
        (
            "type: mapped, users_file: u, alternate: subjectDn", "alternate: type: mapped lets only"
        ),
        ("type: mapped", "users_file: is required with type: mapped"),
        (
            "type: mapped, users_file: u, transform: { prefix: x }",
            "transform.prefix: is not for type: mapped"
        ),
        ("transform: { case: title }", "transform.case: must be one of none, upper, lower"),
        ("transform: { pattern: '(' }", "transform.pattern: is not a pattern"),
        ("transform: { block: '[' }", "transform.block: is not a pattern"),
        ("transform: { prefix: \"a\\tb\" }", "transform.prefix: must have at most 256 bytes"),
        ("users: u.yaml", "users: unknown key"),
    ])
    func `a principal that cannot be is an error with a suggestion`(
        principal: String, problem: String
    ) throws {
        let found = try problems(text("principal: { \(principal) }"))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("principal.\(problem)") == true, "\(found)")
    }

    @Test(arguments: [
        ("header: { enabled: true }", "header.peers: is required with enabled: true"),
        ("body: { enabled: true, peers: [] }", "body.peers: is required with enabled: true"),
        ("body: { enabled: true, peers: [0.0.0.0/0] }", "body.peers: '0.0.0.0/0' is everybody"),
        ("body: { enabled: true, peers: ['::/0'] }", "body.peers: '::/0' is everybody"),
        ("body: { peers: [nginx] }", "body.peers: 'nginx' is no network"),
        (
            "header: { name: SSL_Client_Cert }",
            "header.name: must be the name of a header in lower case: 1 to 64 letters, digits and "
                + "dashes, not 'SSL_Client_Cert'; did you mean 'ssl-client-cert'?"
        ),
        ("header: { name: 'a b' }", "header.name: must be"),
        ("header: { name: '' }", "header.name: must be"),
        ("header: { name: a- }", "header.name: must be"),
        ("header: { name: cookie }", "header.name: 'cookie' is a header that browsers"),
        ("header: { name: authorization }", "header.name: 'authorization' is"),
        ("header: { name: x-forwarded-for }", "header.name: 'x-forwarded-for' is"),
        ("header: { name: sec-fetch-site }", "header.name: 'sec-fetch-site' is"),
        ("header: { name: Host }", "header.name: must be the name of a header in lower case"),
        (
            "tls: false, body: { enabled: true, peers: [10.0.0.1] }, optional_no_ca: true",
            "optional_no_ca: is about sources.tls, which is off"
        ),
        ("trust: all", "trust: unknown key"),
    ])
    func `a source that cannot be safe is an error`(source: String, problem: String) throws {
        let found = try problems(text("sources: { \(source) }"))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("sources.\(problem)") == true, "\(found)")
    }

    @Test(arguments: [
        ("checker: files", "crl_files: is required with checker: files"),
        ("crl_files: [/crl]", "crl_files: is not read unless checker is files"),
        ("checker: crl, crl_files: [/crl]", "crl_files: is not read unless"),
        ("checker: resource", "checker: must be none, one of files, crl, ocsp, or a list of"),
        ("checker: [none, crl]", "checker: none cannot be in a list"),
        ("checker: [crl, crl]", "checker: 'crl' is there twice"),
        ("checker: { crl: true }", "checker: must be a single value"),
        ("checker: crl, responder: http://o.org/", "responder: is not asked unless"),
        ("checker: ocsp, responder: 'ldap://o.org/'", "responder: must be an address such as"),
        ("checker: crl, require_nonce: true", "require_nonce: is only for checker: ocsp"),
        ("checker: crl, threshold: 1d", "threshold: is only for expired: threshold"),
        ("checker: crl, unavailable: threshold", "unavailable: threshold is about expired lists"),
        ("checker: crl, expired: maybe", "expired: must be one of deny, allow, threshold"),
        ("checker: crl, refresh: 1s", "refresh: must be a time from 10s to 7d"),
        ("checker: crl, list_size: 1GiB", "list_size: must be a size from 64KiB to 256MiB"),
        ("checker: crl, cached_lists: 0", "cached_lists: must be"),
        ("checker: crl, answer_lifetime: 8d", "answer_lifetime: must be"),
        ("checker: crl, crl_fetcher: ldap", "crl_fetcher: unknown key"),
    ])
    func `a way to find out revocations that cannot work is an error`(
        revocation: String, problem: String
    ) throws {
        let found = try problems(text("revocation: { \(revocation) }"))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("revocation.\(problem)") == true, "\(found)")
    }

    @Test(arguments: ["none", "[]", "null", "files", "[ocsp]"])
    func `a checker is a word or a list of words`(checker: String) throws {
        let files = checker == "files" ? ", crl_files: [/crl]" : ""
        let rules = try x509("revocation: { checker: \(checker)\(files) }").revocation
        #expect(
            rules.sources == (checker == "files" ? [.files] : checker == "[ocsp]" ? [.ocsp] : []))
    }

    @Test func `bound tickets leave no room for other logins`() throws {
        let required = "bound_tickets: required"
        #expect(try problems(text(required)).isEmpty)
        let passwords = try problems(text(required, "  users: { file: users.json }"))
        #expect(passwords.count == 1)
        #expect(passwords.first?.hasPrefix("bound_tickets: required leaves passwords") == true)
        let upstream = try problems(
            text(required, "  delegated: [{ name: a, login_url: https://u.example.org/login }]"))
        #expect(upstream.count == 1)
        #expect(upstream.first?.hasPrefix("bound_tickets: required leaves people of") == true)
        let both = "  users: { file: users.json }"
        #expect(
            try x509("bound_tickets: when_certificate", both).boundTickets == .whenCertificate)
        #expect(try x509("bound_tickets: off", both).boundTickets == .off)
        #expect(try problems(text("bound_tickets: always")).first?.contains("one of off") == true)
    }

    @Test func `certificates that nobody can see or trust are an error`() throws {
        let blind = try problems(text("sources: { tls: false }"))
        #expect(blind.count == 1)
        #expect(blind.first?.hasPrefix("sources: all are off") == true)
        let others = [
            "sources: { body: { enabled: true, peers: [10.0.0.1] } }", "intermediates: [a.pem]",
            "principal: { users_file: u.yaml }", "revocation: { checker: crl }",
            "bound_tickets: required",
        ]
        for other in others {
            let found = try problems(
                text(other, "  users: { file: users.json }").replacing("[ca.pem]", with: "[]"))
            #expect(found.count == 1, "\(found)")
            #expect(found.first?.contains("has no effect without trust_anchors") == true)
        }
        let off = try load(
            text("subject_pattern: .+", "  users: { file: users.json }")
                .replacing("[ca.pem]", with: "[]"))
        #expect(off.authentication.x509 == nil)
    }

    @Test(arguments: [
        "principal: { type: subject, descriptor: \"$CN's: $OU\" }",
        "principal: { type: serial_no, serial_radix: 16, serial_zero_padding: true }",
        "principal: { type: serial_no_dn, serial_prefix: '', serial_delimiter: ' # ' }",
        "principal: { type: san_uri, uri_scheme: spiffe, users_file: /u, alternate: issuerDn }",
        "principal: { transform: { pattern: \"it's (.+), {a}\", block: '^#', case: upper } }",
        "subject_pattern: \"O='.+', .+\", issuer_pattern: 'CN=[^,]+: .*'",
        "sources: { optional_no_ca: true, header: { enabled: true, peers: ['fd00::/8'] } }",
        "revocation: { checker: [ocsp, files], crl_files: [/crl], expired: allow, refresh: 1m }",
        "revocation: { checker: ocsp, responder: 'https://o.org/a', require_nonce: true }",
        "bound_tickets: required, check_key_usage: true, require_key_usage: true",
        "principal: { type: mapped, users_file: /u.yaml, edipi_attribute: true }",
    ])
    func `what is in effect is shown, and read again as the same`(text: String) throws {
        let shown = try load(self.text(text)).effectiveText
        #expect(try load(shown).effectiveText == shown)
        #expect(shown.contains("\n  x509:\n    trust_anchors: ["))
    }
}
