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
    let granting: TicketGranting

    /// The longest token that is put into a header; with its service it has to fit into the
    /// gateway's `fastcgi_buffer_size`.
    private static let headerBytesMax = 10 << 10

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
        // An artifact is for SAML 1.1 validation, which takes tickets only.
        let isArtifact = asked.serviceParameter == "TARGET"
        guard
            let granted = try granting.grant(
                for: service, from: visitor.id, isRenewed: visitor.isRenewed,
                takesTokens: !isArtifact, at: now)
        else { return nil }
        site.recordGrant(granted.ticket, of: visitor.principal, for: service.url)
        let method = isArtifact ? .redirect : asked.method ?? service.registered.responseType
        guard method == .post || granted.text.utf8.count <= Self.headerBytesMax else {
            throw TicketTokens.Failure(
                reason: "the token of '\(registered.name)' is too long for a redirect; "
                    + "release less, or use responseType POST")
        }
        return answer(service, with: granted, by: method, asked, request)
    }

    private func answer(
        _ service: ServiceGate.Admitted, with granted: TicketGranting.Granted,
        by method: ResponseType?, _ asked: LoginRequest, _ request: Request
    ) -> Response {
        let target = service.registered.redirectURL ?? service.url
        let saysRedirect = granted.isToken && granting.tokens.sendsRedirectParameter
        switch method {
        case nil, .redirect:
            return .redirect(
                to: target.location(
                    appending: asked.ticketParameter, value: granted.text,
                    after: saysRedirect ? "redirect" : nil),
                request.method == .post ? .seeOther : .found)
        case .post:
            let page = PostResponsePage(
                address: target.location,
                fields: [("ticket", granted.text)] + (saysRedirect ? [("redirect", "true")] : []),
                service: service.label)
            return site.page(
                site.pages(for: service).postResponse(page), policy: page.contentSecurityPolicy)
        case .header:
            var response = Response.text("")
            response.set("service", target.location)
            response.set("ticket", granted.text)
            return response
        }
    }
}
