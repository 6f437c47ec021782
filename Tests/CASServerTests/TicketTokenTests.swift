import CASProtocol
import CASServer
import HTTP
import JOSE
import JSON
import Outbound
import Platform
import TestSupport
import Testing

/// A definition whose tickets are tokens.
///
/// - Parameters:
///   - properties: Properties beside `jwtAsServiceTicket`.
///   - fields: Further fields of the definition.
func tokenService(
    _ host: String = "token", id: Int = 50, properties: KeyValuePairs<String, String> = [:],
    fields: String = ""
) -> String {
    let more = properties.map { #", "\#($0)": { "values": ["java.util.HashSet", ["\#($1)"]] }"# }
    return """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": \(id), "name": "\(host)",
          "serviceId": "^https://\(host)\\\\.example\\\\.org/.*", \(fields)
          "attributeReleasePolicy": {
            "@class": "org.apereo.cas.services.ReturnAllAttributeReleasePolicy" },
          "properties": { "@class": "java.util.HashMap",
            "jwtAsServiceTicket": { "values": ["java.util.HashSet", ["true"]] }
            \(more.joined()) } }
        """
}

let tokenServiceURL = "https://token.example.org/app"

/// The claims of a token that a server of ours has made with its own keys.
func claims(of token: String, _ server: TestServer) throws -> JSONObject {
    try claims(of: token, server.tokenKeys.current.reader)
}

func claims(of token: String, _ reader: TokenReader) throws -> JSONObject {
    try #require(try JSONValue(parsing: try reader.read(token)).objectValue)
}

@Suite("Service tickets that are tokens") struct TicketTokenTests {
    private func server(
        _ settings: String = "rest: { enabled: true }", _ definition: String = tokenService()
    ) throws -> TestServer {
        try TestServer(settings, definitions: [definition])
    }

    private func restToken(_ server: TestServer) throws -> String {
        let client = Browser(server)
        let location = try #require(
            client.post("/cas/v1/tickets", ["username": "casuser", "password": "Mellon"])[
                "Location"])
        let path = try #require(location.after("https://sso.example.org"))
        let response = client.post(path, ["service": tokenServiceURL])
        #expect(response.status == .ok)
        return response.text
    }

    @Test func `REST answers with the bare token, which says who came`() throws {
        let server = try server()
        let token = try restToken(server)
        let claims = try claims(of: token, server)
        #expect(
            claims.members.prefix(6).map(\.name) == ["sub", "iss", "aud", "jti", "iat", "exp"])
        #expect(claims["sub"] == "casuser")
        #expect(claims["iss"] == .string(TestServer.base))
        #expect(claims["aud"] == .string(tokenServiceURL))
        #expect(claims["jti"]?.stringValue?.hasPrefix("ST-") == true)
        let now = server.now.withLock { $0 }.seconds
        #expect(claims["iat"] == .integer(now))
        #expect(claims["exp"] == .integer(now + 11))
        #expect(claims["nbf"] == nil)
        #expect(claims["mail"] == "casuser@example.org")
        #expect(claims["memberOf"] == ["staff", "library"])
        #expect(claims["isFromNewLogin"] == true)
        #expect(claims["longTermAuthenticationRequestTokenUsed"] == false)
        #expect(claims["credentialType"] == "UsernamePasswordCredential")
        #expect(claims["authenticationDate"]?.stringValue?.hasPrefix("2024-") == true)
    }

    @Test func `the ticket has been used up`() throws {
        let server = try server()
        let id = try #require(try claims(of: try restToken(server), server)["jti"]?.stringValue)
        let answer = Browser(server).get(
            "/cas/p3/serviceValidate?ticket=\(id)&service=" + percentEncoded(tokenServiceURL))
        #expect(answer.text.contains("INVALID_TICKET"))
        #expect(try server.log.contains("already used"))
    }

    @Test func `the login redirects with the token alone`() throws {
        let server = try server()
        let response = Browser(server).logIn(query: "?service=" + percentEncoded(tokenServiceURL))
        #expect(response.status == .seeOther)
        let location = try #require(response["Location"])
        #expect(location.hasPrefix(tokenServiceURL + "?ticket=eyJ"))
        #expect(!location.contains("&"))
        #expect(try claims(of: try #require(response.ticket), server)["sub"] == "casuser")
    }

    @Test func `Apereo's further parameter comes if it is wanted`() throws {
        let server = try server("jwt: { redirect_parameter: true }")
        let response = Browser(server).logIn(query: "?service=" + percentEncoded(tokenServiceURL))
        #expect(
            response["Location"]?.hasPrefix(tokenServiceURL + "?redirect=true&ticket=eyJ") == true)
    }

    @Test(arguments: ["POST", "HEADER"])
    func `a form and a header carry the token as well`(method: String) throws {
        let server = try server()
        let response = Browser(server).logIn(
            query: "?method=\(method)&service=" + percentEncoded(tokenServiceURL))
        let token = method == "POST" ? response.hiddenField("ticket") : response["ticket"]
        #expect(try claims(of: try #require(token), server)["sub"] == "casuser")
    }

    @Test func `a session that is there answers at once, and says that it is no new login`() throws
    {
        let server = try server()
        let browser = Browser(server)
        _ = browser.logIn()
        let response = browser.get("/cas/login?service=" + percentEncoded(tokenServiceURL))
        let claims = try claims(of: try #require(response.ticket), server)
        #expect(claims["isFromNewLogin"] == true)
        let again = browser.get("/cas/login?service=" + percentEncoded(tokenServiceURL))
        #expect(
            try CASServerTests.claims(of: try #require(again.ticket), server)["isFromNewLogin"]
                == false)
    }

    @Test func `the end of the session is told to a service that has had a token`() throws {
        let server = try server()
        let browser = Browser(server)
        let response = browser.logIn(query: "?service=" + percentEncoded(tokenServiceURL))
        let token = try #require(response.ticket)
        let id = try #require(try claims(of: token, server)["jti"]?.stringValue)
        _ = browser.get("/cas/logout")
        server.deliverLogouts()
        let message = try #require(
            server.network.calls.first { $0.url.hasPrefix("https://token.example.org/") })
        #expect(percentDecoded(message.bodyText).contains(id))
    }

    @Test func `SAML 1.1 takes tickets only`() throws {
        let server = try server()
        let response = Browser(server).logIn(query: "?TARGET=" + percentEncoded(tokenServiceURL))
        #expect(response["Location"]?.contains("SAMLart=ST-") == true)
    }

    @Test func `what a policy does not release is no claim`() throws {
        let definition = """
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 50, "name": "token",
              "serviceId": "^https://token\\\\.example\\\\.org/.*",
              "usernameAttributeProvider": {
                "@class":
                  "org.apereo.cas.services.PrincipalAttributeRegisteredServiceUsernameProvider",
                "usernameAttribute": "mail" },
              "attributeReleasePolicy": {
                "@class": "org.apereo.cas.services.ReturnAllowedAttributeReleasePolicy",
                "allowedAttributes": ["java.util.ArrayList", ["givenName"]],
                "authorizedToReleaseAuthenticationAttributes": false },
              "properties": { "jwtAsResponse": { "values": ["true"] } } }
            """
        let server = try server("rest: { enabled: true }", definition)
        let claims = try claims(of: try restToken(server), server)
        #expect(
            claims.members.map(\.name) == ["sub", "iss", "aud", "jti", "iat", "exp", "givenName"])
        #expect(claims["sub"] == "casuser@example.org")
    }

    @Test func `attributes cannot replace what the standard registers`() throws {
        let users = """
            { "casuser": { "password": "Mellon", "attributes": {
                "iss": "https://evil.example", "sub": "root", "aud": "x", "jti": "x", "exp": "1",
                "iat": "1", "nbf": "1", "isFromNewLogin": "x", "org.apereo.cas.x": "y",
                "empty": [], "kept": "yes" } } }
            """
        let server = try TestServer(
            "rest: { enabled: true }", definitions: [tokenService()], files: ["users.json": users])
        let claims = try claims(of: try restToken(server), server)
        #expect(claims["sub"] == "casuser")
        #expect(claims["iss"] == .string(TestServer.base))
        #expect(claims["aud"] == .string(tokenServiceURL))
        #expect(claims["nbf"] == nil)
        #expect(claims["isFromNewLogin"] == true)
        #expect(claims["kept"] == "yes")
        #expect(claims["empty"] == nil)
        #expect(claims["org.apereo.cas.x"] == nil)
        #expect(claims["exp"]?.integerValue ?? 0 > server.now.withLock { $0 }.seconds)
    }

    @Test func `the lifetime is the service's, else that of the configuration`() throws {
        let policy = """
            "serviceTicketExpirationPolicy": {
              "@class":
                "org.apereo.cas.services.DefaultRegisteredServiceServiceTicketExpirationPolicy",
              "numberOfUses": 1, "timeToLive": "120" },
            """
        for (settings, fields, seconds) in [
            ("", policy, Int64(120)), ("jwt: { service_ticket_lifetime: 8h }", "", 28_800),
            ("jwt: { service_ticket_lifetime: 8h }", policy, 120),
            ("tickets: { service: { lifetime: 25s } }", "", 25),
        ] {
            let server = try server(
                "rest: { enabled: true }\n" + settings, tokenService(fields: fields))
            let claims = try claims(of: try restToken(server), server)
            let now = server.now.withLock { $0 }
            // The clock of the tests stands between two seconds.
            #expect(claims["exp"] == .integer(now.seconds + seconds + 1))
        }
    }

    @Test func `a token that is too long for a header is refused with the way out in the log`()
        throws
    {
        let long = String(repeating: "x", count: 9000)
        let users = #"{ "casuser": { "password": "Mellon", "attributes": { "a": "\#(long)" } } }"#
        let server = try TestServer(definitions: [tokenService()], files: ["users.json": users])
        let query = "?service=" + percentEncoded(tokenServiceURL)
        #expect(Browser(server).logIn(query: query).status == .internalServerError)
        #expect(try server.log.contains("too long for a redirect"))
        #expect(Browser(server).logIn(query: query + "&method=POST").status == .ok)
    }

    @Test func `no token, no ticket and no key is logged`() throws {
        let server = try server()
        let token = try restToken(server)
        let id = try #require(try claims(of: token, server)["jti"]?.stringValue)
        #expect(try !server.log.contains(token))
        #expect(try !server.log.contains(String(token.suffix(40))))
        #expect(try !server.log.contains(id))
    }
}
