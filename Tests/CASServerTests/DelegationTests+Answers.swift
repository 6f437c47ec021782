import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("Delegation: what the upstream says") struct DelegationAnswerTests {
    private let service = "?service=" + percentEncoded(UpstreamScene.app)

    /// What the application is told about the user.
    private func facts(_ scene: UpstreamScene) throws -> String {
        let ticket = try #require(try scene.logIn(service).ticket)
        return scene.browser.validate(ticket, for: UpstreamScene.app).text
    }

    @Test(arguments: [
        ("cas1", "/validate", "yes\nupuser\n"),
        ("cas1", "/validate", "yes\r\nupuser\r\n"),
        (
            "cas2", "/serviceValidate",
            "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>"
                + "<cas:authenticationSuccess><cas:user> upuser </cas:user>"
                + "</cas:authenticationSuccess></cas:serviceResponse>"
        ),
        (
            "cas3", "/p3/serviceValidate",
            "<serviceResponse xmlns='http://www.yale.edu/tp/cas'><authenticationSuccess>"
                + "<user>upuser</user></authenticationSuccess></serviceResponse>"
        ),
    ])
    func `each version of the protocol is spoken`(
        version: String, path: String, body: String
    ) throws {
        let scene = try UpstreamScene("protocol: \(version)")
        scene.server.network.answers(status: 200, body)
        #expect(try facts(scene).contains("<cas:user>upuser</cas:user>"))
        let call = try #require(scene.server.network.calls.first)
        #expect(call.url.hasPrefix(UpstreamScene.campus + path + "?service="))
    }

    private let attributes =
        "<cas:mail>a@x</cas:mail><cas:group>one</cas:group><cas:group>two</cas:group>"
        + "<cas:isFromNewLogin>true</cas:isFromNewLogin>"

    @Test func `attributes are taken as they are, but not what the upstream says of its login`()
        throws
    {
        let scene = try UpstreamScene()
        scene.answersSuccess("upuser", attributes)
        scene.server.advance(by: .seconds(60))
        let text = try facts(scene)
        #expect(text.contains("<cas:mail>a@x</cas:mail>"))
        #expect(text.contains("<cas:group>one</cas:group>\n<cas:group>two</cas:group>"))
        #expect(text.contains("<cas:authenticationDate>2024-05-01T07:56:39.123Z<"))
        #expect(text.split(separator: "\n").count { $0.contains("isFromNewLogin") } == 1)
    }

    @Test func `attributes are taken under other names, and only those that are named`() throws {
        let scene = try UpstreamScene("attributes: { prefix: up_, names: { mail: email } }")
        scene.answersSuccess("upuser", attributes)
        let text = try facts(scene)
        #expect(text.contains("<cas:up_email>a@x</cas:up_email>"))
        #expect(!text.contains("<cas:mail>") && !text.contains("group"))
    }

    @Test func `a prefix alone is put in front of all`() throws {
        let scene = try UpstreamScene("attributes: { prefix: up_ }")
        scene.answersSuccess("upuser", attributes)
        let text = try facts(scene)
        #expect(text.contains("<cas:up_mail>") && text.contains("<cas:up_group>one"))
    }

    @Test func `the principal is the user with a suffix, or an attribute`() throws {
        let suffixed = try UpstreamScene("principal: { suffix: '@campus' }")
        #expect(try facts(suffixed).contains("<cas:user>upuser@campus</cas:user>"))
        let named = try UpstreamScene("principal: { attribute: mail, suffix: '!' }")
        named.answersSuccess("upuser", attributes)
        #expect(try facts(named).contains("<cas:user>a@x!</cas:user>"))
    }

    @Test func `an upstream cannot name one of our own users if a suffix keeps them apart`() throws
    {
        let scene = try UpstreamScene("principal: { suffix: '@campus' }")
        scene.answersSuccess("casuser")
        let text = try facts(scene)
        #expect(text.contains("<cas:user>casuser@campus</cas:user>") && !text.contains("memberOf"))
    }

    private func expectRefusal(
        _ scene: UpstreamScene, _ status: Status, _ reason: String
    ) throws {
        let before = try scene.server.reasons.count
        let response = try scene.logIn(service)
        #expect(response.status == status && response.ticket == nil)
        #expect(response.text.contains("Campus &lt;login&gt;"))
        #expect(scene.browser.cookies["TGC"] == nil)
        #expect(try scene.server.registry.counts().sessions == 0)
        let lines = try scene.server.reasons.dropFirst(before)
        #expect(lines.count == 1 && lines.first?.contains(reason) == true, "\(lines)")
        #expect(lines.first?.contains("\"upstream\":\"campus\"") == true)
    }

    @Test func `a missing name is a refusal`() throws {
        let scene = try UpstreamScene("principal: { attribute: mail }")
        try expectRefusal(scene, .forbidden, "names no user")
    }

    @Test(arguments: [("cas3", "INVALID_TICKET"), ("cas1", "no")])
    func `a ticket that the upstream refuses is a refusal`(version: String, code: String) throws {
        let scene = try UpstreamScene("protocol: \(version)")
        if version == "cas1" {
            scene.server.network.answers(status: 200, "no\n\n")
        } else {
            scene.answers(
                "<cas:authenticationFailure code='INVALID_TICKET'>x</cas:authenticationFailure>")
        }
        try expectRefusal(scene, .forbidden, code)
    }

    @Test(arguments: [.timeout, .unreachable, .unresolved, .tls("expired")] as [OutboundError])
    func `an upstream that cannot be reached is an outage`(error: OutboundError) throws {
        let scene = try UpstreamScene()
        scene.server.network.answers { _ throws(OutboundError) in throw error }
        try expectRefusal(scene, .serviceUnavailable, error.reasonClass)
    }

    @Test(arguments: [302, 404, 500, 503])
    func `an upstream that answers another status is an outage`(status: Int) throws {
        let scene = try UpstreamScene()
        scene.server.network.answers(status: status, "yes\nupuser\n")
        try expectRefusal(scene, .serviceUnavailable, "status \(status)")
    }

    @Test(arguments: [
        "", "garbage", "<html/>", "yes\nupuser\n", "{\"serviceResponse\":{}}",
        "<!DOCTYPE a [<!ENTITY u 'upuser'>]><serviceResponse xmlns='http://www.yale.edu/tp/cas'>"
            + "<authenticationSuccess><user>&u;</user></authenticationSuccess></serviceResponse>",
        "<serviceResponse xmlns='urn:other'><authenticationSuccess><user>upuser</user>"
            + "</authenticationSuccess></serviceResponse>",
        "<serviceResponse xmlns='http://www.yale.edu/tp/cas'><authenticationSuccess>"
            + "<user>upuser</user></authenticationSuccess>"
            + "<authenticationFailure code='X'/></serviceResponse>",
        "<serviceResponse xmlns='http://www.yale.edu/tp/cas'><authenticationSuccess>"
            + "<user>upuser</user><user>other</user></authenticationSuccess></serviceResponse>",
        "<serviceResponse xmlns='http://www.yale.edu/tp/cas'><authenticationSuccess>"
            + "<user></user></authenticationSuccess></serviceResponse>",
        "<serviceResponse xmlns='http://www.yale.edu/tp/cas'><authenticationSuccess>"
            + "<user>upuser</user><proxies><proxy>https://x/</proxy></proxies>"
            + "</authenticationSuccess></serviceResponse>",
    ])
    func `an answer that cannot be read logs nobody in`(body: String) throws {
        let scene = try UpstreamScene()
        scene.server.network.answers(status: 200, body)
        try expectRefusal(scene, .serviceUnavailable, "not readable")
    }

    @Test func `the upstream's ticket stays out of the log`() throws {
        let scene = try UpstreamScene()
        _ = try scene.logIn(service, ticket: "ST-planted-upstream")
        scene.answers(
            "<cas:authenticationFailure code='INVALID_TICKET'>ST-planted-text"
                + "</cas:authenticationFailure>")
        _ = try scene.logIn(service + "&renew=true", ticket: "ST-planted-upstream")
        _ = scene.sendLogout("ST-planted-upstream")
        _ = scene.sendLogout("ST-planted-forged")
        #expect(try !scene.server.log.contains("planted"))
    }
}

