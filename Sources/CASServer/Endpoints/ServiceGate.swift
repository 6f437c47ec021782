internal import CASProtocol
internal import HTTP
internal import Platform
internal import SSO
internal import Services

/// Reads the `service` parameter and finds its definition: the one gate in front of every
/// redirect to a service.
struct ServiceGate: Sendable {
    let sso: SingleSignOn
    let services: ServiceCatalog
    let urlBytesMax: Int

    /// A service that is registered and enabled.
    struct Admitted: Sendable {
        let url: ServiceURL
        let registered: RegisteredService

        /// The service as pages name it.
        var label: ServiceLabel { ServiceLabel(name: registered.name, host: url.host) }

        /// What a person who is about to log in may want to know of it; `nil` if nothing is known.
        var details: ServiceDetails? {
            let links = registered.links
            let contacts = registered.contacts.map { (name: $0.name, email: $0.email ?? "") }
            if registered.description == nil, links == ServiceLinks(), contacts.isEmpty {
                return nil
            }
            return ServiceDetails(
                description: registered.description, logo: links.logo,
                informationUrl: links.informationUrl, privacyUrl: links.privacyUrl,
                contacts: contacts)
        }
    }

    /// Why a service is not admitted.
    enum Rejection: Error, Hashable {
        /// The text is no address that a browser may be sent to.
        case malformed(ServiceURLFault)
        case unregistered(host: String)
        /// It is off, not open yet, or over; the definition may say where people are sent.
        case disabled(host: String, why: String, elsewhere: ServiceURL?)
        /// The definition of that name has errors, so nobody may enter.
        case refused(host: String, definition: String)
        /// Matching the definition of that name took too much work.
        case undecided(host: String, definition: String)

        /// The reason class of the log line.
        var reason: String {
            switch self {
            case .malformed(let fault): "service " + fault.rawValue
            case .unregistered: "service not registered"
            case .disabled(_, let why, _): why
            case .refused(_, let definition): "the definition '\(definition)' has errors"
            case .undecided(_, let definition):
                "the pattern of '\(definition)' takes too much work on this service"
            }
        }
    }

    func admit(_ text: String, at now: Instant) throws(Rejection) -> Admitted {
        let url: ServiceURL
        do {
            url = try ServiceURL(text, bytesMax: urlBytesMax)
        } catch {
            throw .malformed(error)
        }
        switch sso.decision(for: url, in: services.current, at: now) {
        case .registered(let registered): return Admitted(url: url, registered: registered)
        case .unregistered: throw .unregistered(host: url.host)
        case .disabled(let registered) where registered.isDenial:
            throw .refused(host: url.host, definition: registered.name)
        case .disabled(let registered):
            // Nobody may enter, so it does not matter who asks.
            let decision = registered.accessDecision(for: Principal(id: ""), at: now)
            throw .disabled(
                host: url.host, why: decision.refusal ?? "service disabled",
                elsewhere: registered.accessStrategy.unauthorizedRedirectURL)
        case .undecided(let registered):
            throw .undecided(host: url.host, definition: registered.name)
        }
    }
}
