import Authentication
import HTTP
import Platform
import TestSupport
import Testing
import Tickets

@testable import CASServer

@Suite("Login throttling") struct ThrottleTests {
    private static let three = "throttle: { failures: 3, window: 1m, delay_max: 8s }"

    /// A browser at an address of its own.
    private func browser(_ server: TestServer, at address: String = "192.0.2.7") -> Browser {
        let browser = Browser(server)
        browser.gateway.remoteAddress = address
        return browser
    }

    private func fail(_ browser: Browser, _ count: Int, _ username: String = "casuser") {
        for _ in 0..<count { _ = browser.logIn(username, "wrong") }
    }

    /// Lets guesses from many addresses fill the bucket of an account.
    private func attack(_ server: TestServer, _ username: String = "casuser") {
        for number in 1...4 {
            fail(browser(server, at: "198.51.100.\(number)"), 1, username)
        }
    }

    @Test func `who fails too often is told how long to wait, and gets in then`() throws {
        let server = try TestServer(Self.three)
        let browser = browser(server)
        for _ in 0..<4 { #expect(browser.logIn("casuser", "wrong").status == .unauthorized) }
        let refused = browser.logIn()
        #expect(refused.status == .tooManyRequests)
        #expect(refused["Retry-After"] == "1")
        #expect(refused.text.contains("Please try again in 1 second."))
        #expect(refused.text.contains("value=\"casuser\""))
        #expect(try server.log.contains("\"reason\":\"throttled\""))
        #expect(try server.log.contains("next try in 1 s"))
        server.advance(by: .seconds(1))
        #expect(browser.logIn().status == .ok)
    }

    @Test func `the wait is shown in minutes if it is long`() throws {
        let server = try TestServer("throttle: { failures: 1, delay_max: 15m }")
        let browser = browser(server)
        fail(browser, 2)
        for seconds in [1, 2, 4, 8, 16, 32, 64] {
            server.advance(by: .seconds(seconds))
            fail(browser, 1)
        }
        #expect(browser.logIn().text.contains("Please try again in 3 minutes."))
    }

    @Test func `the answer does not tell whether there is an account or the password is right`()
        throws
    {
        let server = try TestServer(Self.three)
        attack(server, "casuser")
        attack(server, "nobody")
        func page(_ username: String, _ password: String) -> (Status, String?, String) {
            let response = browser(server).logIn(username, password)
            let text = response.text.replacing(username, with: "…")
            let execution = response.hiddenField("execution") ?? ""
            return (response.status, response["Retry-After"], text.replacing(execution, with: "…"))
        }
        let answers = [
            page("casuser", "Mellon"), page("casuser", "wrong"), page("nobody", "wrong"),
        ]
        for answer in answers {
            #expect(answer.0 == .tooManyRequests && answer.1 == "1")
            #expect(answer.2 == answers[0].2)
        }
        let log = try server.log
        #expect(!log.contains("nobody"))
        #expect(log.contains("\"user\":\"casuser\""))
    }

    @Test func `case and blanks make no other account`() throws {
        let server = try TestServer(Self.three)
        for name in ["casuser", " CASUSER", "CasUser\t", "casUser"] {
            fail(browser(server, at: "198.51.100.1"), 1, name)
        }
        #expect(browser(server).logIn().status == .tooManyRequests)
    }

    @Test func `nobody can keep somebody out whose browser has logged in before`() throws {
        let server = try TestServer(Self.three)
        let owner = browser(server)
        #expect(owner.logIn().status == .ok)
        #expect(owner.cookies["casd-device"] != nil)
        owner.forget("TGC")
        owner.gateway.remoteAddress = "203.0.113.9"
        attack(server)
        #expect(browser(server, at: "203.0.113.9").logIn().status == .tooManyRequests)
        #expect(owner.logIn().status == .ok)
        owner.forget("TGC")
        fail(owner, 4)
        #expect(owner.logIn().status == .tooManyRequests)
        server.advance(by: .seconds(1))
        #expect(owner.logIn().status == .ok)
    }

    @Test func `a device is known for its time, and is good for its accounts only`() throws {
        let server = try TestServer(
            "throttle: { failures: 3, device_lifetime: 1d }\ntickets: { session: { lifetime: 5s } }"
        )
        let owner = browser(server)
        let response = owner.logIn()
        let cookie = try #require(
            response.fields.first { $0.value.hasPrefix("casd-device=") }?.value)
        #expect(cookie.hasSuffix("; Path=/cas; Max-Age=86400; Secure; HttpOnly; SameSite=Lax"))
        owner.gateway.remoteAddress = "203.0.113.9"
        server.advance(by: .seconds(86_399))
        attack(server)
        attack(server, "other")
        #expect(owner.logIn("other").status == .tooManyRequests)
        fail(owner, 1)
        #expect(owner.logIn("casuser", "wrong").status == .unauthorized)
        server.advance(by: .seconds(1))
        fail(browser(server, at: "198.51.100.9"), 1)
        #expect(owner.logIn().status == .tooManyRequests)
    }

