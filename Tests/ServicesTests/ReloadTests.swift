import CASProtocol
import Glibc
import Platform
import Testing

@testable import Services

private func text(_ id: Int, _ pattern: String, _ more: String = "") -> String {
    #"""
    {"@class": "org.apereo.cas.services.CasRegisteredService", "id": \#(id), "name": "s\#(id)",
     "serviceId": "\#(pattern)"\#(more.isEmpty ? "" : ", " + more)}
    """#
}

@Suite("Loading again") struct ReloadTests {
    private let admin = "https://app.example.org/admin/x"

    private func admits(_ registry: ServiceRegistry) throws -> Int64? {
        let found = registry.match(try ServiceURL(admin))
        return found.flatMap { $0.accessStrategy.isEnabled ? $0.id : nil }
    }

    @Test(arguments: ["", "{", #"{"serviceId": "^https://app.exam"#, "\u{1}"])
    func `a file that is being written leaves what it had in force`(half: String) throws {
        let folder = try Folder()
        try folder.write("Admin-1.json", text(1, "^https://app.example.org/admin/.*"))
        try folder.write(
            "App-2.json", text(2, "^https://app.example.org/.*", #""evaluationOrder": 9"#))
        let first = folder.load().registry
        #expect(try admits(first) == 1)
        try folder.write("Admin-1.json", half)
        let (second, problems) = ServiceDirectory.load(folder.path, previous: first)
        #expect(try admits(second) == 1)
        #expect(problems.contains { $0.severity == .error && $0.file.hasSuffix("Admin-1.json") })
        #expect(problems.contains { $0.text.contains("stays in force") })
        try folder.write("Admin-1.json", text(1, "^https://app.example.org/admin/.*"))
        let (third, last) = ServiceDirectory.load(folder.path, previous: second)
        #expect(try admits(third) == 1 && !last.contains { $0.severity == .error })
    }

    @Test func `without a past what can be made out admits nobody`() throws {
        let folder = try Folder()
        try folder.write(
            "Admin-1.json", #"{"serviceId": "^https://app\\.example\\.org/admin/.*", "#)
        try folder.write("App-2.json", text(2, "^https://app.example.org/.*"))
        let (registry, _) = folder.load()
        #expect(try admits(registry) == nil)
        #expect(registry.match(try ServiceURL(admin))?.isDenial == true)
        #expect(registry.match(try ServiceURL("https://app.example.org/x"))?.id == 2)
    }

    @Test func `a definition that is read and wrong admits nobody, whatever was before`() throws {
        let folder = try Folder()
        try folder.write("Admin-1.json", text(1, "^https://app.example.org/admin/.*"))
        let first = folder.load().registry
        try folder.write(
            "Admin-1.json", text(1, "^https://app.example.org/admin/.*", #""oops": 1"#))
        let second = ServiceDirectory.load(folder.path, previous: first).registry
        #expect(try admits(second) == nil)
    }

    @Test(arguments: [
        ("LiteralRegisteredServiceMatchingStrategy", #""caseInsensitive": true"#),
        (
            "StartsWithRegisteredServiceMatchingStrategy",
            #""expectedUrl": "https://app.example.org/ad""#
        ),
        ("PartialRegexRegisteredServiceMatchingStrategy", ""),
    ])
    func `what stands in for it matches in the same way`(name: String, field: String) throws {
        let folder = try Folder()
        try folder.write(
            "Admin-1.json",
            text(
                1, "https://app.example.org/ADMIN/x",
                tagged("matchingStrategy", name, field) + #", "oops": 1"#))
        try folder.write("App-2.json", text(2, "^https://app.example.org/.*"))
        let isPart = name.hasPrefix("Partial")
        let url = isPart ? "https://app.example.org/ADMIN/xy" : admin
        let found = folder.load().registry.match(try ServiceURL(url))
        #expect(found?.isDenial == true)
    }

    @Test func `a removed file is gone`() throws {
        let folder = try Folder()
        try folder.write("Admin-1.json", text(1, "^https://app.example.org/admin/.*"))
        let first = folder.load().registry
        File.remove(folder.path + "/Admin-1.json")
        #expect(ServiceDirectory.load(folder.path, previous: first).registry.services.isEmpty)
    }

    @Test func `a file that cannot be read leaves what it had in force`() throws {
        let folder = try Folder()
        try folder.write("Admin-1.json", text(1, "^https://app.example.org/admin/.*"))
        let first = folder.load().registry
        try folder.write(
            "Admin-1.json",
            text(1, "^https://app.example.org/admin/.*") + String(repeating: " ", count: 2 << 20))
        let (second, problems) = ServiceDirectory.load(folder.path, previous: first)
        #expect(try admits(second) == 1)
        #expect(problems.contains { $0.severity == .error })
    }

    @Test func `a changed template changes the fingerprint`() throws {
        let folder = try Folder()
        try folder.write("templates/Common.json", "{}")
        try folder.write("s/App-1.json", text(1, "https://a/"))
        func fingerprint() -> ServiceDirectory.Fingerprint {
            ServiceDirectory.fingerprint(folder.path + "/s", templates: folder.path + "/templates")
        }
        let before = fingerprint()
        #expect(fingerprint() == before)
        try folder.write("templates/Common.json", "{ }")
        #expect(fingerprint() != before)
    }
}

@Suite("Templates") struct TemplateTests {
    private func load(_ folder: Folder) -> (registry: ServiceRegistry, problems: [ServiceProblem]) {
        ServiceDirectory.load(folder.path, templates: folder.path + "/templates")
    }

    private let common = #"""
        {"@class": "org.apereo.cas.services.CasRegisteredService", "templateName": "Common",
         "id": 5, "evaluationOrder": 7, "description": "from Common",
         "usernameAttributeProvider": {
           "@class": "org.apereo.cas.services.PrincipalAttributeRegisteredServiceUsernameProvider",
           "usernameAttribute": "mail" } }
        """#

    @Test func `what a definition does not say comes from its templates, the first before others`()
        throws
    {
        let folder = try Folder()
        try folder.write("templates/Common.json", common)
        try folder.write(
            "templates/Second.yml", "templateName: Second\ndescription: second\nlogo: https://l/\n")
        try folder.write(
            "App-1.json",
            text(1, "https://a/", #""templateName": "common, Second", "evaluationOrder": 2"#))
        let (registry, problems) = load(folder)
        #expect(problems.isEmpty, "\(problems)")
        let service = try #require(registry.service(id: 1))
        #expect(service.evaluationOrder == 2 && service.description == "from Common")
        #expect(service.usernameProvider == UsernameProvider(attribute: "mail"))
        #expect(service.links.logo == "https://l/")
        #expect(registry.services.count == 1)
    }

    @Test func `templates may be based on others, but not on themselves`() throws {
        let folder = try Folder()
        try folder.write("templates/A.json", #"{"templateName": "A,B", "logo": "a"}"#)
        try folder.write("templates/B.json", #"{"templateName": "B,C", "theme": "b"}"#)
        try folder.write("templates/C.json", #"{"templateName": "C", "description": "c"}"#)
        try folder.write("App-1.json", text(1, "https://a/", #""templateName": "A""#))
        #expect(load(folder).registry.service(id: 1)?.description == "c")
        try folder.write("templates/C.json", #"{"templateName": "C,A"}"#)
        let (registry, problems) = load(folder)
        #expect(registry.service(id: 1)?.isDenial == true)
        #expect(problems.first?.text.contains("based on itself") == true)
        #expect(problems.first?.key == "templateName")
    }

    @Test func `a missing template refuses the definition, and so does a long chain`() throws {
        let folder = try Folder()
        try folder.write("templates/broken.json", "{")
        try folder.write("App-1.json", text(1, "https://a/", #""templateName": "None""#))
        try folder.write("App-2.json", text(2, "https://b/", #""templateName": "broken""#))
        try folder.write("App-3.json", text(3, "https://c/", #""templateName": "T0""#))
        for number in 0..<20 {
            try folder.write("templates/T\(number).json", #"{"templateName": "T\#(number + 1)"}"#)
        }
        try folder.write("Good-4.json", text(4, "https://d/"))
        let (registry, problems) = load(folder)
        #expect(registry.services.filter { !$0.isDenial }.map(\.id) == [4])
        #expect(problems.filter { $0.text.contains("there is no template") }.count == 2)
        #expect(problems.contains { $0.text.contains("based on each other") })
        #expect(problems.contains { $0.file.hasSuffix("templates/broken.json") })
    }
}

@Suite("Many definitions") struct ManyDefinitionTests {
    @Test func `ten thousand are loaded, and a lookup looks at one`() throws {
        let folder = try Folder()
        for id in 1...10_000 {
            folder.writeQuickly(
                "App-\(id).json", text(id, "^https://host\(id)\\\\.example\\\\.org/.*"))
        }
        let (registry, problems) = folder.load()
        #expect(problems.isEmpty && registry.services.count == 10_000)
        for id in [1, 77, 9_999] {
            let url = try ServiceURL("https://host\(id).example.org/x")
            #expect(registry.match(url)?.id == Int64(id))
            #expect(registry.candidates(for: url).count == 1)
        }
        let stranger = try ServiceURL("https://stranger.invalid/")
        #expect(registry.candidates(for: stranger).isEmpty)
    }

    @Test func `every strategy keeps to the index`() throws {
        var services: [RegisteredService] = []
        for (place, matching) in MatchingStrategy.allCases.enumerated() {
            let isRegex = matching == .fullRegex || matching == .partialRegex
            for number in 0..<200 {
                let pattern = (isRegex ? "^" : "") + "https://h\(number)-\(place)/a"
                services.append(
                    try RegisteredService(
                        id: Int64(place * 1000 + number), name: "x", serviceId: pattern,
                        matching: matching))
            }
        }
        let registry = ServiceRegistry(services)
        for service in services {
            let url = try ServiceURL(String(service.serviceId.drop { $0 == "^" }))
            #expect(registry.match(url)?.id == service.id)
            #expect(registry.candidates(for: url).count == 1)
        }
    }
}