@Suite("Delegation: logout by and at the upstream") struct DelegationLogoutTests {
    private let service = "?service=" + percentEncoded(UpstreamScene.app)

    @Test func `the upstream ends the session that came with that ticket, and no other`() throws {
        let scene = try UpstreamScene(partner: true)
        _ = try scene.logIn(ticket: "ST-up-1")
        let used = try scene.browser.use(UpstreamScene.app)
        let before = scene.server.network.calls.count
        let bystander = Browser(scene.server)
        _ = bystander.logIn()
        #expect(scene.sendLogout("ST-up-1").status.rawValue < 300)
        #expect(scene.browser.enter(UpstreamScene.app).isLoginForm)
        #expect(bystander.enter(UpstreamScene.app).ticket != nil)
        #expect(scene.server.network.calls.count == before)
        scene.server.deliverLogouts()
        let calls = scene.server.network.calls.dropFirst(before)
        #expect(calls.map(\.url) == [UpstreamScene.app])
        #expect(calls.first?.bodyText.contains(used) == true)
        let records = try scene.server.registry.deliveries(
            matching: DeliveryFilter(), limit: 9)
        #expect(records.map(\.cause) == [.upstream])
    }

    @Test func `a session that was renewed there ends with the newer ticket too`() throws {
        let scene = try UpstreamScene()
        _ = try scene.logIn(ticket: "ST-up-1")
        #expect(try scene.logIn(service + "&renew=true", ticket: "ST-up-2").ticket != nil)
        _ = scene.sendLogout("ST-up-2")
        #expect(scene.browser.enter(UpstreamScene.app).isLoginForm)
    }

