import CASServer
import HTTP
import JSON
import Platform
import Testing
import Tickets

@Suite("REST: bodies in JSON, and answers in it") struct RESTBodyTests {
    private let app = "https://app.example.org/home"
    private let login = #"{"username": "casuser", "password": "Mellon"}"#

    private func browser(_ settings: String = "rest: { enabled: true }") throws -> Browser {
        Browser(try TestServer(settings))
    }

    private func post(
        _ browser: Browser, _ path: String, _ json: String, accept: String? = "text/plain"
    ) -> Response {
        browser.send(
            .post, "/cas/v1/" + path, body: Array(json.utf8),
            type: "application/json; charset=utf-8",
            accept: accept)
    }

    @Test func `a JSON body does what a form does`() throws {
        let browser = try browser()
        let session = post(browser, "tickets", login)
        #expect(session.status == .created)
        let ticket = post(browser, "tickets/" + session.text, #"{"service": "\#(app)"}"#)
        #expect(ticket.status == .ok)
        #expect(browser.validate(ticket.text, for: app).text.contains("<cas:user>casuser"))
    }

    @Test(arguments: [
        "", "[]", "{", "null", "\"casuser\"", #"{"username": "casuser", "username": "other"}"#,
        #"{"username": ["casuser"], "password": "Mellon"}"#,
        #"{"username": {"a": 1}, "password": "Mellon"}"#,
        #"{"username": "casuser", "password": "Mellon",}"#,
        #"{"username": "cas\u0000user", "password": "Mellon"}"#,
        #"{"username": 1.5, "password": "Mellon"}"#,
        String(repeating: "[", count: 5000), String(repeating: #"{"a":"#, count: 2000),
    ])
    func `a body that is no flat object is 400`(json: String) throws {
        let response = post(try browser(), "tickets", json)
        #expect(response.status == .badRequest)
        #expect(!response.text.contains("Mellon"))
    }

    @Test func `too many members are 400`() throws {
        let members = (0...200).map { "\"n\($0)\": true" }.joined(separator: ",")
        #expect(post(try browser(), "tickets", "{\(members)}").status == .badRequest)
    }

    @Test func `real JSON is sent to whoever asks for the profile`() throws {
        let browser = try browser()
        for accept in ["application/json;profile=casd", #"application/json; profile="casd", */*"#] {
            let created = post(browser, "tickets", login, accept: accept)
            let session = try JSONValue(parsing: created.body).objectValue
            let id = try #require(session?["id"]?.stringValue)
            #expect(session?["location"]?.stringValue == created["Location"])
            let granted = post(
                browser, "tickets/" + id, #"{"service": "\#(app)"}"#, accept: accept)
            let ticket = try JSONValue(parsing: granted.body).objectValue
            #expect(ticket?["service"]?.stringValue == app)
            #expect(ticket?["id"]?.stringValue?.hasPrefix("ST-") == true)
            let refused = post(browser, "tickets/" + id, "{}", accept: accept)
            #expect(refused.status == .badRequest)
            #expect(refused["Content-Type"] == "application/problem+json")
        }
    }

    @Test func `the configuration can make it the meaning of application JSON`() throws {
        let browser = try browser("rest: { enabled: true, real_json: true }")
        let response = post(browser, "tickets", login, accept: "application/json")
        let object = try JSONValue(parsing: response.body).objectValue
        #expect(object?["id"]?.stringValue?.hasPrefix("TGT-") == true)
    }

    @Test(
        arguments: [
            (nil, "text/plain;charset=UTF-8"), ("*/*", "text/plain;charset=UTF-8"),
            ("text/html", "text/plain;charset=UTF-8"), ("application/json", "application/json"),
        ] as [(String?, String)])
    func `a service ticket is bare text under the wanted type`(accept: String?, type: String) throws
    {
        let browser = try browser()
        let session = post(browser, "tickets", login).text
        let response = post(
            browser, "tickets/" + session, #"{"service": "\#(app)"}"#, accept: accept)
        #expect(response["Content-Type"] == type)
        #expect(response.text.hasPrefix("ST-"))
    }

    @Test func `a grant that cannot be shown is 406, and grants nothing`() throws {
        let browser = try browser()
        let session = post(browser, "tickets", login).text
        let response = post(
            browser, "tickets/" + session, #"{"service": "\#(app)"}"#, accept: "image/png")
        #expect(response.status == .notAcceptable)
        #expect(try browser.server.registry.counts().serviceTickets == 0)
    }

    @Test func `what the transport refuses is a problem document for REST`() throws {
        let server = try TestServer("rest: { enabled: true }")
        let request = Request(method: .post, path: "/cas/v1/tickets")
        let response = server.app.refuse(.bodyTooLarge, GatewayFacts(), request)
        #expect(response.status == .contentTooLarge)
        #expect(response["Content-Type"] == "application/problem+json")
    }
}

@Suite("REST: checking credentials without a session") struct UsersResourceTests {
    private let body: KeyValuePairs<String, String> = [
        "username": "casuser", "password": "Mellon",
    ]

    private func browser(_ settings: String = "rest: { enabled: true }") throws -> Browser {
        Browser(try TestServer(settings))
    }

    @Test func `good credentials are 200 with whose they are, and nobody is logged in`() throws {
        let browser = try browser()
        let response = browser.post("/cas/v1/users", body, accept: "application/json")
        #expect(response.status == .ok)
        #expect(response["Content-Type"] == "application/json;charset=UTF-8")
        let document = try JSONValue(parsing: response.body).objectValue
        let outcome = try #require(document?["authentication"]?.objectValue)
        let principal = try #require(outcome["principal"]?.objectValue)
        #expect(principal["id"]?.stringValue == "casuser")
        let attributes = principal["attributes"]?.objectValue
        #expect(attributes?["mail"]?.arrayValue == ["casuser@example.org"])
        #expect(outcome["authenticationDate"]?.stringValue?.hasPrefix("2024-05-01T") == true)
        #expect(outcome["successes"]?.objectValue?["users"] != nil)
        #expect(
            outcome["attributes"]?.objectValue?["credentialType"]
                == ["UsernamePasswordCredential"])
        #expect(!response.text.contains("Mellon"))
        #expect(try browser.server.registry.counts().sessions == 0)
        #expect(browser.cookies.isEmpty)
    }

    @Test func `headers of the request are not repeated`() throws {
        let browser = try browser()
        browser.headers = ["Authorization": "Bearer planted", "X-Planted": "planted"]
        #expect(!browser.post("/cas/v1/users", body).text.contains("planted"))
    }

    @Test func `refusals are those of the tickets' resource`() throws {
        let browser = try browser()
        let wrong = browser.post("/cas/v1/users", ["username": "casuser", "password": "x"])
        #expect(wrong.status == .unauthorized)
        #expect(wrong.text.contains("authentication_exceptions"))
        #expect(browser.post("/cas/v1/users", [:]).status == .badRequest)
        #expect(browser.get("/cas/v1/users").status == .methodNotAllowed)
        #expect(browser.get("/cas/v1/users")["Allow"] == "POST, OPTIONS")
        #expect(
            browser.send(.post, "/cas/v1/users", body: [0x41], type: "text/xml").status
                == .unsupportedMediaType)
        #expect(
            browser.post("/cas/v1/users", body, accept: "application/xml").status
                == .notAcceptable)
    }

    @Test func `a service that the user may not enter is 403`() throws {
        let response = try browser().post(
            "/cas/v1/users",
            ["username": "other", "password": "Mellon", "service": "https://staff.example.org/"])
        #expect(response.status == .forbidden)
    }

    @Test func `a service that the user may enter is named`() throws {
        let response = try browser().post(
            "/cas/v1/users",
            [
                "username": "casuser", "password": "Mellon",
                "service": "https://staff.example.org/",
            ])
        let document = try JSONValue(parsing: response.body).objectValue
        #expect(
            document?["service"]?.objectValue?["id"]?.stringValue == "https://staff.example.org/")
    }
}
