package import CASProtocol
package import Platform
package import Services
internal import Tickets

/// What a service asks when it validates a ticket, parsed.
package struct ValidationRequest: Sendable {
    /// The ticket's text as it came.
    package var ticket: String
    /// The service's text as it came.
    package var service: String
    /// Whether only a ticket from a new login will do (CAS 3.0 §2.4.1).
    package var requiresNewLogin: Bool
    /// Where a proxy granting ticket is to be delivered; `nil` if none is wanted.
    package var proxyCallback: String?
    /// Whether a proxy ticket will do (CAS 3.0 §2.6).
    package var acceptsProxyTickets: Bool
    /// In which version of the protocol it is asked.
    package var version: ServiceProtocol
    /// The longest service text that is read, in bytes.
    package var serviceBytesMax: Int

    package init(
        ticket: String, service: String, requiresNewLogin: Bool = false,
        proxyCallback: String? = nil, acceptsProxyTickets: Bool = false,
        version: ServiceProtocol = .cas3, serviceBytesMax: Int = ServiceURL.bytesMax
    ) {
        self.ticket = ticket
        self.service = service
        self.requiresNewLogin = requiresNewLogin
        self.proxyCallback = proxyCallback
        self.acceptsProxyTickets = acceptsProxyTickets
        self.version = version
        self.serviceBytesMax = serviceBytesMax
    }
}

extension SingleSignOn {
    /// Validates a service or proxy ticket (CAS 3.0 §2.5, §2.6): consume first, judge afterwards.
    ///
    /// Whatever the judgement, a ticket that was there is gone (§3.1.1). The callback of a proxy
    /// comes last, when everything else was found good.
    ///
    /// - Throws: The failure to answer with, its reason class and what the operator should know.
    package func validate(
        _ request: ValidationRequest, in services: ServiceRegistry, at now: Instant
    ) throws(ProtocolFailure) -> Assertion {
        guard let id = TicketID(request.ticket) else {
            throw ProtocolFailure(.invalidTicket, reason: "malformed")
        }
        guard id.kind == .serviceTicket || id.kind == .proxyTicket else {
            throw ProtocolFailure(
                .invalidTicket, reason: "wrong kind", details: ["kind": id.kind.rawValue])
        }
        let handle = TicketHandle(of: id)
        let (ticket, session) = try consume(id, handle, at: now)
        do {
            return try judge(ticket, session, request, in: services, at: now)
        } catch {
            // Losing the error is right: the history only helps the operator, and the refusal
            // stands.
            try? registry.noteJudgement(
                handle, TicketJudgement(reason: error.reason, presentedService: request.service))
            throw error.adding("ticket", handle.description)
        }
    }

    private func judge(
        _ ticket: ServiceTicket, _ session: TicketGrantingTicket, _ request: ValidationRequest,
        in services: ServiceRegistry, at now: Instant
    ) throws(ProtocolFailure) -> Assertion {
        let service = try checkedService(of: ticket, against: request)
        let registered = try registeredService(for: service, in: services, at: now)
        if ticket.id.kind == .proxyTicket, !request.acceptsProxyTickets {
            throw ProtocolFailure(
                .invalidTicket, reason: "proxy ticket not accepted here",
                details: ["service": ticket.service])
        }
        guard registered.supports(request.version) else {
            throw ProtocolFailure(
                .unauthorizedService, reason: "protocol not allowed for the service",
                details: ["service": ticket.service, "protocol": request.version.rawValue])
        }
        if let why = registered.entryRefusal(of: session, at: now) {
            throw ProtocolFailure(
                .unauthorizedService, reason: "principal not allowed",
                details: ["service": ticket.service, "why": why.reason])
        }
        if request.requiresNewLogin, !ticket.isFromNewLogin {
            throw ProtocolFailure(
                .invalidTicket, reason: "not from new login", details: ["service": ticket.service])
        }
        var granting = ProxyGranting()
        if let callback = request.proxyCallback {
            granting = try grantProxying(to: callback, of: registered, ticket, session, at: now)
        }
        var assertion = assertion(ticket, session, service, registered)
        assertion.proxyGrantingTicketReceipt = granting.receipt?.wireValue
        assertion.proxyGrantingTicket = granting.encryptedTicket
        return assertion
    }

