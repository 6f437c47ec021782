import CASServer
import HTTP
import Platform
import TestSupport
import Testing

@Suite("Themes of services") struct ThemeTests {
    private let definition = """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 77, "name": "Library",
          "serviceId": "^https://library\\\\.example\\\\.org/.*", "theme": "library" }
        """
    private let service = "?service=https%3A%2F%2Flibrary.example.org%2F"

    private func server(_ themes: KeyValuePairs<String, String>) throws -> (TestServer, String) {
        let folder = try TemporaryDirectory()
        for (name, content) in themes {
            try File.replace(folder.file(name), with: Array(content.utf8))
        }
        let server = try TestServer(
            themes: folder.path, files: ["services/library-77.json": definition])
        return (server, folder.path)
    }

    @Test func `the login page of a service has its stylesheet behind the common one`() throws {
        let (server, _) = try server(["library.css": "main { color: teal }"])
        let page = Browser(server).get("/cas/login" + service).text
        let address = try #require(page.between("href=\"/cas/assets/themes/library", "\""))
        let sheet = Browser(server).get("/cas/assets/themes/library" + address)
        #expect(sheet.text == "main { color: teal }")
        #expect(sheet["Content-Type"] == "text/css;charset=UTF-8")
        #expect(sheet["Cache-Control"]?.contains("immutable") == true)
        #expect(!Browser(server).get("/cas/login").text.contains("themes"))
    }

    @Test func `a theme that nobody has made changes nothing`() throws {
        let (server, _) = try server([:])
        let response = Browser(server).get("/cas/login" + service)
        #expect(response.status == .ok && !response.text.contains("themes"))
        #expect(Browser(server).get("/cas/assets/themes/library").status == .notFound)
    }

    @Test func `a file whose name nobody can ask for is a problem at the start`() {
        #expect(throws: (any Error).self) { try server(["li brary.css": ""]) }
    }
}
