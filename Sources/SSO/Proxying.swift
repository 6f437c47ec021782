package import CASProtocol
package import Platform
package import Services
internal import Tickets

/// Delivers a proxy granting ticket to a service's callback (CAS 3.0 §2.5.4).
///
/// - Throws: Why the callback did not take it.
package typealias ProxyCallback =
    @Sendable (_ callback: ServiceURL, _ ticket: TicketID, _ receipt: TicketID)
    throws(ProxyCallbackFailure) -> Void

/// Encrypts a text with the public key in a file; `nil` if there is no usable key.
package typealias TicketEncryption = @Sendable (_ text: String, _ keyFile: String) -> String?

/// Why a callback did not take a proxy granting ticket; the text is for the log.
package struct ProxyCallbackFailure: Error, Hashable, Sendable {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

/// Why no proxy ticket is granted: the code for the caller, the reason for the log.
package struct ProxyFailure: Error, Hashable, Sendable {
    package let code: ProxyFailureCode
    package let reason: String
    package let detail: String?

    package init(_ code: ProxyFailureCode, reason: String, detail: String? = nil) {
        self.code = code
        self.reason = reason
        self.detail = detail
    }
}

/// What a service gets that may act for its user.
struct ProxyGranting {
    /// Where the callback took the ticket, its receipt; `nil` if the ticket is in the answer.
    var receipt: TicketID?
    /// The ticket, encrypted for the service.
    var encryptedTicket: String?
}

extension SingleSignOn {
    /// Makes a proxy granting ticket and delivers it (CAS 3.0 §2.5.4, §3.3).
    ///
    /// - Parameters:
    ///   - callback: The `pgtUrl`, as it came.
    ///   - session: The session of the ticket that was validated; for a proxy ticket, its proxy
    ///     granting ticket.
    func grantProxying(
        to callback: String, of registered: RegisteredService, _ ticket: ServiceTicket,
        _ session: TicketGrantingTicket, at now: Instant
    ) throws(ProtocolFailure) -> ProxyGranting {
        guard let callBack, registered.proxyPolicy.permitsProxying else {
            throw ProtocolFailure(
                .unauthorizedServiceProxy, reason: "service may not proxy",
                details: ["service": ticket.service])
        }
        let address = try self.address(of: callback, ticket)
        guard registered.proxyPolicy.allows(callback) else {
            throw ProtocolFailure(
                .unauthorizedServiceProxy, reason: "callback not allowed",
                details: ["service": ticket.service, "callback": address.identity])
        }
        guard ticket.proxies.count < SessionLimits.proxiesMax else {
            throw ProtocolFailure(
                .invalidProxyCallback, reason: "too many proxies",
                details: ["service": ticket.service])
        }
        let id = TicketID.mint(.proxyGrantingTicket, from: random)
        var granting = ProxyGranting()
        if registered.attributeReleasePolicy.releasesProxyGrantingTicket {
            granting.encryptedTicket = try encrypted(id, for: registered)
        } else {
            let receipt = TicketID.mint(.proxyGrantingTicketReceipt, from: random)
            do {
                try callBack(address, id, receipt)
            } catch {
                throw ProtocolFailure(
                    .invalidProxyCallback, reason: "proxy callback failed",
                    details: ["service": ticket.service, "why": error.reason])
            }
            granting.receipt = receipt
        }
        try insert(
            id,
            ProxyGrant(
                root: session.proxy?.root ?? session.handle, service: ticket.service,
                proxies: [callback] + ticket.proxies), registered, session, at: now)
        return granting
    }

    /// CAS 3.0 §2.5.4: https; a fragment would never arrive.
    private func address(
        of callback: String, _ ticket: ServiceTicket
    ) throws(ProtocolFailure) -> ServiceURL {
        let reason: String
        do throws(ServiceURLFault) {
            let url = try ServiceURL(callback, schemes: ["https"])
            if url.addressWithoutFragment == url.location { return url }
            reason = "fragment"
        } catch {
            reason = error.rawValue
        }
        throw ProtocolFailure(
            .invalidProxyCallback, reason: "proxy callback failed",
            details: ["service": ticket.service, "why": "address: " + reason])
    }

    private func encrypted(
        _ id: TicketID, for registered: RegisteredService
    ) throws(ProtocolFailure) -> String {
        if let file = registered.publicKey?.path, let text = encrypt(id.wireValue, file) {
            return text
        }
        throw ProtocolFailure(
            .internalError, reason: "the service's public key cannot be used",
            details: ["definition": registered.name])
    }

    private func insert(
        _ id: TicketID, _ grant: ProxyGrant, _ registered: RegisteredService,
        _ session: TicketGrantingTicket, at now: Instant
    ) throws(ProtocolFailure) {
        let lifetime = SessionLifetime(
            hard: registered.lifetimes.proxyGranting ?? session.lifetime.hard,
            idle: registered.lifetimes.proxyGranting == nil ? session.lifetime.idle : .zero)
        do {
            try registry.insert(
                TicketGrantingTicket(
                    handle: TicketHandle(of: id), principal: session.principal,
                    event: session.event, grantedAt: now, lifetime: lifetime, hasGranted: true,
                    proxy: grant, upstream: session.upstream))
        } catch .sessionEnded {
            throw ProtocolFailure(.invalidTicket, reason: "session ended")
        } catch {
            throw ProtocolFailure(
                .internalError, reason: "registry", details: ["error": "\(error)"])
        }
    }

    /// Grants a proxy ticket (CAS 3.0 §2.7).
    ///
    /// - Parameters:
    ///   - proxyGrantingTicket: The `pgt`, as it came.
    ///   - target: The `targetService`, as it came; any scheme, because proxies reach services that
    ///     no browser does.
    package func grantProxyTicket(
        _ proxyGrantingTicket: String, for target: String, bytesMax: Int,
        in services: ServiceRegistry, at now: Instant
    ) throws(ProxyFailure) -> TicketID {
        guard callBack != nil else {
            throw ProxyFailure(.unauthorizedService, reason: "proxy tickets are switched off")
        }
        let (id, session, grant) = try proxySession(proxyGrantingTicket, at: now)
        try checkProxy(grant, of: session, in: services, at: now)
        let service: ServiceURL
        do {
            service = try ServiceURL(anyScheme: target, bytesMax: bytesMax)
        } catch {
            throw ProxyFailure(
                .unauthorizedService, reason: "target " + error.rawValue)
        }
        guard case .registered(let registered) = decision(for: service, in: services, at: now)
        else {
            throw ProxyFailure(
                .unauthorizedService, reason: "target not registered", detail: service.identity)
        }
        if let why = registered.entryRefusal(of: session, at: now) {
            throw ProxyFailure(.unauthorizedService, reason: why.reason, detail: service.identity)
        }
        guard registered.accessStrategy.isSSOEnabled else {
            throw ProxyFailure(
                .unauthorizedService, reason: "target wants fresh credentials",
                detail: service.identity)
        }
        do {
            let ticket = try registry.grant(
                TicketID.mint(.proxyTicket, from: random), for: service.text,
                lifetime: registered.lifetimes.proxyTicket ?? lifetimes.proxyTicket,
                isRenewed: false, from: id, at: now)
            if let ticket { return ticket.id }
        } catch {
            throw ProxyFailure(.internalError, reason: "registry", detail: "\(error)")
        }
        throw ProxyFailure(.invalidTicket, reason: "session ended")
    }

    private func proxySession(
        _ text: String, at now: Instant
    ) throws(ProxyFailure) -> (TicketID, TicketGrantingTicket, ProxyGrant) {
        guard let id = TicketID(text), id.kind == .proxyGrantingTicket else {
            throw ProxyFailure(.invalidTicket, reason: "malformed")
        }
        do {
            if let session = try registry.session(id, at: now), let grant = session.proxy {
                return (id, session, grant)
            }
        } catch {
            throw ProxyFailure(.internalError, reason: "registry", detail: "\(error)")
        }
        throw ProxyFailure(
            .invalidTicket, reason: "unknown or ended", detail: "\(TicketHandle(of: id))")
    }

    /// The service that holds the ticket must still be allowed to act as a proxy.
    private func checkProxy(
        _ grant: ProxyGrant, of session: TicketGrantingTicket, in services: ServiceRegistry,
        at now: Instant
    ) throws(ProxyFailure) {
        guard let holder = try? ServiceURL(anyScheme: grant.service, bytesMax: .max),
            case .registered(let registered) = decision(for: holder, in: services, at: now),
            registered.entryRefusal(of: session, at: now) == nil,
            let callback = grant.proxies.first, registered.proxyPolicy.allows(callback)
        else {
            throw ProxyFailure(
                .unauthorizedService, reason: "service may not proxy any more",
                detail: grant.service)
        }
    }
}
