import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("REST with a client certificate") struct RESTWithCertificate {
        private let service = "https://app.example.org/"

        @Test func `a certificate gets a session and a validated user`() throws {
            let site = try EndToEnd.site
            let curl = site.curl(certificate: site.clientCertificate)
            let created = try curl("/v1/tickets", ["-X", "POST", "-H", "Accept: text/plain"])
            #expect(created.status == 201)
            #expect(created["Location"] == "\(site.base)/v1/tickets/\(created.body)")
            let ticket = try site.ticket(of: created.body)
            let valid = try site.curl(
                "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
            #expect(valid.body.contains("<cas:user>casuser</cas:user>"))
        }

        @Test func `a browser with a certificate is logged in without a form`() throws {
            let site = try EndToEnd.site
            let curl = site.curl(certificate: site.clientCertificate)
            let entered = try curl(Browser.login(service))
            #expect(entered.status == 302)
            #expect(entered.ticket?.hasPrefix("ST-") == true)
        }

        @Test func `without a certificate the certificate port says what it needs`() throws {
            let answer = try EndToEnd.site.curl(certificate: nil)("/v1/tickets", ["-X", "POST"])
            #expect(answer.status == 400)
            #expect(answer.isGatewayPage(400))
            #expect(answer.body.contains("A certificate is needed here"))
        }

        @Test func `plain http on the port of https says so`() throws {
            let site = try EndToEnd.site
            let answer = try site.curl("http://localhost:\(site.port)/cas/login")
            #expect(answer.status == 400)
            #expect(answer.body.contains("needs https"))
        }

        @Test(arguments: BadCertificate.allCases)
        func `a certificate that is not good is refused`(_ bad: BadCertificate) throws {
            let site = try EndToEnd.site
            let folder = try TemporaryDirectory()
            try bad.make(in: folder, site)
            let log = site.log
            let curl = site.curl(certificate: folder.file("bad.pem"))
            let answer = try curl("/v1/tickets", ["-X", "POST"])
            #expect(answer.status == 400)
            #expect(answer.isGatewayPage(400))
            #expect(answer.body.contains("Your certificate was not accepted"))
            #expect(log.text.isEmpty, "nothing reaches casd")

            // casd does not rely on that: it builds the path itself.
            let direct = try site.direct(
                "POST", "/cas/v1/tickets",
                [
                    ("SSL_CLIENT_VERIFY", "SUCCESS"),
                    ("SSL_CLIENT_CERT", try File.readText(folder.file("bad.pem"))),
                ])
            #expect(direct.hasPrefix("Status: 401"), "\(direct)")
            #expect(log.has("\"event\":\"login refused\""))
        }

        @Test func `what nginx did not verify is no certificate`() throws {
            let site = try EndToEnd.site
            let certificate = try File.readText(site.clientCertificate)
            for verified in ["NONE", "FAILED:self-signed certificate", "", "success", "SUCCESS "] {
                let answer = try site.direct(
                    "POST", "/cas/v1/tickets",
                    [("SSL_CLIENT_VERIFY", verified), ("SSL_CLIENT_CERT", certificate)])
                #expect(answer.hasPrefix("Status: 400"), "\(verified): \(answer)")
            }
        }

        @Test func `headers that look like the gateway's have no effect`() throws {
            let site = try EndToEnd.site
            let folder = try TemporaryDirectory()
            let pem = try File.readText(site.clientCertificate)
            let line = pem.replacing("\n", with: " ")
            var headers: [String] = []
            for name in [
                "Ssl-Client-Verify", "SSL_CLIENT_VERIFY", "X-Ssl-Client-Verify", "X-Client-Verify",
            ] {
                headers += ["\(name): SUCCESS"]
            }
            for name in [
                "Ssl-Client-Cert", "SSL_CLIENT_CERT", "X-Ssl-Client-Cert",
                "X-Forwarded-Client-Cert",
                "Client-Cert",
            ] {
                headers += ["\(name): \(line)", "\(name): \(encoded(pem))"]
            }
            headers += ["Remote-User: casuser", "X-Remote-User: casuser"]
            try File.replace(
                folder.file("headers"), with: Array(headers.joined(separator: "\n").utf8))
            let forged = ["-X", "POST", "-H", "@" + folder.file("headers")]
            #expect(try site.curl("/v1/tickets", forged).status == 400)
            let login = try site.curl("/login", ["-H", "@" + folder.file("headers")])
            #expect(login.status == 200)
            #expect(login.all("Set-Cookie").allSatisfy { !$0.hasPrefix("TGC=") })
            let unproved = try site.curl(certificate: nil)("/v1/tickets", forged)
            #expect(unproved.status == 400)
            #expect(unproved.isGatewayPage(400))
        }
    }
}

