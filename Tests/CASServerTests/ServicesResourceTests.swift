import CASProtocol
import HTTP
import JSON
import Platform
internal import Services
import TestSupport
import Testing

@testable import CASServer

/// Somebody who manages the definitions of a ``TestServer``.
private struct Manager {
    let server: TestServer
    var authorization: String? = Manager.basic("casuser:Mellon")

    init(_ rule: String = "{ attribute: memberOf, pattern: 'STA.F' }", rest: String = "") throws {
        server = try TestServer("rest: { enabled: true, services: \(rule) \(rest) }")
    }

    static func basic(_ text: String) -> String { "Basic " + base64(Array(text.utf8)) }

    func send(
        _ method: HTTP.Method, _ path: String = "", _ body: String = "",
        type: String? = "application/json", headers: KeyValuePairs<String, String> = [:]
    ) -> Response {
        var fields = Headers(headers).fields
        if let authorization {
            fields.append(Headers.Field(name: "HTTP_AUTHORIZATION", value: authorization))
        }
        var gateway = GatewayFacts()
        gateway.remoteAddress = "192.0.2.7"
        gateway.hasProfileMarker = true
        return server.respond(
            to: Request(
                method: method, path: "/cas/v1/services" + path, headers: Headers(fields),
                contentType: type, body: Array(body.utf8), gateway: gateway))
    }

    func knows(_ host: String) throws -> String? {
        server.services.current.match(try ServiceURL("https://\(host).example.org/"))?.name
    }

    static func definition(_ host: String, id: Int64? = nil, name: String? = nil) -> String {
        """
        {
          "@class": "org.apereo.cas.services.CasRegisteredService",
          "name": "\(name ?? host)",\(id.map { "\n  \"id\": \($0)," } ?? "")
          "serviceId": "^https://\(host)\\\\.example\\\\.org/.*"
        }
        """
    }
}

@Suite("CAS REST protocol: service definitions") struct ServicesResourceTests {
    private let definition = Manager.definition("new", id: 77)

    @Test func `without a rule, or without REST, there is no such resource`() throws {
        for settings in ["rest: { enabled: true }", "rest: { enabled: false }"] {
            let browser = Browser(try TestServer(settings))
            for path in ["/cas/v1/services", "/cas/v1/services/1"] {
                #expect(browser.get(path).status == .notFound)
            }
        }
    }

    @Test func `as Apereo takes it: 200, empty, in force at once`() throws {
        let manager = try Manager()
        #expect(try manager.knows("new") == nil)
        let response = manager.send(.post, "", definition)
        #expect(response.status == .ok && response.body.isEmpty)
        #expect(response["Location"] == "https://sso.example.org/cas/v1/services/77")
        #expect(try manager.knows("new") == "new")
        let names = try File.names(in: manager.server.definitions)
        #expect(names.contains("new-77.json"))
        let log = try manager.server.log
        #expect(log.contains("service definition changed") && log.contains(#""user":"casuser""#))
        #expect(log.contains(#""action":"created""#) && log.contains(#""id":"77""#))
        #expect(!log.contains("Mellon"))
    }

    @Test func `a definition without a number is told where it is`() throws {
        let manager = try Manager()
        let response = manager.send(.post, "", Manager.definition("new"))
        let location = try #require(response["Location"])
        let id = try #require(location.split(separator: "/").last)
        let read = manager.send(.get, "/\(id)")
        #expect(read.status == .ok && read["Content-Type"] == "application/json")
        #expect(read.text.hasPrefix("{ \"id\" : \(id),"))
        #expect(read["ETag"] == response["ETag"])
    }

    @Test func `a definition is read, replaced and deleted`() throws {
        let manager = try Manager()
        let created = manager.send(.put, "/77", Manager.definition("new"))
        #expect(created.status == .created)
        #expect(manager.send(.get, "/77").text.contains("\"id\" : 77"))
        #expect(manager.send(.head, "/77").status == .ok)
        let replaced = manager.send(.put, "/77", Manager.definition("newer"))
        #expect(replaced.status == .ok)
        #expect(try manager.knows("new") == nil && manager.knows("newer") == "newer")
        #expect(manager.send(.delete, "/77").status == .ok)
        #expect(try manager.knows("newer") == nil)
        for response in [
            manager.send(.get, "/77"), manager.send(.delete, "/77"), manager.send(.get, "/x"),
            manager.send(.put, "/077", Manager.definition("a")), manager.send(.get, "/-1"),
        ] {
            #expect(response.status == .notFound)
        }
    }

