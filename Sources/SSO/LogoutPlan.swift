package import CASProtocol
package import Platform
package import Services
internal import Tickets

/// What becomes of the message that tells a service about the end of a session (CAS 3.0 §2.3.3).
package enum LogoutPlan: Hashable, Sendable {
    /// It is posted to this address.
    case send(to: ServiceURL)
    /// The browser takes it there, if there is one.
    case browser(to: ServiceURL)
    /// It is not sent; the text says why.
    case skip(String)
}

extension SingleSignOn {
    /// Where the message for a service goes now, by its definition.
    ///
    /// Decided when the message is sent, not when the session ends, so that a definition that was
    /// corrected meanwhile counts.
    package func plan(
        for service: String, in services: ServiceRegistry, at now: Instant
    ) -> LogoutPlan {
        guard let url = try? ServiceURL(anyScheme: service, bytesMax: .max) else {
            return .skip("the service is no address")
        }
        guard case .registered(let registered) = decision(for: url, in: services, at: now) else {
            return .skip("the service is not registered any more")
        }
        let target = registered.logout.url ?? url
        guard target.scheme == "https" || target.scheme == "http" else {
            return .skip("the service takes no messages")
        }
        return switch registered.logout.type {
        case .none: .skip("the definition wants no message")
        case .frontChannel: .browser(to: target)
        case .backChannel: .send(to: target)
        }
    }
}
