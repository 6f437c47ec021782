import CASProtocol
import Platform
import SSO
import Services
import Testing
import Tickets

@Suite("CAS 3.0 §2.3.3 where a logout message goes") struct LogoutPlanTests {
    private let start = Instant(milliseconds: 1_714_550_139_123)

    private func plan(_ members: String, _ service: String) throws -> LogoutPlan {
        let text = """
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 1, "name": "App",
              "serviceId": "^(https?|imap)://app\\\\.example\\\\.org/.*" \(members) }
            """
        let definition = RegisteredService.reading(Array(text.utf8), file: "test.json").service
        let sso = SingleSignOn(
            registry: MemoryTicketRegistry(),
            lifetimes: TicketLifetimes(
                session: SessionLifetime(hard: .seconds(100), idle: .seconds(50)),
                serviceTicket: .seconds(10)),
            random: systemRandomBytes)
        return sso.plan(
            for: service, in: ServiceRegistry([try #require(definition)]), at: start)
    }

    @Test(arguments: ["https://app.example.org/in?a=b", "http://app.example.org/in"])
    func `by default the service itself gets a POST`(service: String) throws {
        #expect(try plan("", service) == .send(to: try ServiceURL(service)))
    }

    @Test func `the definition may name another address, even on another host`() throws {
        let elsewhere = "https://slo.example.net/x"
        for service in ["https://app.example.org/in", "imap://app.example.org/in"] {
            #expect(
                try plan(#", "logoutUrl": "\#(elsewhere)""#, service)
                    == .send(to: try ServiceURL(elsewhere)))
        }
    }

    @Test func `the front channel is the browser's affair`() throws {
        let service = "https://app.example.org/in"
        #expect(
            try plan(#", "logoutType": "FRONT_CHANNEL""#, service)
                == .browser(to: try ServiceURL(service)))
    }

    @Test(arguments: [
        (#", "logoutType": "NONE""#, "https://app.example.org/in"),
        ("", "https://other.example.org/in"), ("", "imap://app.example.org/in"),
        ("", "no address"), ("", ""),
        (
            #"""
            , "accessStrategy": { "enabled": false,
              "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy" }
            """#, "https://app.example.org/in"
        ),
    ])
    func `nothing is sent to who wants nothing or is nobody`(
        members: String, service: String
    ) throws {
        guard case .skip(let why) = try plan(members, service) else {
            Issue.record("sent to \(service)")
            return
        }
        #expect(!why.isEmpty)
    }
}
