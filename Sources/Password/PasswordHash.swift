/// The ways of storing a password that casd knows.
package enum PasswordScheme: String, Sendable, CaseIterable {
    /// `$y$`; Debian's own, memory-hard.
    case yescrypt
    /// `$argon2id$`; memory-hard (RFC 9106).
    case argon2id
    /// `$2b$`, `$2a$`, `$2y$`; looks at the first 72 bytes of a password only.
    case bcrypt
    /// `$6$`
    case sha512crypt
    /// `$5$`
    case sha256crypt
}

/// Why a text is not accepted as the hash of a password.
package enum PasswordHashError: Error, Hashable, CustomStringConvertible {
    /// No prefix of a known scheme: perhaps the password itself.
    case unknownScheme
    /// The text does not follow the rules of its scheme.
    case malformed(PasswordScheme)
    /// Checking it would take too much time or memory; the text names the bound.
    case tooExpensive(PasswordScheme, limit: String)

    package var description: String {
        switch self {
        case .unknownScheme: "no hash of a known scheme"
        case .malformed(let scheme): "malformed \(scheme.rawValue) hash"
        case .tooExpensive(let scheme, let limit):
            "\(scheme.rawValue) hash that costs more than \(limit)"
        }
    }
}

/// The stored form of a password, checked to be well-formed and of bearable cost.
///
/// A hash is a secret of its own, because it can be tried against word lists at leisure; its
/// description is redacted.
package struct PasswordHash: Sendable, Hashable, CustomStringConvertible {
    /// The whole hash as a file holds it.
    package let text: String
    package let scheme: PasswordScheme
    /// What hashes of the same cost have in common, for example `$y$j9T`.
    package let cost: String
    /// Where the digest begins, in bytes.
    private let digestStart: Int

    /// The longest password that is looked at, in bytes of UTF-8.
    ///
    /// All schemes but argon2id take at most 511.
    package static let passwordBytesMax = 4 << 10

    /// Reads a hash.
    ///
    /// - Throws: If the scheme is not known, the text is malformed, or one check would cost more
    ///   than about 256 MiB or a second or two.
    package init(_ text: String) throws(PasswordHashError) {
        let parts = try HashParts(text)
        self.text = text
        scheme = parts.scheme
        cost = parts.cost
        digestStart = parts.digestStart
    }

    /// Whether the password is the one that was stored.
    ///
    /// The comparison takes the same time wherever the difference is. A password with a NUL, or
    /// longer than the scheme takes, never matches.
    package func verify(_ password: String) -> Bool {
        guard password.utf8.count <= Self.passwordBytesMax else { return false }
        var phrase = Array(password.utf8)
        defer { wipe(&phrase) }
        return scheme == .argon2id ? verifyArgon2(phrase, text) : verifyCrypt(phrase, text)
    }

    /// A hash that no password matches and that costs as much to check as this one.
    package var imitation: PasswordHash {
        PasswordHash(imitating: self)
    }

    private init(imitating hash: PasswordHash) {
        let filler = hash.scheme == .argon2id ? "A" : "."
        let kept = hash.text.utf8.prefix(hash.digestStart)
        text =
            String(decoding: Array(kept), as: UTF8.self)
            + String(repeating: filler, count: hash.text.utf8.count - hash.digestStart)
        scheme = hash.scheme
        cost = hash.cost
        digestStart = hash.digestStart
    }

    /// The scheme alone; the rest is a secret.
    package var description: String { "\(scheme.rawValue) (redacted)" }

    /// The scheme of a hash by its prefix, or `nil` if there is none: perhaps plain text.
    package static func scheme(of text: String) -> PasswordScheme? {
        HashParts.prefixes.first { text.hasPrefix($0.prefix) }?.scheme
    }
}
