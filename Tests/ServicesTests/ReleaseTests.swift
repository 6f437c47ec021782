import CASProtocol
import Platform
import Testing

@testable import Services

private let alice = Principal(
    id: " Alice ",
    attributes: Attributes([
        ("mail", ["alice@example.org", "a@example.org"]), ("sn", ["Ång"]), ("uid", ["ALI"]),
        ("memberOf", ["cn=staff,dc=example", "cn=wiki,dc=example"]), ("user", ["root"]),
        ("proxies", ["x"]), ("blank", ["  "]),
    ]))

private func service(
    _ rule: AttributeReleasePolicy.Rule = .allowed([]),
    username: UsernameProvider = UsernameProvider(), access: AccessStrategy = AccessStrategy()
) throws -> RegisteredService {
    try RegisteredService(
        id: 1, name: "x", serviceId: "x", accessStrategy: access,
        attributeReleasePolicy: AttributeReleasePolicy(rule), usernameProvider: username)
}

@Suite("Attribute release") struct AttributeReleaseTests {
    private func names(_ rule: AttributeReleasePolicy.Rule) throws -> [String] {
        AttributeRelease.release(
            to: try service(rule), principal: alice, context: ReleaseContext()
        ).entries.map(\.name)
    }

    @Test func `each policy releases what it says`() throws {
        #expect(try names(.none) == [])
        #expect(try names(.allowed([])) == [])
        #expect(try names(.allowed(["sn", "mail", "missing", "MEMBEROF"])) == ["mail", "sn"])
        #expect(try names(.all(except: [])) == ["mail", "sn", "uid", "memberOf", "blank"])
        #expect(try names(.all(except: ["sn", "blank"])) == ["mail", "uid", "memberOf"])
        #expect(
            try names(
                .mapped([
                    .init(name: "sn", releasedNames: ["surname", "last"]),
                    .init(name: "missing", releasedNames: ["m"]),
                ])) == ["surname", "last"])
    }

    @Test func `two attributes under one name keep all values`() throws {
        let rule = AttributeReleasePolicy.Rule.mapped([
            .init(name: "uid", releasedNames: ["names"]),
            .init(name: "sn", releasedNames: ["names"]),
        ])
        let released = AttributeRelease.release(
            to: try service(rule), principal: alice, context: ReleaseContext())
        #expect(released["names"] == ["ALI", "Ång"])
    }

    @Test func `words of the protocol are never released`() throws {
        let reserved = ["user", "proxy", "proxies", "proxyGrantingTicket", "authenticationFailure"]
        let principal = Principal(id: "a", attributes: Attributes(reserved.map { ($0, ["x"]) }))
        let mapped = reserved.map {
            AttributeReleasePolicy.Mapping(name: "user", releasedNames: [$0])
        }
        for rule in [
            .all(except: []), .allowed(reserved), AttributeReleasePolicy.Rule.mapped(mapped),
        ] {
            #expect(
                AttributeRelease.release(
                    to: try service(rule), principal: principal, context: ReleaseContext()
                ).isEmpty)
        }
    }
}

@Suite("Username") struct UsernameTests {
    private func name(
        _ attribute: String?, _ mode: UsernameProvider.Canonicalization = .none,
        _ rule: AttributeReleasePolicy.Rule = .allowed([])
    ) throws -> String {
        let provider = UsernameProvider(attribute: attribute, canonicalization: mode)
        return AttributeRelease.username(
            for: try service(rule, username: provider), principal: alice,
            service: try ServiceURL("https://app/"), context: ReleaseContext())
    }

    @Test func `the id is trimmed and canonicalized`() throws {
        #expect(try name(nil) == "Alice")
        #expect(try name(nil, .upper) == "ALICE")
        #expect(try name(nil, .lower) == "alice")
    }

    @Test func `an attribute is the first of its values, whatever the case of its name`() throws {
        #expect(try name("MAIL") == "alice@example.org")
        #expect(try name("uid", .lower) == "ali")
        #expect(try name("sn", .upper) == "ÅNG")
    }

    @Test func `released attributes come first`() throws {
        let rule = AttributeReleasePolicy.Rule.mapped([.init(name: "uid", releasedNames: ["mail"])])
        #expect(try name("mail", .none, rule) == "ALI")
    }

    @Test func `without the attribute the id stays`() throws {
        #expect(try name("missing") == "Alice")
        #expect(try name("blank") == "Alice")
    }
}

@Suite("Access") struct AccessDecisionTests {
    private func decision(
        _ required: [(String, [String])], all: Bool = true, enabled: Bool = true,
        matching: RequiredAttribute.CaseMatching = .exact, principal: Principal = alice
    ) throws -> AccessDecision {
        let access = AccessStrategy(
            isEnabled: enabled,
            requiredAttributes: required.map {
                RequiredAttribute(name: $0.0, values: $0.1, matching: matching)
            },
            requiresAllAttributes: all)
        return try service(access: access).accessDecision(
            for: principal, at: Instant(milliseconds: 0))
    }

    @Test func `nothing required admits everybody, disabled nobody`() throws {
        #expect(try decision([]) == .granted)
        #expect(try decision([], principal: Principal(id: "a")) == .granted)
        #expect(try decision([], enabled: false) == .disabled)
    }

    @Test func `a value is found anywhere in a value of the principal`() throws {
        #expect(try decision([("memberOf", ["staff"])]) == .granted)
        #expect(try decision([("memberOf", ["^cn=wiki,"])]) == .granted)
        #expect(try decision([("memberOf", ["^wiki"])]) == .missingAttributes(["memberOf"]))
        #expect(try decision([("memberOf", ["nobody", "staff"])]) == .granted)
    }

    @Test func `names are exact and case counts unless the strategy says otherwise`() throws {
        #expect(try decision([("memberof", ["staff"])]) == .missingAttributes(["memberof"]))
        #expect(try decision([("memberOf", ["STAFF"])]) == .missingAttributes(["memberOf"]))
        #expect(try decision([("memberOf", ["STAFF"])], matching: .insensitive) == .granted)
        #expect(
            try decision([("memberof", ["STAFF"])], matching: .insensitive)
                == .missingAttributes(["memberof"]))
    }

    @Test func `an invalid expression is compared as it stands`() throws {
        let bob = Principal(id: "bob", attributes: Attributes([("group", ["a(b"])]))
        #expect(try decision([("group", ["a(b"])], principal: bob) == .granted)
        #expect(try decision([("group", ["A(B"])], principal: bob) == .missingAttributes(["group"]))
        #expect(
            try decision([("group", ["A(B"])], matching: .insensitive, principal: bob) == .granted)
        #expect(try decision([("group", ["(b"])], principal: bob) == .missingAttributes(["group"]))
    }

    @Test func `all or any of the attributes`() throws {
        let required = [("memberOf", ["staff"]), ("mail", ["@other"]), ("sn", ["x"])]
        #expect(try decision(required) == .missingAttributes(["mail", "sn"]))
        #expect(try decision(required, all: false) == .granted)
        #expect(
            try decision([("mail", ["@other"])], all: false) == .missingAttributes(["mail"]))
    }

    @Test func `fewer attributes than required ones are refused`() throws {
        let bob = Principal(id: "bob", attributes: Attributes([("group", ["a"])]))
        #expect(
            try decision([("group", ["a"]), ("x", ["y"])], all: false, principal: bob)
                == .missingAttributes(["x"]))
    }
}
