internal import OpenSSL
internal import Platform
internal import Tickets

/// Turns what is counted into digests that only this installation can make.
struct ThrottleSubjects: Sendable {
    private let secret: SecretBytes

    init(keys: KeyRing) {
        // Of the secret that never changes, or a rotation of keys would forget the failures.
        secret = SecretBytes(keys.anonymousNameSecret).derived(for: "throttle")
    }

    /// What was typed as a name; case, and blanks around it, make no other account.
    func account(_ username: String) -> SubjectDigest {
        let end = username.lastIndex { !$0.isWhitespace }
        guard let start = username.firstIndex(where: { !$0.isWhitespace }), let end else {
            return digest("account", "")
        }
        return digest("account", username[start...end].lowercased())
    }

    /// What was typed as a name, to the letter: on a device it is known who has logged in, not who
    /// is called much the same.
    func exactAccount(_ username: String) -> SubjectDigest { digest("exact account", username) }

    /// The bucket of an address: a single one of IPv4, the /64 of one of IPv6.
    ///
    /// - Returns: `nil` if the text is no address.
    func address(_ text: String, exempt: [Network] = []) -> LoginAttempt.Address? {
        guard let address = IPAddress(text) else { return nil }
        let shown: String
        if address.isIPv4 {
            shown = address.description
        } else {
            guard let network = Network("\(address)/64") else { return nil }
            shown = network.description
        }
        return LoginAttempt.Address(
            digest: digest("address", shown), text: shown,
            isCounted: !exempt.contains { $0.contains(address) })
    }

    private func digest(_ kind: String, _ text: String) -> SubjectDigest {
        let code = hmacSHA256(Array("\(kind)\n\(text)".utf8), key: secret)
        guard let digest = SubjectDigest(Array(code.prefix(SubjectDigest.byteCount))) else {
            preconditionFailure("a keyed digest is too short")
        }
        return digest
    }
}