    @Test func `the list is JSON, whatever the files are written in`() throws {
        let manager = try Manager()
        let yaml = "--- !<org.apereo.cas.services.CasRegisteredService>\nid: 9\nname: y\n"
        try File.replace(
            manager.server.definitions + "/y-9.yaml", with: Array((yaml + "serviceId: ^y").utf8))
        let response = manager.send(.get)
        #expect(response.status == .ok && response["Content-Type"] == "application/json")
        let list = try #require(try JSONValue(parsing: response.body).arrayValue)
        #expect(list.compactMap { $0.objectValue?["id"]?.integerValue } == [1, 2, 3, 4, 5, 9])
        #expect(list.last?.objectValue?["serviceId"] == "^y")
    }

    @Test func `two administrators do not overwrite each other`() throws {
        let manager = try Manager()
        let first = try #require(manager.send(.put, "/77", definition)["ETag"])
        let second = manager.send(
            .put, "/77", Manager.definition("b"), headers: ["If-Match": "\"0\", \(first)"])
        #expect(second.status == .ok)
        for stale in [first, "W/\(second["ETag"] ?? "")", "\"\"", "\(first), \"*\""] {
            let put = manager.send(
                .put, "/77", Manager.definition("c"), headers: ["If-Match": stale])
            #expect(put.status == .preconditionFailed)
            let delete = manager.send(.delete, "/77", headers: ["If-Match": stale])
            #expect(delete.status == .preconditionFailed)
        }
        for field: KeyValuePairs in [
            ["If-Match": "nonsense"], ["If-Match": ""], ["If-Match": "\(first),"],
            ["If-Match": "\"a\"b\""], ["If-None-Match": first], ["If-None-Match": ""],
        ] {
            let response = manager.send(.put, "/77", Manager.definition("c"), headers: field)
            #expect(response.status == .badRequest)
        }
        #expect(try manager.knows("b") == "b")
        let missing = manager.send(.put, "/78", definition, headers: ["If-Match": "*"])
        #expect(missing.status == .conflict, "the id of the text is another one")
        #expect(
            manager.send(
                .put, "/78", Manager.definition("d"), headers: ["If-Match": "*"]
            ).status == .preconditionFailed)
        #expect(
            manager.send(
                .put, "/77", Manager.definition("d"), headers: ["If-None-Match": "*"]
            ).status == .preconditionFailed)
        #expect(manager.send(.delete, "/77", headers: ["If-Match": "*"]).status == .ok)
    }

    @Test(arguments: [
        nil, "", "Basic", "Basic ", "Basic !!!", "Basic Y2FzdXNlcjpNZWxsb24",
        "Bearer Y2FzdXNlcjpNZWxsb24=", "Basic Y2FzdXNlcg==", Manager.basic(":"),
        Manager.basic("casuser:"), Manager.basic(":Mellon"), Manager.basic("casuser:wrong"),
        Manager.basic("nobody:Mellon"), Manager.basic("locked:Mellon"),
        Manager.basic("casuser:Mel\nlon"), "Basic /w==",
        Manager.basic("casuser:" + String(repeating: "x", count: 4096)),
    ])
    func `nobody gets in without good credentials`(authorization: String?) throws {
        var manager = try Manager()
        manager.authorization = authorization
        for response in [
            manager.send(.post, "", definition), manager.send(.get), manager.send(.get, "/1"),
            manager.send(.put, "/77", definition), manager.send(.delete, "/1"),
        ] {
            #expect(response.status == .unauthorized)
            #expect(response["WWW-Authenticate"] == #"Basic realm="casd", charset="UTF-8""#)
            #expect(!response.text.isEmpty && !response.text.contains("App"))
        }
        #expect(try manager.knows("new") == nil && manager.knows("app") == "App")
    }

    @Test func `the scheme is written in any case`() throws {
        var manager = try Manager()
        manager.authorization = "bAsIC   Y2FzdXNlcjpNZWxsb24="
        #expect(manager.send(.get).status == .ok)
    }

    @Test(arguments: [
        ("{ attribute: memberOf, pattern: staff }", "casuser", true),
        ("{ attribute: memberOf, pattern: 'LIBRARY' }", "casuser", true),
        ("{ attribute: memberOf, pattern: 'sta' }", "casuser", false),
        ("{ attribute: memberOf, pattern: 'x|staff' }", "casuser", true),
        ("{ attribute: memberof, pattern: '.*' }", "casuser", false),
        ("{ attribute: mail, pattern: '.*@EXAMPLE.org' }", "casuser", true),
        ("{ attribute: mail, pattern: '.*' }", "other", false),
    ])
    func `an attribute decides who may`(rule: String, user: String, may: Bool) throws {
        var manager = try Manager(rule)
        manager.authorization = Manager.basic(user + ":Mellon")
        let response = manager.send(.post, "", definition)
        #expect(response.status == (may ? .ok : .forbidden))
        #expect(may || response.text == "Request is not authorized")
        #expect(try manager.knows("new") == (may ? "new" : nil))
    }

    @Test func `anything but JSON is refused by its type`() throws {
        let manager = try Manager()
        for type in ["text/plain", "application/x-www-form-urlencoded", nil, "application/jsonp"] {
            for response in [
                manager.send(.post, "", definition, type: type),
                manager.send(.put, "/77", definition, type: type),
            ] {
                #expect(response.status == .unsupportedMediaType)
                #expect(response["Accept"] == "application/json")
            }
        }
        #expect(
            manager.send(.post, "", definition, type: "Application/JSON; charset=UTF-8").status
                == .ok)
    }

    @Test func `what is no definition is refused with what is wrong and where`() throws {
        let manager = try Manager()
        let broken = definition.replacing("\"serviceId\"", with: "\"logo\": 1,\n\"servceId\"")
        let response = manager.send(.post, "", broken)
        #expect(response.status == .badRequest)
        #expect(response["Content-Type"] == "text/plain;charset=UTF-8")
        #expect(response.text.contains("line 6: servceId: unknown field"))
        #expect(response.text.contains("serviceId: missing") && response.text.contains("logo"))
        #expect(manager.send(.post, "", "").status == .badRequest)
        #expect(manager.send(.post, "", "{").text.hasPrefix("line 1: column 2: "))
        #expect(try !File.names(in: manager.server.definitions).contains { $0.contains("77") })
    }

    // MARK: Secrets of tokens

    private func property(_ name: String, _ value: String) -> String {
        """
        "properties": { "@class": "java.util.HashMap", "\(name)": {
          "@class": "org.apereo.cas.services.DefaultRegisteredServiceProperty",
          "values": ["java.util.HashSet", ["\(value)"]] } },
        """
    }

    @Test(arguments: [
        ("jwtSigningSecret", "planted planted planted planted planted"),
        ("JWTSIGNINGSECRET", "planted planted planted planted planted"),
        ("jwtEncryptionSecret", "planted"), ("jwtSigningSecret", ""),
        ("jwtAsServiceTicketSigningKey", "file:/etc/casd/planted.pem"),
        ("jwtAsServiceTicketSigningKey", " /etc/casd/planted.pem"),
        ("jwtAsServiceTicketEncryptionKey", "file:///etc/casd/planted.pem"),
        ("jwtAsServiceTicketEncryptionKey", "(not shown)"),
    ])
    func `secrets of tokens are not given over REST`(name: String, value: String) throws {
        let manager = try Manager()
        let text = definition.replacing(
            "\"serviceId\"", with: property(name, value) + "\"serviceId\"")
        for response in [
            manager.send(.post, "", text), manager.send(.put, "/77", text),
            manager.send(.post, "", text.replacing("\"serviceId\"", with: "\"servceId\"")),
        ] {
            #expect(response.status == .forbidden)
            #expect(response["Content-Type"] == "application/problem+json")
            #expect(response.text.contains("edit the file"))
        }
        #expect(try manager.knows("new") == nil)
        let log = try manager.server.log
        #expect(log.contains("secrets of tokens") && !log.contains("planted"))
    }

    @Test func `what has secrets of logins is shown without and not changed`() throws {
        let manager = try Manager()
        let texts = [
            "a-77.json": definition.replacing(
                "\"serviceId\"",
                with: property("jwtSigningSecret", TokenVector.signingSecret) + "\"serviceId\""),
            "b-78.json": "{ \"id\": 78, \"properties\": { \"jwtEncryptionSecret\": \"planted",
        ]
        for (name, text) in texts {
            try File.replace(manager.server.definitions + "/" + name, with: Array(text.utf8))
        }
        for response in [manager.send(.get), manager.send(.get, "/77")] {
            #expect(response.status == .ok && response.text.contains("(not shown)"))
            #expect(!response.text.contains(TokenVector.signingSecret))
        }
        for id in [77, 78] {
            let plain = Manager.definition("other", id: Int64(id))
            for response in [
                manager.send(.put, "/\(id)", plain), manager.send(.post, "", plain),
                manager.send(.delete, "/\(id)"),
            ] {
                #expect(response.status == .forbidden)
            }
        }
        for (name, text) in texts {
            #expect(try File.readText(manager.server.definitions + "/" + name) == text)
        }
    }

    @Test func `a template's secrets are not taken over REST either`() throws {
        let folder = try TemporaryDirectory()
        try File.makeDirectory(folder.file("services"))
        let template = """
            { "@class": "org.apereo.cas.services.CasRegisteredService", "templateName": "tokens",
              \(property("jwtSigningSecret", TokenVector.signingSecret)) "description": "x" }
            """
        try File.replace(folder.file("tokens.json"), with: Array(template.utf8))
        let writer = ServiceDirectory.Writer(
            directory: folder.file("services"), templates: folder.path,
            lockFile: folder.file("lock"))
        let text = definition.replacing(
            "\"serviceId\"", with: "\"templateName\": \"tokens\", \"serviceId\"")
        #expect(throws: ServiceDirectory.ChangeRefusal.secrets) {
            _ = try writer.save(Array(text.utf8), at: Instant(milliseconds: 1))
        }
    }

    @Test func `keys of tickets are given and not shown`() throws {
        let manager = try Manager()
        let key = "a-planted-key-of-sixty-four-bytes-0123456789-0123456789-01234567"
        let text = definition.replacing(
            "\"serviceId\"",
            with: property("jwtAsServiceTicketSigningKey", key) + "\"serviceId\"")
        #expect(manager.send(.put, "/77", text).status == .created)
        let shown = manager.send(.get, "/77").text
        #expect(shown.contains("(not shown)") && !shown.contains("planted"))
        #expect(manager.send(.put, "/77", shown).status == .forbidden)
        #expect(manager.send(.put, "/77", definition).status == .ok)
        #expect(manager.send(.get, "/77").text.hasPrefix(definition))
        #expect(manager.send(.delete, "/77").status == .ok)
    }

    @Test func `a folder that casd may not write is told to the operator only`() throws {
        let manager = try Manager()
        try File.makeDirectory(manager.server.definitions + "/new-77.json")
        let response = manager.send(.post, "", definition)
        #expect(response.status == .internalServerError)
        #expect(!response.text.contains(manager.server.definitions))
        #expect(try manager.server.log.contains("service definitions not changed"))
    }

    @Test func `other methods are refused by name`() throws {
        let manager = try Manager()
        for (path, methods) in [
            ("", "GET, HEAD, POST, OPTIONS"), ("/7", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ] {
            let response = manager.send(.patch, path, definition)
            #expect(response.status == .methodNotAllowed && response["Allow"] == methods)
            let options = manager.send(.options, path)
            #expect(options.status == .ok && options["Allow"] == methods)
        }
        #expect(manager.send(.put, "", definition).status == .methodNotAllowed)
        #expect(manager.send(.post, "/7", definition).status == .methodNotAllowed)
    }
}

