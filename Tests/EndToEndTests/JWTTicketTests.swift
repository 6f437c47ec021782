import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd.Tokens {
    /// Tickets that are tokens, through nginx: how they are asked for, sent and logged.
    @Suite("Tickets", .serialized) struct Tickets {
        private let service = TokenService.plain.url

        private func tokens() throws -> TokenSite {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            return tokens
        }

        private func verified(_ token: String, _ tokens: TokenSite) throws -> VerifiedToken {
            let mode = try #require(TokenMode.global.first)
            return try #require(
                try VerifiedToken(token, try mode.settings(tokens, keySet: "")))
        }

        // MARK: Ticket-granting tickets

        @Test(arguments: ["parameter", "field"])
        func `a session is given as a token to whoever asks for it`(by way: String) throws {
            let tokens = try tokens()
            let site = tokens.site
            var form = [
                ("username", "casuser"), ("password", "Mellon"), ("department", "a"),
                ("department", "b"), ("service", service), ("iss", "https://evil.example.net/"),
            ]
            if way == "parameter" { form.append(("token", "true")) }
            let answer = try site.curl.post(
                "/v1/tickets", form,
                ["-H", "Accept: text/html"] + (way == "field" ? ["-H", "token: true"] : []))
            #expect(answer.status == 201)
            #expect(answer["Content-Type"]?.hasPrefix("text/plain") == true)
            let token = answer.body
            #expect(
                try #/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/#.wholeMatch(in: token) != nil)
            let claims = try verified(token, tokens)
            let id = try #require(claims["jti"])
            #expect(answer["Location"] == site.base + "/v1/tickets/" + id)
            #expect(id.hasPrefix("TGT-"))
            #expect(claims["iss"] == site.base)
            #expect(claims["aud"] == site.base)
            #expect(claims["sub"] == "casuser")
            #expect(claims.claims["department"] as? [String] == ["a", "b"], "it is allowed")
            for name in ["service", "username", "password", "token"] {
                #expect(claims.claims[name] as? String != "true")
                #expect(name == "username" || claims.claims[name] == nil, "\(name)")
            }
            let issuedAt = try #require(claims.integer("iat"))
            let lifetime = try #require(claims.integer("exp")) - issuedAt
            #expect((28_800...28_801).contains(lifetime))
        }

        @Test(arguments: ["casuser", "busy"])
        func `a session's token is good wherever its ticket is`(of user: String) throws {
            let site = try tokens().site
            let token = try site.sessionToken(user: user)
            if user == "busy" { #expect((3000...8000).contains(token.utf8.count)) }
            for version in ["--http1.1", "--http2"] {
                let status = try site.curl("/v1/tickets/\(token)", [version])
                #expect(status.status == 200)
                #expect(status.body == token)
            }
            let plain = try site.ticket(of: token)
            #expect(try site.user(ofTicket: plain, for: "https://app.example.org/") == user)
            #expect(try site.ticket(of: token, for: service).hasPrefix("eyJ"))

            let bent = token.dropLast(40) + "A" + token.suffix(39)
            if bent != token {
                #expect(try site.curl("/v1/tickets/\(bent)").status == 404)
                let refused = try site.curl.post("/v1/tickets/\(bent)", [("service", service)])
                #expect(refused.status == 404)
                #expect(try site.curl("/v1/tickets/\(bent)", ["-X", "DELETE"]).body == "[]")
            }
            let other = try site.ticket(of: token, for: service)
            #expect(
                try site.curl("/v1/tickets/\(other)").status == 404,
                "a service's token is no session")
            #expect(
                try site.curl.post("/v1/tickets/\(other)", [("service", service)]).status == 404)

            let deleted = try site.curl("/v1/tickets/\(token)", ["-X", "DELETE"])
            #expect(deleted.status == 200)
            #expect(deleted.body.contains("\"ticketId\":\"\(plain)\""))
            #expect(try site.curl("/v1/tickets/\(token)").status == 404)
            #expect(
                try site.curl.post("/v1/tickets/\(token)", [("service", service)]).status == 404)
        }

        @Test func `a token with many attributes fits into a request line`() throws {
            let site = try tokens().site
            let token = try site.sessionToken(user: "crowded")
            #expect(token.utf8.count > 8 << 10)
            for version in ["--http1.1", "--http2"] {
                #expect(try site.curl("/v1/tickets/\(token)", [version]).status == 200)
            }
        }

        // MARK: Service tickets

        @Test func `the ticket behind a token is used up, and single logout knows it`() throws {
            let tokens = try tokens()
            let site = tokens.site
            let session = try site.session()
            let token = try site.ticket(of: session, for: service)
            let id = try #require(try verified(token, tokens)["jti"])
            #expect(try site.curl("/v1/tickets/\(id)").status == 404)
            for ticket in [id, token] {
                let answer = try site.curl(
                    "/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
                #expect(answer.body.contains("INVALID_TICKET"), "\(answer)")
            }
            let deleted = try site.curl("/v1/tickets/\(session)", ["-X", "DELETE"])
            #expect(deleted.body.contains("\"ticketId\":\"\(id)\""))
        }

        @Test func `a form carries the token`() throws {
            let tokens = try tokens()
            for address in [
                "\(Browser.login(service))&method=POST", Browser.login("https://form.example.org/"),
            ] {
                let page = try tokens.site.browser().submit(address)
                #expect(page.status == 200)
                let token = try #require(page.hiddenFields.first { $0.0 == "ticket" }?.1)
                #expect(try verified(token, tokens)["sub"] == "casuser")
            }
        }

        @Test func `response fields carry the token`() throws {
            let tokens = try tokens()
            for address in [
                "\(Browser.login(service))&method=HEADER",
                Browser.login("https://header.example.org/"),
            ] {
                let answer = try tokens.site.browser().submit(address)
                #expect(answer.status == 200)
                #expect(answer["service"]?.hasPrefix("https://") == true)
                let token = try #require(answer["ticket"])
                #expect(try verified(token, tokens)["aud"] == answer["service"])
            }
        }

        @Test func `the service's ticket policy says how long its token lives`() throws {
            let tokens = try tokens()
            let site = tokens.site
            let token = try site.ticket(of: try site.session(), for: "https://prompt.example.org/")
            let claims = try verified(token, tokens)
            let lifetime = try #require(claims.integer("exp")) - (claims.integer("iat") ?? 0)
            #expect((77...78).contains(lifetime))
        }

        @Test(arguments: ["--http1.1", "--http2"])
        func `the longest redirect passes`(over version: String) throws {
            let site = try tokens().site
            let browser = try site.browser()
            _ = try browser.logIn(user: "crowded")
            let answer = try browser.curl(Browser.login(service), [version])
            #expect(answer.status == 302, "\(answer.status)")
            let location = try #require(answer["Location"])
            #expect((9500...10_300).contains(location.utf8.count), "\(location.utf8.count) bytes")
            let token = try #require(answer.ticket)
            #expect(try verified(token, try tokens())["sub"] == "crowded")
        }

        @Test func `a token too long for a redirect goes into a form`() throws {
            let tokens = try tokens()
            let browser = try tokens.site.browser()
            _ = try browser.logIn(user: "overcrowded")
            let log = tokens.site.log
            let refused = try browser.get(Browser.login(service))
            #expect(refused.status == 500)
            #expect(!refused.isGatewayPage(502))
            #expect(log.has("too long for a redirect"))
            let page = try browser.get("\(Browser.login(service))&method=POST")
            let token = try #require(page.hiddenFields.first { $0.0 == "ticket" }?.1)
            #expect(token.utf8.count > 10 << 10)
            #expect(try verified(token, tokens)["sub"] == "overcrowded")
        }

        // MARK: Logs

        @Test func `no log holds tokens, tickets or keys`() throws {
            let tokens = try tokens()
            let site = tokens.site
            let session = try site.sessionToken()
            let token = try site.ticket(of: session, for: service)
            let login = try LoginToken().made(for: site, issuer: TokenService.portal.url)
            let portal = encoded(TokenService.portal.url)
            for address in [
                "/v1/tickets/\(session)", "/v1/tickets/\(token)",
                "/v1/tickets/%65\(token.dropFirst())",
                "/v1/tickets/\(session)/", "/login?token=\(login)&service=\(portal)",
                "/actuator/tokenAuth/\(login)?service=\(portal)",
                "/serviceValidate?service=\(portal)&ticket=\(token)", "/\(token)",
            ] {
                for options in [[], ["-X", "DELETE"], ["-X", "POST"]] {
                    _ = try site.curl(address, options)
                }
            }
            _ = try site.curl("/login?service=\(portal)", ["-H", "Token: \(login)"])
            _ = try site.curl.post("/v1/tickets/\(session)x", [("service", service)])
            let planted = [session, token, login].flatMap {
                $0.split(separator: ".").map(String.init)
            }
            let leaks = try site.leaks(planted: ["eyJ"] + planted + tokens.secrets)
            #expect(leaks.isEmpty, "\(leaks.prefix(3))")
            #expect(try tokens.secrets.count > 8, "there are keys to look for")
        }
    }

    /// Where consumers find public keys.
    @Suite("Public keys", .serialized) struct PublicKeys {
        private func keys(_ body: String) throws -> [[String: String]] {
            let value = try JSONSerialization.jsonObject(with: Data(body.utf8))
            return try #require((value as? [String: Any])?["keys"] as? [[String: String]])
        }

        @Test(arguments: ["--http1.1", "--http2"])
        func `the key set may be kept for an hour, and is asked for by its tag`(
            over version: String
        ) throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            let site = tokens.site
            let answer = try site.curl("/jwks", [version])
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "application/jwk-set+json")
            #expect(answer["Cache-Control"] == "public, max-age=3600")
            #expect(answer["Set-Cookie"] == nil)
            let tag = try #require(answer["ETag"])
            let same = try site.curl("/jwks", [version, "-H", "If-None-Match: \(tag)"])
            #expect(same.status == 304)
            #expect(same.body.isEmpty)
            #expect(same["ETag"] == tag)
            #expect(same["Cache-Control"] == "public, max-age=3600")
            for tags in ["W/\(tag)", "\"x\", \(tag)", "*"] {
                #expect(
                    try site.curl("/jwks", ["-H", "If-None-Match: \(tags)"]).status == 304,
                    "\(tags)")
            }
            #expect(try site.curl("/jwks", ["-H", "If-None-Match: \"x\""]).status == 200)
            #expect(try site.curl("/jwks", ["-I"]).status == 200)
            #expect(try site.curl("/jwks", ["-X", "POST"]).status == 405)
        }

        @Test func `the key set has the public keys of services, each once, and no secrets`() throws
        {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            let body = try tokens.site.curl("/jwks").body
            let keys = try keys(body)
            // Keys that have signed casd's own tokens in other tests may be there as well.
            for (file, algorithm) in [
                ("rsa.pem", "RS512"), ("p256.pem", "ES256"), ("ed25519.pem", "EdDSA"),
            ] {
                let set = try Command.check([
                    Repository.server, "keys", "export-public", "--format", "jwks", "--file",
                    tokens.key(file), "--algorithm", algorithm,
                ])
                let key = try #require(try self.keys(set).first)
                #expect(key["alg"] == algorithm)
                #expect(keys.count { $0 == key } == 1, "\(algorithm)")
            }
            #expect(Set(keys.map { $0["kid"] ?? "" }).count == keys.count)
            for key in keys {
                #expect(key["use"] == "sig")
                for name in ["d", "p", "q", "dp", "dq", "qi", "k"] { #expect(key[name] == nil) }
            }
        }

        @Test func `casd's own current and next keys are in the key set`() throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("signing: { algorithm: ES256 }\nencryption: { enabled: false }")
            let site = tokens.site
            let own = try site.tool("keys", "export-public", "--format", "jwks")
            #expect(own.status == 0, "\(own.errors)")
            let published = try keys(try site.curl("/jwks").body)
            let ownKeys = try keys(own.text)
            #expect(ownKeys.count >= 2)
            #expect(Array(published.prefix(ownKeys.count)) == ownKeys)
            let pem = try site.tool("keys", "export-public").text
            let shown = try site.curl("/actuator/jwtTicketSigningPublicKey")
            #expect(shown.status == 200)
            #expect(shown["Content-Type"]?.hasPrefix("text/plain") == true)
            #expect(shown.body == pem)
            #expect(pem.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
        }

        @Test func `the public key of a service is that of its own, else casd's, else nothing`()
            throws
        {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            let site = tokens.site
            let address = "/actuator/jwtTicketSigningPublicKey"
            let rsa = try site.curl("\(address)?service=\(encoded("https://rs512.example.org/"))")
            let expected = try Command.check([
                "openssl", "pkey", "-in", tokens.key("rsa.pem"), "-pubout",
            ])
            #expect(rsa.body == expected)
            let secret = try site.curl("\(address)?service=\(encoded("https://both.example.org/"))")
            #expect(secret.status == 200)
            #expect(secret.body.isEmpty, "a secret is not shown")
            #expect(try site.curl(address).body.isEmpty)
            #expect(
                try site.curl("\(address)?service=https%3A%2F%2Fevil.example.net%2F").status == 403)
        }

        @Test func `operators' addresses are open to their networks alone`() throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("", operations: "{ networks: [192.0.2.0/24] }")
            let site = tokens.site
            let log = site.log
            let portal = encoded(TokenService.portal.url)
            for (address, options) in [
                ("/actuator/jwtTicketSigningPublicKey", []),
                ("/actuator/tokenAuth/casuser?service=\(portal)", ["-X", "POST"]),
                ("/actuator/tokenAuth/eyJ.e.x?service=\(portal)", []),
            ] {
                // What a client says about itself does not count.
                let answer = try site.curl(
                    address, options + ["-H", "X-Forwarded-For: 192.0.2.1"])
                #expect(answer.status == 403, "\(address)")
            }
            #expect(log.has("network not listed", count: 3))
            #expect(try site.curl("/jwks").status == 200, "public keys are for everybody")
        }
    }
}
