import CASProtocol
import Logging
import Platform
internal import Services
import TestSupport
import Testing

@testable import CASServer

@Suite("Definitions that change while the server runs") struct ServiceCatalogWatchTests {
    private func definition(_ id: Int, _ host: String) -> [UInt8] {
        Array(
            """
            { "@class": "org.apereo.cas.services.CasRegisteredService", "id": \(id),
              "name": "s\(id)", "serviceId": "^https://\(host)\\\\.example\\\\.org/.*" }
            """.utf8)
    }

    private func knows(_ watch: ServiceCatalogWatch, _ host: String) throws -> Bool {
        watch.catalog.current.match(try ServiceURL("https://\(host).example.org/")) != nil
    }

    @Test func `added, changed, removed and broken files take effect at the next look`() throws {
        let folder = try TemporaryDirectory()
        let logFile = try TemporaryDirectory()
        try File.replace(folder.file("a-1.json"), with: definition(1, "a"))
        let log = Configuration.Log(file: logFile.file("log"))
        let watch = ServiceCatalogWatch(directory: folder.path, log: try log.logger())
        #expect(try knows(watch, "a"))

        try File.replace(folder.file("b-2.json"), with: definition(2, "b"))
        #expect(try !knows(watch, "b"))
        watch.reloadIfChanged()
        #expect(try knows(watch, "a") && knows(watch, "b"))

        try File.replace(folder.file("a-1.json"), with: definition(1, "c"))
        watch.reloadIfChanged()
        #expect(try !knows(watch, "a") && knows(watch, "c"))

        try File.replace(folder.file("b-2.json"), with: Array("{ broken".utf8))
        watch.reloadIfChanged()
        #expect(try knows(watch, "b") && knows(watch, "c"), "the last good version stays")
        #expect(try File.readText(logFile.file("log")).contains("b-2.json"))

        File.remove(folder.file("b-2.json"))
        watch.reloadIfChanged()
        #expect(try !knows(watch, "b") && knows(watch, "c"))

        File.remove(folder.file("a-1.json"))
        watch.reloadIfChanged()
        #expect(watch.catalog.current.services.isEmpty)
    }

    @Test func `nothing is loaded again while nothing changes`() throws {
        let folder = try TemporaryDirectory()
        let logFile = try TemporaryDirectory()
        try File.replace(folder.file("a-1.json"), with: definition(1, "a"))
        let log = Configuration.Log(file: logFile.file("log"))
        let watch = ServiceCatalogWatch(directory: folder.path, log: try log.logger())
        for _ in 0..<3 { watch.reloadIfChanged() }
        #expect(try !File.readText(logFile.file("log")).contains("reloaded"))
    }
}

@Suite("Log lines") struct EventLogHandlerTests {
    private func logged(
        _ format: Configuration.Log.Format, _ metadata: Logger.Metadata
    ) throws -> String {
        let folder = try TemporaryDirectory()
        let log = Configuration.Log(format: format, file: folder.file("log"))
        try log.logger(clock: { Instant(milliseconds: 0) }).info("happened", metadata: metadata)
        return try File.readText(folder.file("log"))
    }

    @Test func `an event is one line of JSON, its fields in order`() throws {
        #expect(
            try logged(.json, ["b": "2", "a": "1"])
                == "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\","
                + "\"event\":\"happened\","
                + "\"a\":\"1\",\"b\":\"2\"}\n")
    }

    @Test func `an event is one line of text`() throws {
        #expect(
            try logged(.text, ["a": "1"]) == "1970-01-01T00:00:00.000Z info happened a=\"1\"\n")
    }

    @Test func `no value can begin a line or a field`() throws {
        let hostile = "x\n{\"time\":\"forged\"}\r\u{1B}[31m\u{2028}\"\\"
        for format in Configuration.Log.Format.allCases {
            let line = try logged(format, ["a": "\(hostile)"])
            #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
            #expect(!line.contains("\u{1B}") && !line.contains("\r") && !line.contains("\u{2028}"))
            #expect(!line.contains("\"time\":\"forged"))
        }
    }

    @Test func `a long value is cut`() throws {
        let line = try logged(.json, ["a": "\(String(repeating: "ä", count: 5000))"])
        #expect(line.utf8.count < 1300 && line.contains("…"))
    }
}
