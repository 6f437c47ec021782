internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// `/login` as credential requestor (CAS 3.0 §2.1) and acceptor (§2.2).
struct LoginEndpoint: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let plan: AuthenticationPlan
    let cookies: SessionCookies
    let form: LoginForm

    /// What `/login` is asked, parsed once.
    struct Asked {
        let service: ServiceGate.Admitted?
        let isRenewal: Bool
        let isGateway: Bool
        let parameters: Parameters
    }

    func respond(to request: Request) throws -> Response {
        let now = site.clock()
        if request.method == .post, request.hasForeignBody {
            throw Refusal(.unsupportedContentType, reason: "unsupported content type")
        }
        let asked: Asked
        do {
            asked = try read(request)
        } catch let rejection as ServiceGate.Rejection {
            return site.refuseService(rejection, request)
        }
        return request.method == .post
            ? try accept(asked, request, now) : try requestCredentials(asked, request, now)
    }

    private func read(_ request: Request) throws -> Asked {
        let parameters: Parameters
        do {
            parameters = try Parameters(request, limit: site.limits.parameters)
        } catch {
            throw Refusal(error)
        }
        if parameters.hasCredentialsInQuery {
            throw Refusal(.credentialsInAddress, reason: "credentials in the address")
        }
        return Asked(
            service: try parameters["service"].map { try gate.admit($0) },
            isRenewal: parameters.isSet("renew"), isGateway: parameters.isSet("gateway"),
            parameters: parameters)
    }

    // MARK: Requestor

    private func requestCredentials(
        _ asked: Asked, _ request: Request, _ now: Instant
    ) throws
        -> Response
    {
        // A HEAD asks about the page and must not grant anything.
        guard request.method == .get else { return try loginPage(asked, request, now) }
        if !asked.isRenewal, let (id, session) = try liveSession(request, now) {
            guard let service = asked.service else { return try arrive(session) }
            if service.registered.accessStrategy.isSSOEnabled {
                let entered = try enter(
                    service, with: id, of: session.principal, isRenewed: false, request, now)
                if let entered { return entered }
                return try loginPage(asked, request, now)
            }
        }
        // CAS 3.0 §2.1.1: renew wins over gateway.
        if asked.isGateway, !asked.isRenewal, let service = asked.service {
            return .redirect(to: service.url.location)
        }
        if let certificate = request.verifiedCertificate {
            return try acceptCertificate(certificate, asked, request, now)
        }
        return try loginPage(asked, request, now)
    }

    private func liveSession(
        _ request: Request, _ now: Instant
    ) throws
        -> (TicketID, TicketGrantingTicket)?
    {
        for id in cookies.sessions(of: request) {
            if let session = try sso.registry.session(id, at: now) { return (id, session) }
        }
        return nil
    }

    /// The answer to a login that leads nowhere in particular.
    private func arrive(_ session: TicketGrantingTicket) throws -> Response {
        if let text = site.defaultService, let service = try? gate.admit(text) {
            // A default that is not registered (any more) is left aside; the start-up check says
            // so.
            return .redirect(to: service.url.location)
        }
        return site.loggedIn(session)
    }

    /// Grants a ticket and sends the browser to the service (CAS 3.0 §2.2.4).
    ///
    /// - Returns: `nil` if the session has ended meanwhile.
    private func enter(
        _ service: ServiceGate.Admitted, with id: TicketID, of principal: Principal,
        isRenewed: Bool, _ request: Request, _ now: Instant
    ) throws -> Response? {
        if let why = service.registered.accessDecision(for: principal, at: now).refusal {
            return site.denyAccess(of: principal, to: service, why: why, request)
        }
        guard
            let ticket = try sso.grantServiceTicket(
                for: service.url, from: id, isRenewed: isRenewed, at: now)
        else { return nil }
        site.log.debug(
            "ticket granted",
            metadata: [
                "user": "\(principal.id)", "service": "\(service.url.identity)",
                "ticket": "\(TicketHandle(of: ticket.id))",
            ])
        return .redirect(
            to: service.url.appending(name: "ticket", value: ticket.id.wireValue),
            isRenewed && request.method == .post ? .seeOther : .found)
    }

    private func loginPage(
        _ asked: Asked, _ request: Request, _ now: Instant, failure: LoginPage.Failure? = nil,
        username: String = ""
    ) throws -> Response {
        let binding = cookies.formBindings(of: request).first ?? form.mintBinding()
        var page = LoginPage(
            action: site.loginAddress(asked, base: site.publicURL.prefix),
            execution: try form.execution(binding: binding, at: now))
        page.service = asked.service?.label
        page.failure = failure
        page.username = username
        if asked.isRenewal { page.occasion = .renewal }
        if let certificateURL = site.certificateURL {
            page.certificateAddress = site.loginAddress(asked, base: certificateURL.text)
        }
        let status: Status =
            switch failure {
            case nil: .ok
            case .formExpired: .forbidden
            case .incomplete: .badRequest
            case .unavailable: .serviceUnavailable
            default: .unauthorized
            }
        var response = site.page(site.pages.login(page), status)
        if request.method != .head { response.set(cookies.form(binding: binding)) }
        if failure == nil, cookies.hasSessionCookie(request), !asked.isRenewal, asked.service == nil
        {
            response.set(cookies.endedSession)
        }
        return response
    }

    // MARK: Acceptor

    private func accept(_ asked: Asked, _ request: Request, _ now: Instant) throws -> Response {
        let execution = asked.parameters["execution"] ?? asked.parameters["lt"]
        do {
            try form.check(execution, bindings: cookies.formBindings(of: request), at: now)
        } catch {
            site.record("login refused", reason: "form \(error.rawValue)", request)
            return try loginPage(
                asked, request, now, failure: .formExpired,
                username: asked.parameters.inBody("username") ?? "")
        }
        let username = asked.parameters.inBody("username") ?? ""
        guard let password = asked.parameters.inBody("password"), !password.isEmpty,
            !username.isEmpty
        else {
            site.record("login refused", reason: "incomplete", request)
            return try loginPage(asked, request, now, failure: .incomplete, username: username)
        }
        return try authenticate(
            .password(username: username, password: password), asked, request, now,
            username: username)
    }

    /// Logs in whoever has proved a certificate on the way to this page.
    private func acceptCertificate(
        _ certificate: ClientCertificate, _ asked: Asked, _ request: Request, _ now: Instant
    ) throws -> Response {
        try authenticate(.certificate(certificate), asked, request, now, username: "")
    }

    private func authenticate(
        _ credential: Credential, _ asked: Asked, _ request: Request, _ now: Instant,
        username: String
    ) throws -> Response {
        let principal: Principal
        let event: AuthenticationEvent
        do {
            (principal, event) = try plan.authenticate([credential], at: now)
        } catch {
            site.record(
                "login refused", reason: error.reasonClass, detail: error.operatorText,
                user: error == .unknownUser ? nil : username, request)
            return try loginPage(
                asked, request, now, failure: LoginPage.Failure(error), username: username)
        }
        return try start(principal, event, asked, request, now)
    }

    /// Starts the session of a fresh login in place of whatever session the browser had.
    private func start(
        _ principal: Principal, _ event: AuthenticationEvent, _ asked: Asked, _ request: Request,
        _ now: Instant
    ) throws -> Response {
        let replacesSession = !asked.isRenewal || site.setsCookieOnRenewal
        if replacesSession {
            for old in cookies.sessions(of: request) { _ = try sso.endSession(old) }
        }
        let id = try sso.startSession(for: principal, event: event, at: now)
        site.recordLogin(principal, event, TicketHandle(of: id), request)
        var response: Response
        if let service = asked.service {
            guard
                let entered = try enter(
                    service, with: id, of: principal, isRenewed: true, request, now)
            else { throw Refusal(.internalError, reason: "session lost") }
            response = entered
        } else if let session = try sso.registry.session(id, at: now) {
            response = try arrive(session)
        } else {
            throw Refusal(.internalError, reason: "session lost")
        }
        if replacesSession { response.set(try cookies.session(id)) }
        return response
    }
}

extension LoginPage.Failure {
    /// What the page says about a refused credential.
    init(_ failure: AuthenticationFailure) {
        self =
            switch failure {
            case .wrongCredential, .unknownUser: .badCredentials
            case .accountDisabled: .disabled
            case .accountLocked: .locked
            case .accountExpired: .expired
            case .mustChangePassword: .mustChangePassword
            case .passwordExpired: .passwordExpired
            case .certificateRefused: .certificateRefused
            case .unsupportedCredential: .badCredentials
            case .unavailable: .unavailable
            }
    }
}
