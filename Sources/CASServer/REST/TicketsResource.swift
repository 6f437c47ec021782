internal import Authentication
internal import CASProtocol
internal import HTTP
internal import JSON
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// `/v1/tickets`: the CAS REST protocol, with passwords and with client certificates.
struct TicketsResource: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let checks: CredentialChecks
    let ending: SessionEnding
    let acceptsPasswords: Bool

    // MARK: POST /v1/tickets

    /// Creates a ticket-granting ticket: 201 with its address, 400, 401, 403, 406, 415 or 503.
    func create(_ request: Request) throws -> Response {
        guard let representation = TicketRepresentation(accept: request.headers["Accept"]) else {
            return RESTAnswer.problem(
                .notAcceptable, detail: "text/html, text/plain and application/json are available")
        }
        let parameters: Parameters
        switch read(request) {
        case .success(let read): parameters = read
        case .failure(let refusal): return refusal.response
        }
        let now = site.clock()
        let principal: Principal
        let event: AuthenticationEvent
        switch authenticate(parameters, request, now) {
        case .success(let authenticated): (principal, event) = authenticated
        case .failure(let refusal): return refusal.response
        }
        if let text = parameters["service"] ?? parameters["targetService"],
            let refusal = refuseEntry(of: principal, to: text, request, now)
        {
            return refusal
        }
        let id = try sso.startSession(for: principal, event: event, at: now)
        site.recordLogin(principal, event, TicketHandle(of: id), request)
        let location = "\(site.publicURL.text)/v1/tickets/\(id.wireValue)"
        var response =
            switch representation {
            case .html: Response.html(RESTAnswer.createdPage(location: location), .created)
            case .bare(let type): Response(.created, type: type, body: Array(id.wireValue.utf8))
            }
        response.set("Location", location)
        return response
    }

    // MARK: POST /v1/tickets/{TGT}

    /// Grants a service ticket: 200 with its bare text, 400, 401, 403, 404 or 415.
    func grant(_ segment: String, _ request: Request) throws -> Response {
        let now = site.clock()
        guard let id = ticketGrantingTicket(segment),
            let session = try sso.registry.session(id, at: now)
        else {
            site.record("ticket not granted", reason: "session unknown", request)
            return .text("TicketGrantingTicket could not be found", .notFound)
        }
        let parameters: Parameters
        switch read(request) {
        case .success(let read): parameters = read
        case .failure(let refusal): return refusal.response
        }
        guard let text = parameters["targetService"] ?? parameters["service"] else {
            site.record("ticket not granted", reason: "service missing", request)
            return .text(
                "Target service/application is unspecified or unrecognized in the request",
                .badRequest)
        }
        let isRenewed = parameters.isSet("renew")
        if isRenewed {
            switch authenticate(parameters, request, now) {
            case .success((session.principal, _)): break
            case .success:
                site.record(
                    "ticket not granted", reason: "mixed principals", user: session.principal.id,
                    request)
                return RESTAnswer.unauthorized(.wrongCredential("mixed principals"))
            case .failure(let refusal): return refusal.response
            }
        }
        return try grant(text, id, session, isRenewed: isRenewed, request, now)
    }

    private func grant(
        _ text: String, _ id: TicketID, _ session: TicketGrantingTicket, isRenewed: Bool,
        _ request: Request, _ now: Instant
    ) throws -> Response {
        let service: ServiceGate.Admitted
        do {
            service = try admit(
                text, for: session.principal, from: session.upstream?.provider,
                isRenewed: isRenewed, now)
        } catch {
            site.record(
                "ticket not granted", reason: error.reason, user: session.principal.id, request)
            return .text(error.text, error.status)
        }
        guard
            let ticket = try sso.grantServiceTicket(
                for: service.url, registered: service.registered, from: id, isRenewed: isRenewed,
                at: now)
        else { return .text("TicketGrantingTicket could not be found", .notFound) }
        site.recordGrant(ticket.id, of: session.principal, for: service.url)
        return .text(ticket.id.wireValue)
    }

    // MARK: GET and DELETE /v1/tickets/{id}

    /// Whether a ticket is live: 200 with its text, or 404; looking is no use of it.
    func status(_ segment: String) throws -> Response {
        let now = site.clock()
        let isLive: Bool
        if let id = TicketID(segment) {
            isLive =
                switch id.kind {
                case .ticketGrantingTicket: try sso.registry.session(id, at: now) != nil
                default: try sso.registry.isLive(id, at: now)
                }
        } else {
            isLive = false
        }
        return isLive ? .text(segment) : .text("Ticket could not be found", .notFound)
    }

    /// Ends a session or a ticket: always 200, with the services that the session had entered.
    func delete(_ segment: String, _ request: Request) throws -> Response {
        var services: [SessionService] = []
        if let id = ticketGrantingTicket(segment),
            let ended = try ending.end(
                TicketHandle(of: id), cause: .logout, request, at: site.clock())
        {
            services = ended.services
        } else if let id = TicketID(segment) {
            try sso.registry.discard(id)
        }
        let list = JSONValue.array(services.map(logoutRequest))
        return Response(.ok, type: "application/json", body: Array(list.text().utf8))
    }

    private func logoutRequest(_ service: SessionService) -> JSONValue {
        [
            "ticketId": .string(service.ticket.wireValue),
            "service": ["id": .string(service.service), "originalUrl": .string(service.service)],
            "logoutUrl": .string(service.service), "logoutType": "BACK_CHANNEL",
            "status": "NOT_ATTEMPTED", "properties": [:],
        ]
    }

    // MARK: Parts

    private func ticketGrantingTicket(_ segment: String) -> TicketID? {
        TicketID(segment).flatMap { $0.kind == .ticketGrantingTicket ? $0 : nil }
    }

    /// An answer that ends the request.
    private struct Answered: Error {
        let response: Response
    }

    private func read(_ request: Request) -> Result<Parameters, Answered> {
        if request.hasForeignBody {
            site.record("request refused", reason: "unsupported content type", request)
            var response = RESTAnswer.problem(
                .unsupportedMediaType, detail: "application/x-www-form-urlencoded is expected")
            response.set("Accept", "application/x-www-form-urlencoded")
            return .failure(Answered(response: response))
        }
        do {
            let parameters = try Parameters(request, limit: site.limits.parameters)
            guard parameters.hasCredentialsInQuery else { return .success(parameters) }
            site.record("request refused", reason: "credentials in the address", request)
            return .failure(
                Answered(response: .text("Credentials belong into the body", .badRequest)))
        } catch {
            let refusal = Refusal(error)
            site.record(
                "request refused", reason: refusal.reason, detail: refusal.detail, request)
            return .failure(
                Answered(
                    response: .text("The request cannot be read: \(refusal.reason)", .badRequest)))
        }
    }

    /// Authenticates with whatever credentials the request carries, all of them together.
    private func authenticate(
        _ parameters: Parameters, _ request: Request, _ now: Instant
    )
        -> Result<(Principal, AuthenticationEvent), Answered>
    {
        var credentials: [Credential] = []
        let username = parameters.inBody("username") ?? ""
        let password = parameters.inBody("password") ?? ""
        if acceptsPasswords, !username.isEmpty, !password.isEmpty {
            credentials.append(.password(username: username, password: password))
        }
        if let certificate = request.verifiedCertificate {
            credentials.append(.certificate(certificate))
        }
        guard !credentials.isEmpty else {
            site.record("login refused", reason: "no credentials", request)
            return .failure(
                Answered(
                    response: .text(
                        "No credentials can be extracted to authenticate the REST request",
                        .badRequest)))
        }
        do {
            return .success(try checks.authenticate(credentials, from: request, at: now))
        } catch {
            site.record(
                "login refused", reason: error.reasonClass, detail: error.operatorText,
                user: error == .unknownUser ? nil : username, request)
            if case .unavailable = error {
                var response = RESTAnswer.problem(
                    .serviceUnavailable, detail: "The credentials could not be checked")
                response.set("Retry-After", "5")
                return .failure(Answered(response: response))
            }
            return .failure(Answered(response: RESTAnswer.unauthorized(error)))
        }
    }

    /// Why a service cannot be entered over REST.
    private struct RESTEntryRefusal: Error {
        let reason: String
        let text: String
        let status: Status
    }

    private func admit(
        _ text: String, for principal: Principal, from provider: String?, isRenewed: Bool,
        _ now: Instant
    )
        throws(RESTEntryRefusal) -> ServiceGate.Admitted
    {
        let service: ServiceGate.Admitted
        do {
            service = try gate.admit(text, at: now)
        } catch {
            if case .malformed = error {
                throw RESTEntryRefusal(
                    reason: error.reason, text: "The service is not a valid address",
                    status: .badRequest)
            }
            throw RESTEntryRefusal(
                reason: error.reason, text: "The service is not authorized", status: .forbidden)
        }
        if let why = service.registered.entryRefusal(of: principal, from: provider, at: now) {
            throw RESTEntryRefusal(
                reason: why.reason, text: "The principal may not enter the service",
                status: .forbidden)
        }
        if !isRenewed, !service.registered.accessStrategy.isSSOEnabled {
            throw RESTEntryRefusal(
                reason: "single sign-on not allowed",
                text: "The service wants fresh credentials with renew=true", status: .forbidden)
        }
        return service
    }

    private func refuseEntry(
        of principal: Principal, to text: String, _ request: Request, _ now: Instant
    )
        -> Response?
    {
        do {
            _ = try admit(text, for: principal, from: nil, isRenewed: true, now)
            return nil
        } catch {
            site.record("login refused", reason: error.reason, user: principal.id, request)
            return .text(error.text, error.status)
        }
    }
}
