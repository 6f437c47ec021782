internal import Authentication
internal import CASProtocol
internal import HTTP
internal import Logging
internal import Platform
internal import SSO
internal import Services
internal import Tickets

/// Login at another CAS server: the way there, the way back, and its logout messages.
///
/// What was asked travels through the browser, sealed and bound to its form cookie, so another site
/// can neither start nor finish a login in it. A class, because each login page asks it, and a
/// structure of all its parts would be copied for that.
final class Delegation: Sendable {
    let site: Site
    let gate: ServiceGate
    let cookies: SessionCookies
    let form: LoginForm
    let sealer: Sealer
    let upstreams: [UpstreamServer]

    init(
        site: Site, gate: ServiceGate, cookies: SessionCookies, form: LoginForm, sealer: Sealer,
        upstreams: [UpstreamServer]
    ) {
        self.site = site
        self.gate = gate
        self.cookies = cookies
        self.form = form
        self.sealer = sealer
        self.upstreams = upstreams
    }

    /// The longest address that the upstream is given to send the browser back to.
    private static let addressBytesMax = 3072

    func upstream(_ name: String) -> UpstreamServer? { upstreams.first { $0.name == name } }

    /// The upstream that the browser is sent to without being asked.
    func automatic(for service: RegisteredService?) -> UpstreamServer? {
        guard upstreams.count == 1, let upstream = upstreams.first,
            upstream.redirectsAutomatically, isAllowed(upstream, for: service)
        else { return nil }
        return upstream
    }

    /// The buttons of the login page.
    func choices(for asked: LoginRequest) -> [ProviderChoice] {
        upstreams.filter { isAllowed($0, for: asked.service?.registered) }.map {
            ProviderChoice(
                label: $0.label,
                address: "\(site.publicURL.prefix)/delegated/\($0.name)\(asked.query)")
        }
    }

    func isAllowed(_ upstream: UpstreamServer, for service: RegisteredService?) -> Bool {
        service?.accessStrategy.delegation.allows(provider: upstream.name) ?? true
    }

    /// Sends the browser to the upstream.
    func start(
        _ upstream: UpstreamServer, _ asked: LoginRequest, _ request: Request, at now: Instant
    ) throws -> Response {
        let binding = cookies.formBindings(of: request).first ?? form.mintBinding()
        let state = DelegationState(asked, provider: upstream.name, startedAt: now)
        let address = callback(upstream, state: try state.sealed(by: sealer, binding: binding))
        guard address.utf8.count <= Self.addressBytesMax else {
            throw Refusal(.invalidService, reason: "service too long for delegation")
        }
        var response = Response.redirect(
            to: upstream.loginAddress(service: address, isRenewal: asked.wantsCredentials))
        response.set(cookies.form(binding: binding))
        return response
    }

    /// What was asked before the browser went to the upstream.
    ///
    /// - Throws: ``DelegationState/Fault``, or ``ServiceGate/Rejection`` if the service is not
    ///   admitted any more.
    func resume(
        _ state: String, from upstream: UpstreamServer, _ request: Request, at now: Instant
    ) throws -> LoginRequest {
        let opened = try DelegationState(
            state, sealer: sealer, bindings: cookies.formBindings(of: request), at: now)
        guard opened.provider == upstream.name else { throw DelegationState.Fault.foreign }
        return LoginRequest(
            resuming: try opened.service.map { try gate.admit($0, at: now) },
            as: opened.serviceParameter, isRenewal: opened.isRenewal, method: opened.method)
    }

    /// The address that the upstream knows as its service; its ticket is valid for that only.
    func callback(_ upstream: UpstreamServer, state: String) -> String {
        "\(site.publicURL.text)/delegated/\(upstream.name)?state=\(state)"
    }
}

/// What `/login` was asked, as it travels to an upstream and back.
struct DelegationState: Sendable {
    let provider: String
    let service: String?
    let serviceParameter: String
    let isRenewal: Bool
    let method: ResponseType?
    let startedAt: Instant

    /// How long somebody may take at the upstream.
    static let lifetime: Duration = .seconds(3600)

    /// Why a state is not taken.
    enum Fault: String, Error, Sendable { case foreign, expired }

    init(_ asked: LoginRequest, provider: String, startedAt: Instant) {
        self.provider = provider
        service = asked.service?.url.text
        serviceParameter = asked.serviceParameter
        isRenewal = asked.isRenewal
        method = asked.method
        self.startedAt = startedAt
    }

    func sealed(by sealer: Sealer, binding: String) throws -> String {
        // No field but the last can hold a line break.
        let fields = [
            provider, "\(startedAt.milliseconds)", serviceParameter, isRenewal ? "renew" : "",
            method?.rawValue ?? "", service ?? "",
        ]
        return try sealer.seal(
            Array(fields.joined(separator: "\n").utf8), for: .delegation, context: binding)
    }

    init(_ text: String, sealer: Sealer, bindings: [String], at now: Instant) throws(Fault) {
        guard
            let bytes = bindings.lazy.compactMap({
                sealer.open(text, for: .delegation, context: $0)
            }).first, let text = String(validating: bytes, as: UTF8.self)
        else { throw .foreign }
        let fields = text.split(separator: "\n", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, let milliseconds = Int64(fields[1]) else { throw .foreign }
        provider = String(fields[0])
        startedAt = Instant(milliseconds: milliseconds)
        serviceParameter = String(fields[2])
        isRenewal = !fields[3].isEmpty
        method = ResponseType(rawValue: String(fields[4]))
        service = fields[5].isEmpty ? nil : String(fields[5])
        let age = now - startedAt
        guard age <= Self.lifetime, age >= .seconds(-60) else { throw .expired }
    }
}
