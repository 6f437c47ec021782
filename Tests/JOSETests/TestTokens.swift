import JOSE
import JSON
import OpenSSL
import Platform

/// Random bytes that are handed out one after the other; the count must be right.
func scripted(_ values: [UInt8]...) -> RandomBytes {
    let rest = Lock(values)
    return { count in
        rest.withLock { rest in
            guard let next = rest.first, next.count == count else { return [] }
            rest.removeFirst()
            return next
        }
    }
}

/// A UUID's bytes, zero but for the version, the variant and the last.
func uuidBytes(_ last: UInt8) -> [UInt8] {
    [0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, last]
}

func octets(_ text: String) -> JSONWebKey { JSONWebKey(octets: Array(text.utf8)) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

func encoded(_ text: String) -> String { base64(Array(text.utf8), .url) }

/// The header of the token, decoded.
func header(of token: String) -> String {
    let first = token.prefix { $0 != "." }
    return text(bytes(base64: String(first), .url) ?? [])
}

/// A token with this header and these claims, signed whatever the header says.
func forged(
    header: String, claims: String = "{\"sub\":\"mallory\"}", key: JSONWebKey,
    algorithm: SignatureAlgorithm
) throws -> String {
    let input = encoded(header) + "." + encoded(claims)
    guard let key = SignatureKey(key, algorithm) else { throw JOSEError.key }
    return input + "." + base64(try key.sign(Array(input.utf8)), .url)
}

/// A token with this header and these claims, encrypted whatever the header says.
func forged(
    header: String, content: [UInt8], encryptedKey: [UInt8] = [], key: [UInt8],
    encryption: ContentEncryption
) throws -> String {
    let header = encoded(header)
    guard let key = ContentKey(.init(key), encryption) else { throw JOSEError.key }
    let nonce = [UInt8](repeating: 7, count: encryption.nonceBytes)
    let sealed = try key.encrypt(content, nonce: nonce, authenticating: Array(header.utf8))
    return ([header] + [encryptedKey, nonce, sealed.content, sealed.tag].map { base64($0, .url) })
        .joined(separator: ".")
}

/// The keys that the tests share; RSA takes its time.
enum TestKeys {
    static let rsa = made(.rs256)
    static let otherRSA = made(.rs256)
    static let p256 = made(.es256)
    static let p384 = made(.es384)
    static let p521 = made(.es512)
    static let ed25519 = made(.edDSA)
    static let secret = JSONWebKey(octets: Array(0..<64))
    static let otherSecret = JSONWebKey(octets: Array(1..<65))

    private static func made(_ algorithm: SignatureAlgorithm) -> JSONWebKey {
        do {
            return try JSONWebKey.generate(for: algorithm)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func key(for algorithm: SignatureAlgorithm) -> JSONWebKey {
        switch algorithm {
        case .hs256, .hs384, .hs512: secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: rsa
        case .es256: p256
        case .es384: p384
        case .es512: p521
        case .edDSA: ed25519
        }
    }

    static func publicHalf(_ key: JSONWebKey) throws -> JSONWebKey {
        guard let pem = key.publicPEM else { return key }
        return try JSONWebKey(pem: Array(pem.utf8))
    }

    static func secret(for content: ContentEncryption) -> [UInt8] {
        (0..<UInt8(content.keyBytes)).map { $0 &* 3 }
    }
}
