import Foundation
import Platform
import TestSupport
import Testing

/// casd with the counters of failed logins set narrow, so that few guesses fill them.
enum ThrottledSite {
    @TaskLocal static var shared: Deployment?

    static var current: Deployment {
        get throws { try #require(shared, "the deployment did not start") }
    }

    static let configuration = """
        throttle: { failures: 3, address_failures: 60, window: 10m, delay_max: 10m }
        """
}

/// Runs a suite with such a deployment, and looks through its logs for secrets at the end.
struct ThrottledTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let deployment = try Deployment(configuration: ThrottledSite.configuration)
        defer { deployment.end() }
        try await ThrottledSite.$shared.withValue(deployment) { try await function() }
        let leaks = try deployment.leaks(planted: ["not the password"])
        #expect(leaks.isEmpty, "no log may hold a ticket or a password")
    }
}

extension Trait where Self == ThrottledTrait {
    /// With a casd that slows guesses down soon.
    static var throttled: Self { ThrottledTrait() }
}

extension EndToEnd {
    @Suite("Guessing passwords", .serialized, .throttled) struct Throttling {
        /// What `guesses.py` has seen.
        private struct Report: Decodable {
            let guesses: [String: Int]
            let validations: [String: Int]?
            let slowest: Double?
            let median: Double?
        }

        private static let service = "https://app.example.org/"
        private static let person = [("username", "casuser"), ("password", "Mellon")]
        private static let guess = [("username", "casuser"), ("password", "not the password")]

        /// Each test begins with nothing counted; addresses that are known stay known, so that
        /// each takes addresses of its own.
        init() throws {
            let cleared = try ThrottledSite.current.tool("throttle", "clear", "--all")
            try #require(cleared.status != 2, "\(cleared.errors)")
        }

        private func guesses(_ way: String, _ arguments: String...) throws -> Report {
            let site = try ThrottledSite.current
            let text = try Command.check(
                ["python3", Repository.script("guesses.py"), way, "\(site.port)", site.authority]
                    + arguments)
            return try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        }

        private func from(_ address: String) -> [String] { ["--interface", address] }

        /// Posts the login form from an address.
        private func form(
            _ fields: [(String, String)], from address: String, jar: [String] = []
        ) throws -> Answer {
            let site = try ThrottledSite.current
            let folder = try TemporaryDirectory()
            let jar = jar.isEmpty ? ["-b", folder.file("jar"), "-c", folder.file("jar")] : jar
            let curl = Curl(base: site.base, ca: site.authority, options: from(address) + jar)
            let page = try curl(Browser.login(Self.service) + "&renew=true")
            let action = try #require(page.body.between("action=\"", "\"")).unescaped
            return try curl.post(
                "https://localhost:\(site.port)" + action,
                page.hiddenFields + fields + [("_eventId", "submit")])
        }

        @Test func `failures of REST and of the form count together, in all workers`() throws {
            let site = try ThrottledSite.current
            // Three are free, from wherever they come; with the fourth the waiting begins, longer
            // each time, so that there is no way around it by being quick.
            for address in ["127.0.0.31", "127.0.0.32"] {
                let rest = try site.curl.post("/v1/tickets", Self.guess, from(address))
                #expect(rest.status == 401)
            }
            #expect(try form(Self.guess, from: "127.0.0.33").status == 401)
            let burst = try guesses("burst", "127.0.0.34", "casuser", "12")
            #expect(burst.guesses["401"] ?? 0 >= 1)
            #expect((burst.guesses["401"] ?? 0) + (burst.guesses["423"] ?? 0) == 12)

            let refused = try site.curl.post("/v1/tickets", Self.person, from("127.0.0.35"))
            #expect(refused.status == 423, "the right password is not looked at")
            let seconds = try #require(refused["Retry-After"].flatMap { Int($0) })
            #expect((1...600).contains(seconds))
            #expect(refused["Content-Type"]?.hasPrefix("application/problem+json") == true)
            let page = try form(Self.person, from: "127.0.0.36")
            #expect(page.status == 429)
            #expect(page["Retry-After"].flatMap { Int($0) } != nil)
            #expect(page.body.contains("Too many failed attempts. Please try again in"))
            #expect(page.body.contains("name=\"password\""), "the form is there")
            #expect(page.all("Set-Cookie").allSatisfy { !$0.contains("TGC=") })
            let writing = [("username", " CASUSER "), ("password", "Mellon")]
            #expect(
                try site.curl.post("/v1/tickets", writing, from("127.0.0.37")).status == 423,
                "another way to write the name is no other account")
            let users = try site.curl.post("/v1/users", Self.person, from("127.0.0.38"))
            #expect(users.status == 423)
        }

