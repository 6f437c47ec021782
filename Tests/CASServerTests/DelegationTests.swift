import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("Delegation: the way to an upstream server") struct DelegationStartTests {
    private let service = "?service=" + percentEncoded(UpstreamScene.app)

    @Test func `the login page offers each upstream beside the password`() throws {
        let scene = try UpstreamScene(partner: true)
        let page = scene.browser.get("/cas/login" + service)
        #expect(page.isLoginForm)
        #expect(page.text.contains("Campus &lt;login&gt;") && page.text.contains("Partner"))
        for name in ["campus", "partner"] {
            #expect(page.text.contains("\"/cas/delegated/\(name)\(service)\""))
        }
    }

    @Test func `the upstream gets an address of ours, and renew if it was asked for`() throws {
        let scene = try UpstreamScene()
        let response = scene.start(service)
        #expect(response.status == .found)
        let location = try #require(response["Location"])
        #expect(location.hasPrefix(UpstreamScene.campus + "/login?service="))
        let address = try #require(parameter("service", of: location))
        #expect(address.hasPrefix("https://sso.example.org/cas/delegated/campus?state="))
        // What was asked stays between the browser and us.
        #expect(!address.contains("app.example.org"))
        #expect(parameter("renew", of: location) == nil)
        let renewed = try #require(scene.start(service + "&renew=true")["Location"])
        #expect(parameter("renew", of: renewed) == "true")
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test func `a single upstream may be where browsers are sent without being asked`() throws {
        let scene = try UpstreamScene("auto_redirect: true")
        let response = scene.browser.get("/cas/login" + service)
        #expect(response["Location"]?.hasPrefix(UpstreamScene.campus + "/login?service=") == true)
        let back = try scene.way(back: response) + "&ticket=ST-up-1"
        #expect(scene.browser.get(back)["Location"]?.hasPrefix(UpstreamScene.app) == true)
        // With a session there is nothing to ask.
        #expect(scene.browser.enter(UpstreamScene.app).ticket != nil)
    }

    @Test func `gateway prompts nobody, at the upstream neither`() throws {
        let scene = try UpstreamScene("auto_redirect: true")
        let response = scene.browser.get("/cas/login" + service + "&gateway=true")
        #expect(response["Location"] == UpstreamScene.app)
    }

    @Test func `several upstreams leave the choice to the person`() throws {
        let scene = try UpstreamScene(partner: true)
        #expect(scene.browser.get("/cas/login" + service).isLoginForm)
    }

    @Test(arguments: ["https%3A%2F%2Fevil.example%2F", "https%3A%2F%2Foff.example.org%2F"])
    func `an unregistered or disabled service leads to no upstream`(text: String) throws {
        let response = try UpstreamScene().start("?service=" + text)
        #expect(response.status == .forbidden && response["Location"] == nil)
    }

    @Test(arguments: [
        (#""allowedProviders": ["partner"]"#, campus: false, partner: true, local: true),
        (#""allowedProviders": ["campus", "partner"]"#, true, true, true),
        (#""allowedProviders": [], "permitUndefined": false"#, false, false, true),
        (#""allowedProviders": []"#, true, true, true),
        (#""allowedProviders": ["campus"], "exclusive": true"#, true, false, false),
    ])
    func `a definition says which upstreams are offered and taken`(
        policy: String, campus: Bool, partner: Bool, local: Bool
    ) throws {
        let scene = try UpstreamScene(
            partner: true,
            definitions: [Definition.json("strict", id: 301, Definition.delegation(policy))])
        let service = "?service=" + percentEncoded("https://strict.example.org/")
        let page = scene.browser.get("/cas/login" + service)
        #expect(page.text.contains("name=\"password\"") == local)
        for (name, isAllowed) in [("campus", campus), ("partner", partner)] {
            #expect(page.text.contains("/cas/delegated/\(name)?") == isAllowed, "\(name)")
            let start = scene.start(service, at: name)
            #expect((start["Location"] != nil) == isAllowed, "\(name)")
            if !isAllowed { #expect(start.status == .forbidden) }
        }
    }

    @Test func `a service for others' users only takes no password`() throws {
        let policy = #""allowedProviders": ["campus"], "exclusive": true"#
        let scene = try UpstreamScene(
            definitions: [Definition.json("strict", id: 301, Definition.delegation(policy))])
        let service = "?service=" + percentEncoded("https://strict.example.org/")
        let form = scene.browser.get("/cas/login")
        let response = scene.browser.post(
            "/cas/login" + service,
            [
                "username": "casuser", "password": "Mellon",
                "execution": form.hiddenField("execution") ?? "",
            ])
        #expect(response.status == .forbidden && response.ticket == nil)
        #expect(scene.browser.cookies["TGC"] == nil)
        // A session of a password does not do either.
        _ = scene.browser.logIn()
        let entry = scene.browser.enter("https://strict.example.org/")
        #expect(entry.status == .forbidden && entry.ticket == nil)
        #expect(try scene.logIn(service + "&renew=true").status == .forbidden)
    }

    @Test func `an upstream that is not configured is not there`() throws {
        #expect(try UpstreamScene().start(at: "nobody").status == .notFound)
        #expect(Browser(try TestServer()).get("/cas/delegated/campus").status == .notFound)
        #expect(Browser(try TestServer()).get("/cas/delegated/").status == .notFound)
    }

    @Test func `a service too long for the way is refused, not cut`() throws {
        let long = UpstreamScene.app + String(repeating: "a", count: 3500)
        let response = try UpstreamScene().start("?service=" + percentEncoded(long))
        #expect(response.status == .badRequest && response["Location"] == nil)
    }
}

@Suite("Delegation: the way back") struct DelegationReturnTests {
    private let service = "?service=" + percentEncoded(UpstreamScene.app)

    @Test func `who comes back with a good ticket has a session and enters`() throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service))
        let response = scene.browser.get(back + "&ticket=ST-up-1")
        #expect(response.status == .found || response.status == .seeOther)
        let ticket = try #require(response.ticket)
        #expect(response["Location"]?.hasPrefix(UpstreamScene.app + "?ticket=ST-") == true)
        let call = try #require(scene.server.network.calls.first)
        #expect(scene.server.network.calls.count == 1 && call.method == .get)
        #expect(call.url.hasPrefix(UpstreamScene.campus + "/p3/serviceValidate?service="))
        #expect(parameter("service", of: call.url) == "https://sso.example.org" + back)
        #expect(parameter("ticket", of: call.url) == "ST-up-1")
        let answer = scene.browser.validate(ticket, for: UpstreamScene.app)
        #expect(answer.text.contains("<cas:user>upuser</cas:user>"))
        #expect(scene.browser.enter("https://plain.example.org/").ticket != nil)
        #expect(scene.browser.get("/cas/login").names("upuser"))
    }

    @Test func `without a service the person sees who is logged in, and where`() throws {
        let scene = try UpstreamScene()
        // The address with the ticket must not stay in the browser.
        #expect(try scene.logIn()["Location"] == "https://sso.example.org/cas/login")
        let page = scene.browser.get("/cas/login")
        #expect(page.status == .ok && page.names("upuser"))
        #expect(page.text.contains("Campus &lt;login&gt;"))
    }

    @Test func `method, TARGET and renew outlive the way`() throws {
        let scene = try UpstreamScene()
        let posted = try scene.logIn(service + "&method=POST")
        #expect(posted.hiddenField("ticket")?.hasPrefix("ST-") == true)
        let target = "?TARGET=" + percentEncoded(UpstreamScene.app)
        #expect(try scene.logIn(target)["Location"]?.contains("SAMLart=ST-") == true)
        // A renewal by the same person keeps the session.
        let cookie = scene.browser.cookies["TGC"]
        #expect(try scene.logIn(service + "&renew=true", ticket: "ST-up-2").ticket != nil)
        #expect(scene.browser.cookies["TGC"] == cookie)
    }

    @Test func `another person at a renewal is refused`() throws {
        let scene = try UpstreamScene()
        _ = scene.browser.logIn()
        let response = try scene.logIn(service + "&renew=true")
        #expect(response.status == .forbidden && response.ticket == nil)
        #expect(scene.browser.get("/cas/login").names("casuser"))
    }

    @Test func `who logs in another way under the same name has a session from there`() throws {
        let policy = #""allowedProviders": ["campus"], "exclusive": true"#
        let scene = try UpstreamScene(
            definitions: [Definition.json("strict", id: 301, Definition.delegation(policy))])
        scene.answersSuccess("casuser")
        _ = scene.browser.logIn()
        let service = "https://strict.example.org/"
        #expect(scene.browser.enter(service).status == .forbidden)
        let query = "?renew=true&service=" + percentEncoded(service)
        #expect(try scene.logIn(query, ticket: "ST-up-1").ticket != nil)
        // The next time it does not have to be done again.
        #expect(scene.browser.enter(service).ticket != nil)
        #expect(try scene.server.registry.counts().sessions == 1)
        _ = scene.sendLogout("ST-up-1")
        #expect(try scene.server.registry.counts().sessions == 0)
    }

    @Test func `a ticket without a state logs nobody in`() throws {
        let scene = try UpstreamScene()
        let response = scene.browser.get("/cas/delegated/campus?ticket=ST-up-1")
        #expect(response.status == .found)
        #expect(response["Location"]?.hasPrefix(UpstreamScene.campus + "/login?") == true)
        #expect(scene.browser.cookies["TGC"] == nil)
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test func `a state is good in its own browser only`() throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service)) + "&ticket=ST-up-1"
        let victim = Browser(scene.server)
        _ = victim.get("/cas/login")
        for browser in [Browser(scene.server), victim] {
            let response = browser.get(back)
            #expect(response.status == .forbidden && response.ticket == nil)
            #expect(browser.cookies["TGC"] == nil)
        }
        #expect(scene.server.network.calls.isEmpty)
        #expect(scene.browser.get(back).ticket != nil)
    }

    @Test(arguments: [(3600, true), (3601, false)])
    func `a state is good for an hour and not a second longer`(age: Int, isGood: Bool) throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service)) + "&ticket=ST-up-1"
        scene.server.advance(by: .seconds(age))
        let response = scene.browser.get(back)
        #expect((response.ticket != nil) == isGood)
        if !isGood {
            #expect(response.status == .forbidden)
            #expect(response.text.contains("/cas/delegated/campus"))
            #expect(scene.server.network.calls.isEmpty)
        }
    }

    @Test func `a state is good at its own upstream only`() throws {
        let scene = try UpstreamScene(partner: true)
        let back = try scene.way(back: scene.start(service)) + "&ticket=ST-up-1"
        let response = scene.browser.get(back.replacing("/campus?", with: "/partner?"))
        #expect(response.status == .forbidden && scene.server.network.calls.isEmpty)
    }

    @Test func `a state that was tampered with is worth nothing`() throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service))
        let state = try #require(back.after("state="))
        let last = try #require(state.last)
        let form = scene.browser.get("/cas/login").hiddenField("execution") ?? ""
        for text in [
            state.dropLast() + (last == "A" ? "B" : "A"), "A" + state, state.dropLast(4) + "",
            "nonsense", form + "", (scene.browser.cookies["TGC"] ?? "AAAA") + "",
        ] {
            let response = scene.browser.get(
                "/cas/delegated/campus?state=\(percentEncoded(String(text)))&ticket=ST-up-1")
            #expect(response.status == .forbidden && response.ticket == nil)
        }
        #expect(scene.server.network.calls.isEmpty)
        let twice = scene.browser.get(back + "&state=" + state + "&ticket=ST-up-1")
        #expect(twice.status == .badRequest)
        let doubled = scene.browser.get(back + "&ticket=ST-a&ticket=ST-b")
        #expect(doubled.status == .badRequest && scene.server.network.calls.isEmpty)
    }

    @Test func `who comes back without a ticket was refused there`() throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service))
        let response = scene.browser.get(back)
        #expect(response.status == .forbidden && response.text.contains("Campus &lt;login&gt;"))
        #expect(scene.browser.get(back + "&ticket=").status == .forbidden)
        #expect(scene.server.network.calls.isEmpty)
    }

    @Test func `a service that was closed meanwhile is not entered`() throws {
        let policy = Definition.delegation(#""allowedProviders": ["partner"]"#)
        for change in [[], [Definition.json("late", id: 302, policy)]] {
            let scene = try UpstreamScene(
                partner: true, definitions: [Definition.json("late", id: 302)])
            let query = "?service=" + percentEncoded("https://late.example.org/")
            let back = try scene.way(back: scene.start(query)) + "&ticket=ST-up-1"
            try scene.server.redefine(change)
            let response = scene.browser.get(back)
            #expect(response.status == .forbidden && response["Location"] == nil)
            #expect(scene.browser.cookies["TGC"] == nil)
            #expect(scene.server.network.calls.isEmpty)
        }
    }

    @Test func `a session counts only where its upstream is allowed`() throws {
        let definitions = [
            Definition.json(
                "partners", id: 303, Definition.delegation(#""allowedProviders": ["partner"]"#)),
            Definition.json(
                "campusonly", id: 304,
                Definition.delegation(#""allowedProviders": ["campus"], "exclusive": true"#)),
        ]
        let scene = try UpstreamScene(partner: true, definitions: definitions)
        _ = try scene.logIn()
        let refused = scene.browser.enter("https://partners.example.org/")
        #expect(refused.status == .forbidden && refused["Location"] == nil)
        #expect(refused.text.contains("renew=true"))
        #expect(scene.browser.enter("https://campusonly.example.org/").ticket != nil)
        #expect(scene.browser.enter("https://app.example.org/").ticket != nil)
    }

    @Test func `a HEAD neither starts nor finishes a login`() throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service)) + "&ticket=ST-up-1"
        _ = scene.browser.get(back, method: .head)
        #expect(scene.browser.get("/cas/delegated/campus", method: .head)["Location"] == nil)
        #expect(scene.server.network.calls.isEmpty && scene.browser.cookies["TGC"] == nil)
    }
}
