import Foundation
import Glibc
import Platform
import TestSupport
import Testing

extension EndToEnd.Tokens {
    /// Users whom a portal's token logs in, and what Apereo's scenarios say about that.
    @Suite("Login by token", .serialized) struct LoginByToken {
        private let portal = TokenService.portal.url

        private func tokens() throws -> TokenSite {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            return tokens
        }

        private func address(_ service: String, _ token: String) -> String {
            "\(Browser.login(service))&token=\(token)"
        }

        @Test func `a token in the parameter logs in, and starts a session`() throws {
            let site = try tokens().site
            let browser = try site.browser()
            let token = try LoginToken().made(for: site, issuer: portal)
            let log = site.log
            let entered = try browser.get(address(portal, token))
            #expect(entered.status == 302)
            #expect(entered["Location"]?.hasPrefix(portal + "?ticket=eyJ") == true)
            #expect(browser.cookies["TGC"] != nil)
            #expect(log.has("TokenAuthenticationHandler"))
            let other = try browser.get(Browser.login("https://app.example.org/"))
            let ticket = try #require(other.ticket)
            #expect(try site.user(ofTicket: ticket) == "casuser", "single sign-on")
        }

        @Test(arguments: ["--http1.1", "--http2"])
        func `a token in the field logs in`(over version: String) throws {
            let site = try tokens().site
            let token = try LoginToken().made(for: site, issuer: portal)
            let entered = try site.curl(
                Browser.login(portal), [version, "-H", "token: \(token)"])
            #expect(entered.status == 302)
            #expect(entered.ticket?.hasPrefix("eyJ") == true)
        }

        @Test func `a token signed and encrypted with an RSA key logs in`() throws {
            let tokens = try tokens()
            let site = tokens.site
            let service = TokenService.portalRSA.url
            let token = try LoginToken.rsa(tokens).made(for: site, issuer: service)
            let entered = try site.curl(address(service, token))
            #expect(entered.status == 302, "\(entered)")
            #expect(entered.ticket?.hasPrefix("eyJ") == true)
        }

