import CASProtocol
import Glibc
import Platform
import Testing

@testable import Services

/// A folder that is removed with all that is in it.
final class Folder {
    let path: String

    init() throws {
        path = "/tmp/casd-services-\(hexadecimal(systemRandomBytes(8)))"
        try File.makeDirectory(path)
    }

    deinit { remove(path) }

    private func remove(_ path: String) {
        for name in (try? File.names(in: path)) ?? [] {
            let entry = path + "/" + name
            // A folder cannot be unlinked; a link to one can.
            if unsafe unlink(entry) != 0 { remove(entry) }
        }
        _ = unsafe rmdir(path)
    }

    func write(_ name: String, _ text: String) throws {
        if let slash = name.lastIndex(of: "/") {
            try File.makeDirectory(path + "/" + name[..<slash])
        }
        try File.replace(path + "/" + name, with: Array(text.utf8))
    }

    /// Writes a file that need not be on the disk.
    func writeQuickly(_ name: String, _ text: String) {
        guard let file = unsafe fopen(path + "/" + name, "w") else { return }
        _ = unsafe fputs(text, file)
        _ = unsafe fclose(file)
    }

    func load(
        _ limits: ServiceDirectory.Limits = .init()
    ) -> (
        registry: ServiceRegistry, problems: [ServiceProblem]
    ) {
        ServiceDirectory.load(path, limits: limits)
    }
}

