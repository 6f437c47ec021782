internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import OpenSSL
internal import Outbound
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// What several endpoints are made of.
struct Parts: Sendable {
    let site: Site
    let sso: SingleSignOn
    let gate: ServiceGate
    let cookies: SessionCookies
    let form: LoginForm
    let checks: CredentialChecks
    let certificates: CertificateSources
    let binding: CertificateBinding
    let ending: SessionEnding
    let completion: LoginCompletion
    let delegation: Delegation
    let upstreams: [UpstreamServer]
    let dispatcher: LogoutDispatcher
    let granting: TicketGranting
    let operators: OperatorsDoor
    /// Makes and reads tokens that log users in; `nil` if nobody wants any.
    let tokens: TokenLogin?

    init(_ configuration: Configuration, _ dependencies: App.Dependencies) {
        let server = configuration.server
        let sealer = Sealer(keys: dependencies.keys, random: dependencies.random)
        cookies = SessionCookies(prefixes: server.prefixes, sealer: sealer)
        form = LoginForm(sealer: sealer, random: dependencies.random)
        checks = CredentialChecks(
            plan: dependencies.plan,
            throttle: configuration.throttle.isEnabled
                ? LoginThrottle(
                    configuration.throttle, counters: dependencies.registry,
                    keys: dependencies.keys, cookies: cookies, random: dependencies.random) : nil)
        let x509 = configuration.authentication.x509
        certificates = CertificateSources(x509?.sources)
        binding = CertificateBinding(mode: x509?.boundTickets ?? .off, sources: certificates)
        let login = configuration.jwt.login
        tokens =
            login.isEnabled || login.hasEndpoint
            ? TokenLogin(
                configuration, services: dependencies.services, marks: dependencies.registry,
                random: dependencies.random) : nil
        let delegated = configuration.authentication.delegated
        // A quarter of the threads is left for passwords, whatever other servers do.
        let calls = CallLimit(configuration.workers.blockingThreads * 3 / 4)
        sso = Self.singleSignOn(configuration, dependencies, calls)
        gate = ServiceGate(
            sso: sso, services: dependencies.services,
            urlBytesMax: configuration.limits.serviceURLBytes)
        upstreams = delegated.map {
            UpstreamServer(
                $0, send: dependencies.send, calls: calls,
                breaker: OutageBreaker(clock: dependencies.clock))
        }
        site = Site(
            publicURL: server.publicURL, certificateURL: server.certificateURL,
            defaultService: configuration.sso.defaultService,
            setsCookieOnRenewal: configuration.sso.cookieOnRenew,
            rememberFor: configuration.tickets.rememberMe.lifetime,
            providerLabels: Dictionary(
                delegated.map { ($0.name, $0.label) }, uniquingKeysWith: { first, _ in first }),
            limits: configuration.limits,
            pages: Pages(
                messages: .english,
                stylesheet: Stylesheet.address(prefix: server.publicURL.prefix)),
            themes: dependencies.themes,
            clock: dependencies.clock, random: dependencies.random, log: dependencies.log)
        let dispatcher = LogoutDispatcher(
            sso: sso, services: dependencies.services, send: dependencies.send,
            timeout: configuration.outbound.timeout, random: dependencies.random,
            log: dependencies.log)
        self.dispatcher = dispatcher
        ending = SessionEnding(
            sso: sso, log: dependencies.log, announce: { dispatcher.bell?.ring() })
        granting = TicketGranting(
            sso: sso,
            tokens: TicketTokens(
                configuration, keys: dependencies.tokenKeys, random: dependencies.random))
        operators = OperatorsDoor(site: site, networks: configuration.operations.networks)
        completion = LoginCompletion(
            site: site, sso: sso, gate: gate, cookies: cookies,
            entry: ServiceEntry(site: site, granting: granting), ending: ending, binding: binding)
        delegation = Delegation(
            site: site, gate: gate, cookies: cookies, form: form, sealer: sealer,
            upstreams: upstreams)
    }

