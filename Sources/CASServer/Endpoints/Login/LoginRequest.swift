internal import CASProtocol
internal import HTTP
internal import Platform
internal import Services

/// What `/login` is asked, parsed once (CAS 3.0 §2.1.1, §2.2.1).
struct LoginRequest: Sendable {
    let service: ServiceGate.Admitted?
    /// The parameter that named the service: `service`, `targetService`, or `TARGET` for SAML 1.1.
    let serviceParameter: String
    let isRenewal: Bool
    let isGateway: Bool
    /// How the service is answered; `nil` leaves it to the service's definition.
    let method: ResponseType?
    let parameters: Parameters

    /// The parameters that name a service, the one that wins first, as in Apereo.
    private static let serviceParameters = ["TARGET", "targetService", "service"]

    /// - Throws: ``Refusal`` if the parameters cannot be taken, ``ServiceGate/Rejection`` if the
    ///   service cannot.
    init(
        reading request: Request, gate: ServiceGate, limit: Int, takesTarget: Bool, at now: Instant
    ) throws {
        do {
            parameters = try Parameters(request, limit: limit)
        } catch {
            throw Refusal(error)
        }
        if parameters.hasCredentialsInQuery {
            throw Refusal(.credentialsInAddress, reason: "credentials in the address")
        }
        let parameters = parameters
        let name = Self.serviceParameters.first {
            parameters[$0] != nil && ($0 != "TARGET" || takesTarget)
        }
        service = try name.flatMap { parameters[$0] }.map { try gate.admit($0, at: now) }
        serviceParameter = name ?? "service"
        isRenewal = parameters.isSet("renew")
        isGateway = parameters.isSet("gateway")
        switch parameters["method"]?.uppercased() {
        case nil: method = nil
        case "POST": method = .post
        case "HEADER": method = .header
        default: method = .redirect
        }
    }

    /// A request that a browser made before it was sent elsewhere to log in.
    init(
        resuming service: ServiceGate.Admitted?, as serviceParameter: String, isRenewal: Bool,
        method: ResponseType?
    ) {
        self.service = service
        self.serviceParameter = serviceParameter
        self.isRenewal = isRenewal
        isGateway = false
        self.method = method
        parameters = Parameters()
    }

    /// The name under which the service gets its ticket.
    var ticketParameter: String { serviceParameter == "TARGET" ? "SAMLart" : "ticket" }

    /// Whether a session is not enough: asked for, or wanted by the service.
    var wantsCredentials: Bool {
        isRenewal || service.map { !$0.registered.accessStrategy.isSSOEnabled } ?? false
    }

    /// The query that asks for the same again.
    var query: String {
        var query: [String] = []
        if let service {
            query.append(serviceParameter + "=" + percentEncoded(service.url.text))
        }
        if isRenewal { query.append("renew=true") }
        if let method { query.append("method=" + method.rawValue) }
        return query.isEmpty ? "" : "?" + query.joined(separator: "&")
    }
}
