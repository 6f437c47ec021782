internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import Services
internal import Tickets

extension LoginEndpoint {
    /// Logs in whoever comes with a token of the service, in the parameter `token` or the header
    /// of that name.
    ///
    /// Only a GET: with another site's POST a browser does not send its session, which could not
    /// be told from another user's then. The token is on no page and in no address that follows.
    ///
    /// - Returns: `nil` to go on as without a token, if there is none or it is not taken.
    func loggedInByToken(
        _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response? {
        guard let tokens, let token = asked.parameters["token"] ?? request.headers["Token"],
            !token.isEmpty
        else { return nil }
        guard let service = tokenService(asked, now) else {
            site.record("login refused", reason: "token: no service", request)
            return nil
        }
        guard completion.binding.mode != .required else {
            site.record(
                "login refused", reason: "token: no certificate",
                detail: "bound_tickets wants a certificate with every login", request)
            return nil
        }
        guard try !completion.hasBoundSession(request, now) else {
            site.record("login refused", reason: "token: bound session", request)
            return nil
        }
        let login: LoginCompletion.Login
        do throws(TokenLoginFault) {
            let (principal, event) = try tokens.authenticate(token, for: service, at: now)
            login = LoginCompletion.Login(
                principal: principal, event: event, isFresh: asked.wantsCredentials,
                isFromNewLogin: true, keepsSession: true)
        } catch {
            site.record(
                "login refused", reason: error.reason,
                detail: [service.name, error.detail].compactMap(\.self).joined(separator: ": "),
                level: error.isOperatorsAffair ? .error : .info, request)
            return nil
        }
        let response = try completion.complete(login, asked, request, now)
        guard asked.service == nil, response.status == .ok else { return response }
        // A reload of the page would present the token again.
        var onward = Response.redirect(to: site.publicURL.text + "/login")
        for field in response.fields where field.name == "Set-Cookie" {
            onward.set(field.name, field.value)
        }
        return onward
    }

    /// The definition whose secrets count: the service's, else the one that matches casd itself.
    private func tokenService(_ asked: LoginRequest, _ now: Instant) -> RegisteredService? {
        if let service = asked.service { return service.registered }
        // Losing the error is right: without such a definition there are no secrets.
        return (try? gate.admit(site.publicURL.text, at: now))?.registered
    }
}
