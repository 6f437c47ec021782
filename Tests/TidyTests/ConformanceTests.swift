import Platform
import Testing

@Suite("The documentation is true to the repository") struct ConformanceTests {
    private static let folder = SourceTree.root + "/Sources/CASServer/CASServer.docc"

    /// A table of a page: the cells of its rows, the head first, and where each row stands.
    private struct Table {
        var rows: [(line: Int, cells: [String])] = []

        var head: [String] { rows.first?.cells ?? [] }
        var body: ArraySlice<(line: Int, cells: [String])> { rows.dropFirst() }
    }

    private static func tables(of page: String) throws -> [Table] {
        let text = try File.readText("\(folder)/\(page)")
        var tables: [Table] = []
        var isInside = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard line.hasPrefix("|") else {
                isInside = false
                continue
            }
            if !isInside { tables.append(Table()) }
            isInside = true
            let cells = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
                .dropLast().map { String(trimmed($0)) }
            if cells.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0 == "-" } }) { continue }
            tables[tables.count - 1].rows.append((index + 1, cells))
        }
        return tables
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " }
        guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
        return start[...end]
    }

    /// What stands between backticks.
    private static func names(in cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The types of all test suites, by the mark in front of each.
    private static let suites: Set<String> = {
        var suites: Set<String> = []
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Tests/") {
            for (index, line) in file.lines.enumerated() where line.contains("@Suite") {
                let words = file.lines[index..<min(index + 8, file.lines.count)]
                    .joined(separator: " ").split { !$0.isLetter && !$0.isNumber }
                if let place = words.firstIndex(of: "struct"), place + 1 < words.count {
                    suites.insert(String(words[place + 1]))
                }
            }
        }
        return suites
    }()

    private static func exists(_ name: String) -> Bool {
        guard name.hasPrefix("Golden/") else { return suites.contains(name) }
        return File.kind("\(SourceTree.root)/Tests/CASProtocolTests/\(name)") == .file
    }

    @Test(arguments: [
        "Conformance.md", "ConformanceREST.md", "ConformanceJWT.md", "ThreatModel.md",
    ])
    func `no row has an empty cell, and each names tests that exist`(page: String) throws {
        let tables = try Self.tables(of: page).filter { $0.head.last == "Tests" }
        #expect(!tables.isEmpty)
        for table in tables {
            #expect(!table.body.isEmpty)
            for (line, cells) in table.body {
                #expect(cells.count == table.head.count, "\(page):\(line)")
                #expect(!cells.contains(""), "\(page):\(line) has an empty cell")
                let names = Self.names(in: cells.last ?? "")
                #expect(!names.isEmpty, "\(page):\(line) names no test")
                for name in names {
                    #expect(Self.exists(name), "\(page):\(line): there is no suite \(name)")
                }
            }
        }
    }

    @Test func `every section of the specification that has rules has a row`() throws {
        let sections = [
            "2", "2.1.1", "2.1.3", "2.1.4", "2.1.5", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "2.3",
            "2.3.1", "2.3.2", "2.3.3", "2.3.3.1", "2.3.3.2", "2.4", "2.4.1", "2.4.2", "2.5",
            "2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5", "2.5.7", "2.6", "2.6.1", "2.6.2",
            "2.6.3", "2.7", "2.7.1", "2.7.2", "2.7.3", "2.8", "2.8.1", "2.9", "2.9.1", "3.1",
            "3.1.1", "3.2", "3.2.1", "3.3", "3.3.1", "3.4", "3.4.1", "3.5", "3.5.1", "3.6",
            "3.6.1", "3.7", "3.8", "3.8.1", "4.1", "4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5",
            "4.2", "4.2.1", "4.2.2", "4.2.3", "4.2.5", "4.2.5.1", "A", "B", "C",
        ]
        let table = try #require(
            try Self.tables(of: "Conformance.md").first { $0.head.first == "§" })
        let rows = Set(table.body.compactMap(\.cells.first))
        for section in sections { #expect(rows.contains(section), "§\(section) has no row") }
    }

    @Test func `every part of REST and of certificates has a table of its own`() throws {
        let sections = (1...9).map { "1.\($0)" } + (11...13).map { "1.\($0)" }
        let tables = try Self.tables(of: "ConformanceREST.md").filter { $0.head.first == "§" }
        let found = tables.map { Set($0.body.compactMap(\.cells.first)) }
        let wanted = (sections + (1...8).map { "2.\($0)" }).map { Set([$0]) }
        #expect(found == wanted)
    }

    @Test func `every part of tokens has a table of its own`() throws {
        let tables = try Self.tables(of: "ConformanceJWT.md").filter { $0.head.first == "§" }
        let found = tables.map { Set($0.body.compactMap(\.cells.first)) }
        #expect(found == (1...8).map { Set(["3.\($0)"]) })
    }

    @Test func `the operator's guide names every field of a definition`() throws {
        let guide = try File.readText(Self.folder + "/Operations.md")
        let fields = try #require(
            SourceTree.sources.first { $0.path == "Sources/Services/ApereoFields.swift" })
        var count = 0
        for line in fields.lines {
            let words = line.split(separator: "\"", omittingEmptySubsequences: false)
            // `"name": .rule`, several in a line.
            for (index, word) in words.enumerated()
            where index % 2 == 1 && index + 1 < words.count && words[index + 1].hasPrefix(": .") {
                count += 1
                #expect(guide.contains("`\(word)`"), "Operations.md does not name \(word)")
            }
        }
        #expect(count > 40)
    }

    @Test func `decisions have numbers of their own, and no page refers to a missing one`() throws {
        let numbers = try File.names(in: Self.folder + "/Decisions").filter { $0.hasSuffix(".md") }
            .map { $0.prefix(4) }
        #expect(Set(numbers).count == numbers.count)
        for page in try File.names(in: Self.folder) where page.hasSuffix(".md") {
            let words = try File.readText("\(Self.folder)/\(page)").split(separator: "decision ")
            for rest in words.dropFirst() where rest.prefix(4).allSatisfy(\.isNumber) {
                #expect(numbers.contains(rest.prefix(4)), "\(page) refers to \(rest.prefix(4))")
            }
        }
    }
}
