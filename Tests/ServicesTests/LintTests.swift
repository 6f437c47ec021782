import CASProtocol
import Platform
import Testing

@testable import Services

@Suite("Lint") struct LintTests {
    private func rules(_ services: [RegisteredService]) -> [String] {
        ServiceLint.findings(in: ServiceRegistry(services), problems: []).map(\.rule)
    }

    private func service(
        _ pattern: String, id: Int64 = 1, order: Int64 = 0, matching: MatchingStrategy = .fullRegex,
        change: (inout ServiceExtras) -> Void = { _ in }
    ) throws -> RegisteredService {
        var extras = ServiceExtras()
        change(&extras)
        return try RegisteredService(
            id: id, name: "s\(id)", serviceId: pattern, evaluationOrder: order, matching: matching,
            extras: extras, file: "s-\(id).json")
    }

    @Test(arguments: [
        (".*", ["catch-all"]), ("^(https?|imaps?)://.*", ["catch-all", "plain-http"]),
        (#"^https://.*\.example\.org/.*"#, ["foreign-host"]),
        (#"^https://app\.example\.org.*"#, ["foreign-host"]),
        ("^https://app.example.org/.*", ["unescaped-dot"]),
        (#"^http://app\.example\.org/.*"#, ["plain-http"]),
        (#"^https://app\.example\.org/(a+)+$"#, ["backtracking"]),
        (#"^https://app\.example\.org/(.*/)*x$"#, ["backtracking"]),
        (#"^https://app\.example\.org/.*"#, []), (#"^https://[^/]+\.example\.org/.*"#, []),
        (#"^https://app\.example\.org(:\d+)?/.*"#, []), ("https://localhost/x", []),
    ])
    func `patterns`(pattern: String, expected: [String]) throws {
        #expect(rules([try service(pattern)]) == expected)
    }

    @Test(arguments: [
        (MatchingStrategy.partialRegex, #"app\.example\.org"#, ["unanchored-pattern"]),
        (.partialRegex, #"^https://app\.example\.org/"#, []),
        (.literal, "https://app.example.org/.*", []), (.startsWith, "https://app.example.org", []),
    ])
    func `patterns of other strategies`(
        matching: MatchingStrategy, pattern: String, expected: [String]
    ) throws {
        let found = rules([try service(pattern, matching: matching)])
        #expect(found.filter { $0 != "catch-all" } == expected || found == ["catch-all"])
    }

    @Test(arguments: [
        ("^https?://.*", ["proxy-any-host"]), ("^https://a.b/.*", ["proxy-unescaped-dot"]),
        (#"^https://a\.b"#, ["proxy-whole-match"]), (#"^https://a\.b/"#, []),
    ])
    func `proxy policies`(pattern: String, expected: [String]) throws {
        let found = try service("https://x/") {
            $0.proxyPolicy = .regex(try! ProxyPattern(pattern))
        }
        #expect(rules([found]) == expected)
    }

    @Test func `shadowed and duplicate definitions`() throws {
        let wide = try service("^https://app/.*", id: 1)
        let narrow = try service("^https://app/admin/.*", id: 2, order: 5)
        let same = try service("^https://app/.*", id: 3, order: 6)
        let other = try service("^https://other/.*", id: 4)
        let findings = ServiceLint.findings(
            in: ServiceRegistry([wide, narrow, same, other]), problems: [])
        #expect(findings.map(\.rule) == ["shadowed", "duplicate-pattern"])
        #expect(findings.map(\.serviceID) == [2, 3])
        #expect(findings.first?.text.contains("s1 (1)") == true)
        #expect(findings.first?.file == "s-2.json")
        let first = try service("^https://app/admin/.*", id: 2, order: -5)
        #expect(rules([wide, first, other]).isEmpty)
    }

    @Test func `targets that are not registered, and policies that surprise`() throws {
        let found = try RegisteredService(
            id: 1, name: "x", serviceId: "^https://app/.*",
            accessStrategy: AccessStrategy(
                rejectedAttributes: [
                    RequiredAttribute(name: "a", values: ["x"]),
                    RequiredAttribute(name: "b", values: ["x"]),
                ], unauthorizedRedirectURL: try ServiceURL("https://elsewhere/")),
            attributeReleasePolicy: AttributeReleasePolicy(.all(except: [])),
            usernameProvider: UsernameProvider(.anonymous(.init(salt: "x"))),
            logout: LogoutTarget(url: try ServiceURL("https://app/logout")))
        #expect(
            rules([found]) == [
                "unregistered-target", "rejected-all", "releases-all", "salted-name",
            ])
    }

    @Test(arguments: [
        ("a-1.yml", "", "", true), ("a-1.hjson", "", "", true), ("a-1.json", "", "", true),
        ("a-1.hjson", "{", "} \n", false), ("a-1.yml", "", "accessStrategy:\n  ", false),
    ])
    func `a text that may have been cut without accessStrategy gets a hint`(
        file: String, start: String, end: String, expected: Bool
    ) throws {
        let folder = try Folder()
        let name = "org.apereo.cas.services.CasRegisteredService"
        let access = "DefaultRegisteredServiceAccessStrategy"
        let strategy = #""@class": "org.apereo.cas.services.\#(access)""#
        try folder.write(
            file,
            start + "'@class': '\(name)'\nid: 1\nname: 'a'\nserviceId: '^https://a/.*'\n"
                + (end.hasPrefix("a") ? end + strategy : end))
        let (registry, problems) = folder.load()
        #expect(problems.allSatisfy { $0.severity == .warning }, "\(problems)")
        #expect(registry.service(id: 1) != nil)
        let findings = ServiceLint.findings(in: registry, problems: [])
        #expect(findings.contains { $0.rule == "no-access-strategy" } == expected)
        #expect(findings.allSatisfy { $0.severity == .hint })
    }

    @Test func `problems of the load come first`() throws {
        let problems = [
            ServiceProblem(.warning, file: "a", key: "id", text: "1 is in b already"),
            ServiceProblem(.error, file: "c", line: 3, key: "x", text: "not supported: Y"),
            ServiceProblem(.warning, file: "d", key: "serviceId", text: "matches any host"),
            ServiceProblem(.error, file: "e", text: "broken"),
        ]
        let findings = ServiceLint.findings(in: ServiceRegistry(), problems: problems)
        #expect(findings.map(\.rule) == ["unsupported", "definition", "duplicate-id"])
        #expect(findings.first?.line == 3 && findings.first?.text == "x: not supported: Y")
    }
}

@Suite("Explanation") struct ExplanationTests {
    private let now = Instant(milliseconds: 1_000)

    private func explain(
        _ url: String, _ services: [RegisteredService], _ principal: Principal? = nil
    ) throws -> ServiceExplanation {
        ServiceExplanation.explain(
            try ServiceURL(url), in: ServiceRegistry(services), principal: principal, at: now,
            context: ReleaseContext(defaultAttributes: ["uid"]))
    }

    @Test func `the definitions that were tried are told in their order`() throws {
        let first = try RegisteredService(id: 1, name: "a", serviceId: "^https://app/admin/.*")
        let second = try RegisteredService(id: 2, name: "b", serviceId: "^https://app/.*x$")
        let third = try RegisteredService(id: 3, name: "c", serviceId: "^https://app/.*")
        let other = try RegisteredService(id: 4, name: "d", serviceId: "^https://other/.*")
        let found = try explain("https://app/admin", [other, third, second, first])
        #expect(found.trials.map(\.service.id) == [2, 3])
        #expect(found.trials.map(\.outcome) == [.unmatched, .matched])
        #expect(found.service?.id == 3 && found.isUsable && found.entry == nil)
        #expect(found.definitionCount == 4)
        let none = try explain("https://stranger.invalid/", [other])
        #expect(none.service == nil && none.trials.isEmpty && !none.isUsable)
    }

    @Test func `a search that took too much work is told`() throws {
        let hostile = try RegisteredService(id: 1, name: "a", serviceId: "^https://a/(x+x+)+$")
        let found = try explain("https://a/" + String(repeating: "x", count: 60) + "!", [hostile])
        #expect(found.trials.map(\.outcome) == [.gaveUp] && found.service == nil)
    }

    @Test func `what somebody would get is told, and nothing to whom may not enter`() throws {
        let service = try RegisteredService(
            id: 1, name: "a", serviceId: "https://a/",
            accessStrategy: AccessStrategy(
                requiredAttributes: [RequiredAttribute(name: "uid", values: ["^bob$"])]),
            usernameProvider: UsernameProvider(attribute: "uid"))
        let bob = Principal(id: "1", attributes: Attributes([("uid", ["bob"]), ("sn", ["B"])]))
        let entry = try #require(try explain("https://a/", [service], bob).entry)
        #expect(entry.decision == .granted && entry.username == "bob")
        #expect(entry.attributes == Attributes([("uid", ["bob"])]))
        let eve = Principal(id: "2", attributes: Attributes([("uid", ["eve"])]))
        let refused = try #require(try explain("https://a/", [service], eve).entry)
        #expect(refused.decision == .missingAttributes(["uid"]))
        #expect(refused.username == nil && refused.attributes.isEmpty)
    }
}