private func text(_ id: Int, host: String = "app") -> String {
    #"""
    {"@class": "org.apereo.cas.services.RegexRegisteredService", "id": \#(id), "name": "\#(host)",
     "serviceId": "^https://\#(host)/.*"}
    """#
}

@Suite("Service directory") struct ServiceDirectoryTests {
    @Test func `definitions are found in all folders`() throws {
        let folder = try Folder()
        try folder.write("App-1.json", text(1, host: "a"))
        try folder.write("cas-client/deeper/App-2.json", text(2, host: "b"))
        try folder.write("README.txt", "not a definition")
        try folder.write(".hidden-3.json", "broken")
        let (registry, problems) = folder.load()
        #expect(problems.isEmpty)
        #expect(registry.services.map(\.id) == [1, 2])
        #expect(registry.match(try ServiceURL("https://b/"))?.id == 2)
    }

    @Test func `a broken file does not take the others down`() throws {
        let folder = try Folder()
        try folder.write("broken-1.json", "{\n\n")
        try folder.write("empty-2.json", "")
        try folder.write("unknown-class-3.json", #"{"@class": "org.example.Other"}"#)
        try folder.write("unknown-field-4.json", String(text(4).dropLast(1)) + #", "oops": 1}"#)
        try folder.write("deep-5.json", String(repeating: "[", count: 100_000))
        try folder.write("huge-6.json", text(6) + String(repeating: " ", count: 1 << 20))
        try folder.write("bytes-7.json", "\u{0}\u{1}")
        try folder.write("good-8.json", text(8))
        try folder.write("variant.yml", "--- !<x>")
        let (registry, problems) = folder.load()
        #expect(registry.services.filter { !$0.isDenial }.map(\.id) == [8])
        let files = Set(problems.filter { $0.severity == .error }.map(\.file))
        let names = [
            "broken-1.json", "empty-2.json", "unknown-class-3.json", "unknown-field-4.json",
            "deep-5.json", "huge-6.json", "bytes-7.json", "variant.yml",
        ]
        #expect(files == Set(names.map { folder.path + "/" + $0 }))
    }

    @Test func `a definition with errors denies what it was written for`() throws {
        let folder = try Folder()
        let strict = #"""
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 1, "name": "Admin",
              "serviceId": "^https://app\\.example\\.org/admin.*", "evaluationOrder": 1,
              "accessStrategy": { "@class": "org.example.GroovyAccessStrategy" } }
            """#
        let broad = #"""
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": 2, "name": "App",
              "serviceId": "^https://app\\.example\\.org/.*", "evaluationOrder": 20 }
            """#
        try folder.write("Admin-1.json", strict)
        try folder.write("App-2.json", broad)
        let (registry, problems) = folder.load()
        #expect(problems.contains { $0.severity == .error && $0.file.hasSuffix("Admin-1.json") })
        let admin = registry.match(try ServiceURL("https://app.example.org/admin/x"))
        #expect(admin?.isDenial == true)
        #expect(admin?.accessStrategy.isEnabled == false)
        #expect(registry.match(try ServiceURL("https://app.example.org/home"))?.id == 2)
    }

    @Test func `of two definitions with one id the first is used, the other admits nobody`() throws
    {
        let folder = try Folder()
        try folder.write("b-1.json", text(1, host: "b"))
        try folder.write("a-1.json", text(1, host: "a"))
        let (registry, problems) = folder.load()
        #expect(registry.services.filter { !$0.isDenial }.map(\.name) == ["a"])
        #expect(registry.service(id: 1)?.isDenial == false)
        #expect(registry.match(try ServiceURL("https://a/"))?.isDenial == false)
        #expect(registry.match(try ServiceURL("https://b/"))?.isDenial == true)
        #expect(problems.map(\.severity) == [.error])
        #expect(problems.first?.file.hasSuffix("/b-1.json") == true)
        #expect(problems.first?.text.contains("/a-1.json") == true)
        #expect(problems.first?.text.contains("admits nobody") == true)
        // A file that is being written then keeps what stands in for it.
        try folder.write("b-1.json", "{")
        let next = ServiceDirectory.load(folder.path, previous: registry).registry
        #expect(next.match(try ServiceURL("https://b/"))?.isDenial == true)
    }

    @Test func `a second definition with an id restricts in its place`() throws {
        let folder = try Folder()
        let definition = #""@class": "org.apereo.cas.services.CasRegisteredService", "id": 1"#
        let broad = #"{\#(definition), "name": "a", "serviceId": "^https://app/.*""#
        try folder.write("a-1.json", broad + #", "evaluationOrder": 5}"#)
        try folder.write(
            "b-1.json",
            #"{\#(definition), "name": "b", "serviceId": "^https://app/admin/.*", "#
                + #""evaluationOrder": 3, "accessStrategy": {"#
                + #""@class": "org.apereo.cas.services.DefaultRegisteredServiceAccessStrategy", "#
                + #""requiredAttributes": {"role": ["admin"]}}}"#)
        let registry = folder.load().registry
        let admin = try ServiceURL("https://app/admin/x")
        #expect(registry.match(admin)?.isDenial == true)
        #expect(registry.match(admin)?.evaluationOrder == 3)
        #expect(registry.match(try ServiceURL("https://app/x"))?.id == 1)
    }

    @Test func `a copy of a definition does not switch it off`() throws {
        let folder = try Folder()
        try folder.write("a-1.json", text(1))
        try folder.write("b-1.json", text(1))
        let (registry, problems) = folder.load()
        #expect(registry.services.count == 1)
        #expect(registry.match(try ServiceURL("https://app/"))?.isDenial == false)
        #expect(problems.map(\.severity) == [.error])
        #expect(problems.first?.text.contains("/a-1.json") == true)
    }

    @Test func `another file name is a warning`() throws {
        let folder = try Folder()
        try folder.write("wiki.json", text(1))
        let (registry, problems) = folder.load()
        #expect(registry.services.count == 1)
        #expect(problems.map(\.text) == ["the usual file name is <name>-1.json"])
        #expect(problems.map(\.severity) == [.warning])
    }

    @Test func `limits are kept and told`() throws {
        let folder = try Folder()
        try folder.write("a-1.json", text(1))
        try folder.write("b-2.json", text(2))
        try folder.write("c-3.json", text(3))
        try folder.write("x/y/z-4.json", text(4))
        var limits = ServiceDirectory.Limits()
        limits.depthMax = 2
        #expect(folder.load(limits).registry.services.count == 3)
        #expect(folder.load(limits).problems.map(\.text) == ["nested too deep; not read"])
        limits.depthMax = 3
        #expect(folder.load(limits).problems.isEmpty)
        limits.filesMax = 3
        // The root holds four names, so it is not read at all.
        #expect(folder.load(limits).registry.services.isEmpty)
        #expect(folder.load(limits).problems.map(\.text) == ["more than 3 entries"])
        limits.filesMax = 4
        limits.fileBytesMax = text(1).utf8.count
        #expect(folder.load(limits).problems.isEmpty)
        limits.fileBytesMax -= 1
        #expect(folder.load(limits).problems.filter { $0.text.contains("larger than") }.count == 4)
    }

    @Test func `a loop of links ends`() throws {
        let folder = try Folder()
        try folder.write("a-1.json", text(1))
        #expect(unsafe symlink(folder.path, folder.path + "/loop") == 0)
        #expect(unsafe symlink("/nowhere", folder.path + "/dangling") == 0)
        let (registry, problems) = folder.load()
        #expect(registry.services.map(\.id) == [1])
        #expect(problems.contains { $0.text == "nested too deep; not read" })
        #expect(problems.contains { $0.file.hasSuffix("/dangling") && $0.severity == .warning })
    }

    @Test func `a missing folder is an error and no definitions`() {
        let (registry, problems) = ServiceDirectory.load("/nowhere/services")
        #expect(registry.services.isEmpty)
        #expect(problems.map(\.severity) == [.error])
    }
}
