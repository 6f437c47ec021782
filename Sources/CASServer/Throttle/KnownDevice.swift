internal import Platform
internal import Tickets

/// A browser on which somebody has logged in, as it says itself in a sealed cookie.
///
/// It is no credential: all that it gives is a bucket of its own for guesses at the passwords of
/// these accounts.
struct KnownDevice: Hashable, Sendable {
    let id: SubjectDigest
    /// Who has logged in, and when, the last one first.
    private(set) var logins: [Login] = []

    struct Login: Hashable, Sendable {
        /// Of the name as it was typed, to the letter.
        let account: SubjectDigest
        let date: Instant
    }

    /// So many accounts are remembered; computers in a family have several.
    static let accountsMax = 4
    private static let version: UInt8 = 1
    private static let loginBytes = SubjectDigest.byteCount + 8

    /// A new device.
    init?(_ random: RandomBytes) {
        guard let id = SubjectDigest(random(SubjectDigest.byteCount)) else { return nil }
        self.id = id
    }

    /// Whether the account has logged in on it lately.
    func knows(_ account: SubjectDigest, for lifetime: Duration, at now: Instant) -> Bool {
        logins.contains { $0.account == account && now < $0.date + lifetime }
    }

    /// The device after another login.
    func noting(_ account: SubjectDigest, at now: Instant) -> KnownDevice {
        var device = self
        device.logins.removeAll { $0.account == account }
        device.logins.insert(Login(account: account, date: now), at: 0)
        device.logins.removeLast(max(0, device.logins.count - Self.accountsMax))
        return device
    }

    // MARK: In the cookie

    var bytes: [UInt8] {
        logins.reduce([Self.version] + id.bytes) { bytes, login in
            let date = stride(from: Int64(56), through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: login.date.milliseconds >> $0)
            }
            return bytes + login.account.bytes + date
        }
    }

    init?(_ bytes: [UInt8]) {
        let headBytes = 1 + SubjectDigest.byteCount
        guard bytes.first == Self.version, bytes.count >= headBytes,
            (bytes.count - headBytes) % Self.loginBytes == 0,
            (bytes.count - headBytes) / Self.loginBytes <= Self.accountsMax,
            let id = SubjectDigest(Array(bytes[1..<headBytes]))
        else { return nil }
        self.id = id
        for start in stride(from: headBytes, to: bytes.count, by: Self.loginBytes) {
            let middle = start + SubjectDigest.byteCount
            guard let account = SubjectDigest(Array(bytes[start..<middle])) else { return nil }
            let date = bytes[middle..<start + Self.loginBytes].reduce(Int64(0)) {
                $0 << 8 | Int64($1)
            }
            logins.append(Login(account: account, date: Instant(milliseconds: date)))
        }
    }
}
