import HTTP
import JOSE
import JSON
import OpenSSL
import Platform
import TestSupport
import Testing

@testable import CASServer

/// Tokens that log nobody in.
@Suite("Tokens that are refused at the login") struct TokenRefusalTests {
    /// A token, and why it is refused.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let reason: String
        let token: @Sendable () throws -> String

        init(_ name: String, _ reason: String, _ token: @escaping @Sendable () throws -> String) {
            self.name = name
            self.reason = reason
            self.token = token
        }

        var testDescription: String { name }
    }

    @Test(arguments: keyCases + formCases + claimCases)
    func `a token is refused`(_ refused: Case) throws {
        let browser = Browser(try TestServer(tokens: ""))
        let token = try refused.token()
        let response = browser.follow(token)
        #expect(response.isLoginForm && browser.cookies["TGC"] == nil)
        #expect(try browser.server.tokenReasons == [refused.reason])
        try expectNoTrace(of: token, in: response, browser)
    }

    /// Nothing of a token is on the page or in the log, and no secret either.
    private func expectNoTrace(
        of token: String, in response: Response, _ browser: Browser
    ) throws {
        let log = try browser.server.log
        let shown = response.text + response.fields.map { $0.name + $0.value }.joined()
        for part in token.split(separator: ".") where part.utf8.count > 7 {
            #expect(!log.contains(part.prefix(40)) && !shown.contains(part.prefix(40)))
        }
        for secret in [TokenVector.signingSecret, TokenVector.encryptionSecret, "planted"] {
            #expect(!log.contains(secret) && !shown.contains(secret))
        }
        #expect(!shown.contains("token="))
    }

    private static let keyCases = [
        Case("another secret", "signature") {
            TokenForge.signed(TokenForge.claims(), secret: "another secret of at least 32 bytes")
        },
        Case("another encryption secret", "encryption") {
            try TokenForge.written(
                TokenForge.claims(), encryptedWith: String(repeating: "x", count: 48))
        },
        Case("the encryption secret as signing secret", "signature") {
            TokenForge.signed(TokenForge.claims(), secret: TokenVector.encryptionSecret)
        },
        Case("none", "algorithm") {
            TokenForge.signed(TokenForge.claims(), header: #"{"alg":"none"}"#)
        },
        Case("none without a signature", "algorithm") {
            let token = TokenForge.signed(TokenForge.claims(), header: #"{"alg":"none"}"#)
            return token.split(separator: ".").prefix(2).joined(separator: ".") + "."
        },
        Case("no signature", "signature") {
            let token = TokenForge.signed(TokenForge.claims())
            return token.split(separator: ".").prefix(2).joined(separator: ".") + "."
        },
        Case("HS512 with the same secret", "algorithm") {
            try TokenForge.written(
                TokenForge.claims(),
                signedWith: String(repeating: TokenVector.signingSecret, count: 2), as: .hs512,
                encryptedWith: nil)
        },
        Case("RS256 in the header of HS256", "algorithm") {
            TokenForge.signed(TokenForge.claims(), header: #"{"alg":"RS256"}"#)
        },
        Case("encrypted and not signed", "layers") {
            try TokenForge.written(TokenForge.claims(), signedWith: nil)
        },
        Case("another content encryption", "algorithm") {
            try TokenForge.written(
                TokenForge.claims(),
                encryptedWith: TokenVector.encryptionSecret + "0123456789abcdef",
                .a256CBCHS512)
        },
        Case("the other order", "layers") {
            try TokenForge.written(TokenForge.claims(), order: .encryptAndSign)
        },
    ]

    private static let formCases = [
        Case("no token", "malformed") { "planted" },
        Case("a service ticket", "malformed") { "ST-planted-0123456789abcdef" },
        Case("an unknown critical header", "malformed") {
            TokenForge.signed(
                TokenForge.claims(), header: #"{"alg":"HS256","crit":["x"],"x":"planted"}"#)
        },
        Case("a header member twice", "malformed") {
            TokenForge.signed(TokenForge.claims(), header: #"{"alg":"none","alg":"HS256"}"#)
        },
        Case("a claim twice", "claims") {
            TokenForge.signed(#"{"sub":"casuser","sub":"planted-name"}"#)
        },
        Case("claims that are no object", "malformed") { TokenForge.signed(#"["planted"]"#) },
        Case("broken claims", "claims") { TokenForge.signed(#"{"sub":"planted"#) },
        Case("longer than 16 KiB", "too_large") {
            TokenForge.signed(
                TokenForge.claims(["planted": .string(String(repeating: "x", count: 16 << 10))]))
        },
        Case("more claims than 16 KiB, compressed", "too_large") {
            try TokenForge.written(
                TokenForge.claims(["planted": .string(String(repeating: "x", count: 40 << 10))]),
                isCompressed: true)
        },
    ]

    private static let claimCases = [
        claims("expired", ["exp": .integer(TokenForge.now - 61)], "expired"),
        claims("expired by a fraction", ["exp": .number(Double(TokenForge.now) - 60.5)], "expired"),
        claims("not yet valid", ["nbf": .integer(TokenForge.now + 62)], "not yet valid"),
        claims("made in the future", ["iat": .integer(TokenForge.now + 62)], "not yet valid"),
        claims("no end", ["exp": nil], "claims"),
        claims("an end in words", ["exp": .string("\(TokenForge.now + 60)")], "claims"),
        claims("an end beyond all", ["exp": .number(1e300)], "claims"),
        claims("an end that is nothing", ["exp": .null], "claims"),
        claims("no audience", ["aud": nil], "claims"),
        claims("another audience", ["aud": "https://portal.example.org/"], "audience"),
        claims("an audience that begins so", ["aud": "\(TokenForge.server)/x"], "audience"),
        claims("other audiences", ["aud": ["https://a.example", "https://b.example"]], "audience"),
        claims("no audience in the list", ["aud": []], "audience"),
        claims("an audience of numbers", ["aud": [1]], "claims"),
        claims("no issuer", ["iss": nil], "claims"),
        claims("another issuer", ["iss": "https://planted.example.org/"], "issuer"),
        claims("an issuer of another service", ["iss": "https://app.example.org/"], "issuer"),
        claims("an issuer that is no address", ["iss": "planted"], "issuer"),
        claims("nobody", ["sub": nil], "claims"),
        claims("an empty name", ["sub": ""], "claims"),
        claims("a class and no name", ["sub": "org.pac4j.core.profile.CommonProfile#"], "claims"),
        claims("a number as name", ["sub": 7], "claims"),
        claims("a name with a line break", ["sub": "planted\nroot"], "claims"),
        claims("a name with a space before it", ["sub": " planted"], "claims"),
        claims("an identifier that is a number", ["jti": 7], "claims"),
        claims("an empty identifier", ["jti": ""], "claims"),
        claims("the identifier of a session", ["jti": "TGT-1-planted"], "claims"),
        claims("the identifier of a ticket", ["jti": "ST-planted"], "claims"),
        claims("an end in years", ["exp": .integer(TokenForge.now + 315_360_000)], "lifetime"),
        claims("an end beyond a day", ["exp": .integer(TokenForge.now + 86_462)], "lifetime"),
        claims(
            "too many values", ["planted": .array((0..<501).map { .integer($0) })], "claims"),
        claims(
            "a name that is too long", [String(repeating: "planted", count: 20): "x"], "claims"),
    ]

    private static func claims(
        _ name: String, _ changes: [String: JSONValue?], _ reason: String
    ) -> Case {
        Case(name, reason) { try TokenForge.written(TokenForge.claims(changes)) }
    }

    @Test func `every changed character of a token is refused`() throws {
        let server = try TestServer(tokens: "")
        let token = Array(TokenVector.symmetric.utf8)
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            var changed = token
            let place = Int.random(in: 0..<changed.count, using: &random)
            changed[place] =
                changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: changed, as: UTF8.self)
            #expect(Browser(server).follow(text).isLoginForm)
        }
        #expect(Browser(server).follow(TokenVector.symmetric).ticket != nil)
    }

    @Test func `the longest life of a token is configured, and casd keeps to it`() throws {
        let server = try TestServer(
            tokens: "max_lifetime: 1m, endpoint: true",
            settings: "operations: { networks: [192.0.2.0/24] }")
        let token = { TokenForge.signed(TokenForge.claims(["exp": .integer($0)])) }
        #expect(Browser(server).follow(token(TokenForge.now + 122)).isLoginForm)
        #expect(try server.tokenReasons == ["lifetime"])
        #expect(Browser(server).follow(token(TokenForge.now + 120)).ticket != nil)
        let made = Browser(server).post("/cas/actuator/tokenAuth/casuser?service=100", [:])
        let own = try #require(made.text.between("\"token\":\"", "\""))
        #expect(Browser(server).follow(own).ticket != nil)
        let daily = try TestServer(tokens: "")
        #expect(Browser(daily).follow(token(TokenForge.now + 86_400)).ticket != nil)
    }

    @Test func `the issuer may be casd, a listed one or the service`() throws {
        let server = try TestServer(tokens: "issuers: ['https://idp.example.org', 'our portal']")
        for issuer in [
            TokenForge.server, "https://idp.example.org", "our portal",
            "https://portal.example.org/other",
        ] {
            let token = TokenForge.signed(TokenForge.claims(["iss": .string(issuer)]))
            #expect(Browser(server).follow(token).ticket != nil)
        }
    }

    @Test func `what is required and what is called casd is configured`() throws {
        let server = try TestServer(
            """
            jwt:
              issuer: our-sso
              login_by_token: { enabled: true, algorithms: [HS256], require: [jti, iat, nbf] }
            """, definitions: [TestServer.portal()])
        let bare: [String: JSONValue?] = ["exp": nil, "aud": nil, "iss": nil]
        let enough = bare.merging(["nbf": .integer(TokenForge.now)]) { $1 }
        #expect(
            Browser(server).follow(TokenForge.signed(TokenForge.claims(enough))).ticket != nil)
        for missing in ["jti", "iat", "nbf"] {
            let token = TokenForge.signed(
                TokenForge.claims(enough.merging([missing: nil]) { $1 }))
            #expect(Browser(server).follow(token).isLoginForm)
        }
        let named = enough.merging(["aud": ["x", "our-sso"], "iss": "our-sso"]) { $1 }
        #expect(
            Browser(server).follow(TokenForge.signed(TokenForge.claims(named))).ticket != nil)
        // What is there is looked at, required or not.
        let foreign = enough.merging(["aud": .string(TokenForge.server)]) { $1 }
        #expect(
            Browser(server).follow(TokenForge.signed(TokenForge.claims(foreign))).isLoginForm)
    }

    // MARK: Keys

    @Test(
        arguments: [
            (["jwtSigningSecret": "too short"], "jwtSigningSecret"),
            (["jwtSigningSecret": "file:/nowhere.pem"], "a secret is expected"),
            (
                ["jwtSigningSecret": "file:/nowhere.pem", "jwtSigningSecretAlg": "RS256"],
                "jwtSigningSecret: /nowhere.pem"
            ),
            (
                [
                    "jwtSigningSecret": TokenVector.signingSecret + TokenVector.signingSecret,
                    "jwtSigningSecretAlg": "HS512",
                ], "HS512 is not one of jwt.login_by_token.algorithms"
            ),
            (
                [
                    "jwtSigningSecret": TokenVector.signingSecret,
                    "jwtSecretsAreBase64Encoded": "true",
                ],
                "not Base64"
            ),
            (
                [
                    "jwtSigningSecret": TokenVector.signingSecret,
                    "jwtEncryptionSecret": "planted of another length",
                ], "jwtEncryptionSecret"
            ),
        ] as [(KeyValuePairs<String, String>, String)])
    func `keys that cannot be used are the operator's affair`(
        properties: KeyValuePairs<String, String>, text: String
    ) throws {
        let browser = Browser(try TestServer(tokens: "", properties: properties))
        let response = browser.follow(TokenVector.symmetric)
        #expect(response.isLoginForm)
        let line = try #require(try browser.server.reasons.last)
        #expect(line.contains("token: keys") && line.contains(text) && line.contains("\"error\""))
        try expectNoTrace(of: TokenVector.symmetric, in: response, browser)
        #expect(!line.contains("too short\"") && !line.contains("planted"))
    }

    @Test func `secrets in Base64 are decoded`() throws {
        let browser = Browser(
            try TestServer(
                tokens: "",
                properties: [
                    "jwtSigningSecret": base64(Array(TokenVector.signingSecret.utf8)),
                    "jwtEncryptionSecret": base64(Array(TokenVector.encryptionSecret.utf8)),
                    "jwtSecretsAreBase64Encoded": "true",
                ]))
        #expect(browser.follow(TokenVector.symmetric).ticket != nil)
    }

    @Test func `changed secrets count as soon as the definition is read`() throws {
        let server = try TestServer(tokens: "")
        let next = "the secret that comes after the first one"
        let token = { TokenForge.signed(TokenForge.claims(), secret: $0) }
        #expect(Browser(server).follow(token(TokenVector.signingSecret)).ticket != nil)
        #expect(Browser(server).follow(token(next)).isLoginForm)
        try server.redefine([TestServer.portal(["jwtSigningSecret": next])])
        #expect(Browser(server).follow(token(TokenVector.signingSecret)).isLoginForm)
        #expect(Browser(server).follow(token(next)).ticket != nil)
    }

    @Test func `a service without secrets takes no token`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        let token = TokenForge.signed(TokenForge.claims())
        #expect(browser.follow(token, to: "https://app.example.org/home").isLoginForm)
        #expect(try browser.server.tokenReasons == ["no secrets"])
    }

    @Test func `nothing of a token that is taken is in the log and on the way on`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        let token = try TokenForge.written(TokenForge.claims(id: "planted"))
        let response = browser.follow(token)
        #expect(response.ticket != nil)
        try expectNoTrace(of: token, in: response, browser)
    }
}
