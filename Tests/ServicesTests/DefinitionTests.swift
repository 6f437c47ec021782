import CASProtocol
import Testing

@testable import Services

/// A definition of the required fields and others, as JSON text.
func definition(_ fields: String = "") -> String {
    #"""
    {
      "@class": "org.apereo.cas.services.CasRegisteredService",
      "serviceId": "^https://app\\.example\\.org/.*", "name": "App", "id": 1001,
      \#(fields)
    }
    """#
}

/// A field that is an object of one of Apereo's classes.
func tagged(_ name: String, _ className: String, _ fields: String = "") -> String {
    #""\#(name)": {"@class": "org.apereo.cas.services.\#(className)", \#(fields)}"#
}

private func access(_ fields: String) -> String {
    tagged("accessStrategy", "DefaultRegisteredServiceAccessStrategy", fields)
}

private func release(_ name: String, _ fields: String = "") -> String {
    tagged("attributeReleasePolicy", name + "AttributeReleasePolicy", fields)
}

private func username(_ className: String, _ fields: String = "") -> String {
    tagged("usernameAttributeProvider", className, fields)
}

func read(_ text: String) -> (service: RegisteredService?, problems: [ServiceProblem]) {
    RegisteredService.reading(Array(text.utf8), file: "App-1001.json")
}

@Suite("Apereo definitions") struct DefinitionTests {
    @Test func `what is not written has Apereo's defaults`() throws {
        let (found, problems) = read(definition())
        let service = try #require(found)
        #expect(problems.isEmpty)
        #expect(service.id == 1001 && service.name == "App" && service.evaluationOrder == 0)
        #expect(service.accessStrategy.isEnabled && service.accessStrategy.isSSOEnabled)
        #expect(service.accessStrategy.requiresAllAttributes)
        #expect(service.accessStrategy.requiredAttributes.isEmpty)
        #expect(service.attributeReleasePolicy == AttributeReleasePolicy(.allowed([])))
        #expect(service.attributeReleasePolicy.releasesAuthenticationAttributes)
        #expect(service.usernameProvider == UsernameProvider())
        #expect(service.logout == LogoutTarget(type: .backChannel, url: nil))
    }

    @Test func `a whole definition is read`() throws {
        let (found, problems) = read(
            #"""
            /* as Apereo 6.5 writes it */
            {
              "@class" : "org.apereo.cas.services.RegexRegisteredService",
              "serviceId" : "^https://wiki\\.example\\.org(/.*)?$",
              "name" : "Wiki", "id" : 1002, "description" : "The wiki", "evaluationOrder" : -5,
              "logo" : "https://wiki.example.org/logo.png", # shown
              "informationUrl" : "https://wiki.example.org/about",
              "privacyUrl" : "https://wiki.example.org/privacy",
              "logoutType" : "FRONT_CHANNEL", "logoutUrl" : "https://wiki.example.org/logout",
              "accessStrategy" : {
                "@class" : "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
                "enabled" : true, "ssoEnabled" : false, "requireAllAttributes" : false,
                "caseInsensitive" : true, "order" : 0,
                "rejectedAttributes" : { "@class" : "java.util.LinkedHashMap" },
                "unauthorizedRedirectUrl" : null,
                "requiredAttributes" : {
                  "@class" : "java.util.HashMap",
                  "memberOf" : [ "java.util.HashSet", [ "^staff$", "faculty" ] ],
                  "mail" : [ ".*@example.org" ],
                  "country" : "NO",
                }
              },
              "attributeReleasePolicy" : {
                "@class" : "org.apereo.cas.services.ReturnMappedAttributeReleasePolicy",
                "authorizedToReleaseAuthenticationAttributes" : false,
                "authorizedToReleaseCredentialPassword" : false,
                "principalAttributesRepository" : {
                  "@class" :
                    "org.apereo.cas.authentication.principal.DefaultPrincipalAttributesRepository",
                  "expiration" : 2
                },
                "allowedAttributes" : {
                  "@class" : "java.util.TreeMap",
                  "mail" : "email", "sn" : [ "java.util.ArrayList", [ "surname", "familyName" ] ]
                }
              },
              "usernameAttributeProvider" : {
                "@class" :
                  "org.apereo.cas.services.PrincipalAttributeRegisteredServiceUsernameProvider",
                "usernameAttribute" : "mail", "canonicalizationMode" : "LOWER",
                "encryptUsername" : false,
              },
              "matchingStrategy" : {
                "@class" : "org.apereo.cas.services.FullRegexRegisteredServiceMatchingStrategy"
              },
              "proxyPolicy" : {
                "@class" : "org.apereo.cas.services.RefuseRegisteredServiceProxyPolicy" },
              "multifactorPolicy" : {
                "@class" : "org.apereo.cas.services.DefaultRegisteredServiceMultifactorPolicy",
                "multifactorAuthenticationProviders" : [ "java.util.LinkedHashSet", [ ] ],
                "failureMode" : "UNDEFINED", "bypassEnabled" : false
              },
              "expirationPolicy" : {
                "@class" : "org.apereo.cas.services.DefaultRegisteredServiceExpirationPolicy",
                "deleteWhenExpired" : false
              },
              "contacts" : [ "java.util.ArrayList", [ { "name" : "Desk" } ] ],
              "properties" : { "@class" : "java.util.HashMap" },
              "environments" : [ "java.util.HashSet", [ ] ], "theme" : null,
            }
            """#)
        #expect(problems.isEmpty)
        let service = try #require(found)
        #expect(service.serviceId == #"^https://wiki\.example\.org(/.*)?$"#)
        #expect(service.evaluationOrder == -5 && service.description == "The wiki")
        #expect(service.links.logo == "https://wiki.example.org/logo.png")
        #expect(service.links.informationUrl == "https://wiki.example.org/about")
        #expect(service.links.privacyUrl == "https://wiki.example.org/privacy")
        #expect(service.logout.type == .frontChannel)
        #expect(service.logout.url?.text == "https://wiki.example.org/logout")
        let access = service.accessStrategy
        #expect(!access.isSSOEnabled && access.isEnabled && !access.requiresAllAttributes)
        #expect(access.requiredAttributes.map(\.name) == ["memberOf", "mail", "country"])
        #expect(
            access.requiredAttributes.map(\.values) == [
                ["^staff$", "faculty"], [".*@example.org"], ["NO"],
            ])
        #expect(
            service.attributeReleasePolicy.rule
                == .mapped([
                    .init(name: "mail", releasedNames: ["email"]),
                    .init(name: "sn", releasedNames: ["surname", "familyName"]),
                ]))
        #expect(!service.attributeReleasePolicy.releasesAuthenticationAttributes)
        #expect(
            service.usernameProvider
                == UsernameProvider(attribute: "mail", canonicalization: .lower))
    }

    @Test(
        arguments: [
            ("ReturnAll", "", .all(except: [])),
            ("ReturnAll", #""excludedAttributes": ["a"]"#, .all(except: ["a"])),
            ("DenyAll", "", AttributeReleasePolicy.Rule.none),
            ("ReturnAllowed", "", .allowed([])),
            ("ReturnAllowed", #""allowedAttributes": ["a", "b"]"#, .allowed(["a", "b"])),
            (
                "ReturnAllowed", #""allowedAttributes": ["java.util.ArrayList", ["a", "b"]]"#,
                .allowed(["a", "b"])
            ),
        ] as [(String, String, AttributeReleasePolicy.Rule)])
    func `the four release policies are read`(
        name: String, field: String, rule: AttributeReleasePolicy.Rule
    ) {
        let (service, problems) = read(definition(release(name, field)))
        #expect(problems.isEmpty)
        #expect(service?.attributeReleasePolicy.rule == rule)
    }

    @Test(arguments: [
        (#""acessStrategy": {}"#, "acessStrategy"),
        (#""unknown": null"#, "unknown"),
        (#""redirectUrl": "ftp://evil.example/""#, "redirectUrl"),
        (#""templateName": "base""#, "templateName"),
        (#""responseType": "PAGER""#, "responseType"),
        (#""supportedProtocols": ["java.util.HashSet", ["CAS40"]]"#, "supportedProtocols"),
        (#""contacts": ["x"]"#, "contacts"),
        (#""publicKey": {"location": "classpath:key.pub"}"#, "publicKey.location"),
        (#""publicKey": {"location": "file:/k", "algorithm": "EC"}"#, "publicKey.algorithm"),
        (#""environments": ["prod"]"#, "environments"),
        (
            #""expirationPolicy": {"expirationDate": "2030-02-30"}"#,
            "expirationPolicy.expirationDate"
        ),
        (
            tagged(
                "singleSignOnParticipationPolicy",
                "LastUsedTimeRegisteredServiceSingleSignOnParticipationPolicy", #""timeout": 1"#),
            "singleSignOnParticipationPolicy.@class"
        ),
        (
            tagged("proxyPolicy", "RestfulRegisteredServiceProxyPolicy"), "proxyPolicy.@class"
        ),
        (
            tagged(
                "proxyPolicy", "RegexMatchingRegisteredServiceProxyPolicy",
                #""pattern": "(""#), "proxyPolicy.pattern"
        ),
        (
            #""multifactorPolicy": {"multifactorAuthenticationProviders": ["mfa-duo"]}"#,
            "multifactorPolicy"
        ),
        (
            #""authenticationPolicy": {"requiredAuthenticationHandlers": ["x"]}"#,
            "authenticationPolicy"
        ),
        (
            tagged("matchingStrategy", "StartsWithRegisteredServiceMatchingStrategy"),
            "matchingStrategy.expectedUrl"
        ),
        (
            tagged("matchingStrategy", "GroovyRegisteredServiceMatchingStrategy"),
            "matchingStrategy.@class"
        ),
        (#""serviceTicketExpirationPolicy": {}"#, "serviceTicketExpirationPolicy.@class"),
        (
            tagged(
                "serviceTicketExpirationPolicy",
                "DefaultRegisteredServiceServiceTicketExpirationPolicy",
                #""numberOfUses": 2, "timeToLive": "10""#),
            "serviceTicketExpirationPolicy.numberOfUses"
        ),
        (
            tagged(
                "ticketGrantingTicketExpirationPolicy",
                "DefaultRegisteredServiceTicketGrantingTicketExpirationPolicy",
                #""maxTimeToLiveInSeconds": 5, "userAgents": {"x": 1}"#),
            "ticketGrantingTicketExpirationPolicy.userAgents"
        ),
        (#""properties": 1"#, "properties"),
        (#""logoutType": "SIDEWAYS""#, "logoutType"),
        (#""logoutUrl": "ftp://x/""#, "logoutUrl"),
        (#""logoutUrl": "https://u@x/""#, "logoutUrl"),
        (#""evaluationOrder": "1""#, "evaluationOrder"),
        (#""description": 1"#, "description"),
        (#""accessStrategy": []"#, "accessStrategy"),
        (#""accessStrategy": {}"#, "accessStrategy.@class"),
        (
            tagged(
                "accessStrategy", "TimeBasedRegisteredServiceAccessStrategy",
                #""startingDateTime": "tomorrow""#),
            "accessStrategy.startingDateTime"
        ),
        (
            tagged("accessStrategy", "GrouperRegisteredServiceAccessStrategy"),
            "accessStrategy.@class"
        ),
        (access(#""enabled": "false""#), "accessStrategy.enabled"),
        (access(#""rejectedAttributes": {"a": [1]}"#), "accessStrategy.rejectedAttributes"),
        (
            access(
                tagged(
                    "delegatedAuthenticationPolicy",
                    "DefaultRegisteredServiceDelegatedAuthenticationPolicy",
                    #""selectionStrategy": "file:/x.groovy""#)),
            "accessStrategy.delegatedAuthenticationPolicy.selectionStrategy"
        ),
        (
            access(#""unauthorizedRedirectUrl": "javascript:x""#),
            "accessStrategy.unauthorizedRedirectUrl"
        ),
        (access(#""requiredAttributes": {"a": []}"#), "accessStrategy.requiredAttributes"),
        (access(#""requiredAttributes": ["a"]"#), "accessStrategy.requiredAttributes"),
        (release("GroovyScript"), "attributeReleasePolicy.@class"),
        (
            release("ReturnAll", #""allowedAttributes": ["a"]"#),
            "attributeReleasePolicy.allowedAttributes"
        ),
        (
            release("ReturnAll", #""attributeFilter": {}"#),
            "attributeReleasePolicy.attributeFilter.@class"
        ),
        (
            release("ReturnStatic", #""allowedAttributes": {"a": ["${x}"]}"#),
            "attributeReleasePolicy.allowedAttributes"
        ),
        (
            release("Chaining", #""mergingPolicy": "TWIST""#),
            "attributeReleasePolicy.mergingPolicy"
        ),
        (
            release("ReturnAll", #""authorizedToReleaseProxyGrantingTicket": true"#), "publicKey"
        ),
        (
            release("ReturnAll", #""authorizedToReleaseCredentialPassword": true"#),
            "attributeReleasePolicy.authorizedToReleaseCredentialPassword"
        ),
        (
            release("ReturnMapped", #""allowedAttributes": {"a": "groovy { return 1 }"}"#),
            "attributeReleasePolicy.allowedAttributes"
        ),
        (
            release("ReturnAllowed", #""allowedAttributes": [1]"#),
            "attributeReleasePolicy.allowedAttributes"
        ),
        (
            username("GroovyRegisteredServiceUsernameProvider"),
            "usernameAttributeProvider.@class"
        ),
        (
            username("DefaultRegisteredServiceUsernameProvider", #""removePattern": "[a-z]+""#),
            "usernameAttributeProvider.removePattern"
        ),
        (
            username("PrincipalAttributeRegisteredServiceUsernameProvider"),
            "usernameAttributeProvider.usernameAttribute"
        ),
        (
            username("DefaultRegisteredServiceUsernameProvider", #""encryptUsername": true"#),
            "usernameAttributeProvider.encryptUsername"
        ),
        (
            username("DefaultRegisteredServiceUsernameProvider", #""canonicalizationMode": "Up""#),
            "usernameAttributeProvider.canonicalizationMode"
        ),
    ])
    func `what would change a decision and is not understood refuses the definition`(
        field: String, key: String
    ) {
        let (service, problems) = read(definition("\n" + field))
        #expect(service == nil)
        #expect(problems.count == 1)
        #expect(problems.first?.severity == .error)
        #expect(problems.first?.key == key)
        #expect(problems.first?.line == (field.contains("ProxyGrantingTicket") ? nil : 5))
        #expect(problems.first?.file == "App-1001.json")
    }

    @Test(arguments: [
        (#""locale": "de""#, "locale"),
        (#""expirationPolicy": {"deleteWhenExpired": true}"#, "expirationPolicy.deleteWhenExpired"),
        (#""acceptableUsagePolicy": {"enabled": true}"#, "acceptableUsagePolicy"),
        (
            tagged(
                "proxyPolicy", "RegexMatchingRegisteredServiceProxyPolicy",
                #""pattern": "^https?://.*""#),
            "proxyPolicy.pattern"
        ),
        (#""properties": {"skipInterrupt": {"values": ["true"]}}"#, "properties.skipInterrupt"),
        (
            release("ReturnAllowed", #""allowedAttributes": ["user", "mail"]"#),
            "attributeReleasePolicy.allowedAttributes"
        ),
    ])
    func `what has no effect is a warning`(field: String, key: String) {
        let (service, problems) = read(definition(field))
        #expect(service != nil)
        #expect(problems.map(\.severity) == [.warning])
        #expect(problems.map(\.key) == [key])
    }

    @Test(
        arguments: [
            ("", 1), ("[]", 1), ("{", 1), ("{\n\"a\": }", 2), ("{} x", 1), ("\u{0}", 1),
            (String(repeating: "[", count: 1000), 1),
            (#"{"@class": "org.apereo.cas.services.CasRegisteredService"}"#, nil),
            (#"{"serviceId": "x", "name": "x", "id": 1}"#, nil),
            (
                #"{"@class": "org.apereo.cas.support.oauth.OAuthRegisteredService", "x": 1}"#,
                1
            ),
            (#"{"@class": "org.apereo.cas.services.OidcRegisteredService", "x": 1}"#, 1),
            (#"{"@class": "evil.CasRegisteredService", "x": 1}"#, 1),
            (#"{"@class": ["x"], "x": 1}"#, 1),
        ] as [(String, Int?)])
    func `what is no definition is refused with its line`(text: String, line: Int?) {
        let (service, problems) = read(text)
        #expect(service == nil)
        #expect(problems.contains { $0.severity == .error && $0.line == line })
    }

    @Test(arguments: [
        (#""id": -1"#, "id"), (#""id": "1""#, "id"), (#""id": 1.5"#, "id"), (#""id": null"#, "id"),
        (#""name": """#, "name"), (#""name": null"#, "name"), (#""serviceId": """#, "serviceId"),
        (#""serviceId": "(""#, "serviceId"), (#""serviceId": 5"#, "serviceId"),
    ])
    func `the required fields are checked`(field: String, key: String) {
        let usual = [
            ("id", #""id": 1"#), ("name", #""name": "x""#),
            ("serviceId", #""serviceId": "https://x/""#),
        ]
        let fields = usual.map { $0.0 == key ? field : $0.1 }.joined(separator: ",")
        let (service, problems) = read(
            #"{"@class": "org.apereo.cas.services.CasRegisteredService", \#(fields)}"#)
        #expect(service == nil)
        #expect(problems.contains { $0.key == key && $0.severity == .error })
    }

    @Test(arguments: [
        (".*", 1), ("^(https?|imaps?)://.*", 1), ("^https?://.*", 1),
        (#"^https://.*\\.example\\.org/.*"#, 1), (#"^https://app\\.example\\.org.*"#, 1),
        ("^https://app.example.org/.*", 1), (#"^https://[^/]+\\.example\\.org/.*"#, 0),
        (#"^https://(a|b)\\.example\\.org(:\\d+)?/.*"#, 0), ("^https://localhost/.*", 0),
    ])
    func `patterns that admit strangers are warned of`(pattern: String, warnings: Int) {
        let (service, problems) = read(
            #"""
            {"@class": "org.apereo.cas.services.CasRegisteredService",
            "id": 1, "name": "x", "serviceId": "\#(pattern)"}
            """#)
        #expect(service != nil)
        #expect(
            problems.filter { $0.key == "serviceId" && $0.severity == .warning }.count == warnings)
        #expect(problems.count == warnings)
    }

    @Test func `a problem is one line with its place`() {
        let problem = ServiceProblem(
            .error, file: "/s/A-1.json", line: 7, key: "accessStrategy.x", text: "unknown field")
        #expect(problem.description == "/s/A-1.json:7: error: accessStrategy.x: unknown field")
        #expect(
            ServiceProblem(.warning, file: "/s", text: "t").description == "/s: warning: t")
    }
}
