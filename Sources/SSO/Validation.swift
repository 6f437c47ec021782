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
    /// Whether a proxy callback was named.
    package var asksForProxyGranting: Bool
    /// The longest service text that is read, in bytes.
    package var serviceBytesMax: Int

    package init(
        ticket: String, service: String, requiresNewLogin: Bool = false,
        asksForProxyGranting: Bool = false, serviceBytesMax: Int = ServiceURL.bytesMax
    ) {
        self.ticket = ticket
        self.service = service
        self.requiresNewLogin = requiresNewLogin
        self.asksForProxyGranting = asksForProxyGranting
        self.serviceBytesMax = serviceBytesMax
    }
}

extension SingleSignOn {
    /// Validates a service ticket (CAS 3.0 §2.5): consume first, judge afterwards.
    ///
    /// Whatever the judgement, a ticket that was there is gone (§3.1.1).
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
        let (ticket, session) = try consume(id, at: now)
        let service = try checkedService(of: ticket, against: request)
        let registered = try registeredService(for: service, in: services)
        if let reason = registered.accessDecision(for: session.principal, at: now).refusal {
            throw ProtocolFailure(
                .unauthorizedService, reason: "principal not allowed",
                details: ["service": ticket.service, "why": reason])
        }
        if request.requiresNewLogin, !ticket.isFromNewLogin {
            throw ProtocolFailure(
                .invalidTicket, reason: "not from new login", details: ["service": ticket.service])
        }
        if request.asksForProxyGranting {
            throw ProtocolFailure(
                .unauthorizedServiceProxy, reason: "service may not proxy",
                details: ["service": ticket.service])
        }
        return Assertion(
            user: AttributeRelease.username(
                for: registered, principal: session.principal, service: service,
                context: ReleaseContext()),
            attributes: AttributeRelease.release(
                to: registered, principal: session.principal, context: ReleaseContext()),
            event: session.event, isFromNewLogin: ticket.isFromNewLogin,
            showsEvent: registered.attributeReleasePolicy.releasesAuthenticationAttributes)
    }

    private func consume(
        _ id: TicketID, at now: Instant
    ) throws(ProtocolFailure)
        -> (ServiceTicket, TicketGrantingTicket)
    {
        let ticketHandle = TicketHandle(of: id)
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
            granted = try ServiceURL(ticket.service, bytesMax: request.serviceBytesMax)
            if ticket.service.utf8.elementsEqual(request.service.utf8) { return granted }
            presented = try ServiceURL(request.service, bytesMax: request.serviceBytesMax)
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

    /// The definition in force now for the service that the ticket was granted for.
    private func registeredService(
        for service: ServiceURL, in services: ServiceRegistry
    ) throws(ProtocolFailure) -> RegisteredService {
        guard case .registered(let registered) = decision(for: service, in: services) else {
            throw ProtocolFailure(
                .unauthorizedService, reason: "not registered any more",
                details: ["service": service.text])
        }
        return registered
    }
}