        @Test func `of many browsers that show one token at once, one is let in`() async throws {
            let site = try tokens().site
            let token = try LoginToken().made(for: site, issuer: portal)
            let address = address(portal, token)
            let log = site.log
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try site.curl(address).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 302 } == 1)
            #expect(statuses.count { $0 == 200 } == 7, "the others see the login page")
            #expect(log.has("token: replayed", count: 7))
        }

        @Test func `tokens that prove nothing lead to the login page`() throws {
            let site = try tokens().site
            let bad = [
                ("claims", try LoginToken().made(for: site, issuer: portal, #""exp": null"#)),
                (
                    "expired",
                    try LoginToken().made(for: site, issuer: portal, #""exp": 1700000000"#)
                ),
                (
                    "audience",
                    try LoginToken().made(for: site, issuer: portal, #""aud": "https://x""#)
                ),
                ("issuer", try LoginToken().made(for: site, issuer: "https://evil.example.net/")),
                (
                    "",
                    try LoginToken(
                        signing: #"["HS256", "another secret of 42 bytes, as text: 01"]"#
                    )
                    .made(for: site, issuer: portal)
                ),
                ("", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYXN1c2VyIn0."),
                ("", try site.sessionToken()),
            ]
            for (reason, token) in bad {
                let browser = try site.browser()
                let log = site.log
                let page = try browser.get(address(portal, token))
                #expect(page.status == 200, "\(reason)")
                #expect(page.body.contains("name=\"password\""))
                #expect(!page.body.contains(token))
                #expect(browser.cookies["TGC"] == nil)
                #expect(log.has("\"reason\":\"token: \(reason)"), "\(log.text)")
            }
            let entered = try site.curl(
                address(
                    "https://app.example.org/", try LoginToken().made(for: site, issuer: portal)))
            #expect(entered.status == 200, "another service has no secrets")
        }

        @Test func `operators' programs make tokens that log in, and look into them`() throws {
            let site = try tokens().site
            let service = encoded(portal)
            let made = try site.curl(
                "/actuator/tokenAuth/casuser?service=\(service)", ["-X", "POST"])
            #expect(made.status == 200)
            #expect(made["Content-Type"]?.hasPrefix("application/json") == true)
            let token = try #require(made.body.between(#""token":""#, "\""))
            #expect(made.body.contains(#""registeredService":{"#))
            for _ in 1...2 {
                let explained = try site.curl("/actuator/tokenAuth/\(token)?service=\(service)")
                #expect(explained.status == 200, "looking does not use it up")
                #expect(explained.body.contains(#""principal":{"id":"casuser""#))
            }
            #expect(try site.curl("/actuator/tokenAuth/\(token)?service=30").status == 200)
            #expect(try site.curl("/actuator/tokenAuth/\(token)?service=31").status == 401)
            let entered = try site.curl(address(portal, token))
            #expect(entered.status == 302)
            #expect(try site.curl(address(portal, token)).status == 200, "replayed")
        }
    }

    /// Apereo's own scenarios with tickets that are tokens, assertion by assertion.
    @Suite("Scenarios", .serialized) struct Scenarios {
        private func tokens() throws -> TokenSite {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            return tokens
        }

        @Test func `service-ticket-jwt`() throws {
            let tokens = try tokens()
            let service = TokenService.scenario.url
            let entered = try tokens.site.browser().logIn(service)
            let ticket = try #require(entered.ticket)
            let settings = JWTSettings(
                issuer: tokens.site.base, audience: service, order: "SIGN_AND_ENCRYPT",
                decryptionKeyFile: tokens.key("oaep.pem"))
            for implementation in ["joserfc", "jwcrypto"] {
                let token = try #require(
                    try VerifiedToken(ticket, settings, by: implementation))
                #expect(token.headers.first?.contains(#""alg":"RSA-OAEP-256""#) == true)
                #expect(token["iss"] == tokens.site.base)
                #expect(token["aud"] == service)
                #expect(token["credentialType"] == "UsernamePasswordCredential")
                #expect(token["sub"] == "casuser")
                #expect(token["jti"]?.hasPrefix("ST-") == true)
            }
        }

        @Test func `service-ticket-jwt-rsa`() throws {
            let tokens = try tokens()
            let site = tokens.site
            let service = TokenService.scenarioRSA.url
            let ticket = try #require(try site.browser().logIn(service).ticket)
            let folder = try TemporaryDirectory()
            let pem = try site.curl(
                "/actuator/jwtTicketSigningPublicKey?service=\(encoded(service))")
            #expect(pem.status == 200)
            try File.replace(folder.file("key.pem"), with: Array(pem.body.utf8))
            let settings = JWTSettings(
                issuer: site.base, audience: service, keySet: folder.file("key.pem"),
                signingAlgorithm: "RS512")
            for implementation in VerifiedToken.implementations {
                let token = try #require(
                    try VerifiedToken(ticket, settings, by: implementation))
                let handlers = try #require(token["successfulAuthenticationHandlers"])
                #expect(!handlers.isEmpty)
                #expect(token["authenticationMethod"] == handlers, "Apereo's is its handler's name")
                #expect(token["aud"] == service)
                #expect(token["credentialType"] == "UsernamePasswordCredential")
                #expect(token["sub"] == "casuser")
                #expect(token["username"] == "casuser")
                #expect(token["email"] == "casuser@apereo.example.org")
                #expect(token["name"] == "CAS")
                #expect(token["gender"] == "female")
                #expect(token["jti"]?.hasPrefix("ST-") == true)
            }
        }

        @Test func `rest-protocol-jwt-tickets`() throws {
            let tokens = try tokens()
            let site = tokens.site
            let mode = try #require(TokenMode.global.first)
            let session = try site.sessionToken()
            let settings = try mode.settings(tokens, keySet: "")
            let claims = try #require(try VerifiedToken(session, settings))
            #expect(claims["sub"] == "casuser")
            let id = try #require(claims["jti"])
            for name in [id, session] {
                let token = try #require(
                    try VerifiedToken(
                        try site.ticket(of: name, for: TokenService.plain.url), settings))
                #expect(token["sub"] == "casuser")
                #expect(token["aud"] == TokenService.plain.url)
                #expect(token["jti"]?.hasPrefix("ST-") == true)
            }
        }

        /// Apereo's fixed token says neither when it ends nor whom it is for.
        @Test(arguments: ["token-login-success", "token-login-success-rsa"])
        func `a token that never ends logs in where that is allowed, and once`(
            scenario: String
        ) throws {
            let tokens = try EndToEnd.Tokens.shared
            let isRSA = scenario.hasSuffix("rsa")
            let service = isRSA ? TokenService.portalRSA.url : TokenService.portal.url
            let forge = isRSA ? LoginToken.rsa(tokens) : LoginToken()
            let claims = """
                {"sub": "org.pac4j.core.profile.CommonProfile#casuser", "iat": \(time(nil)),
                 "uid": "\(scenario)", "memberOf": ["a"], "$int_perms": [], "$int_roles": []}
                """
            let token = try #require(try forge.made([claims]).first)
            let address = "\(Browser.login(service))&token=\(token)"
            try tokens.use("")
            #expect(try tokens.site.curl(address).status == 200, "exp, aud and iss are missing")

            try tokens.use("", required: "[]")
            let entered = try tokens.site.curl(address)
            #expect(entered.status == 302)
            #expect(entered.ticket?.hasPrefix("eyJ") == true)
            #expect(try tokens.site.curl(address).status == 200, "it was there before")
            let made = try tokens.site.curl(
                "/actuator/tokenAuth/casuser?service=\(encoded(service))", ["-X", "POST"])
            let other = try #require(made.body.between(#""token":""#, "\""))
            #expect(try tokens.site.curl("\(Browser.login(service))&token=\(other)").status == 302)
        }
    }
}
