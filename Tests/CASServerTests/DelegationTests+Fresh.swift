import CASProtocol
import HTTP
import Outbound
import Platform
import Testing

@Suite("Delegation: who has typed a password, and who only followed a link")
struct DelegationFreshnessTests {
    private let service = "?service=" + percentEncoded(UpstreamScene.app)

    @Test func `a login that the upstream made silently is no new login`() throws {
        let scene = try UpstreamScene()
        let ticket = try #require(try scene.logIn(service).ticket)
        let answer = scene.browser.validate(ticket, for: UpstreamScene.app, "&renew=true")
        #expect(answer.failureCode == "INVALID_TICKET")
    }

    @Test func `a login that the upstream calls a new one is one here, for the first ticket`()
        throws
    {
        let scene = try UpstreamScene()
        scene.answersSuccess("upuser", "<cas:isFromNewLogin>true</cas:isFromNewLogin>")
        let ticket = try #require(try scene.logIn(service).ticket)
        #expect(
            scene.browser.validate(ticket, for: UpstreamScene.app, "&renew=true").isSuccess)
        let second = try #require(scene.browser.enter(UpstreamScene.app).ticket)
        #expect(
            scene.browser.validate(second, for: UpstreamScene.app, "&renew=true").failureCode
                == "INVALID_TICKET")
    }

    @Test func `with renew the upstream must have asked, and the ticket is from a new login`()
        throws
    {
        let scene = try UpstreamScene()
        let away = scene.start(service + "&renew=true")
        #expect(away["Location"]?.hasSuffix("&renew=true") == true)
        let ticket = try #require(
            scene.browser.get(try scene.way(back: away) + "&ticket=ST-up-1").ticket)
        let call = try #require(scene.server.network.calls.first)
        #expect(parameter("renew", of: call.url) == "true")
        let answer = scene.browser.validate(ticket, for: UpstreamScene.app, "&renew=true")
        #expect(answer.isSuccess)
    }

    @Test func `a service that wants fresh credentials makes the upstream ask for them`() throws {
        let scene = try UpstreamScene()
        let away = scene.start("?service=" + percentEncoded("https://sensitive.example.org/"))
        #expect(away["Location"]?.hasSuffix("&renew=true") == true)
        _ = scene.browser.get(try scene.way(back: away) + "&ticket=ST-up-1")
        #expect(parameter("renew", of: try #require(scene.server.network.calls.first).url) != nil)
    }

    @Test func `a link to the upstream neither ends nor swaps the session of somebody else`()
        throws
    {
        let scene = try UpstreamScene()
        _ = scene.browser.logIn()
        let before = scene.browser.cookies["TGC"]
        #expect(try scene.logIn(service).status == .forbidden)
        #expect(scene.browser.cookies["TGC"] == before)
        #expect(scene.browser.get("/cas/login").names("casuser"))
    }

    @Test func `a link to the upstream leaves the session of the same person as it is`() throws {
        let scene = try UpstreamScene()
        let ticket = try #require(try scene.logIn(service).ticket)
        #expect(scene.browser.validate(ticket, for: UpstreamScene.app).isSuccess)
        let before = scene.browser.cookies["TGC"]
        let calls = scene.server.network.calls.count
        #expect(try scene.logIn(service, ticket: "ST-up-2").ticket != nil)
        #expect(scene.browser.cookies["TGC"] == before)
        scene.server.deliverLogouts()
        #expect(scene.server.network.calls.count == calls + 1, "no application was signed out")
    }

    @Test func `who wants to be asked before each service is asked after the upstream too`()
        throws
    {
        let scene = try UpstreamScene()
        scene.browser.plant("CASPRIVACY", "true")
        let response = try scene.logIn(service)
        #expect(response.ticket == nil)
        let next = try #require(response["Location"]?.after("https://sso.example.org"))
        let page = scene.browser.get(next)
        #expect(page.status == .ok && page.hiddenField("_eventId") == "proceed")
    }

    @Test func `an upstream that does not answer is left alone for a while`() throws {
        let scene = try UpstreamScene()
        let back = try scene.way(back: scene.start(service))
        scene.server.network.answers { _ throws(OutboundError) in throw OutboundError.timeout }
        for _ in 0..<6 {
            #expect(scene.browser.get(back + "&ticket=ST-x").status == .serviceUnavailable)
        }
        #expect(scene.server.network.calls.count == 3)
        scene.server.advance(by: .seconds(10))
        scene.answersSuccess()
        #expect(scene.browser.get(back + "&ticket=ST-x").ticket != nil)
    }
}
