internal import CASProtocol
internal import OpenSSL
package import Password
package import Platform

/// Checks passwords against a file of users.
///
/// A wrong password and an unknown name cost the same work, and the state of an account is told
/// only to those who know its password.
package struct UsersFileHandler: AuthenticationHandler {
    package let name = "users"

    private let users: UsersFile
    private let verify: @Sendable (PasswordHash, String) -> Bool

    /// A handler for the users; tests count the work by passing their own `verify`.
    package init(
        _ users: UsersFile,
        verify: @escaping @Sendable (PasswordHash, String) -> Bool = { $0.verify($1) }
    ) {
        self.users = users
        self.verify = verify
    }

    package func accepts(_ credential: Credential) -> Bool {
        if case .password = credential { true } else { false }
    }

    package func authenticate(
        _ credential: Credential, at now: Instant
    ) throws(AuthenticationFailure) -> Authenticated {
        guard case .password(let username, let password) = credential else {
            throw .unsupportedCredential
        }
        let account = users[username]
        let isRight = matches(account?.password, password)
        guard let account else { throw .unknownUser }
        guard isRight else { throw .wrongCredential("wrong password") }
        switch account.status {
        case .ok: break
        case .disabled: throw .accountDisabled
        case .locked: throw .accountLocked
        case .expired: throw .accountExpired
        case .mustChangePassword: throw .mustChangePassword
        }
        if let expiration = account.expiration, now >= expiration { throw .accountExpired }
        return Authenticated(
            principal: Principal(id: account.name, attributes: account.attributes),
            handler: name, credentialType: Authenticated.passwordCredential)
    }

    private func matches(_ stored: StoredPassword?, _ password: String) -> Bool {
        switch stored {
        case .hash(let hash):
            return verify(hash, password)
        case .plaintext(let text):
            // Digests have one length, so that not even the length of the password shows.
            return isEqualInConstantTime(sha256(Array(text.utf8)), sha256(Array(password.utf8)))
        case nil:
            // Work for nothing, so that an unknown name takes as long as a known one.
            if let imitation = users.imitation { _ = verify(imitation, password) }
            return false
        }
    }
}
