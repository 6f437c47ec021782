package import CASProtocol
package import Platform
package import Services
internal import Tickets

extension AccessDecision {
    /// Why the service may not be entered, for the log; `nil` if it may.
    package var refusal: String? {
        switch self {
        case .granted: nil
        case .disabled: "service disabled"
        case .missingAttributes(let names):
            "required attributes missing: \(names.joined(separator: ", "))"
        case .rejectedAttributes(let names):
            "attributes that are rejected: \(names.joined(separator: ", "))"
        case .notYet(let start): "not open before \(start.rfc3339)"
        case .over(let end): "closed since \(end.rfc3339)"
        case .expired(let end): "definition expired on \(end.rfc3339)"
        }
    }
}

/// Why somebody with a session may not enter a service.
package enum EntryRefusal: Error, Hashable, Sendable {
    case access(AccessDecision)
    /// The service does not take users from where this one was authenticated; `nil` is here.
    case provider(String?)

    /// The reason class of the log line.
    package var reason: String {
        switch self {
        case .access(let decision): decision.refusal ?? "access denied"
        case .provider(let name): "users from \(name ?? "here") are not allowed"
        }
    }
}

extension RegisteredService {
    /// Why a principal may not enter; `nil` if they may.
    ///
    /// - Parameter provider: The upstream server that vouches for them; `nil` if they were
    ///   authenticated here.
    package func entryRefusal(
        of principal: Principal, from provider: String?, at now: Instant
    ) -> EntryRefusal? {
        let decision = accessDecision(for: principal, at: now)
        guard decision == .granted else { return .access(decision) }
        return accessStrategy.delegation.allows(provider: provider) ? nil : .provider(provider)
    }

    /// Why the user of a session may not enter; `nil` if they may.
    func entryRefusal(of session: TicketGrantingTicket, at now: Instant) -> EntryRefusal? {
        entryRefusal(of: session.principal, from: session.upstream?.provider, at: now)
    }
}