@Suite("Definitions that several workers share") struct ServiceCatalogTests {
    private func definition(_ host: String, _ id: Int64) -> [UInt8] {
        Array(Manager.definition(host, id: id).utf8)
    }

    @Test func `a change is in force everywhere when it is answered, reload or not`() throws {
        let folder = try TemporaryDirectory()
        let counterFile = try TemporaryDirectory()
        try File.replace(folder.file("a-1.json"), with: definition("a", 1))
        let source = ServiceCatalog.Source(directory: folder.path)
        let catalogs = try (0..<3).map { _ in
            ServiceCatalog(source, changes: try SharedCounter(counterFile.file("changes")))
        }
        try File.replace(folder.file("b-2.json"), with: definition("b", 2))
        #expect(catalogs.allSatisfy { $0.current.services.count == 1 }, "an edited file waits")
        catalogs[0].announceChange()
        #expect(catalogs.allSatisfy { $0.current.services.count == 2 })
        File.remove(folder.file("a-1.json"))
        catalogs[2].announceChange()
        #expect(catalogs.allSatisfy { $0.current.services.map(\.id) == [2] })
    }

    @Test func `readers never see less than was announced before they looked`() throws {
        let folder = try TemporaryDirectory()
        let counterFile = try TemporaryDirectory()
        let source = ServiceCatalog.Source(directory: folder.path)
        let catalogs = try (0..<2).map { _ in
            ServiceCatalog(source, changes: try SharedCounter(counterFile.file("changes")))
        }
        let written = Lock(0)
        let isStale = Lock(false)
        onThreads(4) { thread in
            if thread == 0 {
                for number in 1...20 {
                    // Losing the error is right: the readers would see too little.
                    try? File.replace(
                        folder.file("s-\(number).json"),
                        with: definition("h\(number)", Int64(number)))
                    catalogs[0].announceChange()
                    written.withLock { $0 = number }
                }
                return
            }
            var seen = 0
            while seen < 20 {
                let least = written.withLock { $0 }
                seen = catalogs[thread % 2].current.services.count
                if seen < least {
                    isStale.withLock { $0 = true }
                    return
                }
            }
        }
        #expect(!isStale.withLock { $0 })
    }
}
