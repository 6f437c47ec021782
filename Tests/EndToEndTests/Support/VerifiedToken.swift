import Foundation
import Platform
import TestSupport
import Testing

/// What another implementation of JOSE reads in a token.
struct VerifiedToken {
    static let implementations = ["joserfc", "jwcrypto", "jose"]

    /// The headers, outer first, without blanks.
    let headers: [String]
    /// The claims, JSON.
    let text: String
    let claims: [String: Any]

    /// Has `verify_jwt.py` verify a token.
    ///
    /// - Returns: `nil` if the implementation does not know the algorithms.
    /// - Throws: If it refuses the token.
    init?(
        _ token: String, _ settings: JWTSettings, by implementation: String = "joserfc"
    ) throws {
        let command = try Command(
            [
                Python.path, Repository.script("verify_jwt.py"), "--implementation",
                implementation, try settings.json,
            ], input: Array(token.utf8))
        guard command.status != 3 else { return nil }
        try #require(command.status == 0, "\(implementation): \(command.errors)")
        let list = try #require(command.text.between(#"{"headers": ["#, #"], "claims""#))
        headers = list.replacing("}, {", with: "}\n{").split(separator: "\n").map {
            $0.replacing(" ", with: "")
        }
        text = try #require(command.text.components(separatedBy: #""claims": "#).last)
        let value = try JSONSerialization.jsonObject(with: Data(command.text.utf8))
        claims = try #require((value as? [String: Any])?["claims"] as? [String: Any])
    }

    subscript(name: String) -> String? { claims[name] as? String }

    /// A claim that is written as a whole number, and as nothing else.
    func integer(_ name: String) -> Int? {
        text.components(separatedBy: "\"\(name)\": ").dropFirst().first.flatMap { rest in
            let digits = rest.prefix { $0 != "," && $0 != "}" }
            return Int(digits)
        }
    }
}

/// The texts of a token's segments that are not encrypted.
enum TokenText {
    static func segment(_ token: String, _ index: Int) throws -> String {
        let segments = token.split(separator: ".", omittingEmptySubsequences: false)
        try #require(segments.indices.contains(index))
        let decoded = bytes(base64: String(segments[index]), .url)
        return String(decoding: try #require(decoded, "not base64url"), as: UTF8.self)
    }

    static func segmentCount(_ token: String) -> Int {
        token.split(separator: ".", omittingEmptySubsequences: false).count
    }

    /// A header without the name of its key.
    static func withoutKeyID(_ header: String) -> String {
        keyID(header).map { header.replacing("\"kid\":\"\($0)\"", with: #""kid":"KID""#) } ?? header
    }

    static func keyID(_ header: String) -> String? { header.between(#""kid":""#, "\"") }
}
