import HTTP
import JOSE
import JSON
import Platform
import TestSupport
import Testing
import Tickets

@testable import CASServer

/// `/login?token=`: a portal's link logs in.
@Suite("Login by token") struct TokenLoginTests {
    private let portal = TokenForge.service

    @Test func `a token of Apereo's form logs in, and its claims are attributes`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        let response = browser.follow(TokenVector.symmetric)
        let ticket = try #require(response.ticket)
        #expect(response["Location"]?.hasPrefix(portal + "?ticket=ST-") == true)
        let answer = browser.validate(ticket, for: portal).text
        #expect(answer.contains("<cas:user>casuser</cas:user>"))
        for attribute in [
            "<cas:uid>casuser<", "<cas:givenName>CAS<", "<cas:memberOf>admin<",
            "<cas:memberOf>staff<",
        ] {
            #expect(answer.contains(attribute))
        }
        for name in ["int_", "cas:jti", "cas:exp", "cas:aud", "cas:iss", "cas:sub", "pac4j"] {
            #expect(!answer.contains(name))
        }
        #expect(browser.get("/cas/login").names("casuser"))
        #expect(try browser.server.log.contains("TokenAuthenticationHandler"))
    }

    @Test(arguments: [true, false])
    func `a pair of RSA keys signs and encrypts`(hasBothFiles: Bool) throws {
        let folder = try TemporaryDirectory()
        let (privateKey, publicKey) = (folder.file("key.pem"), folder.file("public.pem"))
        try File.replace(privateKey, with: Array(TokenVector.privateKey.utf8))
        try File.replace(publicKey, with: Array(TokenVector.publicKey.utf8))
        let browser = Browser(
            try TestServer(
                tokens: "",
                properties: [
                    "jwtSigningSecret": hasBothFiles ? "file:\(privateKey)" : publicKey,
                    "jwtSigningSecretAlg": "RS256",
                    "jwtEncryptionSecret": hasBothFiles ? "file://\(publicKey)" : privateKey,
                    "jwtEncryptionSecretAlg": "RSA-OAEP-256",
                    "jwtEncryptionSecretMethod": "A128CBC-HS256",
                ]))
        let ticket = try #require(browser.follow(TokenVector.asymmetric).ticket)
        #expect(browser.validate(ticket, for: portal).text.contains("<cas:user>casuser<"))
    }

    @Test func `the header does as well, and the parameter wins`() throws {
        let server = try TestServer(tokens: "")
        let browser = Browser(server)
        browser.headers = ["Token": try TokenForge.written(TokenForge.claims())]
        #expect(browser.enter(portal).ticket != nil)
        let other = Browser(server)
        other.headers = ["Token": try TokenForge.written(TokenForge.claims(["sub": "header"]))]
        let parameter = try TokenForge.written(TokenForge.claims(["sub": "parameter"]))
        #expect(other.follow(parameter).ticket != nil)
        #expect(other.get("/cas/login", accept: nil).names("parameter"))
    }

    @Test func `a token that is signed and not encrypted is taken, as in Apereo`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        #expect(browser.follow(TokenForge.signed(TokenForge.claims())).ticket != nil)
    }

    @Test func `a login without a service needs a definition of casd itself`() throws {
        let token = { try TokenForge.written(TokenForge.claims(["sub": "somebody"])) }
        let browser = Browser(try TestServer(tokens: ""))
        #expect(browser.follow(try token(), to: nil).isLoginForm)
        #expect(try browser.server.tokenReasons == ["no service"])
        let own = TestServer.portal().replacing(
            "portal\\\\.example\\\\.org/", with: "(portal|sso)\\\\.example\\\\.org/")
        try browser.server.redefine([own])
        let response = browser.follow(try token(), to: nil)
        #expect(response["Location"] == "https://sso.example.org/cas/login")
        #expect(browser.get("/cas/login").names("somebody"))
    }

    @Test func `nothing is looked at unless the operator wants it`() throws {
        let browser = Browser(
            try TestServer(definitions: [TestServer.portal()]))
        #expect(browser.follow(TokenVector.symmetric).isLoginForm)
        #expect(try browser.server.tokenReasons.isEmpty)
    }

    // MARK: Once

    @Test func `a token logs in once, whichever browser has it`() throws {
        let server = try TestServer(tokens: "")
        let token = try TokenForge.written(TokenForge.claims())
        #expect(Browser(server).follow(token).ticket != nil)
        #expect(Browser(server).follow(token).isLoginForm)
        server.advance(by: .seconds(179))
        #expect(Browser(server).follow(token).isLoginForm)
        server.advance(by: .seconds(1))
        #expect(Browser(server).follow(token).isLoginForm)
        #expect(try server.tokenReasons == ["replayed", "replayed", "expired"])
    }

    @Test func `the same identifier in another token of the issuer is a replay`() throws {
        let server = try TestServer(tokens: "")
        let first = try TokenForge.written(TokenForge.claims(id: "1"))
        #expect(Browser(server).follow(first).ticket != nil)
        let again = TokenForge.signed(TokenForge.claims(["sub": "other"], id: "1"))
        #expect(Browser(server).follow(again).isLoginForm)
        #expect(try server.tokenReasons == ["replayed"])
        #expect(Browser(server).follow(TokenForge.signed(TokenForge.claims(id: "2"))).ticket != nil)
    }

    @Test func `without identifier and end a token is remembered as long as a session`() throws {
        let server = try TestServer(tokens: "require: [aud, iss]")
        let claims = TokenForge.claims(["jti": nil, "exp": nil])
        #expect(Browser(server).follow(TokenForge.signed(claims)).ticket != nil)
        // Encrypted anew it is another text, and says the same.
        #expect(Browser(server).follow(try TokenForge.written(claims)).isLoginForm)
        server.advance(by: .seconds(8 * 3600) - .milliseconds(1))
        #expect(Browser(server).follow(TokenForge.signed(claims)).isLoginForm)
    }

    @Test func `of 8 threads with one token one logs in`() throws {
        let server = try TestServer(tokens: "")
        let token = try TokenForge.written(TokenForge.claims())
        let tickets = Lock(0)
        onThreads(8) { _ in
            if Browser(server).follow(token).ticket != nil { tickets.withLock { $0 += 1 } }
        }
        #expect(tickets.withLock { $0 } == 1)
        #expect(try server.registry.counts().sessions == 1)
    }

    @Test func `a HEAD and a POST do not use a token up`() throws {
        let server = try TestServer(tokens: "")
        let browser = Browser(server)
        let token = try TokenForge.written(TokenForge.claims())
        #expect(browser.follow(token, method: .head).status == .ok)
        _ = browser.post("/cas/login?service=" + percentEncoded(portal), ["token": token])
        #expect(browser.follow(token).ticket != nil)
    }

    @Test func `if it cannot be noted, nobody is logged in`() throws {
        let server = try TestServer(
            tokens: "", registry: MemoryTicketRegistry(markCapacity: 1))
        #expect(Browser(server).follow(TokenForge.signed(TokenForge.claims())).ticket != nil)
        #expect(Browser(server).follow(TokenForge.signed(TokenForge.claims())).isLoginForm)
        let line = try #require(try server.reasons.last { $0.contains("token: unavailable") })
        #expect(line.contains("full") && line.contains("\"error\""))
    }

    // MARK: Sessions

    @Test func `a session of another user is not replaced`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        _ = browser.logIn("other")
        let session = browser.cookies["TGC"]
        let response = browser.follow(try TokenForge.written(TokenForge.claims()))
        #expect(response.status == .forbidden)
        #expect(response.text.contains("other") && response.text.contains("casuser"))
        #expect(browser.cookies["TGC"] == session && browser.get("/cas/login").names("other"))
        #expect(try browser.server.log.contains("mixed principals"))
        let fresh = try TokenForge.written(TokenForge.claims())
        #expect(browser.follow(fresh, to: portal, "&renew=true").status == .forbidden)
        #expect(browser.cookies["TGC"] == session)
    }

    @Test func `a session of the same user goes on`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        _ = browser.logIn()
        let session = browser.cookies["TGC"]
        #expect(browser.follow(try TokenForge.written(TokenForge.claims())).ticket != nil)
        #expect(browser.cookies["TGC"] == session)
        #expect(try browser.server.registry.counts().sessions == 1)
    }

    @Test func `a remembered session goes on, and renew makes it no shorter`() throws {
        let server = try TestServer(
            tokens: "", settings: "tickets: { remember_me: { enabled: true } }")
        let browser = Browser(server)
        _ = browser.logIn(ticking: ["rememberMe"])
        let session = browser.cookies["TGC"]
        let token = { TokenForge.signed(TokenForge.claims(["colour": "red"])) }
        let ticket = try #require(browser.follow(token()).ticket)
        let answer = browser.validate(ticket, for: portal, at: "p3/serviceValidate").text
        #expect(answer.contains("cas:mail>") && !answer.contains("cas:colour"))
        let renewed = try #require(browser.follow(token(), to: portal, "&renew=true").ticket)
        #expect(
            browser.validate(renewed, for: portal, at: "p3/serviceValidate", "&renew=true")
                .isSuccess)
        #expect(browser.cookies["TGC"] == session && session != nil)
        #expect(try server.registry.counts().sessions == 1)
        #expect(try !server.log.contains("mixed principals"))
        server.advance(by: .seconds(10 * 86_400))
        #expect(browser.enter(portal).ticket != nil)
    }

    @Test func `a token is a credential, so that renew takes it`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        let first = try #require(browser.follow(TokenForge.signed(TokenForge.claims())).ticket)
        #expect(
            browser.validate(first, for: portal, at: "p3/serviceValidate", "&renew=true").isSuccess)
        let second = try #require(
            browser.follow(TokenForge.signed(TokenForge.claims()), to: portal, "&renew=true").ticket
        )
        #expect(
            browser.validate(second, for: portal, at: "p3/serviceValidate", "&renew=true").isSuccess
        )
        // A session alone is none.
        #expect(browser.enter(portal, "&renew=true").isLoginForm)
    }

    @Test func `with gateway=true a token is taken, and a refused one sends on`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        let gateway = browser.follow("e.e.e", to: portal, "&gateway=true")
        #expect(gateway["Location"] == portal)
        let token = TokenForge.signed(TokenForge.claims())
        #expect(browser.follow(token, to: portal, "&gateway=true").ticket != nil)
    }

    @Test func `a refused token leaves the session as it is`() throws {
        let browser = Browser(try TestServer(tokens: ""))
        _ = browser.logIn()
        #expect(browser.follow("e.e.e").ticket != nil)
        #expect(try browser.server.tokenReasons == ["malformed"])
    }

    @Test func `somebody whom the service does not admit is not logged in`() throws {
        let server = try TestServer(
            tokens: "",
            fields: Definition.access(
                #""requiredAttributes": { "@class": "java.util.HashMap", "role": ["admin"] }"#))
        let claims = { TokenForge.claims(["role": .string($0)], id: "1") }
        let browser = Browser(server)
        #expect(browser.follow(TokenForge.signed(claims("guest"))).isLoginForm)
        #expect(browser.cookies["TGC"] == nil)
        #expect(try server.tokenReasons == ["access"])
        #expect(browser.follow(TokenForge.signed(claims("admin"))).ticket != nil)
    }

    @Test func `a session that is bound to a certificate is not replaced`() throws {
        let root = try TestCA()
        let own = try root.issue("/O=Test/CN=casuser")
        let server = try TestServer(
            tokens: "", settings: "",
            authentication: """
                x509: {
                  trust_anchors: [ca.pem], principal: { type: cn },
                  bound_tickets: when_certificate }
                """, files: ["ca.pem": root.certificate])
        server.now.withLock { $0 = .now + .seconds(60) }
        let end = JSONValue.integer(server.time.seconds + 60)
        let browser = Browser(server)
        browser.gateway.clientVerification = .success
        browser.gateway.clientCertificate = own.certificate
        #expect(browser.enter(portal).ticket != nil)
        let session = browser.cookies["TGC"]
        // With its certificate it goes on, bound as before.
        let forged = { TokenForge.signed(TokenForge.claims(["exp": end])) }
        #expect(browser.follow(forged()).ticket != nil)
        #expect(browser.follow(forged(), to: portal, "&renew=true").ticket != nil)
        #expect(browser.cookies["TGC"] == session)
        browser.gateway.clientVerification = .none
        browser.gateway.clientCertificate = nil
        let token = forged()
        #expect(browser.follow(token).status == .forbidden)
        #expect(try server.tokenReasons == ["bound session"])
        #expect(browser.cookies["TGC"] == session)
        #expect(try server.registry.counts().sessions == 1)
        #expect(Browser(server).follow(token).ticket != nil)
    }
}
