package import Platform

/// The failed logins of late, counted for all workers together, so that guessing becomes slow.
///
/// An attempt is admitted before its password is looked at and settled afterwards. In between it
/// counts against its buckets, so that guesses that come at the same moment count as well.
/// Every operation is one atomic step. What is stored is bounded: the buckets that would be empty
/// first make room for new ones. `FailureCountersCheck` holds every implementation to this.
package protocol FailureCounters: Sendable {
    /// Admits an attempt to log in and counts it as pending, or refuses it; a refusal changes
    /// nothing.
    ///
    /// With a known device, or from an address where the account has logged in lately, the bucket
    /// of that device or address decides alone, and a failure counts against the address, too; else
    /// those of the account, of the address and of both together, each of which can refuse.
    ///
    /// - Throws: `unavailable` or `corrupt` if the store fails, `full` if there is no room for
    ///   anything at all.
    func admit(
        _ attempt: LoginAttempt, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> LoginAdmission

    /// Notes how an admitted attempt has ended; each is settled once. A login makes good what has
    /// failed on the same device; all other buckets only leak.
    ///
    /// An attempt that nobody settles counts as failed when another one is to be admitted to the
    /// bucket once or twice ``FailureLimits/pendingMax`` later.
    func settle(
        _ admitted: AdmittedAttempt, as outcome: LoginOutcome, limits: FailureLimits,
        at now: Instant
    ) throws(TicketRegistryError)

    /// The buckets that hold failures, those that were added to last first.
    func failures(
        limit: Int, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> [FailureSummary]

    /// Empties buckets; devices and addresses that are known stay known.
    ///
    /// - Returns: How many buckets held something.
    func clearFailures(_ scope: FailureScope) throws(TicketRegistryError) -> Int

    /// Removes what has been of no use any more, at most `limit` records, and returns how many.
    func sweepFailures(at now: Instant, limit: Int) throws(TicketRegistryError) -> Int
}

/// How many failures are taken, and how they slow down what follows.
package struct FailureLimits: Hashable, Sendable {
    /// The failures that a bucket holds before it slows anybody down; at least 1.
    package var failures = 10
    /// The same for the bucket of an address, behind which many people may sit.
    package var addressFailures = 100
    /// The time in which a full bucket leaks empty.
    package var window: Duration = .seconds(300)
    /// The longest that anybody waits after a failure; see ``accountDelayMax``.
    package var delayMax: Duration = .seconds(900)
    /// How long a device or an address is known after a login.
    package var familiarity: Duration = .seconds(90 * 86_400)

    package init() {}

    /// How long an attempt may be under way: far longer than a password takes to be checked.
    package static let pendingMax: Duration = .seconds(60)
    /// The longest that a bucket of an account makes anybody wait.
    ///
    /// Anybody can fill it, so that whoever keeps it full must leave strangers who know the
    /// password a fair chance.
    package static let accountDelayMax: Duration = .seconds(30)
    /// So many attempts may be under way at once with a bucket that is not full, even if it holds
    /// fewer failures: programs log in side by side with the right password.
    package static let parallelMax = 64
    /// The most records of each of the two sorts: failures, and known addresses.
    package static let recordsMax = 200_000

    /// The longest that a bucket of that kind makes anybody wait.
    func delayMax(_ kind: FailureKey.Kind) -> Duration {
        kind == .account ? min(delayMax, Self.accountDelayMax) : delayMax
    }

    /// How much a bucket of that kind holds.
    func capacity(_ kind: FailureKey.Kind) -> Int64 {
        Int64(clamping: max(1, kind == .address ? addressFailures : failures))
    }
}

/// What was typed or where it came from, as a keyed digest of 16 bytes.
///
/// A typed name may be a password in the wrong field, so it is not stored in clear.
package struct SubjectDigest: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package static let byteCount = 16

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The first eight hexadecimal digits.
    package var description: String { hexadecimal(Array(bytes.prefix(4))) }
}

/// Names a bucket.
package struct FailureKey: Hashable, Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case account = 1
        case address = 2
        /// An account from an address.
        case pair = 3
        /// An account on a device on which it has logged in.
        case device = 4
        /// An account from an address from which it has logged in.
        case familiar = 5
    }

    package let kind: Kind
    /// The account; the address if it is alone.
    package let subject: SubjectDigest
    /// The address or the device beside the account.
    package let other: SubjectDigest?

    package init(_ kind: Kind, _ subject: SubjectDigest, _ other: SubjectDigest? = nil) {
        self.kind = kind
        self.subject = subject
        self.other = other
    }

    /// Whether there is an account in it, which is the subject then.
    package var isOfAccount: Bool { kind != .address }
}

