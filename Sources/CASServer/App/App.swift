package import Authentication
package import HTTP
package import Logging
package import Platform
internal import SSO
internal import Services
package import Tickets

/// The server as one function from request to response, and the one place that builds it.
package struct App: Sendable {
    /// What the surroundings provide.
    package struct Dependencies: Sendable {
        package var registry: any TicketRegistry
        package var services: ServiceCatalog
        package var plan: AuthenticationPlan
        package var keys: KeyRing
        package var clock: Clock
        package var random: RandomBytes
        package var log: Logger
        /// Calls other servers: proxy callbacks, logout messages, upstream servers.
        package var send: OutboundSend
        /// The keys of tickets that are tokens.
        package var tokenKeys: TokenKeyCatalog
        package var themes = Themes()

        package init(
            registry: any TicketRegistry, services: ServiceCatalog, plan: AuthenticationPlan,
            keys: KeyRing, clock: @escaping Clock, random: @escaping RandomBytes, log: Logger,
            send: @escaping OutboundSend, tokenKeys: TokenKeyCatalog
        ) {
            self.registry = registry
            self.services = services
            self.plan = plan
            self.keys = keys
            self.clock = clock
            self.random = random
            self.log = log
            self.send = send
            self.tokenKeys = tokenKeys
        }
    }

    private let router: Router<Route>
    private let operations = Router<Route>.operations
    private let restPrefixes: [String]
    private let gatewaySecret: [UInt8]?
    private let site: Site
    private let login: LoginEndpoint
    private let logout: LogoutEndpoint
    private let delegation: DelegationEndpoint
    private let validate: ValidateEndpoint
    private let proxy: ProxyEndpoint
    private let saml: SAMLEndpoint
    private let tickets: TicketsResource
    private let users: UsersResource
    private let door: RESTDoor
    /// The gateway's name for the header that may carry a certificate.
    package let certificateHeader: String?
    /// Whether tokens log users in.
    package let takesTokens: Bool
    /// What changes the service definitions; `nil` if nobody may over REST.
    private let definitions: ServicesResource?
    /// Makes tokens that log users in; `nil` if that is off.
    private let tokenAuth: TokenAuthResource?
    /// What REST is, for programs; empty without it.
    private let description: [UInt8]
    private let tokenKeys: TokenKeysEndpoint
    private let health: HealthEndpoint
    private let profile: ProfileWatch
    /// Delivers the logout messages of ended sessions, on threads of its own.
    package let logoutDispatcher: LogoutDispatcher

    package init(_ configuration: Configuration, _ dependencies: Dependencies) {
        let parts = Parts(configuration, dependencies)
        site = parts.site
        login = parts.login(configuration)
        logout = parts.logout(configuration)
        delegation = parts.delegationEndpoint(configuration)
        validate = ValidateEndpoint(
            sso: parts.sso, services: dependencies.services, limits: configuration.limits,
            attributesInVersion2: configuration.protocolOptions.attributesOnServiceValidate,
            clock: dependencies.clock, log: dependencies.log)
        proxy = ProxyEndpoint(
            sso: parts.sso, services: dependencies.services, limits: configuration.limits,
            clock: dependencies.clock, log: dependencies.log)
        saml = parts.saml(configuration, dependencies)
        let reader = parts.restReader(configuration)
        tickets = TicketsResource(
            reader: reader, sso: parts.sso, granting: parts.granting, ending: parts.ending,
            allowsRememberMe: configuration.rest.allowsRememberMe
                && configuration.tickets.rememberMe.isEnabled)
        users = UsersResource(reader: reader)
        door = RESTDoor(configuration.rest)
        certificateHeader = parts.certificates.headerParameter
        takesTokens = configuration.jwt.login.isEnabled
        definitions = ServicesResource(configuration, dependencies, parts)
        tokenAuth = TokenAuthResource(configuration, parts)
        description =
            configuration.rest.isEnabled
            ? RESTDescription.document(
                publicURL: site.publicURL.text, hasServiceManagement: definitions != nil) : []
        tokenKeys = TokenKeysEndpoint(
            site: site, gate: parts.gate, tokens: parts.granting.tokens,
            published: PublishedKeys(parts.granting.tokens), operators: parts.operators)
        health = HealthEndpoint(registry: dependencies.registry)
        profile = ProfileWatch(log: dependencies.log, clock: dependencies.clock)
        router = Route.router(
            prefixes: configuration.server.prefixes,
            features: Route.Features(configuration))
        restPrefixes = configuration.server.prefixes.map { $0 + "/v1/" }
        gatewaySecret = configuration.listen.gatewaySecret
        logoutDispatcher = parts.dispatcher
    }

    /// Answers a request; it never fails, it is the one place where an error becomes a response.
    package func respond(to request: Request) -> Response {
        guard GatewaySecret.matches(request.gateway.secret, expected: gatewaySecret) else {
            return refuse(.gatewaySecret, request.gateway)
        }
        switch operations.route(request.method, request.path) {
        case .route(let route, _): return dispatch(route, segment: nil, request)
        case .notFound, .methodNotAllowed: break
        }
        profile.check(request.gateway)
        guard isREST(request) else { return answer(request) }
        guard door.admits(request) else {
            site.record("request refused", reason: "network not listed", request)
            return RESTAnswer.problem(.forbidden, detail: "REST is not open to this address")
        }
        var response = answer(request)
        door.open(&response, to: request)
        return response
    }

    private func answer(_ request: Request) -> Response {
        switch router.route(request.method, request.path) {
        case .route(let route, let segment): return dispatch(route, segment: segment, request)
        case .notFound: return notFound(request)
        case .methodNotAllowed(let allowed): return methodNotAllowed(allowed, request)
        }
    }

    /// Answers what is no readable request.
    ///
    /// - Parameter request: As much of it as could be read.
    package func refuse(
        _ fault: RequestFault, _ gateway: GatewayFacts, _ request: Request? = nil
    ) -> Response {
        let request = request ?? Request(method: .get, path: "/", gateway: gateway)
        let refusal: Refusal =
            switch fault {
            case .method: Refusal(.methodNotAllowed, reason: "unknown method")
            case .path: Refusal(.malformedRequest, reason: "malformed path")
            case .incomplete: Refusal(.malformedRequest, reason: "incomplete gateway parameters")
            case .bodyTooLarge: Refusal(.tooLarge, reason: "body too large")
            case .parameters(let text):
                Refusal(.malformedRequest, reason: "gateway parameters", detail: text)
            case .gatewaySecret: Refusal(.malformedRequest, reason: "wrong gateway secret")
            }
        guard !isREST(request) else {
            site.record(
                "request refused", reason: refusal.reason, detail: refusal.detail, request)
            return RESTAnswer.problem(fault.status, detail: "The request: \(refusal.reason)")
        }
        var response = site.refuse(refusal, request)
        response.status = fault.status
        return response
    }

    /// Answers when no thread is free for slow work.
    package func overloaded(_ request: Request?, _ gateway: GatewayFacts) -> Response {
        let request = request ?? Request(method: .get, path: "/", gateway: gateway)
        var response: Response
        if isREST(request) {
            site.record("request refused", reason: "overloaded", request)
            response = RESTAnswer.problem(.serviceUnavailable, detail: "Too many logins at once")
        } else {
            response = site.refuse(Refusal(.unavailable, reason: "overloaded"), request)
        }
        response.set("Retry-After", "2")
        return response
    }

    private func dispatch(_ route: Route, segment: String?, _ request: Request) -> Response {
        do {
            return try answer(route, segment: segment ?? "", request)
        } catch let refusal as Refusal {
            return site.refuse(refusal, request)
        } catch TicketRegistryError.full {
            return unavailable("ticket registry full", request)
        } catch let error as TicketRegistryError {
            return unavailable("ticket registry: \(error)", request)
        } catch let failure as TicketTokens.Failure {
            return refuse(failure, request)
        } catch {
            return site.refuse(
                Refusal(.internalError, reason: "unexpected", detail: "\(error)"), request)
        }
    }

    private func answer(_ route: Route, segment: String, _ request: Request) throws -> Response {
        switch route {
        case .home: .redirect(to: site.publicURL.text + "/login")
        case .login: try login.respond(to: request)
        case .logout: try logout.respond(to: request)
        case .validate: validate.respond(to: request, version: .cas1)
        case .serviceValidate: validate.respond(to: request, version: .cas2)
        case .p3ServiceValidate: validate.respond(to: request, version: .cas3)
        case .proxyValidate:
            validate.respond(to: request, version: .cas2, acceptsProxyTickets: true)
        case .p3ProxyValidate:
            validate.respond(to: request, version: .cas3, acceptsProxyTickets: true)
        case .samlValidate: saml.respond(to: request)
        case .proxy: proxy.respond(to: request)
        case .delegated: try delegation.respond(to: request, name: segment)
        case .createTicket: try tickets.create(request)
        case .grantTicket: try tickets.grant(segment, request)
        case .ticketStatus: try tickets.status(segment, request)
        case .deleteTicket: try tickets.delete(segment, request)
        case .authenticateUser: try users.authenticate(request)
        case .restOptions: options(request)
        case .listServices, .createService, .readService, .putService, .deleteService:
            definitions?.respond(to: request, route, segment: segment) ?? notFound(request)
        case .makeToken: tokenAuth?.mint(segment, request) ?? notFound(request)
        case .explainToken: tokenAuth?.explain(segment, request) ?? notFound(request)
        case .describeREST: RESTDescription.response(description)
        case .tokenKeySet: tokenKeys.keySet(request)
        case .tokenPublicKey: try tokenKeys.publicKey(request)
        case .stylesheet: stylesheet(Stylesheet.bytes)
        case .theme: try theme(segment)
        case .health: health.live()
        case .readiness: health.ready()
        }
    }

    private func theme(_ name: String) throws -> Response {
        guard let sheet = site.themes[name] else {
            throw Refusal(.notFound, reason: "unknown theme")
        }
        return stylesheet(sheet)
    }

    private func stylesheet(_ bytes: [UInt8]) -> Response {
        var response = Response(.ok, type: "text/css;charset=UTF-8", body: bytes)
        response.set("Cache-Control", "public, max-age=31536000, immutable")
        return response
    }

    private func options(_ request: Request) -> Response {
        let methods = router.methods(of: request.path).map(\.rawValue).joined(separator: ", ")
        if let preflight = door.preflight(request, allowed: methods) { return preflight }
        var response = Response(.ok)
        response.set("Allow", methods)
        return response
    }

    private func isREST(_ request: Request) -> Bool {
        restPrefixes.contains { request.path.hasPrefix($0) }
    }

    private func notFound(_ request: Request) -> Response {
        guard isREST(request) else {
            return site.refuse(Refusal(.notFound, reason: "unknown path"), request)
        }
        site.record("request refused", reason: "unknown path", request)
        return RESTAnswer.problem(.notFound, detail: "There is no such resource")
    }

    private func methodNotAllowed(_ allowed: [Method], _ request: Request) -> Response {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        var response: Response
        if isREST(request) {
            site.record("request refused", reason: "method not allowed", request)
            response = RESTAnswer.problem(
                .methodNotAllowed, detail: "The resource takes other methods")
        } else {
            response = site.refuse(
                Refusal(.methodNotAllowed, reason: "method not allowed"), request)
        }
        response.set("Allow", names)
        return response
    }

    /// Answers where a ticket cannot be made into a token: never with something else instead.
    private func refuse(_ failure: TicketTokens.Failure, _ request: Request) -> Response {
        guard isREST(request) else {
            return site.refuse(Refusal(.internalError, reason: failure.reason), request)
        }
        site.record(
            "ticket not granted", reason: failure.reason, level: .error, request)
        return RESTAnswer.problem(
            .internalServerError, detail: "The ticket cannot be made into a token")
    }

    private func unavailable(_ reason: String, _ request: Request) -> Response {
        site.log.error("registry failed", metadata: ["reason": "\(reason)"])
        var response =
            isREST(request)
            ? RESTAnswer.problem(.serviceUnavailable, detail: "The server cannot keep tickets now")
            : site.refuse(Refusal(.unavailable, reason: reason), request)
        response.set("Retry-After", "5")
        return response
    }
}

extension Router<Route> {
    /// The paths for operators, outside every prefix; the gateway's file does not pass them on.
    fileprivate static var operations: Router<Route> {
        var router = Router<Route>(prefixes: [""])
        router.add([.get, .head], "/healthz", .health)
        router.add([.get, .head], "/readyz", .readiness)
        return router
    }
}
