import FastCGI
import Testing

@testable import CASServer

@Suite("Which lane a request takes") struct RouteTests {
    @Test(arguments: [
        ("POST", "/cas/login", "", false, true), ("GET", "/cas/login", "", false, false),
        ("GET", "/cas/login?service=x", "", true, true), ("GET", "/cas/logout", "", true, false),
        ("POST", "/cas/logout", "", false, false), ("POST", "/cas/v1/tickets", "", false, true),
        ("POST", "/cas/v1/tickets/", "", false, true),
        ("POST", "/cas/v1/tickets/TGT-1", "service=https://a/", false, false),
        ("POST", "/cas/v1/tickets/TGT-1", "service=renewed", false, false),
        ("POST", "/cas/v1/tickets/TGT-1", "service=x&renew=true", false, true),
        ("POST", "/cas/v1/tickets/TGT-1", "%72enew=true", false, true),
        ("POST", "/cas/v1/tickets/TGT-1", " \n{\"\\u0072enew\": true}", false, true),
        ("POST", "/cas/v1/users", "", false, true),
        ("POST", "/cas/v1/tickets/TGT-1?renew=true", "service=x", false, true),
        ("POST", "/cas/serviceValidate", "renew=true", false, false),
        ("POST", "/cas/p3/serviceValidate", "", false, false),
        ("POST", "/cas/validate", "", false, false),
        ("DELETE", "/cas/v1/tickets/TGT-1", "", false, false),
        ("GET", "/cas/v1/services", "", false, true), ("PUT", "/v1/services/7", "", false, true),
        ("DELETE", "/cas/v1/services/7", "", false, true),
        ("HEAD", "/cas/v1/services/", "", false, true),
        ("GET", "/cas/v1/services/7/8", "", false, false),
        ("GET", "/cas/login?service=x&token=e.e.e", "", false, true),
        ("GET", "/cas/login?service=x%26token=e", "", false, false),
        ("GET", "/cas/login?t%6Fken=e", "", false, true),
        ("GET", "/cas/actuator/tokenAuth/e.e.e?service=1", "", false, true),
        ("POST", "/cas/actuator/tokenAuth/casuser?service=1", "", false, true),
        ("GET", "/cas/delegated/other?state=x", "", false, true),
    ])
    func `what may carry credentials is answered on the blocking lane`(
        method: String, target: String, body: String, hasCredential: Bool, expected: Bool
    ) {
        #expect(
            Route.mayBlock(
                method: method, target: target, hasCredential: hasCredential, takesTokens: true,
                body: Array(body.utf8)) == expected)
    }

    @Test(arguments: [
        ("/cas/login?service=x&token=e.e.e", false, false), ("/cas/login", true, true),
        ("/cas/login?t%6Fken=e", false, false),
    ])
    func `without login by token a token is nothing`(
        target: String, hasCredential: Bool, expected: Bool
    ) {
        #expect(
            Route.mayBlock(
                method: "GET", target: target, hasCredential: hasCredential, takesTokens: false,
                body: []) == expected)
    }

    @Test func `a header counts if it says something and tokens log in`() throws {
        let login: (String, String) -> FastCGIRequest = { name, value in
            FastCGIRequest(
                parameters: [
                    ("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/cas/login"), (name, value),
                ]
                .map { FastCGIRequest.Parameter(name: $0.0, value: $0.1) })
        }
        let taking = Gateway(app: try TestServer(tokens: "").app)
        #expect(taking.lane(of: login("HTTP_TOKEN", "e.e.e")) == .blocking)
        #expect(taking.lane(of: login("HTTP_TOKEN", "")) == .fast)
        let other = Gateway(app: try TestServer().app)
        #expect(other.lane(of: login("HTTP_TOKEN", "e.e.e")) == .fast)
    }
}
