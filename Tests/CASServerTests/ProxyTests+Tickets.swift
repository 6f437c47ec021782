import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("CAS 3.0 §2.7 /proxy") struct ProxyEndpointTests {
    @Test(arguments: [HTTP.Method.get, .post])
    func `a proxy granting ticket gives proxy tickets, any number of them`(
        method: HTTP.Method
    ) throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        for _ in 1...3 {
            let query =
                "pgt=\(granting)&targetService=" + percentEncoded(ProxyScene.backend)
            let answer =
                method == .get
                ? scene.browser.get("/cas/proxy?" + query)
                : scene.browser.send(.post, "/cas/proxy", body: Array(query.utf8))
            #expect(answer.status == .ok)
            #expect(answer["Content-Type"] == "application/xml;charset=UTF-8")
            #expect(answer.text.contains("<cas:proxySuccess>"))
            let ticket = try #require(answer.text.between("<cas:proxyTicket>", "<"))
            #expect(ticket.hasPrefix("PT-") && ticket.utf8.count >= 32)
            #expect(
                scene.browser.validate(ticket, for: ProxyScene.backend, at: "proxyValidate")
                    .isSuccess)
        }
    }

    @Test(arguments: [
        "", "?pgt=PGT-x", "?targetService=https%3A%2F%2Fbackend.example.org%2F",
        "?pgt=&targetService=https%3A%2F%2Fbackend.example.org%2F", "?pgt=PGT-x&targetService=",
        "?pgt=PGT-x&pgt=PGT-y&targetService=https%3A%2F%2Fbackend.example.org%2F",
        "?pgt=PGT-x&targetService=a&targetService=b", "?pgt=PGT-%ff&targetService=a",
    ])
    func `a missing, doubled or unreadable parameter is INVALID_REQUEST`(query: String) throws {
        let answer = Browser(try TestServer()).get("/cas/proxy" + query)
        #expect(answer.status == .ok)
        #expect(answer.proxyFailureCode == "INVALID_REQUEST")
    }

    @Test(arguments: [
        "PGT-unknown", "nonsense", "ST-abc", "TGT-abc", "PT-abc", "PGTIOU-abc",
        "PGT-x</cas:proxyFailure><cas:proxySuccess>",
    ])
    func `an unknown or malformed ticket is refused and not repeated`(ticket: String) throws {
        let answer = try ProxyScene().proxy(ticket)
        #expect(answer.proxyFailureCode == "INVALID_TICKET")
        #expect(!answer.text.contains(ticket) && !answer.text.contains("proxySuccess"))
    }

    @Test func `a receipt, a session's own ticket and a service ticket grant nothing`() throws {
        let scene = try ProxyScene()
        let receipt = try scene.grant().receipt
        for text in [receipt, try scene.ticket()] {
            #expect(scene.proxy(text).proxyFailureCode == "INVALID_TICKET")
        }
    }

    @Test(arguments: [
        "https://evil.example/", "https://off.example.org/", "https://sensitive.example.org/",
        "https://board.example.org/", "nonsense", "//backend.example.org/",
        "https://user@backend.example.org/", "https://backend.example.org/%0d%0a",
    ])
    func `a target that may not be entered is UNAUTHORIZED_SERVICE`(target: String) throws {
        let board = Definition.access(#""requiredAttributes": { "memberOf": ["^board$"] }"#)
        let scene = try ProxyScene(definitions: [Definition.json("board", board)])
        let granting = try scene.grant().ticket
        #expect(scene.proxy(granting, to: target).proxyFailureCode == "UNAUTHORIZED_SERVICE")
        #expect(try scene.proxyTicket(granting).hasPrefix("PT-"))
    }

    @Test(arguments: [
        "imap://mail.example.org/", "imap://mail.example.org", "ldap://mail.example.org/o=x",
    ])
    func `a target may have a scheme that no browser knows`(target: String) throws {
        let scene = try ProxyScene(definitions: [
            Definition.of("^(imap|ldap)://mail\\\\.example\\\\.org(/.*)?", name: "mail", id: 220)
        ])
        let ticket = try scene.proxyTicket(try scene.grant().ticket, to: target)
        let answer = scene.browser.validate(ticket, for: target, at: "proxyValidate")
        #expect(answer.text.contains("<cas:user>casuser</cas:user>"))
        #expect(scene.browser.enter(target).status == .badRequest)
    }

    @Test func `a service that lost its right grants nothing any more`() throws {
        for change in [
            [], [Definition.json("portal", id: 201)],
            [
                Definition.json(
                    "portal", id: 201,
                    Definition.proxying("^https://portal\\\\.example\\\\.org/other"))
            ],
            [
                Definition.json(
                    "portal", id: 201, Definition.access(#""enabled": false"#),
                    Definition.proxying("^https://portal\\\\.example\\\\.org/.*"))
            ],
        ] {
            let scene = try ProxyScene()
            let granting = try scene.grant().ticket
            try scene.server.redefine(change + [ProxyScene.definitions[2]])
            #expect(scene.proxy(granting).proxyFailureCode == "UNAUTHORIZED_SERVICE")
            try scene.server.redefine(ProxyScene.definitions)
            #expect(try scene.proxyTicket(granting).hasPrefix("PT-"))
        }
    }

    @Test func `the ticket dies with the session, however that ends`() throws {
        for end in ["logout", "expiry", "replacement"] {
            let scene = try ProxyScene()
            let otherTab = Browser(scene.server)
            _ = otherTab.get("/cas/login")
            let granting = try scene.grant().ticket
            let middle = try scene.grant(
                try scene.proxyTicket(granting, to: ProxyScene.middle), for: ProxyScene.middle,
                at: "proxyValidate", callback: ProxyScene.middleCallback
            ).ticket
            let outstanding = try scene.proxyTicket(granting)
            switch end {
            case "logout": _ = scene.browser.get("/cas/logout")
            case "expiry": scene.server.advance(by: .seconds(7201))
            default:
                let handle = try #require(
                    try scene.server.registry.sessions(of: "casuser", at: scene.server.time).first)
                _ = try scene.server.registry.remove(
                    handle.handle, queueing: .revoked, at: scene.server.time)
            }
            #expect(scene.proxy(granting).proxyFailureCode == "INVALID_TICKET", "\(end)")
            #expect(scene.proxy(middle).proxyFailureCode == "INVALID_TICKET", "\(end)")
            let answer = scene.browser.validate(
                outstanding, for: ProxyScene.backend, at: "proxyValidate")
            #expect(answer.failureCode == "INVALID_TICKET", "\(end)")
        }
    }

    @Test func `proxying keeps the session alive`() throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        for _ in 1...3 {
            scene.server.advance(by: .seconds(5400))
            #expect(try scene.proxyTicket(granting).hasPrefix("PT-"))
        }
        #expect(scene.browser.enter("https://app.example.org/").ticket != nil)
        scene.server.advance(by: .seconds(4 * 3600))
        #expect(scene.proxy(granting).proxyFailureCode == "INVALID_TICKET")
    }

    @Test func `a definition may shorten the lives of both tickets`() throws {
        let portal = Definition.json(
            "portal", id: 201, Definition.proxying("^https://portal\\\\.example\\\\.org/.*"),
            Definition.object(
                "proxyGrantingTicketExpirationPolicy",
                "DefaultRegisteredServiceProxyGrantingTicketExpirationPolicy",
                #""maxTimeToLiveInSeconds": 600"#))
        let backend = Definition.json(
            "backend", id: 203,
            Definition.object(
                "proxyTicketExpirationPolicy",
                "DefaultRegisteredServiceProxyTicketExpirationPolicy",
                #""numberOfUses": 1, "timeToLive": "3""#))
        let server = try TestServer(definitions: [portal, backend])
        let browser = Browser(server)
        _ = browser.logIn()
        let ticket = try #require(browser.enter(ProxyScene.portal).ticket)
        _ = browser.validate(
            ticket, for: ProxyScene.portal, "&pgtUrl=" + percentEncoded(ProxyScene.portalCallback))
        let granting = try #require(
            server.network.calls.first.flatMap { parameter("pgtId", of: $0.url) })
        let target = "/cas/proxy?pgt=\(granting)&targetService="
        for (age, isGood) in [(Duration.milliseconds(2999), true), (.seconds(3), false)] {
            let answer = browser.get(target + percentEncoded(ProxyScene.backend))
            let proxyTicket = try #require(answer.text.between("<cas:proxyTicket>", "<"))
            server.advance(by: age)
            #expect(
                browser.validate(proxyTicket, for: ProxyScene.backend, at: "proxyValidate")
                    .isSuccess == isGood)
        }
        server.advance(by: .seconds(600))
        #expect(
            browser.get(target + percentEncoded(ProxyScene.backend)).proxyFailureCode
                == "INVALID_TICKET")
        #expect(browser.enter(ProxyScene.portal).ticket != nil)
    }
}