        @Test func `nobody else waits, and neither do services and certificates`() throws {
            let site = try ThrottledSite.current
            let session = try site.curl.post(
                "/v1/tickets", Self.person, ["-H", "Accept: text/plain"] + from("127.0.0.41"))
            try #require(session.status == 201)
            _ = try guesses("burst", "127.0.0.42", "casuser", "12")
            let stranger = try site.curl.post("/v1/tickets", Self.person, from("127.0.0.43"))
            try #require(stranger.status == 423)

            let other = [("username", "somebody"), ("password", "else")]
            #expect(try site.curl.post("/v1/tickets", other, from("127.0.0.43")).status == 401)
            // Tickets and validation, also from where the guesses come.
            let ticket = try site.curl.post(
                "/v1/tickets/\(session.body)", [("service", Self.service)], from("127.0.0.42"))
            #expect(ticket.status == 200)
            let valid = try site.curl(
                "/serviceValidate?service=\(encoded(Self.service))&ticket=\(ticket.body)",
                from("127.0.0.42"))
            #expect(valid.body.contains("<cas:user>casuser</cas:user>"))
            let client = ClientFiles(
                certificate: site.clientCertificate, key: site.file("pki/client.key"))
            #expect(try site.curl(client, from("127.0.0.42")).createSession().status == 201)
        }

        @Test func `the owner's browser is let in wherever it is while others fail`() throws {
            let site = try ThrottledSite.current
            let folder = try TemporaryDirectory()
            let jar = ["-b", folder.file("jar"), "-c", folder.file("jar")]
            let first = try form(Self.person, from: "127.0.0.51", jar: jar)
            try #require(first.ticket?.hasPrefix("ST-") == true, "\(first)")
            let device = first.all("Set-Cookie").first { $0.contains("casd-device") }
            #expect(device?.contains("HttpOnly") == true && device?.contains("Secure") == true)

            _ = try guesses("burst", "127.0.0.52", "casuser", "12")
            #expect(
                try site.curl.post("/v1/tickets", Self.person, from("127.0.0.53")).status == 423)
            let again = try form(Self.person, from: "127.0.0.54", jar: jar)
            #expect(again.ticket?.hasPrefix("ST-") == true, "\(again.status)")
            // The address is known by now as well, for programs that keep no cookies.
            let known = try site.curl.post("/v1/tickets", Self.person, from("127.0.0.51"))
            #expect(known.status == 201)

            // The cookie alone is good for nothing, and guesses behind it are counted too.
            for _ in 1...4 { _ = try form(Self.guess, from: "127.0.0.54", jar: jar) }
            let slowed = try eventually(within: 20_000) {
                try form(Self.guess, from: "127.0.0.54", jar: jar).status == 429
            }
            #expect(slowed)
        }

        @Test func `casd throttle shows who waits, and clear ends it`() throws {
            let site = try ThrottledSite.current
            _ = try guesses("burst", "127.0.0.61", "casuser", "12")
            _ = try guesses("burst", "127.0.0.61", "secret-typed-as-name", "2")
            let address = from("127.0.0.62")
            try #require(try site.curl.post("/v1/tickets", Self.person, address).status == 423)

            let list = try site.tool("throttle", "list")
            #expect(list.status == 0, "\(list.errors)")
            #expect(list.text.contains(try Regex("account +casuser ")), "\(list.text)")
            #expect(list.text.contains(try Regex("account at address +casuser +127.0.0.61 ")))
            #expect(list.text.contains(try Regex("address +127.0.0.61 ")))
            #expect(!list.text.contains("secret-typed-as-name"), "it may be a password")
            let json = try site.tool("throttle", "list", "--json")
            #expect(json.text.contains("waits_until") && !json.text.contains("secret-typed"))

            #expect(try site.tool("throttle", "clear", "--account", "nobody").status == 1)
            #expect(try site.curl.post("/v1/tickets", Self.person, address).status == 423)
            let cleared = try site.tool("throttle", "clear", "--account", "CasUser")
            #expect(cleared.status == 0, "\(cleared.errors)")
            #expect(cleared.text.contains("Cleared "))
            #expect(try site.curl.post("/v1/tickets", Self.person, address).status == 201)
            #expect(try site.tool("throttle", "clear", "--address", "127.0.0.61").status == 0)
        }

        @Test func `many guesses from many addresses do not slow validation`() throws {
            let site = try ThrottledSite.current
            let session = try site.session()
            let storm = try guesses(
                "storm", "2", "8", "casuser", session, Self.service)
            let validations = try #require(storm.validations)
            #expect(validations.keys.elementsEqual(["200"]), "\(validations)")
            #expect(validations["200"] ?? 0 >= 10)
            #expect(storm.slowest ?? .infinity < 1000, "\(storm)")
            #expect(storm.guesses["401"] ?? 0 > 0, "some are looked at: \(storm.guesses)")
            #expect(storm.guesses["423"] ?? 0 > 0, "and some are not: \(storm.guesses)")
            #expect(Set(storm.guesses.keys).isSubset(of: ["401", "423", "429", "503"]))
            #expect(try site.isLive(session))
        }
    }
}
