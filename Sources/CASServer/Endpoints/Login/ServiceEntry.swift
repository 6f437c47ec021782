internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// The last step of every login: a ticket for the service, and the browser on its way there.
struct ServiceEntry: Sendable {
    let site: Site
    let sso: SingleSignOn

    /// A session that wants to enter a service.
    struct Visitor: Sendable {
        let id: TicketID
        let principal: Principal
        /// The upstream server that vouches for the user, if one does.
        let provider: String?
        /// Whether credentials were presented in this very request.
        let isRenewed: Bool
    }

    /// Grants a ticket and answers as the service wants it (CAS 3.0 §2.1.1 `method`, §2.2.4).
    ///
    /// - Returns: `nil` if the session has ended meanwhile.
    func enter(
        _ service: ServiceGate.Admitted, as asked: LoginRequest, _ visitor: Visitor,
        _ request: Request, _ now: Instant
    ) throws -> Response? {
        let registered = service.registered
        if let why = registered.entryRefusal(
            of: visitor.principal, from: visitor.provider, at: now)
        {
            return site.denyAccess(of: visitor.principal, to: service, why: why, request)
        }
        guard
            let ticket = try sso.grantServiceTicket(
                for: service.url, registered: registered, from: visitor.id,
                isRenewed: visitor.isRenewed, at: now)
        else { return nil }
        site.recordGrant(ticket.id, of: visitor.principal, for: service.url)
        return answer(service, with: ticket.id, asked, request)
    }

    private func answer(
        _ service: ServiceGate.Admitted, with ticket: TicketID, _ asked: LoginRequest,
        _ request: Request
    ) -> Response {
        let target = service.registered.redirectURL ?? service.url
        let isArtifact = asked.serviceParameter == "TARGET"
        let method = isArtifact ? .redirect : asked.method ?? service.registered.responseType
        switch method {
        case nil, .redirect:
            return .redirect(
                to: target.location(appending: asked.ticketParameter, value: ticket.wireValue),
                request.method == .post ? .seeOther : .found)
        case .post:
            let page = PostResponsePage(
                address: target.location, fields: [("ticket", ticket.wireValue)],
                service: service.label)
            return site.page(
                site.pages(for: service).postResponse(page), policy: page.contentSecurityPolicy)
        case .header:
            var response = Response.text("")
            response.set("service", target.location)
            response.set("ticket", ticket.wireValue)
            return response
        }
    }
}
