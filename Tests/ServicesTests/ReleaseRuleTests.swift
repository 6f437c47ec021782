import CASProtocol
import Testing

@testable import Services

private let bob = Principal(
    id: "bob@example.org",
    attributes: Attributes([
        ("mail", ["bob@example.org", "b@other.net"]), ("role", ["staff", "admin"]),
        ("uid", ["bob"]),
    ]))

private func released(_ policy: String, defaults: [String] = []) throws -> [String: [String]] {
    let (found, problems) = read(definition(policy))
    #expect(problems.isEmpty, "\(problems)")
    let attributes = AttributeRelease.release(
        to: try #require(found), principal: bob,
        context: ReleaseContext(defaultAttributes: defaults))
    return Dictionary(
        attributes.entries.map { ($0.name, $0.values) }, uniquingKeysWith: { first, _ in first })
}

private func policy(_ name: String, _ fields: String) -> String {
    tagged("attributeReleasePolicy", name + "AttributeReleasePolicy", fields)
}

private func filter(_ name: String, _ fields: String) -> String {
    #""attributeFilter": {"@class": "org.apereo.cas.services.support.\#(name)", \#(fields)}"#
}

@Suite("Rules of release") struct ReleaseRuleTests {
    @Test func `a regular expression passes whole values in any case`() throws {
        let rule = filter(
            "RegisteredServiceRegexAttributeFilter", #""pattern": ".*@EXAMPLE\\.org""#)
        #expect(try released(policy("ReturnAll", rule)) == ["mail": ["bob@example.org"]])
    }

    @Test func `mapped patterns concern the attributes they name`() throws {
        let fields = #""patterns": {"@class": "java.util.TreeMap", "role": "^ST"}"#
        let name = "RegisteredServiceMappedRegexAttributeFilter"
        let found = try released(policy("ReturnAll", filter(name, fields)))
        #expect(found["role"] == ["staff"] && found["uid"] == ["bob"])
        let whole = fields + #", "completeMatch": true, "excludeUnmappedAttributes": true"#
        #expect(try released(policy("ReturnAll", filter(name, whole))).isEmpty)
        let exact = fields + #", "caseInsensitive": false"#
        #expect(try released(policy("ReturnAll", filter(name, exact)))["role"] == nil)
        let reverse = "RegisteredServiceReverseMappedRegexAttributeFilter"
        #expect(try released(policy("ReturnAll", filter(reverse, fields)))["role"] == ["admin"])
    }

    @Test func `a search that takes too much work releases nothing`() throws {
        let hostile = Principal(
            id: "x",
            attributes: Attributes([("a", [String(repeating: "x", count: 60) + "!"])]))
        for name in ["Mapped", "ReverseMapped"] {
            let rule = filter(
                "RegisteredService\(name)RegexAttributeFilter",
                #""patterns": {"a": "^(x+x+)+$"}"#)
            let found = try #require(read(definition(policy("ReturnAll", rule))).service)
            let attributes = AttributeRelease.release(
                to: found, principal: hostile, context: ReleaseContext())
            #expect(attributes.isEmpty)
        }
    }

    @Test func `filters in a chain are asked in their order`() throws {
        let chain = filter(
            "RegisteredServiceChainingAttributeFilter",
            #"""
            "filters": ["java.util.ArrayList", [
              {"@class": "org.apereo.cas.services.support.RegisteredServiceRegexAttributeFilter",
               "pattern": ".+o.+", "order": 2},
              {"@class":
                "org.apereo.cas.services.support.RegisteredServiceMappedRegexAttributeFilter",
               "patterns": {"mail": "other"}, "excludeUnmappedAttributes": true, "order": 1}]]
            """#)
        #expect(try released(policy("ReturnAll", chain)) == ["mail": ["b@other.net"]])
    }

    @Test func `constants are the same for everybody`() throws {
        let rule = policy(
            "ReturnStatic",
            #"""
            "allowedAttributes": {"@class": "java.util.TreeMap",
              "realm": ["java.util.ArrayList", ["a", "b"]]}
            """#
        )
        #expect(try released(rule) == ["realm": ["a", "b"]])
    }

    @Test func `the default bundle is added unless it is excluded`() throws {
        let some = policy("ReturnAllowed", #""allowedAttributes": ["role"]"#)
        #expect(try released(some, defaults: ["uid", "missing"]).keys.sorted() == ["role", "uid"])
        let none = policy(
            "ReturnAllowed", #""allowedAttributes": ["role"], "excludeDefaultAttributes": true"#)
        #expect(try released(none, defaults: ["uid"]).keys.sorted() == ["role"])
        #expect(try released(policy("DenyAll", ""), defaults: ["uid"]).isEmpty)
        #expect(try released("", defaults: ["uid"]) == ["uid": ["bob"]])
    }

    @Test func `the id can be released as an attribute`() throws {
        let rule = policy("ReturnAllowed", #""principalIdAttribute": "who""#)
        #expect(try released(rule) == ["who": ["bob@example.org"]])
        let reserved = try #require(
            read(definition(policy("ReturnAllowed", #""principalIdAttribute": "user""#))).service)
        #expect(
            AttributeRelease.release(
                to: reserved, principal: bob, context: ReleaseContext()
            ).isEmpty)
    }

    @Test(arguments: [
        ("REPLACE", ["bob"]), ("ADD", ["staff", "admin"]),
        ("multivalued", ["staff", "admin", "bob"]),
    ])
    func `a chain merges what its policies release`(merging: String, values: [String]) throws {
        let rule = policy(
            "Chaining",
            #"""
            "mergingPolicy": "\#(merging)", "policies": ["java.util.ArrayList", [
              {"@class": "org.apereo.cas.services.ReturnMappedAttributeReleasePolicy", "order": 2,
               "allowedAttributes": {"uid": "x"},
               "authorizedToReleaseAuthenticationAttributes": false},
              {"@class": "org.apereo.cas.services.ReturnMappedAttributeReleasePolicy", "order": 1,
               "allowedAttributes": {"role": "x"}}]]
            """#)
        #expect(try released(rule) == ["x": values])
        let found = try #require(read(definition(rule)).service)
        #expect(!found.attributeReleasePolicy.releasesAuthenticationAttributes)
    }
}

@Suite("Usernames of other kinds") struct UsernameRuleTests {
    private func name(
        _ className: String, _ fields: String, of principal: Principal = bob,
        at url: String = "https://app.example.org/x", secret: [UInt8] = [1]
    ) throws -> String {
        let (found, problems) = read(
            definition(tagged("usernameAttributeProvider", className, fields)))
        #expect(problems.isEmpty, "\(problems)")
        return AttributeRelease.username(
            for: try #require(found), principal: principal, service: try ServiceURL(url),
            context: ReleaseContext(anonymousIDSecret: secret))
    }

    private let plain = "DefaultRegisteredServiceUsernameProvider"
    private let anonymous = "AnonymousRegisteredServiceUsernameAttributeProvider"

    @Test func `text is removed, a scope appended, letters canonicalized`() throws {
        #expect(try name(plain, #""removePattern": "@.+""#) == "bob")
        #expect(try name(plain, #""removePattern": "@example\\.org""#) == "bob")
        #expect(
            try name(
                plain, #""removePattern": "@.+", "scope": "uni", "canonicalizationMode": "UPPER""#)
                == "BOB@UNI")
        #expect(try name(plain, #""removePattern": "y""#) == "bob@example.org")
        #expect(try name(plain, #""removePattern": "b""#) == "o@example.org")
        #expect(try name(plain, #""removePattern": "^bob@""#) == "example.org")
        #expect(try name(plain, #""removePattern": "\\.org$""#) == "bob@example")
    }

    @Test func `a static name is everybody's`() throws {
        #expect(
            try name("StaticRegisteredServiceUsernameProvider", #""value": "guest""#) == "guest")
    }

    @Test func `Apereo's anonymous name is made again from its salt`() throws {
        let package = "org.apereo.cas.authentication.principal"
        let generator =
            #"""
            "persistentIdGenerator": {
              "@class": "\#(package).ShibbolethCompatiblePersistentIdGenerator",
              "salt": "aGVsbG93b3JsZA==", "attribute": "uid"}
            """#
        // Made with another implementation of SHA-1.
        let expected = "jef+8JfM2AykDiUdq3Ex5z5PNXs="
        #expect(try name(anonymous, generator) == expected)
        #expect(
            try name(anonymous, generator, at: "https://app.example.org/x;jsessionid=1") == expected
        )
        #expect(try name(anonymous, generator, at: "https://app.example.org/y") != expected)
    }

    @Test func `our anonymous name belongs to the definition and the principal`() throws {
        let first = try name(anonymous, "")
        #expect(first.count == 43 && !first.contains("bob"))
        #expect(try name(anonymous, "", at: "https://app.example.org/y") == first)
        #expect(try name(anonymous, "", of: Principal(id: "eve")) != first)
        #expect(try name(anonymous, "", secret: [2]) != first)
    }

    @Test(arguments: ["a*", "[a]", "a|b", "(a)", "\\d", "", "^", "a.b", "^a.*", ".*", "a\\"])
    func `only simple patterns are removed`(pattern: String) {
        #expect(NameRemoval(pattern: pattern) == nil)
    }
}
