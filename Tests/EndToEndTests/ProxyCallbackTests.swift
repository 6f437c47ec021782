import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Proxy-granting tickets go where they may, and wait for nobody") struct ProxyCallback {
        /// An application of this machine, which may proxy, and one that may not.
        private let local = "http://localhost:9/front?x=1"
        private let foreign = "https://app.example.org/"

        private func validate(
            _ site: Deployment, _ service: String, _ callback: String
        ) throws -> Answer {
            let ticket = try site.ticket(of: site.session(), for: service)
            return try site.curl(
                "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)"
                    + "&pgtUrl=\(encoded(callback))")
        }

        @Test func `a callback answers 200 itself, soon and briefly, or the validation fails`()
            throws
        {
            let site = try EndToEnd.site
            let application = try Application(script: "callback.py", site)
            let address = "https://localhost:\(application.port)"
            let requests = Log(application.folder.file("log"), fromStart: true)

            let taken = try validate(site, local, address + "/take?keep=%20x")
            #expect(taken.body.contains("<cas:proxyGrantingTicket>PGTIOU-"), "\(taken)")
            #expect(requests.lines == ["GET /take keep,pgtIou,pgtId"], "one request, no rehearsal")

            let reasons = [
                "/empty": "status 204", "/redirect": "status 302", "/refuse": "status 500",
                "/huge": "too large", "/slow": "timeout",
            ]
            for (path, reason) in reasons {
                let log = site.log
                let begin = monotonicMilliseconds()
                let refused = try validate(site, local, address + path)
                #expect(monotonicMilliseconds() - begin < 7000, "\(path)")
                #expect(refused.body.contains("code=\"INVALID_PROXY_CALLBACK\""), "\(refused)")
                #expect(!refused.body.contains("PGT"))
                let line = log.lines.first { $0.contains("proxy callback failed") } ?? ""
                #expect(line.contains(reason), "\(path): \(log.text)")
                #expect(log.lines.count { $0.contains("proxy callback failed") } == 1)
            }
            #expect(requests.lines.count == 6, "no redirect was followed: \(requests.lines)")
        }

        @Test func `addresses that are none, or not trusted, or not allowed, get nothing`() throws {
            let site = try EndToEnd.site
            let port = try freePorts()
            let callbacks = [
                ("http://localhost:\(port)/", "INVALID_PROXY_CALLBACK"),
                ("https://localhost:\(port)/#here", "INVALID_PROXY_CALLBACK"),
                ("https://user@localhost:\(port)/", "INVALID_PROXY_CALLBACK"),
                ("https://localhost:\(port)/", "INVALID_PROXY_CALLBACK"),
                ("nonsense", "INVALID_PROXY_CALLBACK"),
                ("https://evil.example.net/", "UNAUTHORIZED_SERVICE_PROXY"),
                ("https://localhost.evil.example.net/", "UNAUTHORIZED_SERVICE_PROXY"),
            ]
            for (callback, code) in callbacks {
                let log = site.log
                let refused = try validate(site, local, callback)
                #expect(refused.body.contains("code=\"\(code)\""), "\(callback): \(refused.body)")
                #expect(log.has("\"code\":\"\(code)\""), "\(callback): \(log.text)")
            }
            let refused = try validate(site, foreign, "https://app.example.org/callback")
            #expect(refused.body.contains("code=\"UNAUTHORIZED_SERVICE_PROXY\""), "\(refused)")

            // A certificate of an authority that casd does not know.
            let folder = try TemporaryDirectory()
            try Command.check([
                "openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", folder.file("key"), "-out",
                folder.file("certificate"),
            ])
            let other = try Running(
                [
                    "python3", Repository.script("app.py"), "\(port)",
                    folder.file("certificate"), folder.file("key"), folder.file("log"),
                ], log: folder.file("out"))
            defer { other.stop() }
            let probe = ["curl", "-sk", "--noproxy", "*", "https://localhost:\(port)/probe"]
            try #require(try eventually { try Command(probe).status == 0 })
            let log = site.log
            let untrusted = try validate(site, local, "https://localhost:\(port)/")
            #expect(untrusted.body.contains("code=\"INVALID_PROXY_CALLBACK\""))
            #expect(log.has("tls"), "\(log.text)")
            #expect(try !File.readText(folder.file("log")).contains("pgtId"))
        }

        @Test func `slow callbacks keep nobody else waiting`() throws {
            let site = try EndToEnd.site
            let application = try Application(script: "callback.py", site)
            let requests = Log(application.folder.file("log"), fromStart: true)
            let folder = try TemporaryDirectory()
            let session = try site.session()
            let callback = encoded("https://localhost:\(application.port)/slow")
            let waiting = try (0..<6).map { index in
                let ticket = try site.ticket(of: session, for: local)
                let address =
                    "\(site.base)/serviceValidate?service=\(encoded(local))&ticket=\(ticket)"
                return try Running(
                    [
                        "curl", "-sS", "--noproxy", "*", "--cacert", site.authority,
                        address + "&pgtUrl=" + callback,
                    ], log: folder.file("\(index)"))
            }
            #expect(eventually { requests.lines.count == 6 }, "\(requests.lines)")
            for _ in 0..<8 {
                let begin = monotonicMilliseconds()
                #expect(try site.curl("/login").status == 200)
                #expect(try site.isLive(session))
                #expect(monotonicMilliseconds() - begin < 1000)
            }
            for each in waiting {
                #expect(try each.finish().contains("INVALID_PROXY_CALLBACK"))
            }
        }
    }
}