    @Test func `a login renews the cookie when half of its time is over`() throws {
        let server = try TestServer("throttle: { device_lifetime: 1h }")
        let owner = browser(server)
        _ = owner.logIn()
        let first = owner.cookies["casd-device"]
        server.advance(by: .seconds(1799))
        _ = owner.logIn(query: "?renew=true")
        #expect(owner.cookies["casd-device"] == first)
        server.advance(by: .seconds(1))
        _ = owner.logIn(query: "?renew=true")
        #expect(owner.cookies["casd-device"] != first)
    }

    @Test func `forged and foreign cookies make no device known`() throws {
        let server = try TestServer(Self.three)
        let elsewhere = browser(try TestServer(Self.three))
        _ = elsewhere.logIn()
        let owner = browser(server)
        _ = owner.logIn()
        attack(server)
        let cookie = try #require(owner.cookies["casd-device"])
        let session = try #require(owner.cookies["TGC"])
        let foreign = try #require(elsewhere.cookies["casd-device"])
        for value in [foreign, session, "x", "", String(cookie.dropLast()), cookie + "A"] {
            let forger = browser(server, at: "203.0.113.9")
            forger.plant("casd-device", value)
            #expect(forger.logIn().status == .tooManyRequests, "\(value)")
        }
        let thief = browser(server, at: "203.0.113.9")
        thief.plant("casd-device", cookie)
        thief.plant("TGC", cookie)
        #expect(thief.logIn("casuser", "wrong").status == .unauthorized)
        #expect(thief.get("/cas/login").text.contains("name=\"password\""))
    }

    @Test func `a device is good for the name to the letter`() throws {
        let server = try TestServer(Self.three)
        let owner = browser(server)
        _ = owner.logIn()
        owner.gateway.remoteAddress = "203.0.113.9"
        owner.forget("TGC")
        attack(server)
        for name in ["Casuser", "CASUSER"] {
            #expect(owner.logIn(name).status == .tooManyRequests)
        }
        #expect(owner.logIn().status == .ok)
    }

    @Test func `planted cookies do not hide the one that makes a device known`() throws {
        let server = try TestServer(Self.three)
        let owner = browser(server)
        _ = owner.logIn()
        let cookie = try #require(owner.cookies["casd-device"])
        attack(server)
        let planted = (1...7).map { "x\($0); casd-device=" }.joined()
        owner.gateway.remoteAddress = "203.0.113.9"
        owner.forget("TGC")
        owner.plant("casd-device", planted + cookie)
        #expect(owner.logIn("casuser", "wrong").status == .unauthorized)
    }

    @Test(arguments: [
        (AuthenticationFailure.wrongCredential("wrong password"), true), (.accountLocked, true),
        (.passwordExpired, true), (.unknownUser, false), (.certificateRefused("old"), false),
        (.unsupportedCredential, false), (.unavailable("down"), false),
        (.throttled(retryAfter: .seconds(1)), false),
    ])
    func `only what is a name for certain is logged`(
        _ failure: AuthenticationFailure, _ isLogged: Bool
    ) {
        #expect(failure.isOfKnownUser == isLogged)
    }

    @Test func `a device knows the last four accounts`() throws {
        let random: RandomBytes = systemRandomBytes
        var device = try #require(KnownDevice(random))
        for name in ["a", "b", "c", "d", "a", "e"] {
            device = device.noting(subject(name), at: epoch)
        }
        #expect(device.logins.map(\.account) == ["e", "a", "d", "c"].map(subject))
        #expect(KnownDevice(device.bytes) == device)
        for count in 0..<device.bytes.count where (count - 17) % 24 != 0 {
            #expect(KnownDevice(Array(device.bytes.prefix(count))) == nil)
        }
        #expect(KnownDevice(device.bytes + [UInt8](repeating: 0, count: 24)) == nil)
        #expect(KnownDevice([2] + device.bytes.dropFirst()) == nil)
    }

