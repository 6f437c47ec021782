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
    let reader: RESTReader
    let sso: SingleSignOn
    let granting: TicketGranting
    let ending: SessionEnding
    /// Whether `rememberMe` means something.
    let allowsRememberMe: Bool

    private var site: Site { reader.site }

    // MARK: POST /v1/tickets

    /// Creates a ticket-granting ticket: 201 with its address, or 400, 401, 403, 406, 415, 423,
    /// 503.
    func create(_ request: Request) throws -> Response {
        try answering {
            let now = site.clock()
            let representation = try reader.representation(of: request)
            let parameters = try reader.parameters(of: request)
            // As on the web: who has a certificate needs no long session.
            let isLongTerm =
                allowsRememberMe && parameters.isSet("rememberMe")
                && parameters.inBody("password")?.isEmpty == false
            let (principal, event) = try reader.authenticate(
                parameters, request, isLongTerm: isLongTerm, now)
            let service = try reader.service(
                parameters, for: principal, request, as: representation, now)
            let id = try sso.startSession(
                for: principal, event: event, service: service?.registered, at: now)
            site.recordLogin(principal, event, TicketHandle(of: id), request)
            let location = "\(site.publicURL.text)/v1/tickets/\(id.wireValue)"
            var response =
                wantsToken(parameters, request)
                ? try token(for: id, principal, event, parameters, now)
                : created(id, at: location, as: representation)
            response.set("Location", location)
            return response
        }
    }

    /// Whether the ticket is asked for as a token: by the parameter, else by the header, as in
    /// Apereo.
    private func wantsToken(_ parameters: Parameters, _ request: Request) -> Bool {
        let text = parameters["token"] ?? request.headers["Token"] ?? ""
        return ["true", "yes", "on", "y", "t"].contains(text.lowercased())
    }

    /// The ticket as a token, whatever representation is asked for.
    private func token(
        for id: TicketID, _ principal: Principal, _ event: AuthenticationEvent,
        _ parameters: Parameters, _ now: Instant
    ) throws -> Response {
        guard let session = try sso.registry.session(id, at: now) else {
            throw TicketTokens.Failure(reason: "the session has ended meanwhile")
        }
        let expiry = session.grantedAt + session.lifetime.hard
        do throws(TicketTokens.Failure) {
            let token = try granting.tokens.token(
                for: id, of: principal, event, until: expiry, parameters, at: now)
            return .text(token, .created)
        } catch {
            // Nobody would know of the session.
            _ = try sso.endSession(TicketHandle(of: id), cause: .logout, at: now)
            throw error
        }
    }

    private func created(
        _ id: TicketID, at location: String, as representation: RESTRepresentation
    ) -> Response {
        switch representation {
        case .html: .html(RESTAnswer.createdPage(location: location), .created)
        case .bare(let type): Response(.created, type: type, body: Array(id.wireValue.utf8))
        case .json:
            RESTAnswer.json(
                ["id": .string(id.wireValue), "location": .string(location)], .created)
        }
    }

    // MARK: POST /v1/tickets/{TGT}

    /// Grants a service ticket: 200 with its bare text, or 400, 401, 403, 404, 406, 415, 423, 503.
    func grant(_ segment: String, _ request: Request) throws -> Response {
        try answering {
            let now = site.clock()
            let representation = try reader.representation(of: request)
            guard let id = ticketGrantingTicket(segment, at: now),
                let session = try sso.registry.session(id, at: now)
            else {
                site.record("ticket not granted", reason: "session unknown", request)
                return RESTAnswer.refusal(
                    .notFound, "TicketGrantingTicket could not be found", as: representation)
            }
            let parameters = try reader.parameters(of: request)
            if let refusal = refusal(of: session, parameters, request, representation) {
                return refusal
            }
            guard let text = parameters["targetService"] ?? parameters["service"] else {
                site.record("ticket not granted", reason: "service missing", request)
                return RESTAnswer.refusal(
                    .badRequest,
                    "Target service/application is unspecified or unrecognized in the request",
                    as: representation)
            }
            let isRenewed = parameters.isSet("renew")
            if isRenewed {
                let (principal, _) = try reader.authenticate(parameters, request, now)
                guard principal.id.utf8.elementsEqual(session.principal.id.utf8) else {
                    site.record(
                        "ticket not granted", reason: "mixed principals",
                        user: session.principal.id, request)
                    return RESTAnswer.unauthorized(.wrongCredential("mixed principals"))
                }
            }
            return try grant(
                text, id, session, isRenewed: isRenewed, request, as: representation, now)
        }
    }

    private func grant(
        _ text: String, _ id: TicketID, _ session: TicketGrantingTicket, isRenewed: Bool,
        _ request: Request, as representation: RESTRepresentation, _ now: Instant
    ) throws -> Response {
        let service: ServiceGate.Admitted
        do {
            service = try reader.admit(
                text, for: session.principal, from: session.upstream?.provider,
                isRenewed: isRenewed, now)
        } catch {
            site.record(
                "ticket not granted", reason: error.reason, user: session.principal.id, request)
            return RESTAnswer.refusal(error.status, error.text, as: representation)
        }
        guard
            let granted = try granting.grant(
                for: service, from: id, isRenewed: isRenewed, at: now)
        else {
            return RESTAnswer.refusal(
                .notFound, "TicketGrantingTicket could not be found", as: representation)
        }
        site.recordGrant(granted.ticket, of: session.principal, for: service.url)
        let text = granted.text
        return switch representation {
        // Apereo sends bare text whatever is asked for, under a type that fits nothing.
        case .html: .text(text)
        case .bare(let type): Response(.ok, type: type, body: Array(text.utf8))
        case .json:
            RESTAnswer.json(["id": .string(text), "service": .string(service.url.text)])
        }
    }

    /// Why whoever sent the request may not use the session.
    private func refusal(
        of session: TicketGrantingTicket, _ parameters: Parameters, _ request: Request,
        _ representation: RESTRepresentation
    ) -> Response? {
        guard
            let mismatch = reader.binding.mismatch(
                session.event, with: request, field: parameters.inBody("cert"))
        else { return nil }
        site.record(
            "ticket not granted", reason: mismatch.rawValue, user: session.principal.id, request)
        return RESTAnswer.refusal(.forbidden, mismatch.text, as: representation)
    }

    // MARK: GET and DELETE /v1/tickets/{id}

    /// Whether a ticket is live: 200 with its text, or 404; looking is no use of it.
    func status(_ segment: String, _ request: Request) throws -> Response {
        let now = site.clock()
        guard let id = TicketID(segment) ?? granting.tokens.session(in: segment, at: now) else {
            return Self.unknownTicket
        }
        guard id.kind == .ticketGrantingTicket else {
            return try sso.registry.isLive(id, at: now) ? .text(segment) : Self.unknownTicket
        }
        guard let session = try sso.registry.session(id, at: now) else {
            return Self.unknownTicket
        }
        return refusal(of: session, Parameters(), request, .html) ?? .text(segment)
    }

    private static var unknownTicket: Response { .text("Ticket could not be found", .notFound) }

    /// Ends a session or a ticket: always 200, with the messages that its services get.
    ///
    /// A bound session is ended without its certificate, too: that does no harm, and whoever found
    /// a ticket ought to be able to destroy it.
    func delete(_ segment: String, _ request: Request) throws -> Response {
        let now = site.clock()
        var services: [SessionService] = []
        if let id = ticketGrantingTicket(segment, at: now),
            let ended = try ending.end(
                TicketHandle(of: id), cause: .logout, request, at: now)
        {
            // Whoever may not use the session is not told where it was used.
            let isOwner = reader.binding.mismatch(ended.session.event, with: request) == nil
            services = isOwner ? ended.services : []
        } else if let id = TicketID(segment) {
            try sso.registry.discard(id)
        }
        let registered = reader.gate.services.current
        let list = JSONValue.array(services.map { logoutRequest($0, registered, now) })
        return Response(.ok, type: "application/json", body: Array(list.text().utf8))
    }

    /// One message in Apereo's words; it is queued and on its way.
    private func logoutRequest(
        _ service: SessionService, _ registered: ServiceRegistry, _ now: Instant
    ) -> JSONValue {
        let (type, address) =
            switch sso.plan(for: service.service, in: registered, at: now) {
            case .send(let url): ("BACK_CHANNEL", url.text)
            case .browser(let url): ("FRONT_CHANNEL", url.text)
            case .skip: ("NONE", service.service)
            }
        let text = JSONValue.string(service.service)
        return [
            "ticketId": .string(service.ticket.wireValue),
            "service": ["id": text, "originalUrl": text],
            "logoutUrl": .string(address), "logoutType": .string(type),
            "status": "NOT_ATTEMPTED", "properties": [:],
        ]
    }

    // MARK: Parts

    /// The session that a path names, by its ticket or by the token of that.
    private func ticketGrantingTicket(_ segment: String, at now: Instant) -> TicketID? {
        if TicketTokens.mayBeToken(segment) {
            return granting.tokens.session(in: segment, at: now)
        }
        return TicketID(segment).flatMap { $0.kind == .ticketGrantingTicket ? $0 : nil }
    }

    private func answering(_ body: () throws -> Response) throws -> Response {
        do {
            return try body()
        } catch let answered as RESTAnswered {
            return answered.response
        }
    }
}
