package import CASProtocol
package import Platform

/// Whether a principal may enter a service.
package enum AccessDecision: Hashable, Sendable {
    case granted
    /// The service is switched off for everybody.
    case disabled
    /// The principal lacks these attributes, or has them with other values; the names as they
    /// were required.
    case missingAttributes([String])
    /// The principal has these attributes, with which nobody may enter; or too few attributes to
    /// tell.
    case rejectedAttributes([String])
    /// Nobody may enter before that moment.
    case notYet(Instant)
    /// Nobody may enter since that moment.
    case over(Instant)
    /// The definition counts no more since that moment.
    case expired(Instant)
}

extension RegisteredService {
    /// Whether anybody at all may enter now.
    package func isUsable(at now: Instant) -> Bool {
        closure(at: now) == nil
    }

    /// Why nobody may enter now; `nil` if somebody may.
    private func closure(at now: Instant) -> AccessDecision? {
        let access = accessStrategy
        guard access.isEnabled else { return .disabled }
        if let expiration = extras.expiration, expiration.isOver(at: now) {
            return .expired(expiration.date)
        }
        if let start = access.startsAt, now < start { return .notYet(start) }
        if let end = access.endsAt, now > end { return .over(end) }
        return nil
    }

    /// Decides whether a principal may enter; a session that is not enough is not looked at.
    ///
    /// Rejected attributes are judged as Apereo does it, which surprises: where all attributes are
    /// required, which is the default, only a principal that has *all* rejected ones is refused;
    /// with `requireAllAttributes` false, any one is enough. A principal with fewer attributes than
    /// there are required ones, or than there are rejected ones, is refused at once.
    package func accessDecision(for principal: Principal, at now: Instant) -> AccessDecision {
        if let closure = closure(at: now) { return closure }
        let access = accessStrategy
        if access.requiredAttributes.isEmpty, access.rejectedAttributes.isEmpty { return .granted }
        return requirements(of: access, for: principal) ?? rejections(of: access, for: principal)
            ?? .granted
    }

    private func requirements(
        of access: AccessStrategy, for principal: Principal
    ) -> AccessDecision? {
        let required = access.requiredAttributes
        let missing = required.filter { !$0.isMet(by: principal, inDoubt: false) }
        if missing.isEmpty { return nil }
        if !access.requiresAllAttributes, missing.count < required.count,
            principal.attributes.entries.count >= required.count
        {
            return nil
        }
        return .missingAttributes(missing.map(\.name))
    }

    private func rejections(
        of access: AccessStrategy, for principal: Principal
    ) -> AccessDecision? {
        let rejected = access.rejectedAttributes
        guard !rejected.isEmpty else { return nil }
        if principal.attributes.entries.count < rejected.count {
            return .rejectedAttributes(rejected.map(\.name))
        }
        let found = rejected.filter { $0.isMet(by: principal, inDoubt: true) }
        let isRefused =
            access.requiresAllAttributes ? found.count == rejected.count : !found.isEmpty
        return isRefused ? .rejectedAttributes(found.map(\.name)) : nil
    }
}
