import HTTP
import Testing

@Suite("Requests and responses") struct MessageTests {
    private func parameters(_ pairs: KeyValuePairs<String, String>) -> CGIParameters {
        var parameters = CGIParameters()
        for (name, value) in pairs { parameters.add(name, value) }
        return parameters
    }

    @Test func `what nginx says and what the browser claims are kept apart`() throws {
        let request = try parameters([
            "REQUEST_METHOD": "GET", "REQUEST_URI": "/cas/login",
            "HTTP_SSL_CLIENT_VERIFY": "SUCCESS", "HTTP_SSL_CLIENT_CERT": "forged",
            "HTTP_REMOTE_ADDR": "1.2.3.4", "REMOTE_ADDR": "192.0.2.1", "HTTPS": "on",
        ]).request(body: [])
        #expect(request.gateway.clientVerification == .none)
        #expect(request.gateway.clientCertificate == nil)
        #expect(request.gateway.remoteAddress == "192.0.2.1")
        #expect(request.gateway.isHTTPS)
        #expect(request.headers["Ssl-Client-Verify"] == "SUCCESS")
    }

    @Test(arguments: [
        ("SUCCESS", ClientVerification.success), ("NONE", .none), ("", .none),
        ("FAILED:expired", .failed("FAILED:expired")), ("success", .failed("success")),
    ])
    func `the verification is read word for word`(text: String, expected: ClientVerification) throws
    {
        let request = try parameters([
            "REQUEST_METHOD": "GET", "REQUEST_URI": "/", "SSL_CLIENT_VERIFY": text,
        ]).request(body: [])
        #expect(request.gateway.clientVerification == expected)
    }

    @Test func `an unknown method, a bad path and missing parameters are faults`() {
        #expect(throws: RequestFault.method) {
            try parameters(["REQUEST_METHOD": "BREW", "REQUEST_URI": "/"]).request(body: [])
        }
        #expect(throws: RequestFault.path) {
            try parameters(["REQUEST_METHOD": "GET", "REQUEST_URI": "/a/../b"]).request(body: [])
        }
        #expect(throws: RequestFault.incomplete) {
            try parameters(["REQUEST_METHOD": "GET"]).request(body: [])
        }
    }

    @Test func `cookies are found by their exact name, several of one name in order`() {
        let headers = Headers(["Cookie": "a=1; TGC=x; XTGC=no; TGC=y;TGC2=no; tgc=no"])
        #expect(headers.cookies("TGC") == ["x", "y"])
        #expect(headers.cookies("missing").isEmpty)
    }

    @Test func `no more than eight cookies of one name are read`() {
        let headers = Headers([
            "Cookie": (0..<20).map { "TGC=\($0)" }.joined(separator: "; ")
        ])
        #expect(headers.cookies("TGC").count == 8)
    }

    @Test func `a cookie is secure, hidden from scripts and lax`() {
        let cookie = SetCookie(name: "TGC", value: "v", path: "/cas")
        #expect(cookie.fieldValue == "TGC=v; Path=/cas; Secure; HttpOnly; SameSite=Lax")
    }

    @Test func `a removed cookie has no age left`() {
        let cookie = SetCookie(name: "TGC", value: "", path: "/cas", maxAgeSeconds: 0)
        #expect(cookie.fieldValue.contains("Max-Age=0"))
    }

    @Test func `a response is written with its constant fields and its length`() {
        var response = Response.text("ok")
        response.set("X-A", "b")
        let text = String(
            decoding: response.cgi(constantFields: Array("X-C: d\r\n".utf8)), as: UTF8.self)
        #expect(
            text == "Status: 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\nX-A: b\r\n"
                + "X-C: d\r\nContent-Length: 2\r\n\r\nok")
    }

    @Test func `no value can end its line`() {
        var response = Response(.ok)
        response.set("Location", "https://a/\r\nSet-Cookie: x=y\u{0}")
        let text = String(decoding: response.cgi(constantFields: []), as: UTF8.self)
        #expect(text.contains("Location: https://a/  Set-Cookie: x=y \r\n"))
    }

    @Test func `the answer to a HEAD has the length and not the body`() {
        let bytes = Response.text("body").cgi(constantFields: [], withBody: false)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("Content-Length: 4\r\n\r\n"))
    }
}

@Suite("Router") struct RouterTests {
    private enum Page: Sendable { case list, item, login }

    private var router: Router<Page> {
        var router = Router<Page>(prefixes: ["/cas", ""])
        router.add([.get], "/login", .login)
        router.add([.post], "/v1/tickets", .list)
        router.add([.get, .delete], "/v1/tickets/*", .item)
        return router
    }

    private func describe(_ method: Method, _ path: String) -> String {
        switch router.route(method, path) {
        case .route(let page, let segment): "\(page) \(segment ?? "-")"
        case .notFound: "404"
        case .methodNotAllowed(let allowed):
            "405 " + allowed.map(\.rawValue).joined(separator: ",")
        }
    }

    @Test(arguments: [
        (Method.get, "/cas/login", "login -"), (.get, "/login", "login -"),
        (.post, "/cas/v1/tickets", "list -"), (.get, "/cas/v1/tickets/TGT-1", "item TGT-1"),
        (.get, "/cas/v1/tickets/", "404"), (.get, "/cas/v1/tickets/a/b", "404"),
        (.get, "/CAS/login", "404"), (.get, "/cas/login/", "404"), (.get, "/cas", "404"),
        (.delete, "/cas/login", "405 GET"), (.put, "/v1/tickets/x", "405 GET,DELETE"),
    ])
    func `a path leads to its route, for the methods that it takes`(
        method: Method, path: String, expected: String
    ) {
        #expect(describe(method, path) == expected)
    }
}
