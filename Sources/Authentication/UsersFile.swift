package import CASProtocol
package import Password
package import Platform

/// One thing that is wrong with a file of users; the entry concerned does not work.
package struct UsersFileProblem: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counted from 1; 0 if the whole file is meant.
    package let line: Int
    /// Where in the file, for example `casuser.password`; empty if the whole file is meant.
    package let key: String
    /// What is wrong and what would be right; it never quotes a password.
    package let reason: String

    package var description: String {
        let place = line > 0 ? "\(file):\(line)" : file
        return key.isEmpty ? "\(place): \(reason)" : "\(place): \(key): \(reason)"
    }
}

/// Whether an account may be used.
package enum AccountStatus: String, Sendable, CaseIterable {
    case ok = "OK"
    case disabled = "DISABLED"
    case locked = "LOCKED"
    case expired = "EXPIRED"
    case mustChangePassword = "MUST_CHANGE_PASSWORD"
}

/// How the password of an account is stored.
package enum StoredPassword: Sendable, Hashable, CustomStringConvertible {
    case hash(PasswordHash)
    /// The password itself, for demonstrations and test rigs only.
    case plaintext(String)

    /// Never the password.
    package var description: String {
        switch self {
        case .hash(let hash): hash.description
        case .plaintext: "plain text (redacted)"
        }
    }
}

/// One entry of a file of users.
package struct UserAccount: Sendable {
    package let name: String
    package let password: StoredPassword
    package let attributes: Attributes
    package let status: AccountStatus
    /// The first instant at which the account is expired: 00:00 UTC of its expiration date.
    package let expiration: Instant?
    /// What the owner should be told after a login.
    package let warnings: [String]
}

/// The users of Apereo's JSON format; immutable, a change of the file makes a new one.
///
/// Names are compared byte by byte, because what looks alike may be somebody else.
package struct UsersFile: Sendable {
    /// The accounts without a problem, by the UTF-8 of their names.
    private let accounts: [[UInt8]: UserAccount]
    /// Everything that is wrong, in the order of the file.
    package let problems: [UsersFileProblem]
    /// A hash that nothing matches, of the cost that most accounts have; `nil` if none has a hash.
    package let imitation: PasswordHash?

    /// Reads a file; what is wrong with it ends up in ``problems``.
    ///
    /// - Parameter file: What to call it in problems.
    package init(_ content: [UInt8], file: String, allowsPlaintext: Bool = false) {
        var reader = UsersFileReader(file: file, allowsPlaintext: allowsPlaintext)
        let found = reader.read(content)
        problems = reader.problems
        accounts = Dictionary(
            found.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var counts: [String: (count: Int, hash: PasswordHash)] = [:]
        for account in found {
            guard case .hash(let hash) = account.password else { continue }
            counts[hash.cost, default: (0, hash)].count += 1
        }
        // The name of the cost decides between equals, so that a restart changes nothing.
        imitation =
            counts.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.value.hash.imitation
    }

    /// How many accounts there are.
    package var count: Int { accounts.count }

    /// The account of exactly that name.
    package subscript(name: String) -> UserAccount? { accounts[Array(name.utf8)] }
}
