import CASProtocol
import Platform
import Testing

@testable import Services

private func service(_ fields: String) throws -> RegisteredService {
    let (service, problems) = read(definition(fields))
    #expect(problems.isEmpty, "\(problems)")
    return try #require(service)
}

private func instant(_ text: String) throws -> Instant {
    try #require(ApereoTime.instant(text))
}

@Suite("Fields of Apereo's definitions") struct FieldTests {
    @Test func `the answer's way and the protocols are read`() throws {
        let found = try service(
            #"""
            "responseType": "POST", "redirectUrl": "https://app.example.org/cas/callback",
            "supportedProtocols": ["java.util.HashSet", ["CAS20", "SAML1"]], "theme": "dark"
            """#)
        #expect(found.responseType == .post)
        #expect(found.redirectURL?.text == "https://app.example.org/cas/callback")
        #expect(found.supportedProtocols == [.cas2, .saml1])
        #expect(found.supports(.saml1) && !found.supports(.cas3))
        #expect(found.links.theme == "dark")
        let plain = try service("")
        #expect(plain.responseType == nil && plain.redirectURL == nil && plain.supports(.cas1))
    }

    @Test func `contacts and the key's place are read`() throws {
        let found = try service(
            #"""
            "contacts": ["java.util.ArrayList", [
              {"@class": "org.apereo.cas.services.DefaultRegisteredServiceContact",
               "name": "Help", "email": "help@example.org", "phone": "1", "department": "IT"}]],
            "publicKey": {"@class": "org.apereo.cas.services.RegisteredServicePublicKeyImpl",
              "location": "file:/etc/casd/app.pem", "algorithm": "RSA"},
            "attributeReleasePolicy": {
              "@class": "org.apereo.cas.services.ReturnAllAttributeReleasePolicy",
              "authorizedToReleaseProxyGrantingTicket": true }
            """#)
        #expect(
            found.contacts == [
                ServiceContact(
                    name: "Help", email: "help@example.org", phone: "1", department: "IT")
            ])
        #expect(found.publicKey?.path == "/etc/casd/app.pem")
        #expect(found.attributeReleasePolicy.releasesProxyGrantingTicket)
    }

    @Test func `lifetimes are seconds or durations, in quotes or without`() throws {
        let found = try service(
            [
                tagged(
                    "serviceTicketExpirationPolicy",
                    "DefaultRegisteredServiceServiceTicketExpirationPolicy",
                    #""numberOfUses": 1, "timeToLive": "20""#),
                tagged(
                    "proxyTicketExpirationPolicy",
                    "DefaultRegisteredServiceProxyTicketExpirationPolicy",
                    #""numberOfUses": "1", "timeToLive": "PT1M30S""#),
                tagged(
                    "proxyGrantingTicketExpirationPolicy",
                    "DefaultRegisteredServiceProxyGrantingTicketExpirationPolicy",
                    #""maxTimeToLiveInSeconds": 600"#),
                tagged(
                    "ticketGrantingTicketExpirationPolicy",
                    "DefaultRegisteredServiceTicketGrantingTicketExpirationPolicy",
                    #""maxTimeToLiveInSeconds": "P1D", "userAgents": {}"#),
            ].joined(separator: ","))
        #expect(found.lifetimes.serviceTicket == .seconds(20))
        #expect(found.lifetimes.proxyTicket == .seconds(90))
        #expect(found.lifetimes.proxyGranting == .seconds(600))
        #expect(found.lifetimes.session == SessionLimit(hard: .seconds(86_400)))
        #expect(try service("").lifetimes == ServiceLifetimes())
    }

    @Test(arguments: [
        #""numberOfUses": 1"#, #""timeToLive": "10""#, #""numberOfUses": 1, "timeToLive": 0"#,
    ])
    func `half a ticket policy has no effect, which is told`(fields: String) {
        let (service, problems) = read(
            definition(
                tagged(
                    "serviceTicketExpirationPolicy",
                    "DefaultRegisteredServiceServiceTicketExpirationPolicy", fields)))
        #expect(service?.lifetimes.serviceTicket == nil)
        #expect(problems.map(\.severity) == [.warning])
    }

    @Test(
        arguments: [
            ("\"TRUE\"", true), ("\"FALSE\"", false), ("\"UNDEFINED\"", nil), ("true", true),
        ]
            as [(String, Bool?)])
    func `a renewed login's cookie is decided`(value: String, expected: Bool?) throws {
        let found = try service(
            tagged(
                "singleSignOnParticipationPolicy",
                "DefaultRegisteredServiceSingleSignOnParticipationPolicy",
                "\"createCookieOnRenewedAuthentication\": \(value)"))
        #expect(found.setsCookieOnRenewal == expected)
    }

    @Test func `a definition expires at its moment`() throws {
        let found = try service(
            tagged(
                "expirationPolicy", "DefaultRegisteredServiceExpirationPolicy",
                #""expirationDate": "2026-05-01T12:00:00", "deleteWhenExpired": false"#))
        let end = try instant("2026-05-01T12:00:00Z")
        #expect(found.expiration?.date == end)
        #expect(found.isUsable(at: end - .milliseconds(1)) && !found.isUsable(at: end))
        let decision = found.accessDecision(for: Principal(id: "a"), at: end)
        #expect(decision == .expired(end))
    }

    @Test func `a time window has both ends in it`() throws {
        let found = try service(
            tagged(
                "accessStrategy", "TimeBasedRegisteredServiceAccessStrategy",
                #"""
                "startingDateTime": "2026-05-01T10:00:00+02:00", "endingDateTime": "2026-06-01",
                "unauthorizedRedirectUrl": "https://app.example.org/closed"
                """#))
        let start = try instant("2026-05-01T08:00:00Z")
        let end = try instant("2026-06-01T00:00")
        let principal = Principal(id: "a")
        #expect(found.accessDecision(for: principal, at: start) == .granted)
        #expect(
            found.accessDecision(for: principal, at: start - .milliseconds(1)) == .notYet(start))
        #expect(found.accessDecision(for: principal, at: end) == .granted)
        #expect(found.accessDecision(for: principal, at: end + .milliseconds(1)) == .over(end))
        #expect(
            found.accessStrategy.unauthorizedRedirectURL?.text == "https://app.example.org/closed")
    }

    @Test(arguments: [
        ("2026-10-01", "2026-10-01T00:00:00.000Z"),
        ("2026-10-01T08:05", "2026-10-01T08:05:00.000Z"),
        ("2026-10-01T08:05:07.5", "2026-10-01T08:05:07.500Z"),
        ("2026-10-01T08:05:07.123456789Z", "2026-10-01T08:05:07.123Z"),
        ("2015-10-11T09:55:16.552-07:00", "2015-10-11T16:55:16.552Z"),
        ("2026-10-01T08:00:00+02:00[Europe/Oslo]", "2026-10-01T06:00:00.000Z"),
        ("2026-10-01T08:00:00+0200", "2026-10-01T06:00:00.000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
    ])
    func `moments are read`(text: String, expected: String) {
        #expect(ApereoTime.instant(text)?.rfc3339 == expected)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-02-29", "2026-10-01T", "2026-10-01T24:00",
        "2026-10-01T08:00:00[Europe/Oslo", "2026-10-01T08:00+99:00", "10/01/2026", "2026-1-1",
        "٢٠٢٦-10-01", "2026-10-01T08:00:00.", "2026-10-01T08:00Zx",
    ])
    func `what is no moment is none`(text: String) {
        #expect(ApereoTime.instant(text) == nil)
    }

    @Test(
        arguments: [
            ("10", 10), ("PT10S", 10), ("pt1m", 60), ("P14D", 1_209_600), ("P1DT1H1M1S", 90_061),
            ("PT0S", 0), ("P", nil), ("PT", nil), ("PT1S1M", nil), ("P1M", nil), ("-5", nil),
            ("x", nil),
            ("99999999999999999999", nil), ("PT9999999999H", nil), ("P1D2D", nil),
        ] as [(String, Int64?)])
    func `durations are read`(text: String, seconds: Int64?) {
        #expect(ApereoTime.duration(text) == seconds.map { .seconds($0) })
    }

    @Test func `delegation is limited to the providers that are named`() throws {
        func policy(_ fields: String) throws -> DelegationPolicy {
            try service(
                tagged(
                    "accessStrategy", "DefaultRegisteredServiceAccessStrategy",
                    tagged(
                        "delegatedAuthenticationPolicy",
                        "DefaultRegisteredServiceDelegatedAuthenticationPolicy", fields))
            ).accessStrategy.delegation
        }
        let named = try policy(
            #""allowedProviders": ["java.util.ArrayList", ["uni"]], "permitUndefined": true"#)
        #expect(named.allows(provider: "uni") && !named.allows(provider: "other"))
        #expect(named.allows(provider: nil))
        let undefined = try policy(#""permitUndefined": false, "exclusive": true"#)
        #expect(!undefined.allows(provider: "uni") && !undefined.allows(provider: nil))
        #expect(try policy("").allows(provider: "uni"))
        #expect(try !policy(#""allowedProviders": [""]"#).allows(provider: "uni"))
    }

    @Test(arguments: [
        ("^https://portal.example.org/cb", "https://portal.example.org/cb", true),
        ("^https://portal\\\\.example\\\\.org/", "https://PORTAL.example.org/any?x", true),
        (
            "^https://portal\\\\.example\\\\.org/", "https://evil.net/?https://portal.example.org/",
            false
        ),
        ("^https://portal\\\\.example\\\\.org", "https://portal.example.org.evil.net/", false),
        ("^https://portal\\\\.example\\\\.org", "https://portal.example.org", true),
        ("https://a/|https://b/", "https://b/x", true),
        ("https://a/|https://b", "https://b/x", false),
        ("^https://a/cb$", "https://a/cbx", false), ("^https://a/cb$", "https://a/cb", true),
        ("example", "https://example.org/", false), ("https://a/.*", "https://u@a/", false),
    ])
    func `a callback must be on the host of the proxy pattern`(
        pattern: String, callback: String, isAllowed: Bool
    ) throws {
        let (found, _) = read(
            definition(
                tagged(
                    "proxyPolicy", "RegexMatchingRegisteredServiceProxyPolicy",
                    #""pattern": "\#(pattern)""#)))
        #expect(try #require(found).proxyPolicy.allows(callback) == isAllowed)
    }

    @Test func `other forms of the proxy policy`() throws {
        #expect(try !service("").proxyPolicy.allows("https://app.example.org/x"))
        #expect(try !service("").proxyPolicy.permitsProxying)
        let own = try service(
            tagged(
                "proxyPolicy", "RegexMatchingRegisteredServiceProxyPolicy",
                #""useServiceId": true"#))
        #expect(own.proxyPolicy.allows("https://app.example.org/pgt"))
        #expect(!own.proxyPolicy.allows("https://other.example.org/pgt"))
        let exact = try service(
            tagged(
                "proxyPolicy", "RegexMatchingRegisteredServiceProxyPolicy",
                #""pattern": "https://a.b/c.d", "exactMatch": true"#))
        #expect(exact.proxyPolicy.allows("https://a.b/c.d"))
        #expect(!exact.proxyPolicy.allows("https://a.b/cxd"))
    }

    @Test(arguments: [
        ("PartialRegex", "", "//app\\\\.example\\\\.org/", "https://app.example.org/x", true),
        ("PartialRegex", "", "//app\\\\.example\\\\.org/", "https://bpp.example.org/x", false),
        ("Literal", "", "https://App.example.org/A", "https://app.example.org/A", true),
        ("Literal", "", "https://app.example.org/A", "https://app.example.org/a", false),
        ("Literal", "", "https://app.example.org/A", "https://app.example.org/A/", false),
        ("Literal", #""caseInsensitive": true"#, "https://a.b/AbC", "https://a.b/aBc", true),
        ("StartsWith", #""expectedUrl": "https://A.b/x""#, "x", "https://a.b/xyz", true),
        ("StartsWith", #""expectedUrl": "https://a.b""#, "x", "https://a.b.evil.net/", false),
        ("StartsWith", #""expectedUrl": "https://a.b""#, "x", "https://a.b/y", true),
        ("FullRegex", "", "https://a.b/x", "https://a.b/xy", false),
    ])
    func `the matching strategies`(
        name: String, field: String, pattern: String, url: String, isMatch: Bool
    ) throws {
        let strategy = tagged(
            "matchingStrategy", name + "RegisteredServiceMatchingStrategy", field)
        let (found, _) = read(
            #"""
            {"@class": "org.apereo.cas.services.CasRegisteredService", "id": 1, "name": "x",
             "serviceId": "\#(pattern)", \#(strategy)}
            """#)
        let registry = ServiceRegistry([try #require(found)])
        #expect((registry.match(try ServiceURL(url)) != nil) == isMatch)
    }
}
