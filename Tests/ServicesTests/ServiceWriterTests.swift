import Glibc
import Platform
import TestSupport
import Testing

@testable import Services

private typealias Writer = ServiceDirectory.Writer

private func text(_ id: String?, _ name: String = "App", _ host: String = "app") -> String {
    let number = id.map { "\n  \"id\": \($0)," } ?? ""
    return """
        {
          "@class": "org.apereo.cas.services.CasRegisteredService",\(number)
          "name": "\(name)", // a comment
          "serviceId": "^https://\(host)\\\\.example\\\\.org/.*",
        }
        """
}

private struct Site {
    let folder: TemporaryDirectory
    let locks: TemporaryDirectory
    var writer: Writer
    let now = Instant(milliseconds: 1_714_550_139_123)

    init(templates: Bool = false) throws {
        folder = try TemporaryDirectory()
        locks = try TemporaryDirectory()
        writer = Writer(
            directory: folder.path, templates: templates ? folder.file("templates") : nil,
            lockFile: locks.file("lock"))
        writer.patience = .milliseconds(20)
    }

    var names: [String] { get throws { try File.names(in: folder.path) } }

    @discardableResult
    func save(
        _ text: String, as id: Int64? = nil,
        expecting: ServiceDirectory.Expectation = .anything
    ) throws -> ServiceDirectory.Change {
        try writer.save(Array(text.utf8), as: id, expecting: expecting, at: now)
    }

    func refusal(_ text: String, as id: Int64? = nil) -> ServiceDirectory.ChangeRefusal? {
        refusal { try save(text, as: id) }
    }

    func refusal(_ body: () throws -> Void) -> ServiceDirectory.ChangeRefusal? {
        do {
            try body()
            return nil
        } catch {
            return error as? ServiceDirectory.ChangeRefusal
        }
    }

    /// What a load has in force, and what it reports.
    func load() -> (ids: [Int64], problems: [ServiceProblem]) {
        let loaded = ServiceDirectory.load(folder.path, templates: writer.templates)
        return (loaded.registry.services.map(\.id).sorted(), loaded.problems)
    }
}

@Suite("Service definitions that are written") struct ServiceWriterTests {
    @Test func `a new definition is in a file of its own, as it was sent`() throws {
        let site = try Site()
        let change = try site.save(text("7"))
        #expect(change.isNew && change.name == "App" && change.definition.id == 7)
        #expect(try site.names == ["App-7.json"])
        #expect(try File.readText(site.folder.file("App-7.json")) == text("7") + "\n")
        #expect(File.permissions(site.folder.file("App-7.json")) == 0o640)
        #expect(site.load().ids == [7] && site.load().problems.isEmpty)
    }

    @Test(arguments: [nil, "-1", "null"]) func `without a number it gets a free one`(
        id: String?
    ) throws {
        let site = try Site()
        let first = try site.save(text(id)).definition
        let second = try site.save(text(id, "Other", "other")).definition
        #expect(first.id == site.now.milliseconds && second.id == first.id + 1)
        #expect(site.load().ids == [first.id, second.id] && site.load().problems.isEmpty)
        let written = String(decoding: first.content, as: UTF8.self)
        if id == nil {
            #expect(written.hasPrefix("{ \"id\" : \(first.id),\n"))
            #expect(written.contains("// a comment"))
        }
    }

    @Test func `the number stands behind comments and keeps every line where it was`() throws {
        let site = try Site()
        let sent = "# one {\n/* two { */ // three {\n" + text(nil, "A\\\"{")
        let change = try site.save(sent)
        let lines = String(decoding: change.definition.content, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[2] == "{ \"id\" : \(change.definition.id),")
        #expect(lines.count == sent.split(separator: "\n").count + 1)
        #expect(try site.names == ["A__-\(change.definition.id).json"])
    }

    @Test func `one that is there is replaced, and its file follows the name`() throws {
        let site = try Site()
        try site.save(text("7"))
        let change = try site.save(text("7", "Portal"))
        #expect(!change.isNew && change.definition.file.hasSuffix("/Portal-7.json"))
        #expect(try site.names == ["Portal-7.json"])
        #expect(site.load().ids == [7] && site.load().problems.isEmpty)
    }

