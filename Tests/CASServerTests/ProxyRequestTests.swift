import CASProtocol
import HTTP
import Outbound
import Platform
import Testing
import Tickets

@Suite("CAS 3.0 §2.6, §2.7, §2.9 how proxies ask") struct ProxyRequestTests {
    private static let xml = "application/xml;charset=UTF-8"

    @Test(arguments: ["JSON", "json", "XML", "YAML", ""])
    func `there is no format at the proxy's door: it answers XML`(format: String) throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        let target = percentEncoded(ProxyScene.backend)
        for extra in ["&format=" + format, "&format=\(format)&x=y"] {
            let answer = scene.browser.get(
                "/cas/proxy?pgt=\(granting)&targetService=\(target)\(extra)")
            #expect(answer.status == .ok && answer["Content-Type"] == Self.xml)
            #expect(answer.text.hasPrefix("<cas:serviceResponse"))
            let ticket = try #require(answer.text.between("<cas:proxyTicket>", "<"))
            #expect(
                scene.browser.validate(ticket, for: ProxyScene.backend, at: "proxyValidate")
                    .isSuccess)
        }
        let failure = scene.browser.get(
            "/cas/proxy?pgt=PGT-unknown&targetService=\(target)&format=\(format)")
        #expect(failure.status == .ok && failure["Content-Type"] == Self.xml)
        #expect(failure.proxyFailureCode == "INVALID_TICKET")
        let incomplete = scene.browser.get("/cas/proxy?format=" + format)
        #expect(incomplete["Content-Type"] == Self.xml)
        #expect(incomplete.proxyFailureCode == "INVALID_REQUEST")
    }

    @Test func `a format that is sent in a body is left aside as well`() throws {
        let scene = try ProxyScene()
        let answer = scene.browser.post(
            "/cas/proxy",
            [
                "pgt": try scene.grant().ticket, "targetService": ProxyScene.backend,
                "format": "JSON",
            ])
        #expect(answer["Content-Type"] == Self.xml)
        #expect(answer.text.between("<cas:proxyTicket>", "<")?.hasPrefix("PT-") == true)
    }

    @Test(arguments: ["proxyValidate", "p3/proxyValidate"])
    func `a proxy may send everything in the body of a POST`(path: String) throws {
        let scene = try ProxyScene()
        let granted = scene.browser.post(
            "/cas/proxy",
            ["pgt": try scene.grant().ticket, "targetService": ProxyScene.backend])
        #expect(granted.status == .ok && granted["Content-Type"] == Self.xml)
        let ticket = try #require(granted.text.between("<cas:proxyTicket>", "<"))
        let form: KeyValuePairs = ["service": ProxyScene.backend, "ticket": ticket]
        let answer = scene.browser.post("/cas/" + path, form)
        #expect(answer.status == .ok && answer.isSuccess)
        #expect(answer.text.contains("<cas:user>casuser</cas:user>"))
        #expect(
            answer.text.between("<cas:proxy>", "<") == ProxyScene.portalCallback)
        #expect(scene.browser.post("/cas/" + path, form).failureCode == "INVALID_TICKET")
    }

    @Test(arguments: ["proxyValidate", "p3/proxyValidate"])
    func `a service ticket and a callback may be in the body of a POST`(path: String) throws {
        let scene = try ProxyScene()
        let answer = scene.browser.post(
            "/cas/" + path,
            [
                "service": ProxyScene.portal, "ticket": try scene.ticket(),
                "pgtUrl": ProxyScene.portalCallback,
            ])
        let receipt = try #require(answer.text.between("<cas:proxyGrantingTicket>", "<"))
        let call = try #require(scene.server.network.calls.last)
        #expect(parameter("pgtIou", of: call.url) == receipt)
    }

    @Test(arguments: ["proxyValidate", "p3/proxyValidate"])
    func `a POST may leave the service in the address`(path: String) throws {
        let scene = try ProxyScene()
        let ticket = try scene.proxyTicket(try scene.grant().ticket)
        let answer = scene.browser.post(
            "/cas/\(path)?service=" + percentEncoded(ProxyScene.backend), ["ticket": ticket])
        #expect(answer.isSuccess)
    }

    @Test(arguments: ["proxy", "proxyValidate", "p3/proxyValidate"])
    func `no other method has an effect`(path: String) throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        let ticket = try scene.proxyTicket(granting)
        let before = try scene.server.registry.counts()
        let target = percentEncoded(ProxyScene.backend)
        for method in [HTTP.Method.head, .put, .delete, .patch] {
            let response = scene.browser.get(
                "/cas/\(path)?pgt=\(granting)&targetService=\(target)&ticket=\(ticket)",
                method: method)
            #expect(response.status == .methodNotAllowed && response["Allow"] == "GET, POST")
        }
        #expect(try scene.server.registry.counts() == before)
        let answer = scene.browser.validate(ticket, for: ProxyScene.backend, at: "proxyValidate")
        #expect(answer.isSuccess)
    }
}