@Suite("CAS 3.0 §2.6 /proxyValidate") struct ProxyValidateTests {
    private func proxies(_ answer: Response) -> [String] {
        answer.text.split(separator: "\n").compactMap { line in
            String(line).between("<cas:proxy>", "<")
        }
    }

    @Test(arguments: ["proxyValidate", "p3/proxyValidate"])
    func `a service ticket validates here as well, and has no proxies`(path: String) throws {
        let scene = try ProxyScene()
        let answer = scene.browser.validate(
            try scene.ticket(), for: ProxyScene.portal, at: path)
        #expect(answer.isSuccess && !answer.text.contains("<cas:proxies>"))
    }

    @Test(arguments: ["proxyValidate", "p3/proxyValidate"])
    func `the chain is in the answer, the proxy that was visited last comes first`(
        path: String
    ) throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        let first = try scene.proxyTicket(granting, to: ProxyScene.middle)
        let one = scene.browser.validate(first, for: ProxyScene.middle, at: path)
        #expect(proxies(one) == [ProxyScene.portalCallback])
        let second = try scene.grant(
            try scene.proxyTicket(granting, to: ProxyScene.middle), for: ProxyScene.middle,
            at: path, callback: ProxyScene.middleCallback
        ).ticket
        let two = scene.browser.validate(
            try scene.proxyTicket(second), for: ProxyScene.backend, at: path)
        #expect(proxies(two) == [ProxyScene.middleCallback, ProxyScene.portalCallback])
        #expect(two.text.contains("<cas:user>casuser</cas:user>"))
        #expect(two.text.contains("<cas:mail>"))
    }

    @Test(arguments: ["serviceValidate", "p3/serviceValidate", "validate"])
    func `a proxy ticket is refused where proxies are not taken, and used up`(path: String) throws {
        let scene = try ProxyScene()
        let ticket = try scene.proxyTicket(try scene.grant().ticket)
        let answer = scene.browser.validate(ticket, for: ProxyScene.backend, at: path)
        if path == "validate" {
            #expect(answer.text == "no\n\n")
        } else {
            #expect(answer.failureCode == "INVALID_TICKET")
        }
        let second = scene.browser.validate(ticket, for: ProxyScene.backend, at: "proxyValidate")
        #expect(second.failureCode == "INVALID_TICKET")
    }

    @Test func `a proxy ticket is good once, for its target, for ten seconds`() throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        let once = try scene.proxyTicket(granting)
        #expect(
            scene.browser.validate(once, for: ProxyScene.backend, at: "proxyValidate").isSuccess)
        #expect(
            scene.browser.validate(once, for: ProxyScene.backend, at: "proxyValidate").failureCode
                == "INVALID_TICKET")
        let foreign = try scene.proxyTicket(granting)
        #expect(
            scene.browser.validate(foreign, for: ProxyScene.portal, at: "proxyValidate").failureCode
                == "INVALID_SERVICE")
        #expect(
            scene.browser.validate(foreign, for: ProxyScene.backend, at: "proxyValidate")
                .failureCode
                == "INVALID_TICKET")
        let late = try scene.proxyTicket(granting)
        scene.server.advance(by: .seconds(10))
        #expect(
            scene.browser.validate(late, for: ProxyScene.backend, at: "proxyValidate").failureCode
                == "INVALID_TICKET")
    }

    @Test func `a proxy ticket is never from a new login`() throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        let plain = scene.browser.validate(
            try scene.proxyTicket(granting), for: ProxyScene.backend, at: "p3/proxyValidate")
        #expect(plain.text.contains("<cas:isFromNewLogin>false</cas:isFromNewLogin>"))
        let renewed = scene.browser.validate(
            try scene.proxyTicket(granting), for: ProxyScene.backend, at: "p3/proxyValidate",
            "&renew=true")
        #expect(renewed.failureCode == "INVALID_TICKET")
    }

    @Test func `a service behind a proxy needs its own right to go on`() throws {
        let scene = try ProxyScene()
        let ticket = try scene.proxyTicket(try scene.grant().ticket)
        let answer = scene.browser.validate(
            ticket, for: ProxyScene.backend, at: "proxyValidate",
            "&pgtUrl=" + percentEncoded("https://backend.example.org/cb"))
        #expect(answer.failureCode == "UNAUTHORIZED_SERVICE_PROXY")
        #expect(scene.server.network.calls.count == 1)
    }
}
