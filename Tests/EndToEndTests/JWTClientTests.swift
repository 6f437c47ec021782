import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// The programs of the documentation's page for those who verify tokens, taken from it and run.
@Suite("JWT clients of the documentation", .tags(.endToEnd))
struct JWTClientTests {
    /// A token that has to be refused, and the word that the reason has in each language.
    struct Bad: Sendable, CustomTestStringConvertible {
        let name: String
        var settings = JWTWorkshop.settings()
        var claims = JWTWorkshop.claims(id: "bad")
        var layers = "\(JWTWorkshop.signing),\(JWTWorkshop.encryption)"
        /// Changes the token after it was made.
        var change: @Sendable (String) -> String = { $0 }
        /// What one of must be in the reason.
        let reasons: [String]
        var testDescription: String { name }
    }

    /// What the good tokens say, in the order of ``canonical(_:)``.
    private static let claims = JWTWorkshop.layouts.reduce(into: [String: String]()) {
        let text = Data(JWTWorkshop.claims(id: $1.name).utf8)
        // What is no JSON is no claims, and the token cannot be made.
        $0[$1.name] = (try? JSONSerialization.jsonObject(with: text)).flatMap(canonical)
    }

    /// All tokens, made at once.
    private static let tokens = Result { () throws -> [String: String] in
        let good = JWTWorkshop.layouts.map {
            (name: $0.name, claims: claims[$0.name] ?? "", layers: $0.layers)
        }
        let bad = Self.bad.map { (name: $0.name, claims: $0.claims, layers: $0.layers) }
        return try JWTWorkshop.make(good + bad)
    }

    /// One of the tokens, by its name.
    static func token(_ name: String) throws -> String {
        try #require(try tokens.get()[name])
    }

    // MARK: Good tokens

    @Test(arguments: JWTClient.allCases, JWTWorkshop.layouts)
    func `a good token is accepted in every layout`(
        client: JWTClient, layout: JWTWorkshop.Layout
    ) throws {
        let token = try Self.token(layout.name)
        let answer = try client.run(token: token, settings: layout.settings)
        guard layout.isKnown(to: client) else {
            #expect(answer.status == 2, "\(answer)")
            #expect(answer.reason.hasPrefix("settings: "), "\(answer)")
            return
        }
        try #require(answer.status == 0, "\(answer)")
        #expect(answer.user == "casuser")
        #expect(answer.reason.isEmpty)
        #expect(answer.claims == Self.claims[layout.name])
    }

    @Test(arguments: JWTClient.allCases)
    func `a token that was accepted is refused from then on`(client: JWTClient) throws {
        let layout = try #require(JWTWorkshop.layouts.first)
        let token = try Self.token(layout.name)
        let seen = try TemporaryDirectory()
        let first = try client.run(token: token, settings: layout.settings, seen: seen.path)
        #expect(first.status == 0, "\(first)")
        let again = try client.run(token: token, settings: layout.settings, seen: seen.path)
        #expect(again.status == 1, "\(again)")
        #expect(again.text.isEmpty)
        #expect(again.reason == "refused: seen before\n")
        #expect(try File.names(in: seen.path).filter { $0.hasPrefix("jti-") }.count == 1)
    }

    @Test(arguments: ["joserfc", "jwcrypto", "jose"], JWTWorkshop.layouts)
    func `independent implementations verify every layout`(
        implementation: String, layout: JWTWorkshop.Layout
    ) throws {
        let command = try Command(
            [
                Python.path, Repository.script("verify_jwt.py"), "--implementation",
                implementation, try layout.settings.json,
            ], input: Array(try Self.token(layout.name).utf8))
        guard implementation != "jose" || layout.isKnown(to: .shell) else {
            #expect(command.status == 3, "\(command.errors)")
            return
        }
        #expect(command.status == 0, "\(command.errors)")
        let answer = try JSONSerialization.jsonObject(with: Data(command.text.utf8))
        let claims = (answer as? [String: Any])?["claims"]
        #expect(claims.flatMap(canonical) == Self.claims[layout.name], "\(command.text)")
    }