/// What may be wrong with a client's certificate.
enum BadCertificate: String, CaseIterable, Sendable {
    case foreignAuthority, expired, notYetValid, serverUsage

    /// Makes `bad.pem` and `bad.key`.
    func make(in folder: TemporaryDirectory, _ site: Deployment) throws {
        if case .foreignAuthority = self {
            // The name of the demo's authority, but not its key.
            let issued = try TestCA("/O=casd quickstart/CN=Demo CA")
                .issue("/O=casd quickstart/CN=casuser")
            try File.replace(folder.file("bad.pem"), with: Array(issued.certificate.utf8))
            try File.replace(folder.file("bad.key"), with: Array(issued.key.utf8))
            return
        }
        let dates =
            switch self {
            case .expired: ("20200101000000Z", "20200201000000Z")
            case .notYetValid: ("20900101000000Z", "20910101000000Z")
            default: ("20200101000000Z", "20900101000000Z")
            }
        let usage = self == .serverUsage ? "serverAuth" : "clientAuth"
        try File.replace(
            folder.file("ca.conf"),
            with: Array(
                """
                [ca]
                default_ca = demo
                [demo]
                database = \(folder.file("index"))
                new_certs_dir = \(folder.path)
                rand_serial = yes
                default_md = sha256
                policy = any
                x509_extensions = client
                [any]
                organizationName = optional
                commonName = supplied
                [client]
                basicConstraints = critical,CA:FALSE
                keyUsage = critical,digitalSignature
                extendedKeyUsage = \(usage)
                subjectKeyIdentifier = hash
                authorityKeyIdentifier = keyid

                """.utf8))
        try File.replace(folder.file("index"), with: [])
        try Command.check([
            "openssl", "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-subj", "/O=casd quickstart/CN=casuser",
            "-keyout", folder.file("bad.key"), "-out", folder.file("bad.request"),
        ])
        try Command.check([
            "openssl", "ca", "-batch", "-notext", "-config", folder.file("ca.conf"),
            "-cert", site.authority, "-keyfile", site.file("pki/ca.key"),
            "-startdate", dates.0, "-enddate", dates.1,
            "-in", folder.file("bad.request"), "-out", folder.file("bad.pem"),
        ])
    }
}

extension Deployment {
    /// A request past nginx: what casd writes for the given parameters of the gateway.
    func direct(
        _ method: String, _ path: String, _ more: [(String, String)] = [], body: String = ""
    ) throws -> String {
        let client = try FastCGIClient(path: socket)
        defer { client.close() }
        let parameters =
            [
                ("CASD_PROFILE", "1"), ("REQUEST_METHOD", method), ("REQUEST_URI", path),
                ("QUERY_STRING", path.split(separator: "?").dropFirst().joined(separator: "?")),
                ("SERVER_PROTOCOL", "HTTP/1.1"), ("REQUEST_SCHEME", "https"), ("HTTPS", "on"),
                ("SERVER_NAME", "localhost"), ("SERVER_PORT", "\(port)"),
                ("REMOTE_ADDR", "127.0.0.1"), ("REQUEST_ID", "0123456789abcdef0123456789abcdef"),
            ] + more
        return try client.request(parameters, body: Array(body.utf8), isKept: false).output
    }
}