    @Test func `a message that names no ticket of that upstream changes nothing`() throws {
        let scene = try UpstreamScene(partner: true)
        _ = try scene.logIn(ticket: "ST-up-1")
        let own = try scene.browser.use(UpstreamScene.app)
        for (ticket, name) in [
            ("ST-up-2", "campus"), ("ST-up-1", "partner"), (own, "campus"), ("", "campus"),
            ("ST-up-1x", "campus"), ("upuser", "campus"), ("*", "campus"),
        ] {
            let before = try scene.server.reasons.count
            #expect(scene.sendLogout(ticket, at: name).status.rawValue < 500)
            #expect(try scene.server.reasons.count == before + 1, "\(ticket)")
        }
        #expect(try scene.server.registry.counts().sessions == 1)
        #expect(scene.browser.enter(UpstreamScene.app).ticket != nil)
    }

    @Test(arguments: [
        "", "nonsense", "<a/>",
        "<!DOCTYPE a [<!ENTITY t 'ST-up-1'>]><samlp:LogoutRequest "
            + "xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol'>"
            + "<samlp:SessionIndex>&t;</samlp:SessionIndex></samlp:LogoutRequest>",
        "<LogoutRequest><SessionIndex>ST-up-1</SessionIndex></LogoutRequest>",
    ])
    func `a message that is none is refused`(message: String) throws {
        let scene = try UpstreamScene()
        _ = try scene.logIn(ticket: "ST-up-1")
        #expect(scene.post(message).status == .badRequest)
        #expect(try scene.server.registry.counts().sessions == 1)
    }

    @Test func `a message in an address is none`() throws {
        let scene = try UpstreamScene()
        _ = try scene.logIn(ticket: "ST-up-1")
        let text = percentEncoded("<samlp:LogoutRequest/>")
        let response = Browser(scene.server).send(
            .post, "/cas/delegated/campus?logoutRequest=" + text)
        #expect(response.status == .badRequest)
        #expect(try scene.server.registry.counts().sessions == 1)
    }

    @Test func `messages are not taken if the configuration says so`() throws {
        let scene = try UpstreamScene("accept_logout: false")
        _ = try scene.logIn(ticket: "ST-up-1")
        _ = scene.sendLogout("ST-up-1")
        #expect(try scene.server.registry.counts().sessions == 1)
        #expect(scene.browser.enter(UpstreamScene.app).ticket != nil)
    }

    @Test func `our logout leads on to the upstream's if configured`() throws {
        let scene = try UpstreamScene("forward_logout: true")
        _ = try scene.logIn()
        let response = scene.browser.get("/cas/logout")
        let location = try #require(response["Location"])
        #expect(location.hasPrefix(UpstreamScene.campus + "/logout?service="))
        #expect(parameter("service", of: location) == "https://sso.example.org/cas/logout")
        #expect(scene.browser.cookies["TGC"] == nil)
        // The upstream sends the browser back; there it ends.
        let back = scene.browser.get("/cas/logout")
        #expect(back.status == .ok && back["Location"] == nil)
    }

    @Test func `the way on goes through the upstream's logout`() throws {
        let scene = try UpstreamScene(
            "forward_logout: true", configuration: "logout: { follow_service: true }")
        _ = try scene.logIn()
        let location = try #require(scene.browser.get("/cas/logout" + service)["Location"])
        let next = try #require(parameter("service", of: location))
        #expect(next == "https://sso.example.org/cas/logout" + service)
        let path = "/" + (try #require(next.after("https://sso.example.org/")))
        #expect(scene.browser.get(path)["Location"] == UpstreamScene.app)
    }

    @Test func `a session of a password, and one without that setting, end here`() throws {
        let local = try UpstreamScene("forward_logout: true")
        _ = local.browser.logIn()
        #expect(local.browser.get("/cas/logout")["Location"] == nil)
        let kept = try UpstreamScene()
        _ = try kept.logIn()
        #expect(kept.browser.get("/cas/logout")["Location"] == nil)
    }

    @Test func `frames come before the way to the upstream`() throws {
        let scene = try UpstreamScene(
            "forward_logout: true",
            definitions: [Definition.json("front", id: 310, #""logoutType": "FRONT_CHANNEL""#)])
        _ = try scene.logIn()
        _ = try scene.browser.use("https://front.example.org/")
        let page = scene.browser.get("/cas/logout")
        #expect(page.status == .ok && page.text.contains("<iframe"))
        #expect(page["Refresh"]?.contains("url=" + UpstreamScene.campus + "/logout") == true)
    }
}