/// Who tries to log in, and from where.
package struct LoginAttempt: Hashable, Sendable {
    /// What is typed, however it is written.
    package let account: SubjectDigest
    /// `nil` if the gateway has not told it.
    package let address: Address?
    /// A device on which the account has logged in.
    package let device: SubjectDigest?

    /// Where an attempt comes from.
    package struct Address: Hashable, Sendable {
        package let digest: SubjectDigest
        /// The address or the network, for operators.
        package let text: String
        /// Whether it has a bucket of its own, or only together with the account.
        package let isCounted: Bool

        package init(digest: SubjectDigest, text: String, isCounted: Bool = true) {
            self.digest = digest
            self.text = text
            self.isCounted = isCounted
        }
    }

    package init(account: SubjectDigest, address: Address?, device: SubjectDigest? = nil) {
        self.account = account
        self.address = address
        self.device = device
    }

    var deviceKey: FailureKey? { device.map { FailureKey(.device, account, $0) } }

    var familiarKey: FailureKey? {
        address.map { FailureKey(.familiar, account, $0.digest) }
    }

    /// `nil` if the address has no bucket of its own.
    var addressKey: FailureKey? {
        address.flatMap { $0.isCounted ? FailureKey(.address, $0.digest) : nil }
    }

    /// The buckets of somebody whom nothing shows to be known.
    var strangerKeys: [FailureKey] {
        let pair = address.map { FailureKey(.pair, account, $0.digest) }
        return [FailureKey(.account, account), addressKey, pair].compactMap(\.self)
    }

    /// The buckets that one has to look at before it is known which of them decide.
    package var keys: [FailureKey] {
        if let deviceKey { return [deviceKey] }
        return [familiarKey].compactMap(\.self) + strangerKeys
    }
}

/// Whether the password may be looked at.
package enum LoginAdmission: Hashable, Sendable {
    case admitted(AdmittedAttempt)
    /// Not before that time, which lies in the future.
    case refused(until: Instant)
}

/// An attempt that is under way.
package struct AdmittedAttempt: Hashable, Sendable {
    package let attempt: LoginAttempt
    /// The buckets in which it is counted.
    package let keys: [FailureKey]
    /// When it was admitted.
    package let date: Instant

    /// The buckets that one has to look at to settle it.
    package var settledKeys: [FailureKey] {
        let familiar = attempt.device == nil ? attempt.familiarKey : nil
        let others = [familiar, attempt.addressKey].compactMap(\.self)
        return keys + others.filter { !keys.contains($0) }
    }
}

/// How an attempt has ended.
package enum LoginOutcome: Hashable, Sendable {
    /// The password was right; the name is that of an account.
    case succeeded(account: String)
    /// It was not; the name is there if it is that of an account.
    case failed(account: String?)
    /// Nothing was learnt of the password, or it was right and the account may not log in.
    case withdrawn
}

/// Which buckets are emptied.
package enum FailureScope: Hashable, Sendable {
    /// Those with that account in them.
    case account(SubjectDigest)
    /// Those with that address in them.
    case address(SubjectDigest)
    case all

    package func contains(_ key: FailureKey) -> Bool {
        switch self {
        case .all: true
        case .account(let digest): key.isOfAccount && key.subject == digest
        case .address(let digest):
            switch key.kind {
            case .address: key.subject == digest
            case .pair, .familiar: key.other == digest
            case .account, .device: false
            }
        }
    }
}

/// A bucket that holds failures, as an operator sees it.
package struct FailureSummary: Hashable, Sendable {
    package let key: FailureKey
    package let account: FailureBucket.Account
    package let address: String?
    /// How many failures it holds now, rounded up.
    package let failures: Int
    /// When the next attempt is welcome; `nil` if one is now.
    package let waitsUntil: Instant?
    package let lastFailureAt: Instant

    package init?(
        _ key: FailureKey, _ bucket: FailureBucket, limits: FailureLimits, at now: Instant
    ) {
        let failures = bucket.failures(of: key.kind, limits: limits, at: now)
        guard let lastFailureAt = bucket.lastFailureAt, failures > 0 || bucket.isWaiting(at: now)
        else { return nil }
        self.key = key
        account = bucket.account
        address = bucket.address
        self.failures = failures
        waitsUntil = bucket.isWaiting(at: now) ? bucket.leaksFrom : nil
        self.lastFailureAt = lastFailureAt
    }
}
