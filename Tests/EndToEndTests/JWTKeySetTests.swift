import Platform
import TestSupport
import Testing

/// What the documentation's programs do with the address of a JWKS.
@Suite("JWT clients of the documentation and key sets", .tags(.endToEnd), .withKeySets)
struct JWTKeySetTests {
    private static var server: KeySetServer {
        get throws { try #require(KeySetServer.shared, "the server did not start") }
    }

    private func settings(
        _ way: KeySetServer.Way, _ client: JWTClient, _ word: String
    ) throws -> JWTSettings {
        var settings = JWTWorkshop.asymmetric("RS256")
        settings.keySet = try Self.server.url(way, "\(client)-\(word)")
        return settings
    }

    @Test(arguments: JWTClient.allCases)
    func `a key that is new is asked for once again`(client: JWTClient) throws {
        let token = try JWTClientTests.token("RS256")
        let server = try Self.server
        let settings = try settings(.late, client, "new")
        let answer = try client.run(
            token: token, settings: settings, authority: server.authority)
        #expect(answer.status == 0, "\(answer)")
        #expect(answer.user == "casuser")
        #expect(try server.requests(.late, "\(client)-new") == 2)
    }

    @Test(arguments: JWTClient.allCases)
    func `an unknown key is refused after one more request`(client: JWTClient) throws {
        let token = try JWTClientTests.token("stranger")
        let server = try Self.server
        let settings = try settings(.good, client, "unknown")
        let answer = try client.run(
            token: token, settings: settings, authority: server.authority)
        #expect(answer.status == 1, "\(answer)")
        #expect(answer.reason.contains("key is unknown"), "\(answer)")
        #expect(try server.requests(.good, "\(client)-unknown") == 2)
    }

    @Test(arguments: JWTClient.allCases, [KeySetServer.Way.elsewhere, .broken])
    func `keys that are elsewhere, or no keys, are not taken`(
        client: JWTClient, way: KeySetServer.Way
    ) throws {
        let token = try JWTClientTests.token("RS256")
        let server = try Self.server
        let settings = try settings(way, client, "bad")
        let answer = try client.run(
            token: token, settings: settings, authority: server.authority)
        #expect(answer.status == 1, "\(answer)")
        #expect(answer.reason.contains("the keys cannot be read"), "\(answer)")
        #expect(try server.requests(.good, "\(client)-bad") == 0)
    }

    @Test(arguments: JWTClient.allCases)
    func `a server that proves no name has no keys`(client: JWTClient) throws {
        let token = try JWTClientTests.token("RS256")
        let settings = try settings(.good, client, "untrusted")
        let answer = try client.run(token: token, settings: settings)
        #expect(answer.status == 1, "\(answer)")
        #expect(answer.reason.contains("the keys cannot be read"), "\(answer)")
        #expect(try Self.server.requests(.good, "\(client)-untrusted") == 0)
    }
}
