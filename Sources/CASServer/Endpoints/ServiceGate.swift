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
    }

    /// Why a service is not admitted.
    enum Rejection: Error, Hashable {
        /// The text is no address that a browser may be sent to.
        case malformed(ServiceURLFault)
        case unregistered(host: String)
        case disabled(host: String)
        /// The definition of that name has errors, so nobody may enter.
        case refused(host: String, definition: String)
        /// Matching the definition of that name took too much work.
        case undecided(host: String, definition: String)

        /// The reason class of the log line.
        var reason: String {
            switch self {
            case .malformed(let fault): "service " + fault.rawValue
            case .unregistered: "service not registered"
            case .disabled: "service disabled"
            case .refused(_, let definition): "the definition '\(definition)' has errors"
            case .undecided(_, let definition):
                "the pattern of '\(definition)' takes too much work on this service"
            }
        }
    }

    func admit(_ text: String) throws(Rejection) -> Admitted {
        let url: ServiceURL
        do {
            url = try ServiceURL(text, bytesMax: urlBytesMax)
        } catch {
            throw .malformed(error)
        }
        switch sso.decision(for: url, in: services.current) {
        case .registered(let registered): return Admitted(url: url, registered: registered)
        case .unregistered: throw .unregistered(host: url.host)
        case .disabled(let registered) where registered.isDenial:
            throw .refused(host: url.host, definition: registered.name)
        case .disabled: throw .disabled(host: url.host)
        case .undecided(let registered):
            throw .undecided(host: url.host, definition: registered.name)
        }
    }
}
