import CASServer
import HTTP
import JOSE
import JSON
import Platform
import TestSupport
import Testing
import Tickets

@Suite("Ticket-granting tickets that are tokens") struct GrantingTokenTests {
    private static let settings = "rest: { enabled: true }"

    private let server: TestServer
    private let client: Browser

    init() throws {
        server = try TestServer(
            Self.settings + "\njwt: { claims_from_request: [device, mail] }",
            definitions: [tokenService()])
        client = Browser(server)
    }

    /// A token for a session, asked for with further parameters.
    private func token(_ more: String = "token=true") -> Response {
        let form = "username=casuser&password=Mellon&" + more
        return client.send(.post, "/cas/v1/tickets", body: Array(form.utf8))
    }

    @Test func `the answer is that of Apereo, and has an address beside`() throws {
        let response = token()
        #expect(response.status == .created)
        #expect(response["Content-Type"]?.hasPrefix("text/plain") == true)
        let claims = try claims(of: response.text, server)
        #expect(
            claims.members.prefix(6).map(\.name) == ["sub", "iss", "aud", "jti", "iat", "exp"])
        #expect(claims["sub"] == "casuser")
        #expect(claims["aud"] == .string(TestServer.base))
        let id = try #require(claims["jti"]?.stringValue)
        #expect(id.hasPrefix("TGT-"))
        #expect(response["Location"] == "\(TestServer.base)/v1/tickets/\(id)")
        let now = server.now.withLock { $0 }.seconds
        #expect(claims["exp"] == .integer(now + 8 * 3600 + 1))
        #expect(claims["memberOf"] == ["staff", "library"])
    }

    @Test(arguments: [("true", true), ("yes", true), ("T", true), ("false", false), ("1", false)])
    func `a header asks for it as well`(value: String, isToken: Bool) {
        client.headers = ["token": value]
        #expect(token("x=y").text.hasPrefix("eyJ") == isToken)
    }

    @Test func `the parameter counts more than the header`() {
        client.headers = ["token": "true"]
        #expect(!token("token=false").text.hasPrefix("eyJ"))
    }

    @Test func `parameters become claims if they are listed, and replace nothing`() throws {
        let claims = try claims(
            of: token("token=true&device=a&device=b&sub=root&mail=x%40evil&other=1&service=").text,
            server)
        #expect(claims["device"] == ["a", "b"])
        #expect(claims["sub"] == "casuser")
        #expect(claims["mail"] == "casuser@example.org")
        for name in ["other", "service", "password", "username", "token"] {
            #expect(claims[name] == nil)
        }
    }

    @Test func `the token stands wherever the ticket does`() throws {
        let text = token().text
        let path = "/cas/v1/tickets/" + text
        #expect(client.get(path).status == .ok)
        let ticket = client.post(path, ["service": "https://app.example.org/a"])
        #expect(ticket.status == .ok)
        #expect(ticket.text.hasPrefix("ST-"))
        let service = client.post(path, ["service": tokenServiceURL])
        #expect(try claims(of: service.text, server)["sub"] == "casuser")
        #expect(client.send(.delete, path).text.contains(tokenServiceURL))
        #expect(client.get(path).status == .notFound)
        #expect(client.post(path, ["service": tokenServiceURL]).status == .notFound)
        #expect(try !server.log.contains(text))
    }

    @Test func `a token is over with its time, and with its session`() throws {
        let text = token().text
        server.advance(by: .seconds(8 * 3600 + 2))
        #expect(client.get("/cas/v1/tickets/" + text).status == .notFound)
    }

    @Test func `a service's token is no session, and nobody else's token is one`() throws {
        let location = try #require(token("x=y")["Location"]?.after("https://sso.example.org"))
        let service = client.post(location, ["service": tokenServiceURL]).text
        let foreign = try TestServer(Self.settings)
        let other = Browser(foreign).post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon", "token": "true"]
        ).text
        for text in [service, other, "eyJ.a.b", "eyJhbGciOiJub25lIn0.e30.", "eyJ."] {
            let path = "/cas/v1/tickets/" + text
            #expect(client.get(path).status == .notFound)
            #expect(client.post(path, ["service": tokenServiceURL]).status == .notFound)
            #expect(client.send(.delete, path).text == "[]")
        }
    }

    @Test func `a token that no path can hold is not given, and leaves no session`() throws {
        let long = String(repeating: "x", count: 9000)
        let users = #"{ "casuser": { "password": "Mellon", "attributes": { "a": "\#(long)" } } }"#
        let server = try TestServer(Self.settings, files: ["users.json": users])
        let form: KeyValuePairs = ["username": "casuser", "password": "Mellon", "token": "true"]
        #expect(Browser(server).post("/cas/v1/tickets", form).status == .internalServerError)
        #expect(try server.log.contains("too long to be used"))
        #expect(try server.registry.counts().sessions == 0)
    }

    @Test func `no bit of a token can be changed`() throws {
        let text = token().text
        var generator = SeededRandom(seed: 5)
        var isRefused = true
        for _ in 0..<400 {
            var bytes = Array(text.utf8)
            let place = Int.random(in: bytes.indices, using: &generator)
            bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
            let path = "/cas/v1/tickets/" + String(decoding: bytes, as: UTF8.self)
            guard RequestTarget(path) != nil, !path.contains("?") else { continue }
            isRefused = isRefused && client.get(path).status != .ok
        }
        #expect(isRefused)
        #expect(client.get("/cas/v1/tickets/" + text).status == .ok)
    }
}

