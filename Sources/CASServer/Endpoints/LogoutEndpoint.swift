internal import CASProtocol
internal import HTTP
internal import Logging
internal import SSO
internal import Tickets

/// `/logout` (CAS 3.0 §2.3): ends the session, and leads on to registered services only.
struct LogoutEndpoint: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let cookies: SessionCookies
    /// Whether the browser is redirected to `service` at once.
    let followsService: Bool

    func respond(to request: Request) throws -> Response {
        let parameters: Parameters
        do {
            parameters = try Parameters(request, limit: site.limits.parameters)
        } catch {
            throw Refusal(error)
        }
        guard request.method != .head else { return page(continuing: nil) }
        for id in cookies.sessions(of: request) {
            guard let ended = try sso.endSession(id) else { continue }
            site.log.info(
                "logged out",
                metadata: [
                    "user": "\(ended.session.principal.id)", "session": "\(TicketHandle(of: id))",
                    "services": "\(ended.services.count)",
                ])
        }
        var response: Response
        let admitted = admittedService(parameters, request)
        if followsService, parameters["service"] != nil, let admitted {
            response = .redirect(to: admitted.url.location)
        } else {
            response = page(continuing: admitted)
        }
        if cookies.hasSessionCookie(request) { response.set(cookies.endedSession) }
        return response
    }

    /// The service to go on to, if it is registered; `url` is the name of CAS 1 and 2 (§2.3.1).
    private func admittedService(
        _ parameters: Parameters, _ request: Request
    )
        -> ServiceGate.Admitted?
    {
        guard let text = parameters["service"] ?? parameters["url"] else { return nil }
        do {
            return try gate.admit(text)
        } catch {
            site.record("logout target refused", reason: error.reason, request)
            return nil
        }
    }

    private func page(continuing service: ServiceGate.Admitted?) -> Response {
        var page = LoggedOutPage(loginAddress: site.publicURL.prefix + "/login")
        if let service { page.continuation = (service.label, service.url.location) }
        return site.page(site.pages.loggedOut(page))
    }
}
