import JSON
import Testing

@testable import CASServer
@testable import HTTP

@Suite("OpenAPI description of REST") struct RESTDescriptionTests {
    private func document(_ settings: String) throws -> JSONObject {
        let response = Browser(try TestServer("rest: { enabled: true, \(settings) }"))
            .get("/cas/v1/openapi.json")
        #expect(response.status == .ok && response["Content-Type"] == "application/json")
        return try #require(try JSONValue(parsing: response.body).objectValue)
    }

    private static let managed = "services: { attribute: mail, pattern: '.*' }"

    /// Method and path of each operation, `*` for what is variable.
    private func operations(_ document: JSONObject) throws -> Set<String> {
        var operations: Set<String> = []
        for path in try #require(document["paths"]?.objectValue).members {
            let plain = path.name.split(separator: "/").map { $0.hasPrefix("{") ? "*" : String($0) }
            for member in path.value.objectValue?.members ?? [] where member.name != "parameters" {
                operations.insert(member.name.uppercased() + " /" + plain.joined(separator: "/"))
            }
        }
        return operations
    }

    /// The same of the routes; a slash at the end makes no other resource.
    private func routes(_ settings: String) throws -> Set<String> {
        var configuration = Configuration(
            file: "", server: .init(publicURL: try #require(PublicURL("https://a.example"))))
        configuration.rest.isEnabled = true
        if !settings.isEmpty {
            configuration.rest.services = .init(attribute: "a", pattern: "b")
        }
        let router = Route.router(prefixes: [""], features: Route.Features(configuration))
        var routes: Set<String> = []
        for route in router.list where route.path.hasPrefix("/v1/") {
            let path = route.path.hasSuffix("/") ? String(route.path.dropLast()) : route.path
            routes.insert(route.method.rawValue + " " + path)
        }
        return routes
    }

    @Test(arguments: ["", managed])
    func `every route has an operation, and every operation a route`(settings: String) throws {
        let operations = try operations(try document(settings))
        let routes = try routes(settings)
        #expect(routes.subtracting(operations).isEmpty, "routes without an operation")
        #expect(operations.subtracting(routes).isEmpty, "operations without a route")
        #expect(operations.contains("PUT /v1/services/*") == !settings.isEmpty)
    }

    @Test func `it names this server and needs nothing else`() throws {
        let document = try document(Self.managed)
        #expect(document["openapi"] == "3.1.0")
        #expect(document["servers"] == [["url": "https://sso.example.org/cas"]])
        let text = JSONValue.object(document).text()
        var count = 0
        for rest in text.split(separator: #""$ref":""#).dropFirst() {
            let target = rest.prefix { $0 != "\"" }
            let names = target.split(separator: "/").dropFirst().map(String.init)
            var value: JSONValue? = .object(document)
            for name in names { value = value?.objectValue?[name] }
            #expect(target.hasPrefix("#/") && value != nil, "\(target) leads nowhere")
            count += 1
        }
        #expect(count > 50)
    }

    @Test func `each operation has a name of its own and says what its answers mean`() throws {
        var names: Set<String> = []
        for path in try document(Self.managed)["paths"]?.objectValue?.members ?? [] {
            for member in path.value.objectValue?.members ?? [] where member.name != "parameters" {
                let operation = try #require(member.value.objectValue)
                let name = try #require(operation["operationId"]?.stringValue)
                #expect(names.insert(name).inserted)
                let statuses = operation["responses"]?.objectValue?.members.map(\.name) ?? []
                #expect(statuses.contains { $0.hasPrefix("2") } && statuses.contains("503"))
                for status in statuses { #expect(Int(status).flatMap(Status.init) != nil) }
            }
        }
    }

    @Test func `without REST there is no description`() throws {
        let browser = Browser(try TestServer())
        #expect(browser.get("/cas/v1/openapi.json").status == .notFound)
    }
}
