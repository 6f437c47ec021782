internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// What follows once somebody is authenticated, in whatever way: a session, its cookie, and the
/// way on.
struct LoginCompletion: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let cookies: SessionCookies
    let entry: ServiceEntry
    let ending: SessionEnding
    let binding: CertificateBinding

    /// Who was authenticated, how, and what the person chose.
    struct Login: Sendable {
        let principal: Principal
        let event: AuthenticationEvent
        var upstream: UpstreamSession?
        /// Whether the browser is to forget the session: it belongs to many people.
        var isPublicWorkstation = false
        /// Whether credentials were presented just now, because we asked for them.
        var isFresh = true
        /// Whether an upstream says that they were presented there, though we did not ask.
        var isFromNewLogin = false
        /// Whether a session of the same user goes on, in whatever way it began.
        var keepsSession = false
        /// Whether to ask before each service; `nil` leaves it as it is.
        var warns: Bool?
    }

    /// The live session that the browser's cookie points to, and that this request may use.
    func liveSession(
        _ request: Request, _ now: Instant
    ) throws -> (TicketID, TicketGrantingTicket)? {
        for id in cookies.sessions(of: request) {
            guard let session = try sso.registry.session(id, at: now) else { continue }
            guard let mismatch = binding.mismatch(session.event, with: request) else {
                return (id, session)
            }
            site.record(
                "session not used", reason: mismatch.rawValue, user: session.principal.id, request)
        }
        return nil
    }

    /// Whether the browser has a live session that this request may not use.
    func hasBoundSession(_ request: Request, _ now: Instant) throws -> Bool {
        guard binding.mode != .off else { return false }
        return try cookies.sessions(of: request).contains { id in
            let session = try sso.registry.session(id, at: now)
            return session.map { binding.mismatch($0.event, with: request) != nil } ?? false
        }
    }

    /// Starts the session of a fresh login, or renews the one that the same person has.
    func complete(
        _ login: Login, _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response {
        guard binding.allows(login.event) else {
            throw Refusal(.malformedRequest, reason: "login without a certificate")
        }
        if asked.wantsCredentials, let (id, session) = try liveSession(request, now) {
            guard session.principal.id == login.principal.id else {
                return refuseMixed(session.principal, login.principal, asked, request)
            }
            let login = login.continued(by: session)
            if isRenewal(login, of: session),
                try sso.registry.renew(
                    id, event: login.event, upstream: login.upstream, at: now)
            {
                site.recordLogin(login.principal, login.event, session.handle, request)
                return try proceed(login, id, asked, request, now)
            }
        }
        if !login.isFresh, let (id, session) = try liveSession(request, now) {
            // Nobody typed anything: any page can send a browser to the upstream and back.
            let attempted = login.principal
            let login = login.continued(by: session)
            guard isRenewal(login, of: session), session.principal.id == attempted.id else {
                return refuseMixed(session.principal, attempted, asked, request)
            }
            return try proceed(login, id, asked, request, now)
        }
        let setsCookie = !login.isPublicWorkstation && setsCookie(asked)
        if setsCookie || login.isPublicWorkstation {
            for old in cookies.sessions(of: request) {
                _ = try ending.end(TicketHandle(of: old), cause: .replaced, request, at: now)
            }
        }
        let id = try sso.startSession(
            for: login.principal, event: login.event, service: asked.service?.registered,
            upstream: login.upstream,
            isFresh: login.isFresh || login.isFromNewLogin, at: now)
        site.recordLogin(login.principal, login.event, TicketHandle(of: id), request)
        var response = try proceed(login, id, asked, request, now)
        if setsCookie {
            response.set(
                try cookies.session(id, maxAge: login.event.isLongTerm ? site.rememberFor : nil))
        } else if login.isPublicWorkstation, cookies.hasSessionCookie(request) {
            response.set(cookies.endedSession)
        }
        return response
    }

    /// Whether the session can go on as it is; another source of the user, another length, another
    /// certificate than the one that it is bound to, or a computer of many people want a new one.
    private func isRenewal(_ login: Login, of session: TicketGrantingTicket) -> Bool {
        let bound = binding.mode == .off ? nil : session.event.certificateDigest
        return !login.isPublicWorkstation
            && (bound == nil || bound == login.event.certificateDigest)
            && session.event.isLongTerm == login.event.isLongTerm
            && session.upstream?.provider == login.upstream?.provider
    }

    private func setsCookie(_ asked: LoginRequest) -> Bool {
        guard asked.isRenewal else { return true }
        return asked.service?.registered.setsCookieOnRenewal ?? site.setsCookieOnRenewal
    }

    private func proceed(
        _ login: Login, _ id: TicketID, _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response {
        var response: Response
        if asked.service != nil, !login.isFresh, cookies.wantsWarning(request) {
            // The login page asks first.
            response = .redirect(to: site.publicURL.text + "/login" + asked.query)
        } else if let service = asked.service {
            let visitor = ServiceEntry.Visitor(
                id: id, principal: login.principal, provider: login.upstream?.provider,
                isRenewed: login.isFresh)
            guard let entered = try entry.enter(service, as: asked, visitor, request, now) else {
                throw Refusal(.internalError, reason: "session lost")
            }
            response = entered
        } else if let session = try sso.registry.session(id, at: now) {
            response = try arrive(session, at: now)
        } else {
            throw Refusal(.internalError, reason: "session lost")
        }
        switch login.warns {
        case true: response.set(cookies.warning)
        case false where cookies.wantsWarning(request): response.set(cookies.endedWarning)
        default: break
        }
        return response
    }

    /// The answer to a login that leads nowhere in particular.
    func arrive(_ session: TicketGrantingTicket, at now: Instant) throws -> Response {
        if let text = site.defaultService, let service = try? gate.admit(text, at: now) {
            // A default that is not registered (any more) is left aside; the start-up check says
            // so.
            return .redirect(to: service.url.location)
        }
        return site.loggedIn(session)
    }

    /// Somebody proved to be another person than the one whose session the browser has.
    private func refuseMixed(
        _ current: Principal, _ attempted: Principal, _ asked: LoginRequest, _ request: Request
    ) -> Response {
        let incident = site.mintIncident(request)
        site.record(
            "login refused", reason: "mixed principals", detail: "session of \(current.id)",
            user: attempted.id, incident: incident, request)
        let page = MixedPrincipalsPage(
            currentUser: current.id, attemptedUser: attempted.id, service: asked.service?.label,
            logoutAddress: site.publicURL.prefix + "/logout",
            backAddress: site.publicURL.prefix + "/login" + asked.query, incident: incident)
        return site.page(site.pages.mixedPrincipals(page), .forbidden)
    }
}

extension LoginCompletion.Login {
    /// The login as one of a session that goes on: as long, bound to the same certificate and of
    /// the same upstream as before, and with what is known there of its user.
    fileprivate func continued(by session: TicketGrantingTicket) -> Self {
        guard keepsSession, session.principal.id == principal.id else { return self }
        let event = AuthenticationEvent(
            date: event.date, handlers: event.handlers, credentialTypes: event.credentialTypes,
            certificateDigest: session.event.certificateDigest,
            isLongTerm: session.event.isLongTerm)
        var login = Self(principal: session.principal, event: event, upstream: session.upstream)
        login.isFresh = isFresh
        login.isFromNewLogin = isFromNewLogin
        login.keepsSession = true
        login.warns = warns
        return login
    }
}