    private static func singleSignOn(
        _ configuration: Configuration, _ dependencies: App.Dependencies, _ calls: CallLimit
    ) -> SingleSignOn {
        let tickets = configuration.tickets
        let send = dependencies.send
        return SingleSignOn(
            registry: dependencies.registry,
            lifetimes: TicketLifetimes(
                session: SessionLifetime(hard: tickets.sessionLifetime, idle: tickets.sessionIdle),
                rememberedSession: tickets.rememberMe.lifetime,
                serviceTicket: tickets.serviceTicketLifetime,
                proxyTicket: tickets.proxyTicketLifetime),
            random: dependencies.random,
            release: ReleaseContext(
                defaultAttributes: configuration.services.defaultAttributes,
                anonymousIDSecret: dependencies.keys.anonymousNameSecret),
            callBack: configuration.protocolOptions.allowsProxies
                ? ProxyCallbacks.delivering(by: send, calls: calls) : nil,
            encrypt: ProxyCallbacks.encrypted, queuesLogout: configuration.logout.isSingle)
    }

    func login(_ configuration: Configuration) -> LoginEndpoint {
        LoginEndpoint(
            site: site, sso: sso, gate: gate, checks: checks, certificates: certificates,
            cookies: cookies, form: form,
            entry: completion.entry, completion: completion, delegation: delegation,
            tokens: configuration.jwt.login.isEnabled ? tokens : nil,
            offers: LoginEndpoint.Offers(
                rememberMe: configuration.tickets.rememberMe.isEnabled,
                warning: configuration.sso.offersWarning,
                publicWorkstation: configuration.sso.offersPublicWorkstation),
            takesTarget: configuration.protocolOptions.saml1.isEnabled)
    }

    func restReader(_ configuration: Configuration) -> RESTReader {
        RESTReader(
            site: site, gate: gate, checks: checks, sources: certificates, binding: binding,
            acceptsPasswords: configuration.rest.acceptsPasswords,
            throttledStatus: Status(rawValue: configuration.throttle.restStatus) ?? .locked,
            prefersJSON: configuration.rest.answersInJSON)
    }

    func logout(_ configuration: Configuration) -> LogoutEndpoint {
        LogoutEndpoint(
            site: site, sso: sso, gate: gate, cookies: cookies, form: form, ending: ending,
            upstreams: upstreams, followsService: configuration.logout.followService,
            confirms: configuration.logout.confirms)
    }

    func delegationEndpoint(_ configuration: Configuration) -> DelegationEndpoint {
        DelegationEndpoint(
            site: site, sso: sso, gate: gate, delegation: delegation, completion: completion,
            ending: ending, takesTarget: configuration.protocolOptions.saml1.isEnabled)
    }

    func saml(
        _ configuration: Configuration, _ dependencies: App.Dependencies
    ) -> SAMLEndpoint {
        let options = configuration.protocolOptions.saml1
        return SAMLEndpoint(
            sso: sso, services: dependencies.services, limits: configuration.limits,
            issuer: options.issuer ?? configuration.server.publicURL.text,
            lifetime: options.lifetime, clock: dependencies.clock, random: dependencies.random,
            log: dependencies.log)
    }
}

extension UpstreamServer {
    init(
        _ configured: Configuration.Authentication.Upstream, send: @escaping OutboundSend,
        calls: CallLimit, breaker: OutageBreaker
    ) {
        self.init(
            name: configured.name, label: configured.label, baseURL: configured.baseURL,
            version: configured.version
        ) { url throws(UpstreamFailure) in
            guard breaker.allows() else { throw .unreachable("not asked: no answer just before") }
            guard calls.enter() else { throw .unreachable("not asked: too many calls at once") }
            defer { calls.leave() }
            let response: OutboundResponse
            do throws(OutboundError) {
                response = try send(OutboundRequest(url: url))
            } catch {
                breaker.note(isOutage: true)
                throw .unreachable(error.reasonClass)
            }
            breaker.note(isOutage: response.status >= 500)
            guard response.status == 200 else { throw .unreachable("status \(response.status)") }
            return response.body
        }
        redirectsAutomatically = configured.redirectsAutomatically
        forwardsLogout = configured.forwardsLogout
        acceptsLogout = configured.acceptsLogout
        principalAttribute = configured.principalAttribute
        principalSuffix = configured.principalSuffix
        attributeNames = configured.attributeNames
        attributePrefix = configured.attributePrefix
    }
}
