import CASProtocol
import HTTP
import Platform
import Testing

/// CAS 3.0 §2: a name in another case is another parameter, which nobody asked for.
@Suite("CAS 3.0 §2 names of parameters") struct ParameterNameTests {
    private let app = "https://app.example.org/home"
    private let plain = "https://plain.example.org/"

    @Test(arguments: ["Service", "SERVICE", "TargetService", "targetservice", "Target"])
    func `at the login a service of another case is no service`(name: String) throws {
        let browser = Browser(try TestServer())
        let address = "/cas/login?\(name)=" + percentEncoded(app)
        #expect(browser.get(address).formAction == "/cas/login")
        let response = browser.logIn(query: "?\(name)=" + percentEncoded(app))
        #expect(response.names("casuser") && response["Location"] == nil)
        let again = browser.get(address)
        #expect(again.names("casuser") && again["Location"] == nil)
    }

    @Test func `a name of another case does not count as the same one doubled`() throws {
        let browser = Browser(try TestServer())
        _ = browser.logIn()
        let response = browser.enter(app, "&Service=" + percentEncoded("https://evil.example/"))
        #expect(response["Location"]?.hasPrefix(app + "?ticket=ST-") == true)
    }

    @Test func `flags of another case are not set`() throws {
        let browser = Browser(try TestServer())
        #expect(browser.enter(app, "&Gateway=true").isLoginForm)
        _ = browser.logIn()
        #expect(browser.enter(app, "&Renew=true&RENEW=true").ticket != nil)
        #expect(browser.enter(app, "&Method=POST").status == .found)
    }

    @Test(arguments: [("Username", "password"), ("username", "Password")])
    func `credentials of another case are none`(username: String, password: String) throws {
        let browser = Browser(try TestServer())
        let form = browser.get("/cas/login").hiddenField("execution") ?? ""
        let response = browser.post(
            "/cas/login", [username: "casuser", password: "Mellon", "execution": form])
        #expect(response.status == .badRequest)
        #expect(browser.cookies["TGC"] == nil)
    }

    @Test func `the form's own value of another case is none`() throws {
        let browser = Browser(try TestServer())
        let form = browser.get("/cas/login").hiddenField("execution") ?? ""
        for name in ["Execution", "LT", "Lt"] {
            let response = browser.post(
                "/cas/login", ["username": "casuser", "password": "Mellon", name: form])
            #expect(response.status == .forbidden)
        }
        #expect(browser.cookies["TGC"] == nil)
    }

    @Test func `at the logout a service of another case is not followed`() throws {
        let browser = Browser(try TestServer("logout: { follow_service: true }"))
        let query = percentEncoded(app)
        #expect(browser.get("/cas/logout?Service=" + query)["Location"] == nil)
        #expect(browser.get("/cas/logout?service=" + query)["Location"] == app)
    }