    @Test(arguments: JWTClient.allCases)
    func `clocks may differ by less than a minute`(client: JWTClient) throws {
        // Made here: the others may be a minute old when it is their turn.
        let folder = try TemporaryDirectory()
        let claims = JWTWorkshop.claims(
            id: "late", #""exp":\#(time(nil) - 20),"iat":\#(time(nil) + 20)"#)
        let tokens = try JWTWorkshop.make(
            [(name: "late", claims: claims, layers: JWTWorkshop.signing)], in: folder.path)
        let answer = try client.run(
            token: try #require(tokens["late"]),
            settings: JWTWorkshop.settings { $0.encryptionKey = nil })
        #expect(answer.status == 0, "\(answer)")
    }

    @Test(arguments: JWTClient.allCases)
    func `marks of tokens that have expired are swept`(client: JWTClient) throws {
        let seen = try TemporaryDirectory()
        try File.replace(seen.file("jti-old"), with: [])
        try Command.check(["touch", "-d", "10 minutes ago", seen.file("jti-old")])
        let layout = try #require(JWTWorkshop.layouts.first)
        let token = try Self.token(layout.name)
        let answer = try client.run(token: token, settings: layout.settings, seen: seen.path)
        #expect(answer.status == 0, "\(answer)")
        #expect(!File.exists(seen.file("jti-old")))
    }

    @Test(arguments: JWTClient.allCases)
    func `of many that show one token at once, one is let in`(client: JWTClient) async throws {
        let layout = try #require(JWTWorkshop.layouts.first { $0.name == "signed" })
        let token = try Self.token(layout.name)
        let seen = try TemporaryDirectory()
        let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try client.run(
                        token: token, settings: layout.settings, seen: seen.path
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [0, 1, 1, 1])
    }

    // MARK: Bad tokens

    @Test(arguments: JWTClient.allCases, Self.bad)
    func `a bad token is refused, and is told why`(client: JWTClient, bad: Bad) throws {
        let token = bad.change(try Self.token(bad.name))
        let seen = try TemporaryDirectory()
        let answer = try client.run(token: token, settings: bad.settings, seen: seen.path)
        #expect(answer.status == 1, "\(answer)")
        #expect(answer.text.isEmpty)
        #expect(answer.reason.hasPrefix("refused: "), "\(answer)")
        #expect(answer.reason.count(of: "\n") == 1, "\(answer)")
        #expect(bad.reasons.contains { answer.reason.contains($0) }, "\(answer)")
        #expect(
            try !File.names(in: seen.path).contains { $0.hasPrefix("jti-") },
            "what is refused marks nothing")
    }

    @Test(arguments: JWTClient.allCases)
    func `tokens of Apereo's own are read, and have long expired`(client: JWTClient) throws {
        let tokens = try ApereoToken.all
        #expect(tokens.count == 3)
        for vector in tokens {
            let answer = try client.run(token: vector.token, settings: vector.settings)
            #expect(answer.status == 1)
            #expect(answer.reason == "refused: expired\n", "\(answer)")
        }
    }

    @Test(arguments: ["joserfc", "jwcrypto", "jose"])
    func `independent implementations verify tokens of Apereo's own`(
        implementation: String
    ) throws {
        for vector in try ApereoToken.all {
            let text = try Command.check(
                [
                    Python.path, Repository.script("verify_jwt.py"), "--implementation",
                    implementation, try vector.settings.json,
                ], input: Array(vector.token.utf8))
            #expect(text.contains(#""aud": "\#(vector.audience)""#), "\(vector.name): \(text)")
        }
    }

    // MARK: Settings

    @Test(arguments: JWTClient.allCases, Self.wrongSettings)
    func `settings that cannot be right are not worked with`(
        client: JWTClient, settings: JWTSettings
    ) throws {
        let answer = try client.run(token: "a.b.c", settings: settings)
        #expect(answer.status == 2, "\(answer)")
        #expect(answer.reason.hasPrefix("settings: "), "\(answer)")
        #expect(answer.reason.count(of: "\n") == 1, "\(answer)")
        for key in [settings.signingKey, settings.encryptionKey].compactMap({ $0 }) {
            #expect(!answer.reason.contains(key), "no key is told")
        }
    }