    /// What a service is told of a ticket that was good.
    func assertion(
        _ ticket: ServiceTicket, _ session: TicketGrantingTicket, _ service: ServiceURL,
        _ registered: RegisteredService
    ) -> Assertion {
        Assertion(
            user: AttributeRelease.username(
                for: registered, principal: session.principal, service: service, context: release),
            attributes: AttributeRelease.release(
                to: registered, principal: session.principal, context: release),
            event: session.event, isFromNewLogin: ticket.isFromNewLogin,
            proxies: ticket.proxies,
            showsEvent: registered.attributeReleasePolicy.releasesAuthenticationAttributes)
    }

    private func consume(
        _ id: TicketID, _ ticketHandle: TicketHandle, at now: Instant
    ) throws(ProtocolFailure) -> (ServiceTicket, TicketGrantingTicket) {
        // Only refusals name it.
        var handle: String { ticketHandle.description }
        let outcome: Consumption
        do {
            outcome = try registry.consume(id, handle: ticketHandle, at: now)
        } catch {
            throw ProtocolFailure(
                .internalError, reason: "registry",
                details: ["ticket": handle, "error": "\(error)"])
        }
        switch outcome {
        case .consumed(let ticket, let session): return (ticket, session)
        case .refused(.unknown):
            throw ProtocolFailure(.invalidTicket, reason: "unknown", details: ["ticket": handle])
        case .refused(.expired(let end)):
            throw ProtocolFailure(
                .invalidTicket, reason: "expired",
                details: ["ticket": handle, "expired_ms_ago": "\((now - end).milliseconds)"])
        case .refused(.alreadyUsed(let use)):
            throw ProtocolFailure(
                .invalidTicket, reason: "already used",
                details: ["ticket": handle, "used_ms_ago": "\((now - use).milliseconds)"])
        case .refused(.sessionEnded):
            throw ProtocolFailure(
                .invalidTicket, reason: "session ended", details: ["ticket": handle])
        }
    }

    /// The service must be the one for which the ticket was granted (CAS 3.0 §2.5.3).
    ///
    /// - Returns: The service of the ticket.
    private func checkedService(
        of ticket: ServiceTicket, against request: ValidationRequest
    ) throws(ProtocolFailure) -> ServiceURL {
        let granted: ServiceURL
        let presented: ServiceURL
        do {
            granted = try serviceURL(ticket.service, of: ticket, request.serviceBytesMax)
            if ticket.service.utf8.elementsEqual(request.service.utf8) { return granted }
            presented = try serviceURL(request.service, of: ticket, request.serviceBytesMax)
        } catch {
            throw ProtocolFailure(
                .invalidService, reason: "service not readable",
                details: ["granted_for": ticket.service, "why": error.rawValue])
        }
        guard granted.matches(presented) else {
            throw ProtocolFailure(
                .invalidService, reason: "other service",
                details: [
                    "granted_for": granted.identity, "presented": presented.identity,
                    "first_difference": granted.firstDifference(from: presented).map(String.init)
                        ?? "none",
                ])
        }
        return granted
    }

    /// Browsers are sent to http(s) only; a proxy's target may have any scheme.
    private func serviceURL(
        _ text: String, of ticket: ServiceTicket, _ bytesMax: Int
    ) throws(ServiceURLFault) -> ServiceURL {
        ticket.id.kind == .proxyTicket
            ? try ServiceURL(anyScheme: text, bytesMax: bytesMax)
            : try ServiceURL(text, bytesMax: bytesMax)
    }

    /// The definition in force now for the service that the ticket was granted for.
    private func registeredService(
        for service: ServiceURL, in services: ServiceRegistry, at now: Instant
    ) throws(ProtocolFailure) -> RegisteredService {
        guard case .registered(let registered) = decision(for: service, in: services, at: now)
        else {
            throw ProtocolFailure(
                .unauthorizedService, reason: "not registered any more",
                details: ["service": service.text])
        }
        return registered
    }
}
