import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("REST with a password") struct RESTWithPassword {
        private let credentials = [("username", "casuser"), ("password", "Mellon")]
        private let service = "https://app.example.org/"

        @Test func `a script gets a session, a ticket and a validated user`() throws {
            let site = try EndToEnd.site
            let created = try site.curl.post("/v1/tickets", credentials)
            #expect(created.status == 201)
            #expect(created["Content-Type"] == "text/html;charset=UTF-8")
            let location = try #require(created["Location"])
            #expect(location.hasPrefix(site.base + "/v1/tickets/TGT-"))
            #expect(
                created.body
                    == #"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\"><html><head>"#
                    + #"<title>201 CREATED</title></head><body><h1>TGT Created</h1>"#
                    + #"<form action="\#(location)" method="POST">"#
                    + #"Service:<input type="text" name="service" value=""><br>"#
                    + #"<input type="submit" value="Submit"></form></body></html>"#)
            let session = try #require(location.components(separatedBy: "/").last)

            let granted = try site.curl.post("/v1/tickets/\(session)", [("service", service)])
            #expect(granted.status == 200)
            #expect(granted["Content-Type"]?.hasPrefix("text/plain") == true)
            let ticket = granted.body
            #expect(try #/ST-[A-Za-z0-9]{20,}/#.wholeMatch(in: ticket) != nil, "\(ticket)")

            #expect(try site.curl("/v1/tickets/\(ticket)").body == ticket)
            let valid = try site.curl(
                "/p3/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
            #expect(valid.body.contains("<cas:user>casuser</cas:user>"))
            let used = try site.curl("/v1/tickets/\(ticket)")
            #expect(used.status == 404)
            #expect(used.body == "Ticket could not be found")

            let status = try site.curl("/v1/tickets/\(session)")
            #expect(status.status == 200)
            #expect(status.body == session)
            let deleted = try site.curl("/v1/tickets/\(session)", ["-X", "DELETE"])
            #expect(deleted.status == 200)
            #expect(deleted["Content-Type"]?.hasPrefix("application/json") == true)
            #expect(deleted.body.hasPrefix("[{\"ticketId\":\"\(ticket)\""))
            #expect(try site.curl("/v1/tickets/\(session)").status == 404)
            let gone = try site.curl.post("/v1/tickets/\(session)", [("service", service)])
            #expect(gone.status == 404)
            let again = try site.curl("/v1/tickets/\(session)", ["-X", "DELETE"])
            #expect(again.status == 200)
            #expect(again.body == "[]")
        }

        @Test func `Location has its capital over HTTP 1`() throws {
            let created = try EndToEnd.site.curl.post("/v1/tickets", credentials, ["--http1.1"])
            #expect(created.headers.contains { $0.name == "Location" })
        }

        @Test(arguments: [
            ("*/*", "text/html"), ("text/html,application/xhtml+xml;q=0.9", "text/html"),
            ("text/plain", "text/plain"), ("application/json", "application/json"),
            ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ])
        func `the body is what the client asks for`(_ accept: String, _ type: String) throws {
            let created = try EndToEnd.site.curl.post(
                "/v1/tickets", credentials, ["-H", "Accept: \(accept)"])
            #expect(created.status == 201)
            #expect(created["Content-Type"]?.hasPrefix(type) == true)
            #expect(created["Location"] != nil)
            #expect(created.body.hasPrefix(type == "text/html" ? "<!DOCTYPE" : "TGT-"))
        }

        @Test func `a client without a content type is understood`() throws {
            let created = try EndToEnd.site.curl.post(
                "/v1/tickets", credentials, ["-H", "Content-Type:"])
            #expect(created.status == 201)
        }

        @Test func `wrong credentials are 401 with the typed JSON`() throws {
            let log = try EndToEnd.site.log
            let refused = try EndToEnd.site.curl.post(
                "/v1/tickets", [("username", "casuser"), ("password", "wrong")])
            #expect(refused.status == 401)
            #expect(refused["Content-Type"]?.hasPrefix("application/json") == true)
            #expect(
                refused.body.hasPrefix(
                    """
                    {
                      "@class" : "java.util.HashMap",
                      "authentication_exceptions" : [ "java.util.ArrayList", [ "
                    """))
            #expect(log.has("\"reason\":\"wrong credential\""))
        }

        @Test func `refusals have the statuses that clients know`() throws {
            let site = try EndToEnd.site
            let curl = site.curl
            let session = try site.session()
            let missing = try curl.post("/v1/tickets", [("username", "casuser")])
            #expect(missing.status == 400)
            #expect(
                missing.body == "No credentials can be extracted to authenticate the REST request")
            #expect(try curl("/v1/tickets", ["-X", "POST"]).status == 400)
            #expect(
                try curl("/v1/tickets?username=casuser&password=Mellon", ["-X", "POST"]).status
                    == 400)
            #expect(try curl.post("/v1/tickets/\(session)", []).status == 400)
            let evil = [("service", "https://evil.example.net/")]
            #expect(try curl.post("/v1/tickets/\(session)", evil).status == 403)
            #expect(try curl.post("/v1/tickets", credentials + evil).status == 403)
            let unknown = "TGT-" + String(repeating: "a", count: 48)
            #expect(try curl.post("/v1/tickets/\(unknown)", [("service", service)]).status == 404)
            #expect(try curl("/v1/tickets/\(unknown)").status == 404)
            #expect(try curl("/v1/nothing").status == 404)
        }

        @Test func `other methods and types are refused by name`() throws {
            let curl = try EndToEnd.site.curl
            let get = try curl("/v1/tickets")
            #expect(get.status == 405)
            #expect(get["Allow"]?.contains("POST") == true)
            let put = try curl("/v1/tickets/TGT-x", ["-X", "PUT"])
            #expect(put.status == 405)
            #expect(put["Allow"]?.contains("DELETE") == true)
            let accept = try curl.post(
                "/v1/tickets", credentials, ["-H", "Accept: application/xml"])
            #expect(accept.status == 406)
            let json = try curl(
                "/v1/tickets", ["-H", "Content-Type: application/json"],
                body: Array(#"{"username":"casuser","password":"Mellon"}"#.utf8))
            #expect(json.status == 201)
            let xml = try curl(
                "/v1/tickets", ["-H", "Content-Type: application/xml"],
                body: Array("<username>casuser</username>".utf8))
            #expect(xml.status == 415)
            #expect(xml["Content-Type"] == "application/problem+json")
        }
    }
}
