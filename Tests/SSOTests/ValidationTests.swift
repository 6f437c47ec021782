import CASProtocol
import Platform
import SSO
import Services
import TestSupport
import Testing
import Tickets

@Suite("CAS 3.0 §2.5 validation as a decision") struct ValidationTests {
    private let start = Instant(milliseconds: 1_714_550_139_123)
    private let app = "https://app.example.org/"

    private func services(_ definitions: String...) throws -> ServiceRegistry {
        ServiceRegistry(
            try definitions.map { text in
                try #require(RegisteredService.reading(Array(text.utf8), file: "test.json").service)
            })
    }

    private let open = """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 1, "name": "App",
          "serviceId": "^https://app\\\\.example\\\\.org/.*" }
        """

    private func sso(_ registry: any TicketRegistry) -> SingleSignOn {
        SingleSignOn(
            registry: registry,
            lifetimes: TicketLifetimes(
                session: SessionLifetime(hard: .seconds(100), idle: .seconds(50)),
                serviceTicket: .seconds(10)),
            random: systemRandomBytes)
    }

    private func ticket(_ sso: SingleSignOn) throws -> ServiceTicket {
        let session = try sso.startSession(
            for: Principal(id: "alice"),
            event: AuthenticationEvent(date: start, handlers: ["users"], credentialTypes: []),
            at: start)
        let registered = try #require(try services(open).services.first)
        return try #require(
            try sso.grantServiceTicket(
                for: try ServiceURL(app), registered: registered, from: session,
                isRenewed: false, at: start))
    }

    private func failure(
        _ sso: SingleSignOn, _ request: ValidationRequest, _ services: ServiceRegistry
    ) -> ProtocolFailure? {
        do throws(ProtocolFailure) {
            _ = try sso.validate(request, in: services, at: start)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a registry that fails is an internal error, never a refused ticket`() throws {
        let id = TicketID.mint(.serviceTicket, from: systemRandomBytes)
        let request = ValidationRequest(ticket: id.wireValue, service: app)
        let found = failure(sso(BrokenRegistry()), request, try services(open))
        #expect(found?.code == .internalError)
        #expect(found?.details.contains { $0.value.contains(id.wireValue) } == false)
    }

    @Test func `a service that was removed meanwhile is not authorized any more`() throws {
        let sso = sso(MemoryTicketRegistry())
        let id = try ticket(sso).id.wireValue
        let found = failure(sso, ValidationRequest(ticket: id, service: app), try services())
        #expect(found?.code == .unauthorizedService)
    }

    @Test func `a principal who may not enter any more is refused at validation too`() throws {
        let sso = sso(MemoryTicketRegistry())
        let id = try ticket(sso).id.wireValue
        let closed = """
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 1, "name": "App",
              "serviceId": "^https://app\\\\.example\\\\.org/.*",
              "accessStrategy": {
                "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
                "requiredAttributes": { "memberOf": ["staff"] } } }
            """
        let found = failure(sso, ValidationRequest(ticket: id, service: app), try services(closed))
        #expect(found?.code == .unauthorizedService)
        #expect(found?.reason == "principal not allowed")
    }

    @Test func `what was wrong is named for the log with both services and their difference`()
        throws
    {
        let sso = sso(MemoryTicketRegistry())
        let id = try ticket(sso).id.wireValue
        let request = ValidationRequest(ticket: id, service: "https://app.example.org/x")
        let found = failure(sso, request, try services(open))
        #expect(found?.code == .invalidService)
        let details = found?.details.reduce(into: [:]) { $0[$1.key] = $1.value }
        #expect(details?["granted_for"] == "https://app.example.org/")
        #expect(details?["presented"] == "https://app.example.org/x")
        #expect(details?["first_difference"] == "24")
    }

    @Test func `a pattern that gives up admits nobody`() throws {
        let greedy = """
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 1, "name": "Greedy",
              "serviceId": "^https://(a+)+(b+)+(c+)+\\\\.example\\\\.org/(x+x+)+y" }
            """
        let text = "https://aaabbbccc.example.org/" + String(repeating: "x", count: 3000)
        let service = try ServiceURL(text)
        let decision = sso(MemoryTicketRegistry()).decision(
            for: service, in: try services(greedy), at: start)
        switch decision {
        case .undecided, .unregistered: break
        case .registered, .disabled: Issue.record("\(decision)")
        }
    }
}

/// A registry whose store cannot be reached.
private struct BrokenRegistry: TicketRegistry {
    private static let failure = TicketRegistryError.unavailable("no store")

    func insert(_ session: TicketGrantingTicket) throws(TicketRegistryError) { throw Self.failure }

    func session(
        _ id: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> TicketGrantingTicket? { throw Self.failure }

    func renew(
        _ id: TicketID, event: AuthenticationEvent, upstream: UpstreamSession?, at now: Instant
    ) throws(TicketRegistryError) -> Bool { throw Self.failure }

    func grant(
        _ id: TicketID, for service: String, lifetime: Duration, isRenewed: Bool,
        from session: TicketID, at now: Instant
    ) throws(TicketRegistryError) -> ServiceTicket? { throw Self.failure }

    func consume(
        _ id: TicketID, handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> Consumption {
        throw Self.failure
    }

    func isLive(_ id: TicketID, at now: Instant) throws(TicketRegistryError) -> Bool {
        throw Self.failure
    }

    func discard(_ id: TicketID) throws(TicketRegistryError) { throw Self.failure }

    func remove(
        _ session: TicketHandle, queueing cause: LogoutCause?, at now: Instant
    ) throws(TicketRegistryError) -> EndedSession? { throw Self.failure }

    func sessions(
        of principal: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketGrantingTicket] { throw Self.failure }

    func sweep(
        at now: Instant, limit: Int, queueing: Bool
    ) throws(TicketRegistryError) -> Sweep { throw Self.failure }

    func sessions(
        ofUpstream provider: String, ticket: String, at now: Instant
    ) throws(TicketRegistryError) -> [TicketHandle] { throw Self.failure }

    func allSessions(
        limit: Int, at now: Instant
    ) throws(TicketRegistryError) -> [SessionSummary] { throw Self.failure }

    func session(
        handlePrefix: String
    ) throws(TicketRegistryError) -> TicketGrantingTicket? { throw Self.failure }

    func claimDeliveries(
        at now: Instant, lease: Duration, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] { throw Self.failure }

    func settleDelivery(
        _ id: LogoutDeliveryID, status: LogoutStatus, note: String?, tries: Int,
        nextTryAt: Instant?, at now: Instant
    ) throws(TicketRegistryError) { throw Self.failure }

    func deliveries(
        matching filter: DeliveryFilter, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] { throw Self.failure }

    func noteJudgement(
        _ handle: TicketHandle, _ judgement: TicketJudgement
    ) throws(TicketRegistryError) { throw Self.failure }

    func history(
        of handle: TicketHandle, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? { throw Self.failure }

    func ticketHistory(
        handlePrefix: String, at now: Instant
    ) throws(TicketRegistryError) -> TicketHistory? { throw Self.failure }

    func counts() throws(TicketRegistryError) -> TicketCounts { throw Self.failure }

    func admit(
        _ attempt: LoginAttempt, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> LoginAdmission { throw Self.failure }

    func settle(
        _ admitted: AdmittedAttempt, as outcome: LoginOutcome, limits: FailureLimits,
        at now: Instant
    ) throws(TicketRegistryError) { throw Self.failure }

    func failures(
        limit: Int, limits: FailureLimits, at now: Instant
    ) throws(TicketRegistryError) -> [FailureSummary] { throw Self.failure }

    func clearFailures(_ scope: FailureScope) throws(TicketRegistryError) -> Int {
        throw Self.failure
    }

    func sweepFailures(at now: Instant, limit: Int) throws(TicketRegistryError) -> Int {
        throw Self.failure
    }

    func claim(
        _ mark: [UInt8], until end: Instant, at now: Instant
    ) throws(TicketRegistryError) -> Bool { throw Self.failure }

    func sweepMarks(at now: Instant, limit: Int) throws(TicketRegistryError) -> Int {
        throw Self.failure
    }
}
