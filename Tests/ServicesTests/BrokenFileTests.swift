import CASProtocol
import Testing

@testable import Services

@Suite("Broken files") struct BrokenFileTests {
    private let broad = #"""
        {"@class": "org.apereo.cas.services.CasRegisteredService", "id": 2, "name": "App",
         "serviceId": "^https://[a-z]+\\.example\\.org/.*", "evaluationOrder": -5}
        """#
    private let secret = "https://secret.example.org/x"
    private let warning = "cannot keep a broader definition from admitting"

    private func load(
        _ file: String, _ text: String
    ) throws -> (registry: ServiceRegistry, problems: [ServiceProblem]) {
        let folder = try Folder()
        try folder.write("App-2.json", broad)
        try folder.write(file, text)
        return folder.load()
    }

    private func isWarned(_ problems: [ServiceProblem]) -> Bool {
        problems.contains { $0.severity == .error && $0.text.contains(warning) }
    }

    @Test(arguments: [
        ("a-1.yml", #"serviceId: '^https://secret\.example\.org/.*'"#),
        ("a-1.yml", #"serviceId:   '^https://secret\.example\.org/[^'']*'  # internal"#),
        ("a-1.yml", #""serviceId": '^https://secret\.example\.org/.*'"#),
        ("a-1.yml", #"serviceId: ^https://secret\.example\.org/.*"#),
        ("a-1.yaml", #"serviceId: ^https://secret\.example\.org/.*   # internal"#),
        ("a-1.yaml", "serviceId:\n  ^https://secret\\.example\\.org/.*"),
        ("a-1.yml", "serviceId: >-\n  ^https://secret\\.example\\.org/.*"),
        ("a-1.yml", "serviceId: |\r\n  ^https://secret\\.example\\.org/.*\r"),
        ("a-1.yml", #"serviceId: !!str '^https://secret\.example\.org/.*'"#),
        ("a-1.yml", #"serviceId: "^https://secret\.example\.org/.*""#),
        ("a-1.yml", #"serviceId: "^https://secret\\.example\\.org/.*""#),
        ("a-1.yml", #"serviceId: "^https://secret\\.example\\.org/.*"#),
        ("a-1.yml", #"serviceId: '^https://secret\.example\.org/.*"#),
        ("a-1.yml", #"{id: 1, serviceId: ^https://secret\.example\.org/.*, name: x"#),
        ("a-1.yml", "# serviceId: ^https://other/\nserviceId: ^https://secret.example.org/.*"),
        ("a-1.hjson", #"serviceId: ^https://secret\.example\.org/.*"#),
        ("a-1.hjson", #"serviceId : '^https://secret\.example\.org/.*'"#),
        ("a-1.hjson", #"'serviceId': '^https://secret\\.example\\.org/.*',"#),
        ("a-1.hjson", "serviceId:\n  '''\n  ^https://secret\\.example\\.org/.*\n  '''"),
        ("a-1.json", #"{"serviceId": "^https://secret\.example\.org/.*","#),
        ("a-1.json", "{\"serviceId\"\n:\n\"^https://secret\\\\.example\\\\.org/.*\","),
        ("a-1.json", #""serviceId": ^https://secret\.example\.org/.*"},"#),
        ("a-1.json", #"{"id":1,"serviceId":"^https://secret\\.example\\.org/.*","name":"#),
        ("a-1.json", #"{"serviceId" : "^https://secret\\.example\\.org/.*,"#),
    ])
    func `whatever a broken text shows as its pattern admits nobody`(
        file: String, line: String
    ) throws {
        for end in ["\n\t]:}{[\n", "\nname: \"x\n{]"] {
            let (registry, problems) = try load(file, line + end)
            let isBroken = problems.contains { $0.severity == .error && $0.file.hasSuffix(file) }
            #expect(isBroken)
            let found = registry.match(try ServiceURL(secret))
            #expect(found?.isDenial == true, "\(line)")
            #expect(!isWarned(problems), "\(line)")
            #expect(registry.match(try ServiceURL("https://app.example.org/"))?.id == 2)
        }
    }

    @Test(arguments: [
        ("a-1.yml", "id: 1\n\t]"), ("a-1.json", "{"), ("a-1.json", ""),
        ("a-1.json", #"{"serviceId": "^https://secr"#), ("a-1.json", #"{"serviceId": "#),
        ("a-1.hjson", "{serviceId: ^https://secr"), ("a-1.json", #"{"serviceId""#),
        ("a-1.yml", "serviceId: '^https://(secret/'\n\t]"), ("a-1.yml", "# serviceId: x\n\t]"),
        ("a-1.yml", "templateName: Common\nthe serviceId: 1\n\t]"), ("a-1.yml", "\u{FEFF}"),
    ])
    func `a broken text without its whole pattern is an error that says so`(
        file: String, text: String
    ) throws {
        let (registry, problems) = try load(file, text)
        #expect(isWarned(problems))
        #expect(registry.match(try ServiceURL(secret))?.id == 2)
    }

    @Test func `a file that is too large is an error that says so, too`() throws {
        let (registry, problems) = try load(
            "a-1.json", String(repeating: " ", count: 2 << 20))
        #expect(isWarned(problems) && registry.services.count == 1)
    }

    @Test(arguments: [
        ("PartialRegexRegisteredServiceMatchingStrategy", #"//secret\."#, ""),
        ("LiteralRegisteredServiceMatchingStrategy", "https://secret.example.org/X", ""),
        (
            "StartsWithRegisteredServiceMatchingStrategy", "any",
            "expectedUrl: https://secret.example.org"
        ),
    ])
    func `it is compared as the text says`(name: String, pattern: String, more: String) throws {
        let text = "serviceId: '\(pattern)'\nmatchingStrategy: !<\(name)>\n  \(more)\n\t]"
        let (registry, problems) = try load("a-1.yml", text)
        #expect(registry.match(try ServiceURL(secret))?.isDenial == true)
        #expect(!isWarned(problems))
    }

    @Test func `what was made out stays while the text shows less, and gives way to more`() throws {
        let folder = try Folder()
        try folder.write("App-2.json", broad)
        try folder.write(
            "a-1.yml", "serviceId: '^https://secret.*'\nserviceId: '^https://x.*'\n]")
        let first = folder.load().registry
        #expect(first.services.filter(\.isSalvaged).count == 2)
        try folder.write("a-1.yml", "servi\n\t]")
        let (second, problems) = ServiceDirectory.load(folder.path, previous: first)
        #expect(second.services.filter(\.isSalvaged).count == 2 && isWarned(problems))
        try folder.write("a-1.yml", "serviceId: '^https://other/.*'\n\t]")
        let (third, last) = ServiceDirectory.load(folder.path, previous: second)
        #expect(third.services.filter(\.isSalvaged).map(\.serviceId) == ["^https://other/.*"])
        #expect(!isWarned(last))
    }
}
