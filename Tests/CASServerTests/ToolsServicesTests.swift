import JSON
import Platform
import TestSupport
import Testing

@testable import CASServer

/// A configuration with a folder of definitions and a file of users.
private final class Site: Sendable {
    let folder: TemporaryDirectory
    let now = Instant(milliseconds: 1_714_550_139_123)

    init(_ definitions: [String], settings: String = "") throws {
        folder = try TemporaryDirectory()
        try File.makeDirectory(folder.file("services"))
        for (index, definition) in definitions.enumerated() {
            try File.replace(
                folder.file("services/App-\(index + 1).json"), with: Array(definition.utf8))
        }
        try File.replace(folder.file("users.json"), with: Array(TestServer.users.utf8))
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { users: { file: users.json, allow_plaintext: true } }
            services: { directory: services }
            state: { directory: state, runtime_directory: run }
            \(settings)
            """
        try File.replace(folder.file("casd.yaml"), with: Array(text.utf8))
    }

    var configuration: String { folder.file("casd.yaml") }

    func lint(_ format: ToolFormat = .text) -> ToolOutput {
        ServiceTools.lint(.configuration(file: configuration), format: format)
    }

    func match(_ url: String, user: String? = nil, _ format: ToolFormat = .text) -> ToolOutput {
        ServiceTools.match(
            url, user: user, configuration: configuration, format: format, clock: { [now] in now })
    }

    static func definition(
        _ id: Int, _ name: String, _ pattern: String, _ more: String = ""
    ) -> String {
        """
        { "@class": "org.apereo.cas.services.CasRegisteredService", "id": \(id),
          "name": "\(name)", "serviceId": "\(pattern)"\(more) }
        """
    }
}

@Suite("casd services lint") struct ToolsLintTests {
    private let good = Site.definition(1, "App", #"^https://app\\.example\\.org/.*"#)

    @Test func `good definitions have no findings`() throws {
        let output = try Site([good]).lint()
        #expect(output.text == "1 definition in force: 0 errors, 0 warnings, 0 hints\n")
        #expect(output.status == .good)
    }

    @Test func `a warning names file, definition, rule and what to do`() throws {
        let site = try Site([good, Site.definition(2, "All", "^https://.*")])
        let output = site.lint()
        let line = try #require(
            output.text.split(separator: "\n").first { $0.contains("[catch-all]") })
        #expect(line.hasPrefix("\(site.folder.file("services/App-2.json")): warning: All (2): "))
        #expect(line.contains("; write down the hosts"))
        #expect(line.hasSuffix(" [catch-all]"))
        #expect(output.status == .remarkable)
    }

    @Test func `errors come first and decide the exit code`() throws {
        let output = try Site([Site.definition(1, "All", "^https://.*"), "{ \"id\": 2 "]).lint()
        let lines = output.text.split(separator: "\n")
        #expect(lines.first?.contains(": error: ") == true)
        #expect(lines.first?.contains("App-2.json") == true)
        #expect(output.status == .failed)
        #expect(output.status.rawValue == 2)
    }

    @Test func `programs get the same as JSON`() throws {
        let text = try Site([Site.definition(1, "All", "^https://.*")]).lint(.json).text
        let json = try #require(try JSONValue(parsing: text).objectValue)
        #expect(json["warnings"] == 1)
        let finding = try #require(json["findings"]?.arrayValue?.first?.objectValue)
        #expect(finding["rule"] == "catch-all")
        #expect(finding["service_id"] == 1)
    }

    @Test func `a folder can be looked at without a configuration`() throws {
        let site = try Site([good])
        let output = ServiceTools.lint(
            .folder(site.folder.file("services"), templates: nil), format: .text)
        #expect(output.status == .good)
        let missing = ServiceTools.lint(
            .folder(site.folder.file("nowhere"), templates: nil), format: .text)
        #expect(missing.status == .failed)
        #expect(missing.text.contains("nowhere"))
    }

    @Test func `a configuration that cannot be read is told on standard error`() throws {
        let output = ServiceTools.lint(
            .configuration(file: "/nowhere/casd.yaml"), format: .text)
        #expect(output.text.isEmpty)
        #expect(output.complaint.contains("/nowhere/casd.yaml"))
        #expect(output.status == .failed)
    }
}

@Suite("casd services match") struct ToolsMatchTests {
    private func site() throws -> Site {
        try Site([
            Site.definition(
                1, "Other", #"^https://app\\.example\\.org/other/.*"#, ", \"evaluationOrder\": 1"),
            Site.definition(
                2, "App", #"^https://app\\.example\\.org/.*"#,
                """
                , "evaluationOrder": 2, "accessStrategy": {
                "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
                "requiredAttributes": { "memberOf": ["staff"] } },
                "attributeReleasePolicy": {
                "@class": "org.apereo.cas.services.ReturnAllowedAttributeReleasePolicy",
                "allowedAttributes": ["mail", "memberOf"] }
                """),
            Site.definition(
                3, "Off", #"^https://off\\.example\\.org/.*"#,
                """
                , "accessStrategy": {
                "@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy",
                "enabled": false }
                """),
        ])
    }

    @Test func `the definition, the way to it and what is released are told`() throws {
        let site = try site()
        let output = site.match("https://APP.example.org/x", user: "casuser")
        #expect(output.complaint == "")
        #expect(
            output.text == """
                address     https://APP.example.org/x
                matched as  https://app.example.org/x
                definition  App (2)
                file        \(site.folder.file("services/App-2.json"))
                pattern     ^https://app\\.example\\.org/.* (whole address, evaluationOrder 2)
                open        yes

                Tried in this order:
                  1. matches: App (2), ^https://app\\.example\\.org/.* \
                (whole address, evaluationOrder 2)
                  Not tried: 2; their patterns begin with something else, or they come later.

                user        casuser
                may log in  yes
                may enter   yes
                is called   casuser
                These attributes are released:
                  NAME      VALUES
                  mail      casuser@example.org
                  memberOf  staff, library
                Beside them, of the login itself: authenticationDate, \
                longTermAuthenticationRequestTokenUsed, isFromNewLogin.

                """)
        #expect(output.status == .good)
    }

    @Test func `definitions that are tried in vain are listed before`() throws {
        let output = try Site([
            Site.definition(
                1, "Other", #"^https://app\\.example\\.org/.*/end"#, ", \"evaluationOrder\": 1"),
            Site.definition(
                2, "App", #"^https://app\\.example\\.org/.*"#, ", \"evaluationOrder\": 2"),
        ]).match("https://app.example.org/x")
        #expect(output.text.contains("  1. does not match: Other (1)"))
        #expect(output.text.contains("  2. matches: App (2)"))
    }

    @Test func `whoever may not enter is told why, and nothing is released`() throws {
        let output = try site().match("https://app.example.org/x", user: "other")
        #expect(
            output.text.contains("may enter   no: required attributes missing: memberOf\n"))
        #expect(!output.text.contains("released"))
        #expect(output.status == .remarkable)
    }

    @Test func `a closed service says why`() throws {
        let output = try site().match("https://off.example.org/x")
        #expect(output.text.contains("open        no: service disabled\n"))
        #expect(output.status == .remarkable)
    }

    @Test func `an account that cannot log in says why`() throws {
        let output = try site().match("https://app.example.org/other/x", user: "locked")
        #expect(output.text.contains("may log in  no: the account is locked\n"))
        #expect(output.status == .remarkable)
    }

    @Test func `an address without a definition is not registered`() throws {
        let output = try site().match("https://nowhere.example.org/")
        #expect(output.text.contains("the service is not registered"))
        #expect(output.text.contains("Not tried: 3"))
        #expect(output.status == .remarkable)
    }

    @Test func `what is no address and who is no user is an error`() throws {
        let site = try site()
        #expect(site.match("//app.example.org/").complaint.contains("relative"))
        let unknown = site.match("https://app.example.org/x", user: "no\u{1B}body")
        #expect(unknown.complaint.contains("there is no user 'no\\u{1B}body'"))
        #expect(unknown.status == .failed)
    }

    @Test func `passwords never show, and no file is made`() throws {
        let site = try site()
        for format in [ToolFormat.text, .json] {
            let output = site.match("https://app.example.org/x", user: "casuser", format)
            #expect(!output.text.contains("Mellon"))
        }
        #expect(!File.exists(site.folder.file("state")))
        #expect(!File.exists(site.folder.file("run")))
    }

    @Test func `programs get the same as JSON`() throws {
        let text = try site().match("https://app.example.org/x", user: "casuser", .json).text
        let json = try #require(try JSONValue(parsing: text).objectValue)
        #expect(json["definition"]?.objectValue?["id"] == 2)
        #expect(json["open"] == true)
        let user = try #require(json["user"]?.objectValue)
        #expect(user["may_enter"] == true)
        #expect(user["username"] == "casuser")
        #expect(user["attributes"]?.objectValue?["memberOf"] == ["staff", "library"])
    }

    @Test func `anonymous names need the keys, and say so without them`() throws {
        let definition = Site.definition(
            1, "App", #"^https://app\\.example\\.org/.*"#,
            """
            , "usernameAttributeProvider": {
            "@class":
            "org.apereo.cas.services.AnonymousRegisteredServiceUsernameAttributeProvider" }
            """)
        let site = try Site([definition])
        let without = site.match("https://app.example.org/x", user: "casuser")
        #expect(without.text.contains("Note: the keys cannot be read"), "\(without)")
        _ = try Assembly.keys(try Configuration.load(site.configuration))
        let with = site.match("https://app.example.org/x", user: "casuser")
        #expect(!with.text.contains("Note:"))
        #expect(!with.text.contains("is called   casuser\n"))
    }
}