    @Test func `a file that is not named as usual, or in the way, keeps its name`() throws {
        let site = try Site()
        try File.replace(site.folder.file("portal.json"), with: Array(text("7").utf8))
        try site.save(text("7", "Portal"))
        #expect(try site.names == ["portal.json"])
        try File.replace(site.folder.file("App-8.json"), with: Array(text("8").utf8))
        try File.replace(site.folder.file("New-8.json"), with: Array(text("9").utf8))
        try site.save(text("8", "New"))
        #expect(try site.names == ["App-8.json", "New-8.json", "portal.json"])
        #expect(try site.writer.definition(8)?.file.hasSuffix("App-8.json") == true)
    }

    @Test func `one in a folder below stays there`() throws {
        let site = try Site()
        try File.makeDirectory(site.folder.file("campus"))
        try File.replace(site.folder.file("campus/App-7.json"), with: Array(text("7").utf8))
        try site.save(text("7", "Portal"))
        #expect(try site.names == ["campus"])
        #expect(try File.names(in: site.folder.file("campus")) == ["Portal-7.json"])
        #expect(try site.writer.remove(7).name == "Portal")
        #expect(try File.names(in: site.folder.file("campus")).isEmpty)
    }

    @Test(arguments: [
        "../../evil", "/etc/passwd", ".hidden", "a/b", "..", "\u{0}", "ä ö\u{202E}", "-", " ",
        String(repeating: "x", count: 255), "a.json", "a\\nb",
    ])
    func `no name leads out of the folder or out of the load`(name: String) throws {
        let site = try Site()
        let escaped = name == "\u{0}" ? "\\u0000" : name
        try site.save(text("7", escaped))
        let names = try site.names
        #expect(names.count == 1 && names[0].hasSuffix("-7.json") && names[0].utf8.count < 100)
        #expect(
            names[0].utf8.allSatisfy {
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.".utf8
                    .contains($0)
            })
        #expect(!names[0].hasPrefix(".") && site.load().ids == [7])
    }

    @Test(
        arguments: [
            ("", 1), ("[]", 1), ("{}", nil), ("{\n\"id\": 1,,}", 2), ("{\"id\": 1}", nil),
            ("{\n\n\"id\": -2}", 3), ("{\n\"id\": \"x\"}", 2), ("{\n\"id\": 1.5}", 2),
            ("{\n\"id\": 99999999999999999999}", 2), ("@class: x\nid: 7", 1),
        ] as [(String, Int?)])
    func `what is no definition is refused with its line`(text: String, line: Int?) throws {
        let site = try Site()
        guard case .invalid(let problems) = site.refusal(text) else {
            Issue.record("\(text) was taken")
            return
        }
        #expect(!problems.isEmpty && problems[0].line == line)
        #expect(try site.names.isEmpty)
    }

    @Test func `all errors of a definition are told, and a replaced one stays as it was`() throws {
        let site = try Site()
        try site.save(text("7"))
        let broken = text("7").replacing("\"name\": \"App\"", with: "\"nmae\": 1, \"logo\": 2")
        guard case .invalid(let problems) = site.refusal(broken) else {
            Issue.record("it was taken")
            return
        }
        #expect(Set(problems.compactMap(\.key)).isSuperset(of: ["nmae", "name"]))
        #expect(problems.allSatisfy { $0.severity == .error })
        #expect(try File.readText(site.folder.file("App-7.json")) == text("7") + "\n")
    }

    @Test func `templates are those of the folder`() throws {
        let site = try Site(templates: true)
        try File.makeDirectory(site.folder.file("templates"))
        let named = text("7").replacing("\"name\"", with: "\"templateName\": \"base\", \"name\"")
        guard case .invalid(let problems) = site.refusal(named) else {
            Issue.record("it was taken")
            return
        }
        #expect(problems.map(\.key) == ["templateName"])
        try File.replace(
            site.folder.file("templates/base.json"),
            with: Array(#"{"templateName": "base", "id": 8, "evaluationOrder": 3}"#.utf8))
        try site.save(named)
        #expect(site.load().ids == [7])
        #expect(try site.writer.definition(8) == nil, "a template is no definition")
    }

    @Test func `two files with one number are left to people`() throws {
        let site = try Site()
        try File.replace(site.folder.file("A-7.json"), with: Array(text("7").utf8))
        try File.replace(site.folder.file("B-7.json"), with: Array(text("7").utf8))
        for refusal in [
            site.refusal(text("7")), site.refusal { _ = try site.writer.remove(7) },
        ] {
            #expect(refusal == .conflict("several files have the id 7: A-7.json, B-7.json"))
        }
    }

    @Test func `what is no JSON file, or a link, is left to people`() throws {
        let site = try Site()
        let yaml = "--- !<org.apereo.cas.services.CasRegisteredService>\nid: 7\nname: a\n"
        try File.replace(site.folder.file("A-7.yaml"), with: Array((yaml + "serviceId: x").utf8))
        let elsewhere = try TemporaryDirectory()
        try File.replace(elsewhere.file("x.json"), with: Array(text("8").utf8))
        unsafe symlink(elsewhere.file("x.json"), site.folder.file("B-8.json"))
        try File.replace(elsewhere.file("9.json"), with: Array(text("9").utf8))
        unsafe symlink(elsewhere.path, site.folder.file("linked"))
        for id in ["7", "8", "9"] {
            guard case .conflict(let why) = site.refusal(text(id)) else {
                Issue.record("\(id) was replaced")
                continue
            }
            #expect(why.contains(id == "7" ? "no JSON file" : "link"))
        }
        #expect(try File.readText(elsewhere.file("x.json")) == text("8"))
        // What can be read is shown all the same.
        let shown = try #require(try site.writer.definition(7)?.json)
        #expect(String(decoding: shown, as: UTF8.self).contains("\"@class\" : \"org.apereo"))
    }

    @Test func `a broken file is mended by its name`() throws {
        let site = try Site()
        try File.replace(site.folder.file("App-7.json"), with: Array("{ broken".utf8))
        #expect(try site.writer.definition(7)?.json == nil)
        #expect(try site.save(text("7")).isNew == false)
        #expect(site.load().ids == [7] && site.load().problems.isEmpty)
    }

    @Test func `nobody overwrites what they have not seen`() throws {
        let site = try Site()
        let first = try site.save(text("7"), expecting: .missing).definition.version
        #expect(site.refusal { try site.save(text("7"), expecting: .missing) } == .unexpected)
        #expect(site.refusal { try site.save(text("8"), expecting: .existing) } == .unexpected)
        let second = try site.save(text("7", "B"), expecting: .versions([first, "x"])).definition
        #expect(first.utf8.count == 32 && second.version != first)
        for change in [
            { _ = try site.save(text("7"), expecting: .versions([first])) },
            { _ = try site.writer.remove(7, expecting: .versions([first])) },
        ] {
            #expect(site.refusal(change) == .unexpected)
        }
        #expect(try site.writer.definition(7) == second)
        _ = try site.writer.remove(7, expecting: .versions([second.version]))
        #expect(try site.names.isEmpty)
        #expect(site.refusal { _ = try site.writer.remove(7) } == .unknown)
    }

    @Test func `there are only so many, and only one change at a time`() throws {
        var site = try Site()
        site.writer.definitionsMax = 2
        try site.save(text("1"))
        try site.save(text("2", "B", "b"))
        #expect(site.refusal(text("3")) == .conflict("there are 2 definitions already"))
        try site.save(text("2", "C", "c"))
        let lock = try FileLock(site.locks.file("lock"), within: .zero)
        #expect(site.refusal(text("1")) == .busy)
        withExtendedLifetime(lock) {}
    }

    @Test func `a folder that is not there or not writable is the operator's affair`() throws {
        let site = try Site()
        try File.makeDirectory(site.folder.file("App-7.json"))
        guard case .unwritable = site.refusal(text("7")) else {
            Issue.record("it was written")
            return
        }
        let writer = Writer(
            directory: site.folder.file("missing"), templates: nil,
            lockFile: site.locks.file("lock"))
        #expect(throws: ServiceDirectory.ChangeRefusal.self) { try writer.all() }
    }

    @Test func `many who write at once lose nothing`() throws {
        var site = try Site()
        site.writer.patience = .seconds(30)
        let writer = site.writer
        let now = site.now
        onThreads(4) { thread in
            for number in 0..<10 {
                let name = "s\(thread)-\(number)"
                _ = try? writer.save(Array(text(nil, name, name).utf8), at: now)
            }
        }
        #expect(Set(try writer.all().map(\.id)).count == 40)
        #expect(site.load().ids.count == 40 && site.load().problems.isEmpty)
        #expect(try site.names.allSatisfy { $0.hasSuffix(".json") })
    }
}
