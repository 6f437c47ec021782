import CASProtocol
import Platform
import SSO
import Services
import Testing
import Tickets

@Suite("CAS 3.0 §2.5.4, §2.7 proxying as a decision") struct ProxyingTests {
    private let start = Instant(milliseconds: 1_714_550_139_123)
    private let portal = "https://portal.example.org/in"
    private let callback = "https://portal.example.org/cb"
    private let backend = "https://backend.example.org/"

    /// What the callback was given, and in which order it and the registry were asked.
    private final class Callbacks: Sendable {
        struct Call: Sendable {
            let address: String
            let ticket: TicketID
            let receipt: TicketID
        }
        let calls = Lock<[Call]>([])
        let failure: ProxyCallbackFailure?

        init(failing failure: ProxyCallbackFailure? = nil) { self.failure = failure }
    }

    private func services() throws -> ServiceRegistry {
        let policy = """
            , "proxyPolicy": {
              "@class": "org.apereo.cas.services.RegexMatchingRegisteredServiceProxyPolicy",
              "pattern": "^https://portal\\\\.example\\\\.org/.*" }
            """
        return ServiceRegistry(
            try [("portal", policy), ("backend", "")].enumerated().map { index, service in
                let text = """
                    { "@class": "org.apereo.cas.services.CasRegisteredService", "id": \(index + 1),
                      "name": "\(service.0)",
                      "serviceId": "^https://\(service.0)\\\\.example\\\\.org/.*" \(service.1) }
                    """
                return try #require(
                    RegisteredService.reading(Array(text.utf8), file: "test.json").service)
            })
    }

    @Test func `a chain of more than sixteen proxies is refused, and the ticket is gone`() throws {
        let registry = MemoryTicketRegistry()
        let callbacks = Callbacks()
        let sso = sso(registry, callbacks)
        let root = try sso.startSession(
            for: Principal(id: "alice"),
            event: AuthenticationEvent(date: start, handlers: ["users"], credentialTypes: []),
            at: start)
        let session = try #require(try registry.session(root, at: start))
        let chain = [String](repeating: callback, count: SessionLimits.proxiesMax)
        let id = TicketID.mint(.proxyGrantingTicket, from: systemRandomBytes)
        try registry.insert(
            TicketGrantingTicket(
                handle: TicketHandle(of: id), principal: session.principal, event: session.event,
                grantedAt: start, lifetime: session.lifetime,
                proxy: ProxyGrant(root: session.handle, service: portal, proxies: chain)))
        let ticket = try sso.grantProxyTicket(
            id.wireValue, for: portal, bytesMax: 4096, in: try services(), at: start)
        let request = ValidationRequest(
            ticket: ticket.wireValue, service: portal, proxyCallback: callback,
            acceptsProxyTickets: true)
        let definitions = try services()
        for code in [FailureCode.invalidProxyCallback, .invalidTicket] {
            do throws(ProtocolFailure) {
                _ = try sso.validate(request, in: definitions, at: start)
                Issue.record("validated")
            } catch {
                #expect(error.code == code)
            }
        }
        #expect(callbacks.calls.withLock { $0.isEmpty })
    }

    private func sso(
        _ registry: any TicketRegistry, _ callbacks: Callbacks?
    ) -> SingleSignOn {
        var callBack: ProxyCallback?
        if let callbacks {
            callBack = { address, ticket, receipt throws(ProxyCallbackFailure) in
                callbacks.calls.withLock {
                    $0.append(
                        Callbacks.Call(address: address.text, ticket: ticket, receipt: receipt))
                }
                if let failure = callbacks.failure { throw failure }
            }
        }
        return SingleSignOn(
            registry: registry,
            lifetimes: TicketLifetimes(
                session: SessionLifetime(hard: .seconds(100), idle: .seconds(50)),
                serviceTicket: .seconds(10)),
            random: systemRandomBytes, callBack: callBack)
    }

    private func ticket(_ sso: SingleSignOn) throws -> String {
        let session = try sso.startSession(
            for: Principal(id: "alice"),
            event: AuthenticationEvent(date: start, handlers: ["users"], credentialTypes: []),
            at: start)
        let service = try ServiceURL(portal)
        guard
            case .registered(let registered) = sso.decision(
                for: service, in: try services(), at: start)
        else { throw ProxyCallbackFailure(reason: "the portal is not registered") }
        let ticket = try sso.grantServiceTicket(
            for: service, registered: registered, from: session, isRenewed: true, at: start)
        return try #require(ticket).id.wireValue
    }

    private func validate(
        _ sso: SingleSignOn, _ ticket: String, callback: String?
    ) throws -> Result<Assertion, ProtocolFailure> {
        let services = try services()
        return Result { () throws(ProtocolFailure) in
            try sso.validate(
                ValidationRequest(ticket: ticket, service: portal, proxyCallback: callback),
                in: services, at: start)
        }
    }

    @Test func `the callback gets a ticket that works, the assertion its receipt`() throws {
        let callbacks = Callbacks()
        let sso = sso(MemoryTicketRegistry(), callbacks)
        let assertion = try validate(sso, ticket(sso), callback: callback).get()
        let call = try #require(callbacks.calls.withLock { $0.first })
        #expect(call.address == callback && call.ticket.kind == .proxyGrantingTicket)
        #expect(assertion.proxyGrantingTicketReceipt == call.receipt.wireValue)
        #expect(assertion.proxyGrantingTicket == nil)
        let proxied = try sso.grantProxyTicket(
            call.ticket.wireValue, for: backend, bytesMax: 4096, in: services(), at: start)
        #expect(proxied.kind == .proxyTicket)
        let answer = try sso.validate(
            ValidationRequest(
                ticket: proxied.wireValue, service: backend, acceptsProxyTickets: true),
            in: services(), at: start)
        #expect(answer.proxies == [callback] && !answer.isFromNewLogin)
    }

    @Test func `a ticket whose callback failed grants nothing`() throws {
        let callbacks = Callbacks(failing: ProxyCallbackFailure(reason: "status 404"))
        let registry = MemoryTicketRegistry()
        let sso = sso(registry, callbacks)
        guard case .failure(let failure) = try validate(sso, ticket(sso), callback: callback) else {
            Issue.record("taken")
            return
        }
        #expect(failure.code == .invalidProxyCallback)
        #expect(failure.details.contains { $0.value == "status 404" })
        #expect(try registry.counts().proxyGrantingTickets == 0)
        // Whoever kept the ticket of the failed call has nothing in hand.
        let call = try #require(callbacks.calls.withLock { $0.first })
        let services = try services()
        let refused = Result { () throws(ProxyFailure) in
            try sso.grantProxyTicket(
                call.ticket.wireValue, for: backend, bytesMax: 4096, in: services, at: start)
        }
        guard case .failure(let why) = refused else {
            Issue.record("granted")
            return
        }
        #expect(why.code == .invalidTicket)
    }

    @Test func `without a callback no service may act for its users`() throws {
        let sso = sso(MemoryTicketRegistry(), nil)
        guard case .failure(let failure) = try validate(sso, ticket(sso), callback: callback) else {
            Issue.record("taken")
            return
        }
        #expect(failure.code == .unauthorizedServiceProxy)
        #expect(try validate(sso, ticket(sso), callback: nil).get().user == "alice")
    }

    @Test func `no text of a failure repeats a ticket`() throws {
        let sso = sso(MemoryTicketRegistry(), Callbacks())
        let services = try services()
        for text in ["PGT-planted", "ST-planted", "planted"] {
            let refused = Result { () throws(ProxyFailure) in
                try sso.grantProxyTicket(
                    text, for: backend, bytesMax: 4096, in: services, at: start)
            }
            guard case .failure(let why) = refused else {
                Issue.record("granted")
                continue
            }
            #expect(!why.reason.contains("planted") && why.detail?.contains("planted") != true)
        }
    }
}
