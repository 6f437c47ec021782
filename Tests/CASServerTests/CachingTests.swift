import CASProtocol
import FastCGI
import HTTP
import Platform
import Testing

@testable import CASServer

/// CAS 3.0 Appendix B: what leaves the server, bytes and all, tells caches not to keep it.
@Suite("CAS 3.0 Appendix B what caches are told") struct CachingTests {
    private static let app = "https://app.example.org/home"

    /// The lines of an answer's head.
    private func head(_ answer: [UInt8]) -> [String] {
        let text = String(decoding: answer, as: UTF8.self)
        var lines: [String] = []
        // A carriage return and a line feed are one character.
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) {
            guard !line.isEmpty else { break }
            lines.append(String(line))
        }
        return lines
    }

    private func expectUncached(_ answer: [UInt8], _ detail: String) {
        let lines = head(answer)
        #expect(lines.first?.hasPrefix("Status: ") == true, "\(detail)")
        for (name, field) in [
            ("cache-control:", "Cache-Control: no-store"), ("pragma:", "Pragma: no-cache"),
        ] {
            let fields = lines.filter { $0.lowercased().hasPrefix(name) }
            #expect(fields == [field], "\(detail)")
        }
        #expect(!lines.contains { $0.lowercased().hasPrefix("etag:") }, "\(detail)")
    }

    private func request(
        _ method: String, _ target: String, body: String = "", cookies: [String: String] = [:],
        type: String = "application/x-www-form-urlencoded"
    ) -> FastCGIRequest {
        var parameters = [
            ("REQUEST_METHOD", method), ("REQUEST_URI", target), ("REMOTE_ADDR", "192.0.2.7"),
            ("HTTPS", "on"),
        ]
        if !cookies.isEmpty {
            let text = cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
            parameters.append(("HTTP_COOKIE", text))
        }
        if !body.isEmpty {
            parameters += [("CONTENT_TYPE", type), ("CONTENT_LENGTH", "\(body.utf8.count)")]
        }
        return FastCGIRequest(
            parameters: parameters.map { FastCGIRequest.Parameter(name: $0, value: $1) },
            body: Array(body.utf8))
    }

    private static let settings = "rest: { enabled: true }\nlogout: { follow_service: true }"

    private func server() throws -> TestServer {
        try TestServer(
            Self.settings,
            authentication: "delegated: [ { name: campus, "
                + "login_url: 'https://idp.example.net/cas/login' } ]")
    }

    @Test(arguments: [
        ("GET", "", 302), ("GET", "/login", 200), ("HEAD", "/login", 200),
        ("GET", "/login?service=https%3A%2F%2Fapp.example.org%2F", 200),
        ("GET", "/login?service=https%3A%2F%2Fapp.example.org%2F&gateway=true", 302),
        ("GET", "/login?service=https%3A%2F%2Fevil.example%2F", 403),
        ("GET", "/login?service=nonsense", 400), ("GET", "/login?password=x", 400),
        ("POST", "/login", 403), ("DELETE", "/login", 405), ("BREW", "/login", 501),
        ("GET", "/logout", 200), ("POST", "/logout", 200),
        ("GET", "/logout?service=https%3A%2F%2Fapp.example.org%2F", 302),
        ("GET", "/validate", 200), ("GET", "/serviceValidate", 200),
        ("POST", "/serviceValidate", 200), ("GET", "/serviceValidate?format=JSON", 200),
        ("GET", "/p3/serviceValidate", 200), ("GET", "/proxyValidate", 200),
        ("GET", "/p3/proxyValidate", 200), ("GET", "/proxy", 200), ("POST", "/samlValidate", 200),
        ("HEAD", "/serviceValidate", 405), ("GET", "/delegated/campus", 302),
        ("GET", "/delegated/nobody", 404), ("POST", "/v1/tickets", 400),
        ("OPTIONS", "/v1/tickets", 200), ("GET", "/v1/tickets/TGT-1", 404),
        ("DELETE", "/v1/tickets/TGT-1", 200), ("POST", "/v1/tickets/TGT-1", 404),
        ("PUT", "/v1/tickets", 405), ("GET", "/unknown", 404), ("GET", "/themes/unknown.css", 404),
        ("GET", "/a/../b", 400),
    ])
    func `no answer to a stranger is kept`(method: String, path: String, status: Int) throws {
        let gateway = Gateway(app: try server().app)
        let answer = gateway.respond(to: request(method, "/cas" + path))
        expectUncached(answer, "\(method) \(path)")
        #expect(head(answer).first?.hasPrefix("Status: \(status)") == true, "\(method) \(path)")
    }

    @Test(arguments: ["/healthz", "/readyz"])
    func `what operators ask is not kept`(path: String) throws {
        let gateway = Gateway(app: try server().app)
        expectUncached(gateway.respond(to: request("GET", path)), path)
    }

    @Test func `nothing that a login, its tickets and their validation say is kept`() throws {
        let server = try server()
        let gateway = Gateway(app: server.app)
        let browser = Browser(server)
        let service = percentEncoded(Self.app)
        let page = browser.get("/cas/login")
        let form = "execution=" + percentEncoded(page.hiddenField("execution") ?? "")
        let login = "/cas/login?service=" + service
        for (password, status) in [("wrong", "401"), ("", "400"), ("Mellon", "303")] {
            let body = "\(form)&username=casuser&password=\(password)"
            let answer = gateway.respond(
                to: request("POST", login, body: body, cookies: browser.cookies))
            expectUncached(answer, "password '\(password)'")
            #expect(head(answer).first?.hasPrefix("Status: " + status) == true)
        }
        _ = browser.submit(page)
        for target in [login, login + "&method=POST", login + "&method=HEADER", "/cas/login"] {
            let answer = gateway.respond(to: request("GET", target, cookies: browser.cookies))
            expectUncached(answer, target)
        }
        for path in ["validate", "serviceValidate", "p3/serviceValidate", "p3/proxyValidate"] {
            let ticket = try #require(browser.enter(Self.app).ticket)
            let answer = gateway.respond(
                to: request("GET", "/cas/\(path)?service=\(service)&ticket=\(ticket)"))
            expectUncached(answer, path)
            #expect(String(decoding: answer, as: UTF8.self).contains("casuser"))
        }
        let created = gateway.respond(
            to: request("POST", "/cas/v1/tickets", body: "username=casuser&password=Mellon"))
        expectUncached(created, "REST")
        let session = try #require(
            head(created).first { $0.hasPrefix("Location: ") }?.after("/v1/tickets/"))
        for (method, body) in [("POST", "service=" + service), ("GET", ""), ("DELETE", "")] {
            let answer = gateway.respond(
                to: request(method, "/cas/v1/tickets/" + session, body: body))
            expectUncached(answer, "REST \(method)")
        }
        let end = gateway.respond(to: request("GET", "/cas/logout", cookies: browser.cookies))
        expectUncached(end, "logout")
    }

    @Test func `what cannot be read, or not now, is not kept`() throws {
        let gateway = Gateway(app: try server().app)
        let faults: [FastCGIRequest.Fault] = [
            .bodyTooLarge, .tooManyParameters, .parametersTooLarge,
            .duplicateParameter("REMOTE_ADDR"), .invalidText,
        ]
        for fault in faults {
            var broken = request("GET", "/cas/login")
            broken.fault = fault
            expectUncached(gateway.respond(to: broken), "\(fault)")
        }
        expectUncached(gateway.respond(to: FastCGIRequest(parameters: [])), "nothing")
        let foreign = request("POST", "/cas/login", body: "{}", type: "application/json")
        expectUncached(gateway.respond(to: foreign), "another type")
        for path in ["/cas/login", "/cas/v1/tickets"] {
            expectUncached(gateway.overloaded(request("POST", path)), path)
        }
    }

    @Test func `who comes without the gateway's secret gets nothing to keep`() throws {
        let server = try TestServer(
            "listen: { gateway_secret_file: secret }", files: ["secret": "0123456789abcdef\n"])
        let answer = Gateway(app: server.app).respond(to: request("GET", "/cas/login"))
        expectUncached(answer, "no secret")
        #expect(head(answer).first?.hasPrefix("Status: 403") == true)
    }

    @Test func `stylesheets alone are kept, and say so once`() throws {
        let server = try server()
        let page = Browser(server).get("/cas/login").text
        let sheet = try #require(page.between("stylesheet\" href=\"", "\""))
        let lines = head(Gateway(app: server.app).respond(to: request("GET", sheet)))
        let fields = lines.filter { $0.lowercased().hasPrefix("cache-control:") }
        #expect(fields == ["Cache-Control: public, max-age=31536000, immutable"])
        #expect(!lines.contains { $0.lowercased().hasPrefix("pragma:") })
    }
}