    @Test(arguments: [
        ("serviceValidate", "Ticket", "service"), ("serviceValidate", "ticket", "Service"),
        ("serviceValidate", "TICKET", "service"), ("p3/serviceValidate", "Ticket", "service"),
        ("proxyValidate", "Ticket", "service"), ("p3/proxyValidate", "ticket", "SERVICE"),
        ("p3/proxyValidate", "ticket", "TargetService"),
    ])
    func `at validation they count as missing, and the ticket is not looked at`(
        path: String, ticketName: String, serviceName: String
    ) throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let response = browser.get(
            "/cas/\(path)?\(serviceName)=\(percentEncoded(app))&\(ticketName)=\(ticket)")
        #expect(response.status == .ok && response.failureCode == "INVALID_REQUEST")
        #expect(browser.validate(ticket, for: app).isSuccess)
    }

    @Test func `CAS 1 says no to them, and the ticket is not looked at`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let service = percentEncoded(app)
        for query in ["Service=\(service)&ticket=\(ticket)", "service=\(service)&Ticket=\(ticket)"]
        {
            #expect(browser.get("/cas/validate?" + query).text == "no\n\n")
        }
        #expect(browser.validate(ticket, for: app, at: "validate").text == "yes\ncasuser\n")
    }

    @Test func `what is optional at validation is not there in another case`() throws {
        let scene = try ProxyScene()
        let callback = percentEncoded(ProxyScene.portalCallback)
        let answer = scene.browser.validate(
            try scene.ticket(), for: ProxyScene.portal, at: "serviceValidate",
            "&PgtUrl=\(callback)&pgturl=\(callback)&Format=JSON&FORMAT=YAML&Renew=true")
        #expect(answer.isSuccess && !answer.text.contains("PGTIOU"))
        #expect(scene.server.network.calls.isEmpty)
        // The ticket of a session that was there would not do with `renew`.
        let other = try #require(scene.browser.enter(ProxyScene.portal).ticket)
        #expect(scene.browser.validate(other, for: ProxyScene.portal, "&Renew=true").isSuccess)
        let third = try #require(scene.browser.enter(ProxyScene.portal).ticket)
        #expect(
            scene.browser.validate(third, for: ProxyScene.portal, "&renew=true").failureCode
                == "INVALID_TICKET")
    }

    @Test func `at the proxy's door they count as missing`() throws {
        let scene = try ProxyScene()
        let granting = try scene.grant().ticket
        let target = percentEncoded(ProxyScene.backend)
        for query in [
            "PGT=\(granting)&targetService=\(target)", "Pgt=\(granting)&targetService=\(target)",
            "pgt=\(granting)&TargetService=\(target)", "pgt=\(granting)&targetservice=\(target)",
        ] {
            let answer = scene.browser.get("/cas/proxy?" + query)
            #expect(answer.proxyFailureCode == "INVALID_REQUEST", "\(query)")
        }
        #expect(try scene.proxyTicket(granting).hasPrefix("PT-"))
    }

    // MARK: `targetService` beside `service`

    private static let paths = [
        "serviceValidate", "p3/serviceValidate", "proxyValidate", "p3/proxyValidate",
    ]

    @Test(arguments: paths)
    func `at validation targetService wins over service, wherever it stands`(
        path: String
    ) throws {
        let browser = Browser(try TestServer())
        let (good, other) = (percentEncoded(app), percentEncoded(plain))
        for query in ["service=\(other)&targetService=\(good)", "targetService=\(good)"] {
            let ticket = try browser.ticket(for: app)
            #expect(browser.get("/cas/\(path)?\(query)&ticket=\(ticket)").isSuccess, "\(query)")
        }
        let ticket = try browser.ticket(for: app)
        let lost = browser.get(
            "/cas/\(path)?targetService=\(other)&service=\(good)&ticket=\(ticket)")
        #expect(lost.failureCode == "INVALID_SERVICE")
        #expect(browser.validate(ticket, for: app).failureCode == "INVALID_TICKET")
    }

    @Test func `CAS 1 knows targetService as well`() throws {
        let browser = Browser(try TestServer())
        for (target, answer) in [(app, "yes\ncasuser\n"), (plain, "no\n\n")] {
            let ticket = try browser.ticket(for: app)
            let other = target == app ? plain : app
            let text = browser.validate(
                ticket, for: other, at: "validate", "&targetService=" + percentEncoded(target)
            ).text
            #expect(text == answer)
        }
    }

    @Test func `a targetService in the body wins over a service in the address`() throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        let response = browser.post(
            "/cas/serviceValidate?service=" + percentEncoded(plain),
            ["targetService": app, "ticket": ticket])
        #expect(response.isSuccess)
    }

    @Test(arguments: paths)
    func `an empty targetService counts as missing`(path: String) throws {
        let browser = Browser(try TestServer())
        let ticket = try browser.ticket(for: app)
        #expect(browser.validate(ticket, for: app, at: path, "&targetService=").isSuccess)
    }
}
