import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// Tokens that the programs of a portal make to log somebody in, written by jwcrypto.
struct LoginToken {
    static let signingSecret = "a signing secret of 42 bytes, as text: 0123"
    static let encryptionSecret = "an encryption secret of exactly 48 bytes: 012345"

    /// JSON, as `login_jwt.py` takes it.
    var signing = #"["HS256", "\#(signingSecret)"]"#
    var encryption = #"["dir", "A192CBC-HS384", "\#(encryptionSecret)"]"#

    /// With one RSA key for both layers.
    static func rsa(_ tokens: TokenSite) -> LoginToken {
        let key = tokens.key("rsa.pem")
        return LoginToken(
            signing: #"["RS256", "\#(key)"]"#,
            encryption: #"["RSA-OAEP-256", "A128CBC-HS256", "\#(key)"]"#)
    }

    /// Makes tokens of claims.
    func made(_ claims: [String]) throws -> [String] {
        let list = claims.map {
            #"{"claims": \#($0), "signing": \#(signing), "encryption": \#(encryption)}"#
        }
        return try Command.check(
            [Python.path, Repository.script("login_jwt.py")],
            input: Array("[\(list.joined(separator: ","))]".utf8)
        ).split(separator: "\n").map(String.init)
    }

    /// One with good claims.
    func made(for site: Deployment, issuer: String, _ changes: String = "") throws -> String {
        try #require(try made([Self.claims(for: site, issuer: issuer, changes)]).first)
    }

    /// Claims that are good now, with members in the place of others.
    static func claims(
        for site: Deployment, issuer: String, _ changes: String = ""
    ) -> String {
        let now = time(nil)
        let id = hexadecimal(systemRandomBytes(8))
        return """
            {"sub": "org.pac4j.core.profile.CommonProfile#casuser", "iss": "\(issuer)",
             "aud": "\(site.base)", "jti": "\(id)", "iat": \(now), "exp": \(now + 120),
             "uid": "uid", "givenName": "CAS", "memberOf": ["one", "two"],
             "$int_roles": [] \(changes.isEmpty ? "" : ", " + changes)}
            """
    }
}
