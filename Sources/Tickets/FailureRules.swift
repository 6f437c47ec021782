package import Platform

/// What becomes of buckets; a store looks up what is asked for, and keeps what is returned, in one
/// step.
package enum FailureRules {
    /// Whether an attempt is admitted, and the buckets in which it is pending then.
    ///
    /// - Parameter found: Those of ``LoginAttempt/keys`` that are there.
    package static func admit(
        _ attempt: LoginAttempt, _ found: [FailureKey: FailureBucket], limits: FailureLimits,
        at now: Instant
    ) -> (admission: LoginAdmission, changes: [FailureKey: FailureBucket]) {
        let keys = deciding(attempt, found, limits, now)
        var changes: [FailureKey: FailureBucket] = [:]
        var refusal: Instant?
        for key in keys {
            var bucket = found[key] ?? FailureBucket(at: now)
            bucket.giveUpPending(key.kind, limits, at: now)
            if let until = bucket.refusal(of: key.kind, limits, at: now) {
                refusal = max(refusal ?? until, until)
            }
            bucket.admit(key.kind, limits, at: now)
            bucket.address = key.kind == .account ? nil : attempt.address?.text
            changes[key] = bucket
        }
        if let refusal { return (.refused(until: refusal), [:]) }
        return (.admitted(AdmittedAttempt(attempt: attempt, keys: keys, date: now)), changes)
    }

    private static func deciding(
        _ attempt: LoginAttempt, _ found: [FailureKey: FailureBucket], _ limits: FailureLimits,
        _ now: Instant
    ) -> [FailureKey] {
        if let device = attempt.deviceKey { return [device] }
        if let familiar = attempt.familiarKey, found[familiar]?.isFamiliar(limits, at: now) == true
        {
            return [familiar]
        }
        return attempt.strangerKeys
    }

    /// What is left of the buckets of an attempt; `nil` is nothing.
    ///
    /// - Parameter found: Those of ``AdmittedAttempt/settledKeys`` that are there.
    package static func settle(
        _ admitted: AdmittedAttempt, as outcome: LoginOutcome,
        _ found: [FailureKey: FailureBucket], limits: FailureLimits, at now: Instant
    ) -> [FailureKey: FailureBucket?] {
        var changes: [FailureKey: FailureBucket?] = [:]
        for key in admitted.keys {
            // One that has made room for others meanwhile begins again.
            var bucket = found[key] ?? FailureBucket(at: now)
            bucket.end(admittedAt: admitted.date)
            switch outcome {
            case .failed: bucket.fail(key.kind, limits, at: now)
            // A device is its owner's alone. Elsewhere the failures may be those of somebody else,
            // who must not have new guesses each time that the owner logs in.
            case .succeeded where key.kind == .device: bucket.clear(at: now)
            case .succeeded, .withdrawn: break
            }
            bucket.keep(key.kind, limits)
            bucket.label(key, outcome, admitted.attempt)
            changes.updateValue(
                bucket.isEmpty(of: key.kind, limits, at: now) ? nil : bucket, forKey: key)
        }
        // What a known device or address does slows down the strangers at the same address.
        if case .failed = outcome, let key = admitted.attempt.addressKey,
            !admitted.keys.contains(key)
        {
            var bucket = found[key] ?? FailureBucket(at: now)
            bucket.fail(key.kind, limits, at: now)
            bucket.label(key, outcome, admitted.attempt)
            changes.updateValue(bucket, forKey: key)
        }
        if case .succeeded = outcome, admitted.attempt.device == nil,
            let key = admitted.attempt.familiarKey
        {
            var bucket = (changes[key] ?? nil) ?? found[key] ?? FailureBucket(at: now)
            bucket.succeededAt = now
            bucket.label(key, outcome, admitted.attempt)
            bucket.keep(key.kind, limits)
            changes.updateValue(bucket, forKey: key)
        }
        return changes
    }
}

extension FailureBucket {
    /// Notes what operators may see of whose bucket it is.
    fileprivate mutating func label(
        _ key: FailureKey, _ outcome: LoginOutcome, _ attempt: LoginAttempt
    ) {
        if key.kind != .account { address = attempt.address?.text }
        guard key.isOfAccount else { return }
        switch outcome {
        case .succeeded(let name), .failed(let name?):
            account = .known(name.cut(toBytes: Self.nameBytesMax))
        case .failed(nil): account = .unknown
        case .withdrawn: break
        }
    }

    private static let nameBytesMax = 128
}