    private static let wrongSettings = [
        JWTWorkshop.settings { $0.signingKey = String(JWTWorkshop.signingKey.prefix(63)) },
        JWTWorkshop.settings { $0.signingAlgorithm = "RS256" },
        JWTWorkshop.settings { $0.signingAlgorithm = "none" },
        JWTWorkshop.settings { $0.encryptionMethod = "A128CBC-HS256" },
        JWTWorkshop.settings { $0.encryptionMethod = "none" },
        JWTWorkshop.settings { $0.order = "ANY" },
        JWTWorkshop.settings {
            $0.signingKey = nil
            $0.encryptionKey = nil
        },
        JWTWorkshop.settings {
            $0.signingKey = nil
            $0.encryptionKey = nil
            $0.decryptionKeyFile = JWTWorkshop.folder + "/oaep.pem"
        },
        JWTWorkshop.asymmetric("HS512"),
        JWTWorkshop.settings {
            $0.signingKey = nil
            $0.keySet = "http://127.0.0.1/jwks"
            $0.signingAlgorithm = "RS256"
        },
    ]
}

extension JWTClientTests {
    fileprivate static let bad = bent + foreign + dressedUp

    /// Tokens that were changed on the way, or made with other keys.
    private static let bent = [
        Bad(
            name: "bent-payload", change: { flipped($0, segment: 1) },
            reasons: ["signature is wrong"]),
        Bad(
            name: "bent-signature", change: { flipped($0, segment: 2) },
            reasons: ["signature is wrong"]),
        Bad(
            name: "bent-tag", settings: JWTWorkshop.settings { $0.signingKey = nil },
            layers: JWTWorkshop.encryption, change: { flipped($0, segment: 4) },
            reasons: ["encryption is wrong"]),
        Bad(
            name: "bent-text", settings: JWTWorkshop.settings { $0.signingKey = nil },
            layers: JWTWorkshop.encryption, change: { flipped($0, segment: 3) },
            reasons: ["encryption is wrong"]),
        Bad(
            name: "cut", change: { String($0.dropLast(40)) },
            reasons: ["signature is wrong", "base64url"]),
        Bad(
            name: "other-spelling", settings: JWTWorkshop.settings { $0.encryptionKey = nil },
            layers: JWTWorkshop.signing, change: { respelled($0) },
            reasons: ["signature is wrong", "base64url"]),
        Bad(
            name: "other-signing-key",
            settings: JWTWorkshop.settings { $0.signingKey = JWTWorkshop.signingKey + "x" },
            reasons: ["signature is wrong"]),
        Bad(
            name: "other-encryption-key",
            settings: JWTWorkshop.settings {
                $0.encryptionKey = "B" + JWTWorkshop.encryptionKey.dropFirst()
            }, reasons: ["encryption is wrong"]),
        Bad(
            name: "stranger", settings: JWTWorkshop.asymmetric("RS256"),
            layers: #""signing":{"algorithm":"RS256","pair":"stranger"}"#,
            reasons: ["key is unknown"]),
    ]

