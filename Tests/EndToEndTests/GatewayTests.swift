import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd {
    @Suite("nginx as it is shipped") struct ShippedGateway {
        @Test func `its files are right for nginx`() throws {
            let site = try EndToEnd.site
            let test = try Command([
                "nginx", "-t", "-p", site.file("nginx"), "-c", site.file("nginx/nginx.conf"),
                "-e", "/dev/null",
            ])
            #expect(test.status == 0, "\(test.errors)")
            #expect(!test.errors.contains("[warn]"), "\(test.errors)")
        }

        @Test func `a body may have 64 KiB and not one byte more`() throws {
            let site = try EndToEnd.site
            let log = site.log
            let most = try site.curl("/v1/tickets", body: body(65536))
            #expect(most.status == 400)
            #expect(most.body.contains("No credentials"))
            let lines = log.lines.count
            let more = try site.curl("/v1/tickets", body: body(65537))
            #expect(more.status == 413)
            #expect(more.isGatewayPage(413))
            #expect(log.lines.count == lines, "casd never saw it")
        }

        private func body(_ length: Int) -> [UInt8] {
            Array("x=".utf8) + Array(repeating: 97, count: length - 2)
        }

        @Test func `a header too large and an address too long get their pages`() throws {
            let site = try EndToEnd.site
            let long = String(repeating: "x", count: 17_000)
            let header = try site.curl("/login", ["--http1.1", "-H", "X-Long: \(long)"])
            #expect(header.status == 400)
            #expect(header.isGatewayPage(400))
            let address = try site.curl("/login?x=\(long)", ["--http1.1"])
            #expect(address.status == 414)
            #expect(address.isGatewayPage(414))
        }

        @Test func `health is for the socket, not for the world`() throws {
            let site = try EndToEnd.site
            let root = "https://localhost:\(site.port)"
            for path in ["/healthz", "/readyz", "/cas/healthz", "/cas/readyz", "/"] {
                #expect(try site.curl(root + path).status == 404, "\(path)")
            }
            #expect(try !site.direct("GET", "/healthz").hasPrefix("Status: 4"))
            #expect(try !site.direct("GET", "/readyz").hasPrefix("Status: 5"))
            #expect(try site.direct("GET", "/healthz").contains("\r\n\r\n"))
        }

        /// A validation consumes its ticket: sent twice, the client would see it refused.
        @Test func `what consumes a ticket is never sent twice`() throws {
            let site = try EndToEnd.site
            let folder = try TemporaryDirectory()
            let backEnd = try Running(
                [
                    "python3", Repository.script("closer.py"), folder.file("socket"),
                    folder.file("requests"),
                ], log: folder.file("log"))
            defer { backEnd.stop() }
            try #require(eventually { File.exists(folder.file("socket")) })
            let gateway = try Gateway(like: site, upstream: folder.file("socket"))
            defer { gateway.stop() }
            let requests = Log(folder.file("requests"), fromStart: true)

            let paths = [
                "/serviceValidate?x=1", "/p3/serviceValidate?x=2", "/validate?x=3",
                "/v1/tickets/TGT-x4", "/logout?x=5",
            ]
            for path in paths {
                for isKept in [false, true] {
                    if isKept { #expect(try gateway.curl("/answer").body == "answered\n") }
                    let before = requests.lines.count
                    let answer = try gateway.curl(path)
                    #expect(answer.status == 502)
                    #expect(answer.isGatewayPage(502))
                    #expect(requests.lines.count == before + 1, "\(path), kept: \(isKept)")
                }
            }
            for path in ["/login?x=6", "/v1/tickets"] {
                _ = try gateway.curl("/answer")
                let before = requests.lines.count
                #expect(try gateway.curl.post(path, [("a", "b")]).status == 502)
                #expect(requests.lines.count == before + 1, "POST \(path)")
            }
        }
    }
}
