import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// Tokens that jwcrypto makes for the tests, and the keys to them.
struct JWTWorkshop: Sendable {
    /// A layout, how to ask for it and what to verify it with.
    struct Layout: Sendable, CustomTestStringConvertible {
        let name: String
        let settings: JWTSettings
        /// `order`, `signing` and `encryption` of `make_jwt.py`, JSON.
        let layers: String
        var testDescription: String { name }

        /// Whether a program's runtime has the algorithms, as the page's table says.
        func isKnown(to client: JWTClient) -> Bool {
            let isOAEP = settings.decryptionKeyFile != nil
            return switch client {
            case .php: !isOAEP && !settings.signingAlgorithm.hasPrefix("PS")
            case .shell: !isOAEP && settings.signingAlgorithm != "EdDSA"
            case .python, .java, .go: true
            }
        }
    }

    static let issuer = "https://sso.example.org/cas"
    static let audience = "https://app.example.org/?a=1&b=ü"
    static let signingKey =
        "9F-FsSNCm9WZTd8OcQYAOlDHLSQGIzT6iwu5PQoc5rA0vRnz8O5kRuDoQzedQHasrefft0Kn4OJuy6-r2r0XIg"
    static let encryptionKey =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw"
    /// 32 bytes, for `A128CBC-HS256` and `A256GCM`.
    static let shortEncryptionKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    static let folder = Repository.root + "/.build/jwt-material"

    static let signing = #""signing":{"algorithm":"HS512","key":"\#(signingKey)"}"#
    static let encryption = #""encryption":{"enc":"A256CBC-HS512","key":"\#(encryptionKey)"}"#

    /// Settings for the usual layout, to be changed.
    static func settings(_ change: (inout JWTSettings) -> Void = { _ in }) -> JWTSettings {
        var settings = JWTSettings(
            issuer: issuer, audience: audience, signingKey: signingKey,
            encryptionKey: encryptionKey)
        change(&settings)
        return settings
    }

    /// Settings for the public keys and an algorithm, without encryption.
    static func asymmetric(_ algorithm: String) -> JWTSettings {
        settings {
            $0.signingKey = nil
            $0.encryptionKey = nil
            $0.keySet = folder + "/keys.json"
            $0.signingAlgorithm = algorithm
        }
    }

    /// Claims that are good now, with members in the place of others; `null` takes one away.
    static func claims(id: String, _ changes: String = "") -> String {
        let now = time(nil)
        let members = [
            #""sub":"casuser","iss":"\#(issuer)","aud":"\#(audience)","jti":"ST-1-\#(id)""#,
            #""iat":\#(now),"exp":\#(now + 300),"mail":["a@example.org","ä@example.org"]"#,
            #""isFromNewLogin":true,"authenticationDate":"2026-01-01T00:00:00.000Z""#,
        ]
        return "{" + members.joined(separator: ",") + (changes.isEmpty ? "" : ",") + changes + "}"
    }
}

extension JWTWorkshop {
    static let layouts: [Layout] = shared + asymmetric

    private static let shared = [
        Layout(
            name: "encrypt-and-sign", settings: settings(),
            layers: "\(signing),\(encryption)"),
        Layout(
            name: "sign-and-encrypt", settings: settings { $0.order = "SIGN_AND_ENCRYPT" },
            layers: #""order":"SIGN_AND_ENCRYPT",\#(signing),\#(encryption)"#),
        Layout(
            name: "signed", settings: settings { $0.encryptionKey = nil }, layers: signing),
        Layout(
            name: "encrypted", settings: settings { $0.signingKey = nil }, layers: encryption),
        Layout(
            name: "apereo-7.0",
            settings: settings {
                $0.encryptionKey = shortEncryptionKey
                $0.encryptionMethod = "A128CBC-HS256"
            },
            layers: signing + #","encryption":{"enc":"A128CBC-HS256","zip":"DEF","#
                + #""key":"\#(shortEncryptionKey)"}"#),
        Layout(
            name: "apereo-7.1-service",
            settings: settings { $0.order = "SIGN_AND_ENCRYPT" },
            layers: #""order":"SIGN_AND_ENCRYPT","#
                + signing.dropLast() + #","org.apereo.cas.services.RegisteredService":"1"},"#
                + encryption.dropLast()
                + #","zip":"DEF","org.apereo.cas.services.RegisteredService":"1"}"#),
        Layout(
            name: "gcm",
            settings: settings {
                $0.encryptionKey = shortEncryptionKey
                $0.encryptionMethod = "A256GCM"
            },
            layers: signing
                + #","encryption":{"enc":"A256GCM","key":"\#(shortEncryptionKey)"}"#),
        Layout(
            name: "oaep",
            settings: settings {
                $0.encryptionKey = nil
                $0.decryptionKeyFile = folder + "/oaep.pem"
            },
            layers: signing + #","encryption":{"alg":"RSA-OAEP-256","enc":"A256CBC-HS512"}"#),
    ]

    private static let asymmetric = [
        ("RS256", "rsa"), ("RS512", "rsa"), ("PS256", "rsa"), ("ES256", "p256"),
        ("ES384", "p384"), ("ES512", "p521"), ("EdDSA", "ed25519"),
    ].map { algorithm, pair in
        Layout(
            name: algorithm, settings: asymmetric(algorithm),
            layers: #""signing":{"algorithm":"\#(algorithm)","pair":"\#(pair)"}"#)
    }

    /// Makes tokens.
    ///
    /// - Parameters:
    ///   - specifications: For each name the claims and the layers, as `make_jwt.py` takes them.
    ///   - folder: Gets the tokens, and new keys.
    static func make(
        _ specifications: [(name: String, claims: String, layers: String)],
        in folder: String = folder
    ) throws -> [String: String] {
        try? File.makeDirectory(folder)  // There from the run before.
        let texts = specifications.map { name, claims, layers in
            #"{"name":"\#(name)","claims":\#(claims),\#(layers)}"#
        }
        let script = Repository.script("make_jwt.py")
        try Command.check(
            [Python.path, script, folder], input: Array("[\(texts.joined(separator: ","))]".utf8))
        return try specifications.reduce(into: [:]) { tokens, specification in
            tokens[specification.name] = try File.readText("\(folder)/\(specification.name).jwt")
        }
    }
}

/// Tokens that Apereo servers have made, with the keys to them: the vectors of its Java client.
struct ApereoToken: Decodable, Sendable {
    let name: String
    let order: String
    let signingKey: String
    let encryptionKey: String
    let encryptionMethod: String
    let issuer: String
    let audience: String
    let token: String

    static var all: [ApereoToken] {
        get throws {
            let text = try File.read(Repository.script("apereo_tokens.json"))
            return try JSONDecoder().decode([ApereoToken].self, from: Data(text))
        }
    }

    var settings: JWTSettings {
        JWTSettings(
            issuer: issuer, audience: audience, order: order, signingKey: signingKey,
            encryptionKey: encryptionKey, encryptionMethod: encryptionMethod)
    }
}