    /// Tokens for somebody else, or for another time.
    private static let foreign = [
        claimed("expired", #""exp":\#(time(nil) - 61)"#, ["expired"]),
        claimed("to-come", #""iat":\#(time(nil) + 600)"#, ["not valid yet"]),
        claimed("not-before", #""nbf":\#(time(nil) + 600)"#, ["not valid yet"]),
        claimed("other-audience", #""aud":"https://app.example.org/""#, ["another audience"]),
        claimed("other-issuer", #""iss":"https://sso.example.org/cas/""#, ["another issuer"]),
        claimed("audience-list", #""aud":["\#(JWTWorkshop.audience)"]"#, ["aud is missing"]),
        claimed("no-id", #""jti":null"#, ["jti is missing"]),
        claimed("no-user", #""sub":"""#, ["sub is missing"]),
        claimed("no-expiry", #""exp":null"#, ["exp is missing"]),
        claimed("expiry-text", #""exp":"9999999999""#, ["exp is missing"]),
        claimed("expiry-true", #""exp":true"#, ["exp is missing"]),
        claimed("expiry-huge", #""exp":1e300"#, ["exp is missing"]),
        claimed("no-start", #""iat":null"#, ["iat is missing"]),
    ]

    /// Tokens with other layers or algorithms than are configured.
    private static let dressedUp = [
        Bad(
            name: "none", settings: JWTWorkshop.settings { $0.encryptionKey = nil },
            layers: #""signing":{"algorithm":"none"}"#,
            reasons: ["alg", "signature is wrong"]),
        Bad(
            name: "none-inside", settings: JWTWorkshop.settings { $0.order = "SIGN_AND_ENCRYPT" },
            layers: #""order":"SIGN_AND_ENCRYPT","signing":{"algorithm":"none"},"#
                + JWTWorkshop.encryption,
            reasons: ["alg", "signature is wrong"]),
        Bad(
            name: "encrypted-only",
            settings: JWTWorkshop.settings { $0.order = "SIGN_AND_ENCRYPT" },
            layers: JWTWorkshop.encryption, reasons: ["layers", "signature is wrong", "base64url"]),
        Bad(
            name: "signed-only", layers: JWTWorkshop.signing,
            reasons: ["layers", "encryption is wrong", "base64url"]),
        Bad(
            name: "other-order",
            layers: #""order":"SIGN_AND_ENCRYPT","#
                + "\(JWTWorkshop.signing),\(JWTWorkshop.encryption)",
            reasons: ["layers", "signature is wrong"]),
        Bad(
            name: "other-algorithm",
            layers: #""signing":{"algorithm":"HS256","key":"\#(JWTWorkshop.signingKey)"},"#
                + JWTWorkshop.encryption,
            reasons: ["alg", "signature is wrong"]),
        Bad(
            name: "public-key-as-secret", settings: JWTWorkshop.asymmetric("RS256"),
            layers: #""signing":{"algorithm":"HS256","key":"public"}"#,
            reasons: ["alg", "signature is wrong"]),
        Bad(
            name: "critical", settings: JWTWorkshop.settings { $0.encryptionKey = nil },
            layers: JWTWorkshop.signing.dropLast() + #","crit":["x"],"x":1}"#,
            reasons: ["crit", "another alg"]),
        Bad(
            name: "bomb", claims: "{\"x\":\"" + String(repeating: "a", count: 2_000_000) + "\"}",
            layers: JWTWorkshop.signing + "," + JWTWorkshop.encryption.dropLast()
                + #","zip":"DEF"}"#,
            reasons: ["too large", "exceeds"]),
        Bad(
            name: "large", claims: "{\"x\":\"" + String(repeating: "a", count: 20_000) + "\"}",
            reasons: ["too large"]),
        Bad(
            name: "no-object", claims: "[1]", reasons: ["object"]),
    ]

    private static func claimed(_ name: String, _ change: String, _ reasons: [String]) -> Bad {
        Bad(
            name: name, settings: JWTWorkshop.settings { $0.encryptionKey = nil },
            claims: JWTWorkshop.claims(id: name, change), layers: JWTWorkshop.signing,
            reasons: reasons)
    }

    /// The token with another character in the middle of a segment.
    private static func flipped(_ token: String, segment: Int) -> String {
        var segments = token.components(separatedBy: ".")
        guard segments.indices.contains(segment) else { return token }
        var characters = Array(segments[segment])
        let middle = characters.count / 2
        characters[middle] = characters[middle] == "A" ? "B" : "A"
        segments[segment] = String(characters)
        return segments.joined(separator: ".")
    }

    /// The token with a last character that decodes to the same bytes: its lowest bit is unused.
    private static func respelled(_ token: String) -> String {
        let pairs = ["A": "B", "Q": "R", "g": "h", "w": "x"]
        return token.dropLast() + (pairs[String(token.suffix(1))] ?? "=")
    }
}
