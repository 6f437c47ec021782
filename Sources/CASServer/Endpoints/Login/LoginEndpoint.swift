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
    let checks: CredentialChecks
    let certificates: CertificateSources
    let cookies: SessionCookies
    let form: LoginForm
    let entry: ServiceEntry
    let completion: LoginCompletion
    let delegation: Delegation
    /// Logs in by tokens; `nil` if the operator has not turned that on.
    let tokens: TokenLogin?
    /// What the form offers beside name and password.
    let offers: Offers
    /// Whether `TARGET` names a service.
    let takesTarget: Bool

    /// The choices that a person has at the login form.
    struct Offers: Sendable {
        var rememberMe = false
        var warning = true
        var publicWorkstation = false
    }

    func respond(to request: Request) throws -> Response {
        let now = site.clock()
        if request.method == .post, request.hasForeignBody {
            throw Refusal(.unsupportedContentType, reason: "unsupported content type")
        }
        let asked: LoginRequest
        do {
            asked = try LoginRequest(
                reading: request, gate: gate, limit: site.limits.parameters,
                takesTarget: takesTarget,
                at: now)
        } catch let rejection as ServiceGate.Rejection {
            return site.refuseService(rejection, request)
        }
        return request.method == .post
            ? try accept(asked, request, now) : try requestCredentials(asked, request, now)
    }

    // MARK: Requestor

    private func requestCredentials(
        _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response {
        // A HEAD asks about the page and must not grant anything.
        guard request.method == .get else { return try loginPage(asked, request, now) }
        if let response = try loggedInByToken(asked, request, now) { return response }
        if !asked.isRenewal, let (id, session) = try completion.liveSession(request, now) {
            guard let service = asked.service else {
                return try completion.arrive(session, at: now)
            }
            if !asked.wantsCredentials {
                if cookies.wantsWarning(request) {
                    return try confirmation(session, service, asked, request, now)
                }
                return try enter(service, with: id, session, asked, request, now)
            }
        }
        // CAS 3.0 §2.1.1: renew wins over gateway.
        if asked.isGateway, !asked.isRenewal, let service = asked.service {
            return .redirect(to: service.url.location)
        }
        let certificate: ClientCertificate?
        do throws(CertificateSources.Fault) {
            certificate = allowsLocalLogin(asked) ? try certificates.certificate(of: request) : nil
        } catch {
            site.record("login refused", reason: "certificates", detail: "\(error)", request)
            return try loginPage(asked, request, now, failure: .certificateRefused)
        }
        if let certificate {
            return try authenticate(.certificate(certificate), asked, request, now, username: "")
        }
        if try !asked.isRenewal && completion.hasBoundSession(request, now) {
            return try loginPage(asked, request, now, failure: .boundSession)
        }
        if let upstream = delegation.automatic(for: asked.service?.registered) {
            return try delegation.start(upstream, asked, request, at: now)
        }
        return try loginPage(asked, request, now)
    }

    /// Single sign-on (CAS 3.0 §2.1); the login page if the session has ended meanwhile.
    private func enter(
        _ service: ServiceGate.Admitted, with id: TicketID, _ session: TicketGrantingTicket,
        _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response {
        let visitor = ServiceEntry.Visitor(
            id: id, principal: session.principal, provider: session.upstream?.provider,
            isRenewed: false)
        return try entry.enter(service, as: asked, visitor, request, now)
            ?? loginPage(asked, request, now)
    }

    /// Asks before a service is entered, as the user has wished (CAS 3.0 §2.2.1 `warn`).
    private func confirmation(
        _ session: TicketGrantingTicket, _ service: ServiceGate.Admitted, _ asked: LoginRequest,
        _ request: Request, _ now: Instant
    ) throws -> Response {
        let binding = cookies.formBindings(of: request).first ?? form.mintBinding()
        let page = ConfirmEntryPage(
            service: service.label, details: service.details,
            action: site.publicURL.prefix + "/login" + asked.query,
            execution: try form.execution(binding: binding, at: now),
            cancelAddress: site.publicURL.prefix + "/login", user: session.principal.id)
        var response = site.page(
            site.pages(for: service).confirmEntry(page), policy: page.contentSecurityPolicy)
        response.set(cookies.form(binding: binding))
        return response
    }

    private func allowsLocalLogin(_ asked: LoginRequest) -> Bool {
        asked.service?.registered.accessStrategy.delegation.allows(provider: nil) ?? true
    }

    private func loginPage(
        _ asked: LoginRequest, _ request: Request, _ now: Instant,
        failure: LoginPage.Failure? = nil, username: String = "", retryAfter: Duration? = nil
    ) throws -> Response {
        let binding = cookies.formBindings(of: request).first ?? form.mintBinding()
        var page = LoginPage(
            action: site.publicURL.prefix + "/login" + asked.query,
            execution: try form.execution(binding: binding, at: now))
        page.service = asked.service?.label
        page.serviceDetails = asked.service?.details
        page.failure = failure
        page.username = username
        page.retryAfter = retryAfter
        if request.method == .post {
            page.ticked = Set(
                LoginChoice.allCases.filter { asked.parameters.isSet($0.rawValue) })
        }
        page.offersRememberMe = offers.rememberMe
        page.offersWarning = offers.warning
        page.offersPublicWorkstation = offers.publicWorkstation
        page.providers = delegation.choices(for: asked)
        let isLocal = allowsLocalLogin(asked)
        page.hasPasswordForm = isLocal && checks.plan.takesPasswords
        if asked.isRenewal { page.occasion = .renewal }
        if isLocal, let certificateURL = site.certificateURL {
            page.certificateAddress = certificateURL.text + "/login" + asked.query
        }
        // Most services have no theme, and pages in other colours are a copy of all texts.
        let isThemed = asked.service?.registered.links.theme != nil
        let text =
            isThemed ? site.pages(for: asked.service).login(page) : site.pages.login(page)
        var response = site.page(
            text, status(of: failure), policy: page.contentSecurityPolicy)
        if request.method != .head { response.set(cookies.form(binding: binding)) }
        if let retryAfter { response.set("Retry-After", "\(retryAfter.wholeSeconds)") }
        if failure == nil, cookies.hasSessionCookie(request), !asked.isRenewal, asked.service == nil
        {
            response.set(cookies.endedSession)
        }
        return response
    }

    private func status(of failure: LoginPage.Failure?) -> Status {
        switch failure {
        case nil: .ok
        case .formExpired, .notAllowed, .boundSession: .forbidden
        case .incomplete: .badRequest
        case .unavailable: .serviceUnavailable
        case .tooManyAttempts: .tooManyRequests
        default: .unauthorized
        }
    }

    // MARK: Acceptor

    private func accept(
        _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response {
        let parameters = asked.parameters
        let username = parameters.inBody("username") ?? ""
        do {
            try form.check(
                parameters["execution"] ?? parameters["lt"],
                bindings: cookies.formBindings(of: request), at: now)
        } catch {
            site.record("login refused", reason: "form \(error.rawValue)", request)
            return try loginPage(
                asked, request, now, failure: .formExpired, username: username)
        }
        if parameters.inBody("_eventId") == "proceed" {
            return try confirmed(asked, request, now)
        }
        guard allowsLocalLogin(asked) else {
            site.record("login refused", reason: "service takes no local users", request)
            return try loginPage(asked, request, now, failure: .notAllowed)
        }
        guard let password = parameters.inBody("password"), !password.isEmpty, !username.isEmpty
        else {
            site.record("login refused", reason: "incomplete", request)
            return try loginPage(asked, request, now, failure: .incomplete, username: username)
        }
        return try authenticate(
            .password(username: username, password: password), asked, request, now,
            username: username)
    }

    /// The answer to ``confirmation(_:_:_:_:_:)``; `ignorewarn` takes the wish back.
    private func confirmed(
        _ asked: LoginRequest, _ request: Request, _ now: Instant
    ) throws -> Response {
        guard let service = asked.service, !asked.wantsCredentials,
            let (id, session) = try completion.liveSession(request, now)
        else { return try loginPage(asked, request, now) }
        var response = try enter(service, with: id, session, asked, request, now)
        if asked.parameters.isSet("ignorewarn") { response.set(cookies.endedWarning) }
        return response
    }

    private func authenticate(
        _ credential: Credential, _ asked: LoginRequest, _ request: Request, _ now: Instant,
        username: String
    ) throws -> Response {
        let parameters = asked.parameters
        let isForm = request.method == .post
        let isPublic = isForm && parameters.isSet("publicWorkstation")
        let isLongTerm =
            isForm && offers.rememberMe && !isPublic && parameters.isSet("rememberMe")
        let login: LoginCompletion.Login
        do {
            let (principal, event) = try checks.authenticate(
                [credential], from: request, isLongTerm: isLongTerm, at: now)
            login = LoginCompletion.Login(
                principal: principal, event: event, isPublicWorkstation: isPublic,
                warns: isForm ? parameters.isSet("warn") : nil)
        } catch {
            site.record(
                "login refused", reason: error.reasonClass, detail: error.operatorText,
                user: error.isOfKnownUser ? username : nil, request)
            return try loginPage(
                asked, request, now, failure: LoginPage.Failure(error), username: username,
                retryAfter: error.retryAfter)
        }
        var response = try completion.complete(login, asked, request, now)
        if !isPublic,
            let device = try checks.deviceCookie(after: credential, request, at: now)
        {
            response.set(device)
        }
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
            case .throttled: .tooManyAttempts
            }
    }
}
