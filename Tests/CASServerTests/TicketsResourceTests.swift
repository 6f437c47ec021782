import HTTP
import JSON
import Platform
import Testing

@Suite("CAS REST protocol") struct TicketsResourceTests {
    private let app = "https://app.example.org/home"

    private func server(_ settings: String = "rest: { enabled: true }") throws -> Browser {
        Browser(try TestServer(settings))
    }

    private func ticket(_ browser: Browser, accept: String? = "text/plain") -> String {
        browser.post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"], accept: accept
        ).text
    }

    @Test func `without configuration there is no REST`() throws {
        let response = Browser(try TestServer()).post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"])
        #expect(response.status == .notFound)
    }

    @Test func `a ticket-granting ticket is created with an absolute address`() throws {
        let response = try server().post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"])
        #expect(response.status == .created)
        let location = try #require(response["Location"])
        #expect(location.hasPrefix("https://sso.example.org/cas/v1/tickets/TGT-"))
        #expect(response["Content-Type"] == "text/html;charset=UTF-8")
        #expect(
            response.text
                == "<!DOCTYPE HTML PUBLIC \\\"-//IETF//DTD HTML 2.0//EN\\\"><html><head><title>"
                + "201 CREATED</title></head><body><h1>TGT Created</h1><form action=\"\(location)\""
                + " method=\"POST\">Service:<input type=\"text\" name=\"service\" value=\"\"><br>"
                + "<input type=\"submit\" value=\"Submit\"></form></body></html>")
    }

    @Test(
        arguments: [
            (nil, "text/html;charset=UTF-8", false), ("", "text/html;charset=UTF-8", false),
            ("*/*", "text/html;charset=UTF-8", false),
            ("text/html, */*", "text/html;charset=UTF-8", false),
            ("text/plain", "text/plain;charset=UTF-8", true),
            ("application/json", "application/json", true),
            ("application/json, text/plain, */*", "application/json", true),
            ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded", true),
            ("application/xml, text/plain", "text/plain;charset=UTF-8", true),
        ] as [(String?, String, Bool)])
    func `the form of the answer follows Accept`(accept: String?, type: String, isBare: Bool) throws
    {
        let response = try server().post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"], accept: accept)
        #expect(response.status == .created)
        #expect(response["Content-Type"] == type)
        #expect(response.text.hasPrefix("TGT-") == isBare)
    }

    @Test func `an Accept that cannot be met is 406, before anything else`() throws {
        let response = try server().post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"],
            accept: "application/xml")
        #expect(response.status == .notAcceptable)
        #expect(response["Content-Type"] == "application/problem+json")
    }

    @Test(arguments: [("casuser", "wrong"), ("nobody", "Mellon"), ("locked", "Mellon")])
    func `refused credentials are 401 in Apereo's typed JSON`(user: String, password: String) throws
    {
        let response = try server().post(
            "/cas/v1/tickets", ["username": user, "password": password])
        #expect(response.status == .unauthorized)
        let document = try JSONValue(parsing: response.body).objectValue
        #expect(document?["@class"]?.stringValue == "java.util.HashMap")
        let list = document?["authentication_exceptions"]?.arrayValue
        #expect(list?.first?.stringValue == "java.util.ArrayList")
        #expect(list?.last?.arrayValue?.count == 1)
        #expect(!response.text.contains("casuser") && !response.text.contains("nobody"))
    }

    @Test(arguments: ["", "username=casuser", "password=Mellon", "username=&password="])
    func `missing credentials are 400`(body: String) throws {
        let response = try server().send(.post, "/cas/v1/tickets", body: Array(body.utf8))
        #expect(response.status == .badRequest)
        #expect(
            response.text == "No credentials can be extracted to authenticate the REST request")
    }

    @Test func `credentials in the address are 400`() throws {
        let response = try server().send(
            .post, "/cas/v1/tickets?username=casuser&password=Mellon", body: Array("a=b".utf8))
        #expect(response.status == .badRequest)
    }

    @Test func `a doubled parameter is 400`() throws {
        let response = try server().send(
            .post, "/cas/v1/tickets",
            body: Array("username=a&username=casuser&password=Mellon".utf8))
        #expect(response.status == .badRequest)
    }

    @Test func `a body of another type is 415`() throws {
        for type in ["text/json", "text/plain", "multipart/form-data", "application/xml"] {
            let response = try server().send(
                .post, "/cas/v1/tickets", body: Array("username=casuser".utf8), type: type)
            #expect(response.status == .unsupportedMediaType)
        }
    }

    @Test func `a form without a type is read`() throws {
        let response = try server().send(
            .post, "/cas/v1/tickets", body: Array("username=casuser&password=Mellon".utf8),
            type: nil)
        #expect(response.status == .created)
    }

    @Test func `a slash at the end is allowed`() throws {
        let response = try server().post(
            "/cas/v1/tickets/", ["username": "casuser", "password": "Mellon"])
        #expect(response.status == .created)
    }

    @Test func `passwords can be switched off`() throws {
        let browser = try server("rest: { enabled: true, passwords: false }")
        let response = browser.post(
            "/cas/v1/tickets", ["username": "casuser", "password": "Mellon"])
        #expect(response.status == .badRequest)
    }

    @Test func `a service that may not be entered is 403 at the login already`() throws {
        for service in ["https://evil.example/", "https://off.example.org/"] {
            let response = try server().post(
                "/cas/v1/tickets",
                ["username": "casuser", "password": "Mellon", "service": service])
            #expect(response.status == .forbidden)
        }
        let staff = try server().post(
            "/cas/v1/tickets",
            [
                "username": "other", "password": "Mellon", "service": "https://staff.example.org/",
            ])
        #expect(staff.status == .forbidden)
    }

    @Test func `a service ticket is the whole body and validates`() throws {
        let browser = try server()
        let response = browser.post("/cas/v1/tickets/" + ticket(browser), ["service": app])
        #expect(response.status == .ok)
        #expect(response["Content-Type"] == "text/plain;charset=UTF-8")
        #expect(response.text.hasPrefix("ST-") && !response.text.contains("\n"))
        let validation = browser.get(
            "/cas/p3/serviceValidate?service=\(percentEncoded(app))&ticket=\(response.text)")
        #expect(validation.text.contains("<cas:user>casuser</cas:user>"))
    }

    @Test func `a service in the query is read as well`() throws {
        let browser = try server()
        let response = browser.send(
            .post, "/cas/v1/tickets/\(ticket(browser))?service=" + percentEncoded(app))
        #expect(response.text.hasPrefix("ST-"))
    }

    @Test(arguments: [
        ("", Status.badRequest), ("service=", .badRequest), ("service=nonsense", .badRequest),
        ("service=https%3A%2F%2Fevil.example%2F", .forbidden),
        ("service=https%3A%2F%2Foff.example.org%2F", .forbidden),
        ("service=https%3A%2F%2Fsensitive.example.org%2F", .forbidden),
        ("service=https%3A%2F%2Fapp.example.org%2F&service=https%3A%2F%2Fb", .badRequest),
    ])
    func `a service that is missing, bad or not allowed gets no ticket`(
        body: String, status: Status
    ) throws {
        let browser = try server()
        let response = browser.send(
            .post, "/cas/v1/tickets/" + ticket(browser), body: Array(body.utf8))
        #expect(response.status == status)
        #expect(!response.text.contains("ST-"))
    }

    @Test(arguments: ["TGT-unknown", "ST-x", "nonsense", "TGT-<script>"])
    func `an unknown ticket-granting ticket is 404, and not repeated`(id: String) throws {
        let response = try server().post("/cas/v1/tickets/" + id, ["service": app])
        #expect(response.status == .notFound)
        #expect(!response.text.contains(id))
    }

    @Test func `renew authenticates again, as the same principal only`() throws {
        let browser = try server()
        let id = ticket(browser)
        let service = "https://sensitive.example.org/"
        let renewed = browser.post(
            "/cas/v1/tickets/" + id,
            [
                "service": service, "renew": "true", "username": "casuser", "password": "Mellon",
            ])
        #expect(renewed.text.hasPrefix("ST-"))
        let bare = browser.post(
            "/cas/v1/tickets/" + id, ["service": service, "renew": "true"])
        #expect(bare.status == .badRequest)
        let mixed = browser.post(
            "/cas/v1/tickets/" + id,
            ["service": service, "renew": "true", "username": "other", "password": "Mellon"])
        #expect(mixed.status == .unauthorized)
    }

    @Test func `the status of a ticket can be asked without using it`() throws {
        let browser = try server()
        let id = ticket(browser)
        #expect(browser.get("/cas/v1/tickets/" + id).text == id)
        #expect(browser.get("/cas/v1/tickets/" + id, method: .head).status == .ok)
        let service = browser.post("/cas/v1/tickets/" + id, ["service": app]).text
        #expect(browser.get("/cas/v1/tickets/" + service).text == service)
        #expect(browser.get("/cas/v1/tickets/ST-unknown").status == .notFound)
        browser.server.advance(by: .seconds(10))
        #expect(browser.get("/cas/v1/tickets/" + service).status == .notFound)
    }

    @Test func `DELETE ends the session, lists its services, and never fails`() throws {
        let browser = try server()
        let id = ticket(browser)
        let service = browser.post("/cas/v1/tickets/" + id, ["service": app]).text
        _ = browser.get("/cas/serviceValidate?service=\(percentEncoded(app))&ticket=\(service)")
        let response = browser.send(.delete, "/cas/v1/tickets/" + id)
        #expect(response.status == .ok)
        let list = try JSONValue(parsing: response.body).arrayValue
        #expect(list?.count == 1)
        #expect(list?.first?.objectValue?["ticketId"]?.stringValue == service)
        #expect(browser.get("/cas/v1/tickets/" + id).status == .notFound)
        for unknown in [id, "TGT-unknown", "nonsense"] {
            let again = browser.send(.delete, "/cas/v1/tickets/" + unknown)
            #expect(again.status == .ok)
            #expect(again.text == "[]")
        }
    }

    @Test(arguments: [
        (HTTP.Method.get, "/cas/v1/tickets", "POST, OPTIONS"),
        (.put, "/cas/v1/tickets", "POST, OPTIONS"),
        (.patch, "/cas/v1/tickets/TGT-1", "GET, HEAD, POST, DELETE, OPTIONS"),
    ])
    func `another method is 405 with those that are allowed`(
        method: HTTP.Method, path: String, allowed: String
    ) throws {
        let response = try server().send(method, path)
        #expect(response.status == .methodNotAllowed)
        #expect(response["Allow"] == allowed)
    }

    @Test func `OPTIONS lists the methods`() throws {
        let response = try server().send(.options, "/cas/v1/tickets")
        #expect(response.status == .ok)
        #expect(response["Allow"] == "POST, OPTIONS")
    }

    @Test func `an unknown resource is a problem document`() throws {
        let response = try server().get("/cas/v1/unknown")
        #expect(response.status == .notFound)
        #expect(response["Content-Type"] == "application/problem+json")
    }

    @Test func `REST neither sets nor reads the cookie`() throws {
        let browser = try server()
        _ = ticket(browser)
        #expect(browser.cookies["TGC"] == nil)
    }
}
