internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// What all pages of the server have in common: addresses, looks, clock and log.
struct Site: Sendable {
    let publicURL: PublicURL
    let certificateURL: PublicURL?
    let defaultService: String?
    let setsCookieOnRenewal: Bool
    /// How long a browser keeps the cookie of somebody who asked to be remembered.
    let rememberFor: Duration
    /// The labels of the upstream servers by their names.
    let providerLabels: [String: String]
    let limits: Configuration.Limits
    let pages: Pages
    let themes: Themes
    let clock: Clock
    let random: RandomBytes
    let log: Logger

    /// A page with the policy that every page works under.
    func page(
        _ text: String, _ status: Status = .ok, policy: String = Pages.contentSecurityPolicy
    ) -> Response {
        var response = Response.html(text, status)
        response.set("Content-Security-Policy", policy)
        response.set("X-Frame-Options", "DENY")
        return response
    }

    /// The pages as those about a service look.
    func pages(for service: ServiceGate.Admitted?) -> Pages {
        pages.themed(
            by: themes.address(of: service?.registered.links.theme, prefix: publicURL.prefix))
    }

    func loggedIn(_ session: TicketGrantingTicket) -> Response {
        var page = LoggedInPage(
            user: session.principal.id, since: session.event.date,
            method: method(of: session),
            until: session.grantedAt + session.lifetime.hard,
            logoutAddress: publicURL.prefix + "/logout")
        page.attributes = session.principal.attributes
        page.isLongTerm = session.event.isLongTerm
        return self.page(pages.loggedIn(page))
    }

    private func method(of session: TicketGrantingTicket) -> LoggedInPage.Method {
        if let name = session.upstream?.provider { return .delegated(providerLabels[name] ?? name) }
        return session.event.certificateDigest == nil ? .password : .certificate
    }

    /// The error page of a refusal, and its log line.
    func refuse(_ refusal: Refusal, _ request: Request) -> Response {
        let incident = mintIncident(request)
        record(
            "request refused", reason: refusal.reason, detail: refusal.detail, incident: incident,
            level: refusal.page == .internalError ? .error : .info, request)
        let status = Status(rawValue: refusal.page.status) ?? .internalServerError
        return page(pages.error(ErrorPage(reason: refusal.page, incident: incident)), status)
    }

    /// The page of a service that is not admitted, and its log line.
    func refuseService(_ rejection: ServiceGate.Rejection, _ request: Request) -> Response {
        let host: String?
        switch rejection {
        case .malformed:
            return refuse(Refusal(.invalidService, reason: rejection.reason), request)
        case .disabled(let name, _, elsewhere: let elsewhere?):
            record("login refused", reason: rejection.reason, detail: name, request)
            return .redirect(to: elsewhere.location)
        case .unregistered(let name), .disabled(let name, _, _), .refused(let name, _),
            .undecided(let name, _):
            host = name
        }
        let incident = mintIncident(request)
        record("login refused", reason: rejection.reason, detail: host, incident: incident, request)
        return page(
            pages.notRegistered(NotRegisteredPage(host: host, incident: incident)), .forbidden)
    }

    /// The answer for somebody who may not enter a service, and its log line: a page, or the way
    /// to where the definition sends such people.
    func denyAccess(
        of principal: Principal, to service: ServiceGate.Admitted, why: EntryRefusal,
        _ request: Request
    ) -> Response {
        let incident = mintIncident(request)
        record(
            "access denied", reason: why.reason, detail: service.url.identity, user: principal.id,
            incident: incident, request)
        if let elsewhere = service.registered.accessStrategy.unauthorizedRedirectURL {
            return .redirect(to: elsewhere.location)
        }
        var page = AccessDeniedPage(
            user: principal.id, service: service.label,
            logoutAddress: publicURL.prefix + "/logout", incident: incident)
        page.reason =
            switch why {
            case .access(.notYet(let start)): .notYet(start)
            case .access(.over), .access(.expired): .over
            case .access: .account
            case .provider: .providerNotAllowed
            }
        page.details = service.details
        if case .provider = why {
            page.loginAddress =
                "\(publicURL.prefix)/login?renew=true&service=" + percentEncoded(service.url.text)
        }
        return self.page(pages(for: service).accessDenied(page), .forbidden)
    }

    /// What connects a page with the log: the gateway's request identifier, or one of our own.
    func mintIncident(_ request: Request) -> String {
        if let id = request.gateway.requestID, (8...64).contains(id.utf8.count),
            id.utf8.allSatisfy({ hexadecimalDigit($0) != nil })
        {
            return String(id.prefix(16))
        }
        return hexadecimal(random(8))
    }

    func record(
        _ event: Logger.Message, reason: String, detail: String? = nil, user: String? = nil,
        incident: String? = nil, upstream: String? = nil, level: Logger.Level = .info,
        _ request: Request
    ) {
        var metadata: Logger.Metadata = [
            "reason": "\(reason)", "client": "\(request.gateway.remoteAddress)",
        ]
        if let detail { metadata["detail"] = "\(detail)" }
        if let user, !user.isEmpty { metadata["user"] = "\(user)" }
        if let incident { metadata["incident"] = "\(incident)" }
        if let upstream { metadata["upstream"] = "\(upstream)" }
        log.log(level: level, event, metadata: metadata)
    }

    func recordGrant(_ ticket: TicketID, of principal: Principal, for service: ServiceURL) {
        log.debug(
            "ticket granted",
            metadata: [
                "user": "\(principal.id)", "service": "\(service.identity)",
                "ticket": "\(TicketHandle(of: ticket))",
            ])
    }

    func recordLogin(
        _ principal: Principal, _ event: AuthenticationEvent, _ session: TicketHandle,
        _ request: Request
    ) {
        log.info(
            "logged in",
            metadata: [
                "user": "\(principal.id)", "handlers": "\(event.handlers.joined(separator: ","))",
                "session": "\(session)", "client": "\(request.gateway.remoteAddress)",
            ])
    }
}