@Suite("Keys of tokens that are published") struct TokenKeysEndpointTests {
    private static let rsa = "jwt: { signing: { algorithm: RS256 } }"

    private func keys(_ response: Response) throws -> [JSONValue] {
        try #require(try JSONValue(parsing: response.body).objectValue?["keys"]?.arrayValue)
    }

    @Test func `the key set is empty for secrets, and may be kept for an hour`() throws {
        let client = Browser(try TestServer())
        let response = client.get("/cas/jwks")
        #expect(try keys(response).isEmpty)
        #expect(response["Content-Type"] == "application/jwk-set+json")
        #expect(response["Cache-Control"] == "public, max-age=3600")
        client.headers = ["If-None-Match": try #require(response["ETag"])]
        #expect(client.get("/cas/jwks").status == .notModified)
    }

    @Test func `the key set has the keys that sign now and next, without their private parts`()
        throws
    {
        let server = try TestServer(
            "rest: { enabled: true }\n" + Self.rsa, definitions: [tokenService()])
        let client = Browser(server)
        let keys = try keys(client.get("/cas/jwks"))
        #expect(keys.count == 2)
        for key in keys {
            let names = Set(key.objectValue?.members.map(\.name) ?? [])
            #expect(names == ["kty", "kid", "use", "alg", "n", "e"])
        }
        let token = client.post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon", "token": "true"]
        ).text
        let header = try #require(token.split(separator: ".").first.map(String.init))
        let text = String(decoding: try #require(bytes(base64: header, .url)), as: UTF8.self)
        let kid = try #require(text.between("\"kid\":\"", "\""))
        #expect(keys.first?.objectValue?["kid"] == .string(kid))
        #expect(text.contains("\"alg\":\"RS256\""))
    }

    @Test func `Apereo's endpoint gives the key in PEM to those who are listed`() throws {
        let server = try TestServer(
            "operations: { networks: [198.51.100.0/24] }\n" + Self.rsa)
        let client = Browser(server)
        let path = "/cas/actuator/jwtTicketSigningPublicKey"
        #expect(client.get(path).status == .forbidden)
        client.gateway.remoteAddress = "198.51.100.9"
        let response = client.get(path)
        #expect(response.text.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
        #expect(response["Content-Type"]?.hasPrefix("text/plain") == true)
    }

    @Test func `nobody is listed but this machine, and a secret is not shown`() throws {
        let client = Browser(try TestServer())
        let path = "/cas/actuator/jwtTicketSigningPublicKey"
        #expect(client.get(path).status == .forbidden)
        for address in ["127.0.0.1", "::1"] {
            client.gateway.remoteAddress = address
            #expect(client.get(path).status == .ok)
            #expect(client.get(path).body.isEmpty)
        }
    }

    @Test func `a service that has a key of its own is told that one`() throws {
        let key = try JSONWebKey.generate(for: .es256)
        let folder = try TemporaryDirectory()
        let file = folder.file("own.pem")
        try File.replace(file, with: Array(try #require(key.privatePEM).utf8), permissions: 0o600)
        let server = try TestServer(
            "rest: { enabled: true }",
            definitions: [
                tokenService(properties: ["jwtAsServiceTicketSigningKey": "file:\(file)"])
            ])
        let client = Browser(server)
        client.gateway.remoteAddress = "127.0.0.1"
        let path = "/cas/actuator/jwtTicketSigningPublicKey?service="
        #expect(client.get(path + percentEncoded(tokenServiceURL)).text == key.publicPEM)
        #expect(client.get(path + percentEncoded("https://app.example.org/")).text.isEmpty)
        #expect(
            client.get(path + percentEncoded("https://unknown.example/")).status == .forbidden)
        let published = try keys(client.get("/cas/jwks"))
        #expect(published.map { $0.objectValue?["kid"] } == [key.thumbprint.map(JSONValue.string)])
        let tgt = client.post("/cas/v1/tickets", ["username": "casuser", "password": "Mellon"])
        let token = client.post(
            try #require(tgt["Location"]?.after("https://sso.example.org")),
            ["service": tokenServiceURL]
        ).text
        let reader = TokenReader(
            order: nil, verification: [TokenReader.Verification(key: key, algorithms: [.es256])],
            decryption: [])
        #expect(try claims(of: token, reader)["sub"] == "casuser")
        #expect(throws: JOSEError.self) { try server.tokenKeys.current.reader.read(token) }
    }

    @Test func `a service whose key cannot be used gets nothing, and the log says why`() throws {
        for (value, reason) in [
            ("file:/nowhere/key.pem", "/nowhere/key.pem"), ("tooshort", "SigningKey"),
        ] {
            let server = try TestServer(
                "rest: { enabled: true }",
                definitions: [tokenService(properties: ["jwtAsServiceTicketSigningKey": value])])
            let client = Browser(server)
            let tgt = client.post("/cas/v1/tickets", ["username": "casuser", "password": "Mellon"])
            let response = client.post(
                try #require(tgt["Location"]?.after("https://sso.example.org")),
                ["service": tokenServiceURL])
            #expect(response.status == .internalServerError)
            #expect(!response.text.contains("ST-"))
            #expect(try server.log.contains(reason))
            let page = client.logIn(query: "?service=" + percentEncoded(tokenServiceURL))
            #expect(page.status == .internalServerError)
            #expect(try !server.log.contains("tooshort"))
            // Nothing was granted, so there is nobody to tell of the end.
            let path = try #require(tgt["Location"]?.after("https://sso.example.org"))
            #expect(client.send(.delete, path).text == "[]")
        }
    }
}
