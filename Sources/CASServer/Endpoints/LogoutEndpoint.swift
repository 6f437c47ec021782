internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Tickets

/// `/logout` (CAS 3.0 §2.3): ends the session, tells the services, and leads on to registered
/// services only.
struct LogoutEndpoint: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let cookies: SessionCookies
    let form: LoginForm
    let ending: SessionEnding
    let upstreams: [UpstreamServer]
    /// Whether the browser is redirected to `service` at once.
    let followsService: Bool
    /// Whether the person is asked first.
    let confirms: Bool

    func respond(to request: Request) throws -> Response {
        let now = site.clock()
        let parameters: Parameters
        do {
            parameters = try Parameters(request, limit: site.limits.parameters)
        } catch {
            throw Refusal(error)
        }
        guard request.method != .head else {
            return page(content(continuing: nil, after: [], now))
        }
        if confirms, let question = try confirmation(parameters, request, now) { return question }
        var ended: [EndedSession] = []
        for id in cookies.sessions(of: request) {
            let session = TicketHandle(of: id)
            if let end = try ending.end(session, cause: .logout, request, at: now) {
                ended.append(end)
            }
        }
        var response = wayOn(parameters, after: ended, request, now)
        if cookies.hasSessionCookie(request) { response.set(cookies.endedSession) }
        return response
    }

    /// The page that asks first; `nil` if there is nothing to ask, or the answer is there.
    private func confirmation(
        _ parameters: Parameters, _ request: Request, _ now: Instant
    ) throws -> Response? {
        var live: TicketGrantingTicket?
        for id in cookies.sessions(of: request) where live == nil {
            live = try sso.registry.session(id, at: now)
        }
        guard let live else { return nil }
        let bindings = cookies.formBindings(of: request)
        if request.method == .post {
            do {
                try form.check(parameters.inBody("execution"), bindings: bindings, at: now)
                return nil
            } catch {
                site.record("logout not confirmed", reason: "form \(error.rawValue)", request)
            }
        }
        let binding = bindings.first ?? form.mintBinding()
        let query = request.query.map { "?" + $0 } ?? ""
        let prefix = site.publicURL.prefix
        let question = ConfirmLogoutPage(
            user: live.principal.id, action: prefix + "/logout" + query,
            execution: try form.execution(binding: binding, at: now), serviceCount: 0,
            cancelAddress: prefix + "/login")
        var response = site.page(site.pages.confirmLogout(question))
        response.set(cookies.form(binding: binding))
        return response
    }

    // MARK: Where to go next

    private func wayOn(
        _ parameters: Parameters, after ended: [EndedSession], _ request: Request, _ now: Instant
    ) -> Response {
        let admitted = admittedService(parameters, request, now)
        let isFollowed = followsService && parameters["service"] != nil
        let target = isFollowed ? admitted?.url : nil
        let destination = upstreamLogout(ended, then: target) ?? target?.location
        let content = content(continuing: admitted, after: ended, now)
        let missing = content.frontChannel.count - content.frames.count
        if missing > 0 {
            site.log.warning(
                "logout messages lost",
                metadata: [
                    "reason": "the page has no room for more frames", "count": "\(missing)",
                ])
        }
        var response = page(content)
        guard let destination else { return response }
        guard !content.frames.isEmpty else { return .redirect(to: destination) }
        // The frames need a moment; without them nobody waits.
        response.set("Refresh", "3; url=" + destination)
        return response
    }

    /// The service to go on to, if it is registered; `url` is the name of CAS 1 and 2 (§2.3.1).
    private func admittedService(
        _ parameters: Parameters, _ request: Request, _ now: Instant
    ) -> ServiceGate.Admitted? {
        guard let text = parameters["service"] ?? parameters["url"] else { return nil }
        do {
            return try gate.admit(text, at: now)
        } catch {
            site.record("logout target refused", reason: error.reason, request)
            return nil
        }
    }

    /// The logout of the server that vouched for the user, if it is to end there as well.
    private func upstreamLogout(
        _ ended: [EndedSession], then target: ServiceURL?
    ) -> String? {
        let names = ended.compactMap(\.session.upstream?.provider)
        guard
            let upstream = upstreams.first(where: { $0.forwardsLogout && names.contains($0.name) })
        else { return nil }
        let query = target.map { "?service=" + percentEncoded($0.text) } ?? ""
        return upstream.logoutAddress(service: site.publicURL.text + "/logout" + query)
    }

    // MARK: The page

    private func page(_ page: LoggedOutPage) -> Response {
        site.page(site.pages.loggedOut(page), policy: page.contentSecurityPolicy)
    }

    private func content(
        continuing service: ServiceGate.Admitted?, after ended: [EndedSession], _ now: Instant
    ) -> LoggedOutPage {
        var page = LoggedOutPage(loginAddress: site.publicURL.prefix + "/login")
        if let service { page.continuation = (service.label, service.url.location) }
        if sso.queuesLogout { note(ended, on: &page, now) }
        return page
    }

    private func note(_ ended: [EndedSession], on page: inout LoggedOutPage, _ now: Instant) {
        for session in ended {
            for service in session.services {
                note(service, of: session.session.principal.id, on: &page, now)
            }
        }
    }

    private func note(
        _ service: SessionService, of user: String, on page: inout LoggedOutPage, _ now: Instant
    ) {
        guard let admitted = try? gate.admit(service.service, at: now) else { return }
        switch sso.plan(for: service.service, in: gate.services.current, at: now) {
        case .skip: break
        case .send:
            if !page.notified.contains(admitted.label) { page.notified.append(admitted.label) }
        case .browser(to: let target):
            let message = LogoutMessage.xml(
                id: LogoutDispatcher.mintID(site.random), ticket: service.ticket, principal: user,
                at: now)
            page.frontChannel.append(
                FrontChannelTarget(
                    label: admitted.label,
                    address: target.location(
                        appending: LogoutMessage.parameterName,
                        value: LogoutMessage.frontChannel(message))))
        }
    }
}
