internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// `/delegated/NAME`: the way to an upstream, the way back from it, and its logout messages.
struct DelegationEndpoint: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let delegation: Delegation
    let completion: LoginCompletion
    let ending: SessionEnding
    let takesTarget: Bool

    func respond(to request: Request, name: String) throws -> Response {
        let now = site.clock()
        guard let upstream = delegation.upstream(name) else {
            throw Refusal(.notFound, reason: "unknown upstream")
        }
        if request.method == .post { return try receiveLogout(from: upstream, request, now) }
        guard request.method == .get else { return Response(.noContent) }
        do {
            let parameters: Parameters
            do {
                parameters = try Parameters(request, limit: site.limits.parameters)
            } catch {
                throw Refusal(error)
            }
            guard let state = parameters["state"] else {
                return try start(upstream, request, now)
            }
            return try finish(upstream, state, parameters, request, now)
        } catch let rejection as ServiceGate.Rejection {
            return site.refuseService(rejection, request)
        }
    }

    private func start(
        _ upstream: UpstreamServer, _ request: Request, _ now: Instant
    ) throws -> Response {
        let asked = try LoginRequest(
            reading: request, gate: gate, limit: site.limits.parameters, takesTarget: takesTarget,
            at: now)
        guard delegation.isAllowed(upstream, for: asked.service?.registered) else {
            return refuse(upstream, .notAllowed, "provider not allowed", asked, request)
        }
        return try delegation.start(upstream, asked, request, at: now)
    }

    private func finish(
        _ upstream: UpstreamServer, _ state: String, _ parameters: Parameters, _ request: Request,
        _ now: Instant
    ) throws -> Response {
        let asked: LoginRequest
        do {
            asked = try delegation.resume(state, from: upstream, request, at: now)
        } catch let fault as DelegationState.Fault {
            return refuse(upstream, .expired, "state \(fault.rawValue)", nil, request)
        }
        guard delegation.isAllowed(upstream, for: asked.service?.registered) else {
            return refuse(upstream, .notAllowed, "provider not allowed", asked, request)
        }
        guard let ticket = parameters["ticket"] else {
            return refuse(upstream, .refused, "came back without a ticket", asked, request)
        }
        let login: LoginCompletion.Login
        do {
            let vouched = try upstream.authenticate(
                ticket: ticket, service: delegation.callback(upstream, state: state),
                requiresNewLogin: asked.wantsCredentials, at: now)
            login = LoginCompletion.Login(
                principal: vouched.principal, event: vouched.event,
                upstream: UpstreamSession(provider: upstream.name, ticket: ticket),
                isFresh: asked.wantsCredentials, isFromNewLogin: vouched.isFromNewLogin)
        } catch {
            return refuse(
                upstream, error.isOutage ? .unavailable : .refused, error.reasonClass, asked,
                request, detail: error.operatorText)
        }
        let response = try completion.complete(login, asked, request, now)
        guard asked.service == nil, response.status == .ok else { return response }
        // The address has a spent ticket in it; a reload of the page would be refused.
        var onward = Response.redirect(to: site.publicURL.text + "/login")
        for field in response.fields where field.name == "Set-Cookie" {
            onward.set(field.name, field.value)
        }
        return onward
    }

    private func refuse(
        _ upstream: UpstreamServer, _ reason: DelegationFailedPage.Reason, _ logReason: String,
        _ asked: LoginRequest?, _ request: Request, detail: String? = nil
    ) -> Response {
        let incident = site.mintIncident(request)
        site.record(
            "login refused", reason: logReason, detail: detail, user: nil, incident: incident,
            upstream: upstream.name, request)
        let prefix = site.publicURL.prefix
        let query = asked?.query ?? ""
        let page = DelegationFailedPage(
            provider: upstream.label, reason: reason,
            retryAddress: "\(prefix)/delegated/\(upstream.name)\(query)",
            loginAddress: "\(prefix)/login\(query)", incident: incident)
        return site.page(
            site.pages.delegationFailed(page),
            reason == .unavailable ? .serviceUnavailable : .forbidden)
    }

    // MARK: Logout

    /// A message that the upstream's session has ended (CAS 3.0 §2.3.3).
    ///
    /// Anybody can send one, so it counts only for a session that holds the very ticket it names.
    private func receiveLogout(
        from upstream: UpstreamServer, _ request: Request, _ now: Instant
    ) throws -> Response {
        guard upstream.acceptsLogout, !request.hasForeignBody,
            let form = try? Parameters(request, limit: site.limits.parameters),
            let text = form.inBody("logoutRequest")
        else { throw Refusal(.malformedRequest, reason: "no logout message") }
        let ticket: String
        do {
            ticket = try LogoutMessage.read(Array(text.utf8))
        } catch {
            throw Refusal(.malformedRequest, reason: "logout message", detail: "\(error)")
        }
        let sessions = try sso.registry.sessions(
            ofUpstream: upstream.name, ticket: ticket, at: now)
        for session in sessions {
            _ = try ending.end(session, cause: .upstream, request, at: now)
        }
        if sessions.isEmpty {
            site.record(
                "upstream logout ignored", reason: "no session came from that ticket",
                upstream: upstream.name, request)
        }
        return Response(.noContent)
    }
}
