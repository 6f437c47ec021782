import Foundation
import Platform
import TestSupport
import Testing

extension EndToEnd.Tokens {
    /// Every way to make tokens, made by the server and verified by programs of others.
    @Suite("Modes", .serialized) struct Modes {
        @Test(arguments: TokenMode.global)
        func `casd's own keys make what others verify`(mode: TokenMode) async throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use(mode.settings)
            try await check(mode, tokens)
            try checkSessionToken(mode, tokens)
        }

        @Test(arguments: TokenMode.services)
        func `keys of a service's own make what others verify`(mode: TokenMode) async throws {
            let tokens = try EndToEnd.Tokens.shared
            try tokens.use("")
            try await check(mode, tokens)
        }

        private func check(_ mode: TokenMode, _ tokens: TokenSite) async throws {
            let site = tokens.site
            let folder = try TemporaryDirectory()
            let keySet = try site.curl("/jwks").body
            try File.replace(folder.file("jwks"), with: Array(keySet.utf8))

            let fromREST = try site.ticket(of: try site.session(), for: mode.url)
            let entered = try site.browser().logIn(mode.url)
            let fromLogin = try #require(entered.ticket, "\(entered)")
            #expect(entered["Location"] == mode.url + "?ticket=" + fromLogin)

            var keyIDs: [String] = []
            for token in [fromREST, fromLogin] {
                keyIDs += try checkText(of: token, mode, keySet)
            }
            if case .pair = mode.signing {
            } else {
                #expect(
                    mode.hasRSA || Set(keyIDs).count == keyIDs.count, "names nothing: \(keyIDs)")
            }
            let settings = try mode.settings(tokens, keySet: folder.file("jwks"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for implementation in VerifiedToken.implementations {
                    group.addTask {
                        let isKnown = implementation != "jose" || mode.isKnownToJose
                        let verified = try VerifiedToken(fromREST, settings, by: implementation)
                        #expect((verified != nil) == isKnown, "\(implementation)")
                        guard let verified else { return }
                        #expect(verified.headers.map(TokenText.withoutKeyID) == mode.headers)
                        checkClaims(verified, mode.url, site)
                    }
                }
                for client in JWTClient.allCases {
                    group.addTask { try check(client, fromLogin, mode, tokens) }
                }
                try await group.waitForAll()
            }
        }

        /// One of the documentation's programs, which fetches the public keys itself.
        private func check(
            _ client: JWTClient, _ token: String, _ mode: TokenMode, _ tokens: TokenSite
        ) throws {
            let site = tokens.site
            let settings = try mode.settings(tokens, keySet: site.base + "/jwks")
            let answer = try client.run(
                token: token, settings: settings,
                authority: settings.keySet == nil ? nil : site.authority)
            guard mode.isKnown(to: client) else {
                #expect(answer.status == 2, "\(client): \(answer)")
                #expect(answer.reason.hasPrefix("settings: "), "\(client): \(answer)")
                return
            }
            #expect(answer.status == 0, "\(client): \(answer)")
            #expect(answer.user == "casuser", "\(client)")
        }

        /// Looks at the letters of a token.
        ///
        /// - Returns: The names of its keys.
        private func checkText(
            of token: String, _ mode: TokenMode, _ keySet: String
        ) throws -> [String] {
            var headers = [try TokenText.segment(token, 0)]
            let isSignedOutside = headers[0].contains(#""cty""#) == false
            #expect(TokenText.segmentCount(token) == (isSignedOutside ? 3 : 5))
            if isSignedOutside, mode.encryption != nil {
                let inner = try TokenText.segment(token, 1)
                #expect(TokenText.segmentCount(inner) == 5, "the JWE is encoded once")
                headers.append(try TokenText.segment(inner, 0))
                #expect(inner.contains("..") == !mode.hasRSA, "dir has no encrypted key")
            }
            #expect(
                headers.map(TokenText.withoutKeyID) == Array(mode.headers.prefix(headers.count)))
            for header in headers {
                let id = try #require(TokenText.keyID(header))
                let isSignature = !header.contains(#""enc""#)
                if case .pair = mode.signing, isSignature {
                    #expect(keySet.contains("\"kid\":\"\(id)\""), "a key of the key set")
                    #expect(keySet.contains("\"alg\":\"\(mode.algorithm)\""))
                } else if isSignature || !mode.hasRSA {
                    let pattern =
                        #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#
                    #expect(try pattern.wholeMatch(in: id) != nil, "a random UUID: \(id)")
                }
            }
            return headers.compactMap(TokenText.keyID)
        }

        private func checkClaims(_ token: VerifiedToken, _ service: String, _ site: Deployment) {
            #expect(token["iss"] == site.base)
            #expect(token["aud"] == service, "one text")
            #expect(token["sub"] == "casuser", "no attribute replaces it")
            #expect(token["jti"]?.hasPrefix("ST-") == true)
            let issuedAt = token.integer("iat")
            let lifetime = token.integer("exp").flatMap { end in issuedAt.map { end - $0 } }
            // Rounded up to a whole second.
            #expect(lifetime.map { (10...11).contains($0) } == true, "\(token.text)")
            #expect(issuedAt.map { abs($0 - Int(Date().timeIntervalSince1970)) < 60 } == true)
            #expect(token["mail"] == "casuser@example.org", "one value is a text")
            #expect(token.claims["memberOf"] as? [String] == ["staff", "library"])
            #expect(token["credentialType"] == "UsernamePasswordCredential")
            #expect(token.text.contains("\"isFromNewLogin\": true"))
            #expect(token.text.contains("\"longTermAuthenticationRequestTokenUsed\": false"))
            #expect(
                token["authenticationDate"]?.wholeMatch(
                    of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/#) != nil)
            #expect(token.claims["nbf"] == nil)
            #expect(token.claims["attributes"] == nil)
        }

        /// The ticket-granting ticket as a token of the same keys, which casd reads itself.
        private func checkSessionToken(_ mode: TokenMode, _ tokens: TokenSite) throws {
            let site = tokens.site
            let token = try site.sessionToken()
            let folder = try TemporaryDirectory()
            try File.replace(
                folder.file("jwks"), with: Array(try site.curl("/jwks").body.utf8))
            let settings = try mode.settings(tokens, keySet: folder.file("jwks"))
            let verified = try #require(try VerifiedToken(token, settings))
            #expect(verified.headers.map(TokenText.withoutKeyID) == mode.headers)
            #expect(verified["aud"] == site.base)
            #expect(verified["jti"]?.hasPrefix("TGT-") == true)
            #expect(try site.curl("/v1/tickets/\(token)").status == 200)
            #expect(try site.ticket(of: token, for: TokenService.plain.url) != "")
        }
    }
}
