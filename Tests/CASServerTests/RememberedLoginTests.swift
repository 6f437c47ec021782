import CASProtocol
import HTTP
import JSON
import Platform
import Testing
import XML

/// CAS 3.0 §4.1.3, §4.2.5.1: every kind of answer with attributes says whether the login was
/// remembered.
@Suite("CAS 3.0 §4.1.3 what services are told of remembered logins") struct RememberedLoginTests {
    private static let enabled = "tickets: { remember_me: { enabled: true } }"
    private static let name = "longTermAuthenticationRequestTokenUsed"

    /// Somebody who has just logged in, at a server with services that may proxy.
    private func scene(isRemembered: Bool) throws -> ProxyScene {
        let scene = try ProxyScene(Self.enabled, definitions: [])
        _ = scene.browser.get("/cas/logout")
        let response = scene.browser.logIn(ticking: isRemembered ? ["rememberMe"] : [])
        #expect(response.cookie("TGC")?.contains("Max-Age") == isRemembered)
        return scene
    }

    private func flag(_ answer: Response) -> String? {
        answer.text.between("<cas:\(Self.name)>", "<")
    }

    @Test(
        arguments: ["serviceValidate", "p3/serviceValidate", "proxyValidate", "p3/proxyValidate"],
        [true, false])
    func `a service ticket tells of it, also weeks after the login`(
        path: String, isRemembered: Bool
    ) throws {
        let scene = try scene(isRemembered: isRemembered)
        for delay in isRemembered ? [0, 10 * 86400] : [0] {
            scene.server.advance(by: .seconds(delay))
            let ticket = try #require(scene.browser.enter(ProxyScene.backend).ticket)
            let answer = scene.browser.validate(ticket, for: ProxyScene.backend, at: path)
            #expect(flag(answer) == "\(isRemembered)")
        }
    }

    @Test(arguments: ["proxyValidate", "p3/proxyValidate"], [true, false])
    func `a proxy ticket tells of the login at the bottom of its chain`(
        path: String, isRemembered: Bool
    ) throws {
        let scene = try scene(isRemembered: isRemembered)
        let granting = try scene.grant().ticket
        let direct = try scene.proxyTicket(granting)
        let answer = scene.browser.validate(direct, for: ProxyScene.backend, at: path)
        #expect(answer.text.contains("<cas:proxy>"))
        #expect(flag(answer) == "\(isRemembered)")

        let between = try scene.grant(
            try scene.proxyTicket(granting, to: ProxyScene.middle), for: ProxyScene.middle,
            at: path, callback: ProxyScene.middleCallback)
        let last = scene.browser.validate(
            try scene.proxyTicket(between.ticket), for: ProxyScene.backend, at: path)
        #expect(last.text.split(separator: "<cas:proxy>").count == 3)
        #expect(flag(last) == "\(isRemembered)")
    }

    @Test(arguments: [true, false]) func `JSON tells of it`(isRemembered: Bool) throws {
        let scene = try scene(isRemembered: isRemembered)
        let ticket = try #require(scene.browser.enter(ProxyScene.backend).ticket)
        let answer = scene.browser.validate(
            ticket, for: ProxyScene.backend, at: "p3/proxyValidate", "&format=JSON")
        let attributes = try JSONValue(parsing: answer.body).objectValue?["serviceResponse"]?
            .objectValue?["authenticationSuccess"]?.objectValue?["attributes"]?.objectValue
        let flag = try #require(attributes?[Self.name])
        #expect(
            flag.text().contains("\(isRemembered)") && !flag.text().contains("\(!isRemembered)"))
    }

    @Test(arguments: [true, false]) func `SAML 1.1 tells of it`(isRemembered: Bool) throws {
        let scene = try scene(isRemembered: isRemembered)
        let app = percentEncoded(ProxyScene.backend)
        let location = try #require(scene.browser.get("/cas/login?TARGET=" + app)["Location"])
        let ticket = try #require(location.after("SAMLart="))
        let (samlp, saml) = (
            "urn:oasis:names:tc:SAML:1.0:protocol", "urn:oasis:names:tc:SAML:1.0:assertion"
        )
        let soap = "http://schemas.xmlsoap.org/soap/envelope/"
        let request = """
            <S:Envelope xmlns:S="\(soap)"><S:Body><p:Request xmlns:p="\(samlp)" MajorVersion="1" \
            MinorVersion="1" RequestID="_1" IssueInstant="2024-05-01T07:55:39Z">\
            <p:AssertionArtifact>\(ticket)</p:AssertionArtifact></p:Request></S:Body></S:Envelope>
            """
        let answer = scene.browser.send(
            .post, "/cas/samlValidate?TARGET=" + app, body: Array(request.utf8), type: "text/xml")
        let statement = try #require(
            try XMLElement.parse(answer.body).first("Body", soap)?.first("Response", samlp)?
                .first("Assertion", saml)?.first("AttributeStatement", saml), "\(answer.text)")
        let flags = statement.all("Attribute", saml)
            .filter { $0.attribute("AttributeName") == Self.name }
        #expect(flags.count == 1)
        #expect(
            flags.first?.all("AttributeValue", saml).map(\.text) == ["\(isRemembered)"])
    }

    @Test func `a renewal by password without the box is not told as remembered`() throws {
        let scene = try scene(isRemembered: true)
        let query = "?renew=true&service=" + percentEncoded(ProxyScene.backend)
        let ticket = try #require(scene.browser.logIn(query: query).ticket)
        #expect(flag(scene.browser.validate(ticket, for: ProxyScene.backend)) == "false")
    }

    @Test func `a login at an upstream is never remembered, whatever is asked`() throws {
        let scene = try UpstreamScene(configuration: Self.enabled)
        let query = "?service=\(percentEncoded(UpstreamScene.app))&rememberMe=true"
        #expect(scene.browser.get("/cas/login" + query).text.contains("name=\"rememberMe\""))
        let back = try scene.way(back: scene.start(query)) + "&rememberMe=true&ticket=ST-up-1"
        let response = scene.browser.get(back)
        let cookie = try #require(response.cookie("TGC"))
        #expect(!cookie.contains("Max-Age"))
        let answer = scene.browser.validate(
            try #require(response.ticket), for: UpstreamScene.app)
        #expect(answer.text.contains("<cas:user>upuser</cas:user>"))
        #expect(flag(answer) == "false")
        scene.server.advance(by: .seconds(7201))
        #expect(scene.browser.enter(UpstreamScene.app).isLoginForm)
    }
}