    @Test func `a shared computer does not become known`() throws {
        let server = try TestServer("sso: { offer_public_workstation: true }")
        let browser = browser(server)
        let page = browser.get("/cas/login")
        let response = browser.post(
            "/cas/login",
            [
                "username": "casuser", "password": "Mellon", "publicWorkstation": "true",
                "execution": page.hiddenField("execution") ?? "",
            ])
        #expect(response.status == .ok)
        #expect(browser.cookies["casd-device"] == nil)
    }

    @Test func `a program is known by its address, over REST too`() throws {
        let server = try TestServer("rest: { enabled: true }\n" + Self.three)
        func ask(_ address: String, _ password: String = "Mellon") -> Response {
            browser(server, at: address).post(
                "/cas/v1/tickets", ["username": "casuser", "password": password])
        }
        #expect(ask("203.0.113.5").status == .created)
        attack(server)
        let refused = ask("203.0.113.6")
        #expect(refused.status == .locked)
        #expect(refused["Retry-After"] == "1")
        #expect(ask("203.0.113.5").status == .created)
        for _ in 0..<4 { #expect(ask("203.0.113.5", "wrong").status == .unauthorized) }
        #expect(ask("203.0.113.5").status == .locked)
    }

    @Test func `an address of IPv6 counts with its neighbours, an exempt one not at all`() throws {
        let server = try TestServer(
            """
            throttle:
              { failures: 3, address_failures: 5, exempt_networks: ["2001:db8:2::/48", 10.0.0.0/8] }
            """)
        for number in 0..<6 {
            for network in ["2001:db8:1:1", "2001:db8:2:1"] {
                fail(browser(server, at: "\(network)::\(number)"), 1, "user\(number)")
            }
            fail(browser(server, at: "10.0.0.1"), 1, "user\(number)")
        }
        #expect(browser(server, at: "2001:db8:1:1::ffff").logIn().status == .tooManyRequests)
        #expect(browser(server, at: "2001:db8:1:2::1").logIn().status == .ok)
        #expect(browser(server, at: "2001:db8:2:1::1").logIn().status == .ok)
        #expect(browser(server, at: "10.0.0.1").logIn().status == .ok)
    }

    @Test func `what tells nothing of the password is not counted`() throws {
        let server = try TestServer(Self.three)
        let browser = browser(server)
        for _ in 0..<10 {
            #expect(browser.logIn("locked").status == .unauthorized)
            #expect(browser.logIn("").status == .badRequest)
            #expect(browser.get("/cas/login").status == .ok)
        }
        let now = server.now.withLock { $0 }
        #expect(try server.registry.held(at: now).isEmpty)
    }

    @Test func `it can be turned off`() throws {
        let server = try TestServer("throttle: { enabled: false }")
        let browser = browser(server)
        fail(browser, 30)
        #expect(browser.logIn().status == .ok)
        #expect(browser.cookies["casd-device"] == nil)
    }

    @Test func `parallel guesses over both doors are not all looked at`() throws {
        let server = try TestServer("rest: { enabled: true }\n" + Self.three)
        let looked = Lock(0)
        onThreads(8) { thread in
            for number in 0..<50 {
                let guess = browser(server, at: "198.51.\(thread).\(number)")
                let response =
                    thread % 2 == 0
                    ? guess.logIn("casuser", "wrong")
                    : guess.post(
                        "/cas/v1/tickets", ["username": "casuser", "password": "wrong"])
                if response.status == .unauthorized { looked.withLock { $0 += 1 } }
            }
        }
        #expect((4...12).contains(looked.withLock { $0 }))
    }

    @Test func `a registry that fails is no wrong password`() throws {
        let server = try TestServer()
        let throttle = LoginThrottle(
            Configuration.Throttle(), counters: FailingCounters(),
            keys: try KeyRing.load(
                TemporaryDirectory().file("keys"), now: epoch, random: systemRandomBytes),
            cookies: SessionCookies(
                prefixes: ["/cas"],
                sealer: Sealer(
                    keys: try KeyRing.load(
                        TemporaryDirectory().file("keys"), now: epoch, random: systemRandomBytes),
                    random: systemRandomBytes)), random: systemRandomBytes)
        let checks = CredentialChecks(plan: AuthenticationPlan([]), throttle: throttle)
        let request = Request(method: .post, path: "/", gateway: GatewayFacts())
        #expect(throws: AuthenticationFailure.unavailable("ticket registry: gone")) {
            try checks.authenticate(
                [.password(username: "casuser", password: "Mellon")], from: request, at: epoch)
        }
        _ = server
    }
}

/// Counters whose store cannot be reached.
private struct FailingCounters: FailureCounters {
    private static let failure = TicketRegistryError.unavailable("gone")

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
}
