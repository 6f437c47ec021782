import Testing

@Suite("The style, executed") struct StyleTests {
    private static let wrappers: Set<String> = [
        "Platform", "FastCGI", "OpenSSL", "LMDB", "PCRE", "Password", "YAML", "XML",
        "Outbound", "Deflate",
    ]

    private static let bannedNames = [
        "Manager", "Helper", "Utils", "Util", "DefaultImpl", "BaseClass", "Impl",
    ]

    @Test func `files are short enough to hold one concept`() {
        for file in SourceTree.swiftFiles {
            let limit = file.path.hasPrefix("Sources/") ? 450 : 600
            #expect(file.lines.count <= limit, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test func `functions have at most seventy lines`() {
        for file in SourceTree.sources {
            for (start, line) in file.lines.enumerated() where Self.beginsFunction(line) {
                let indentation = line.prefix { $0 == " " }
                // What a protocol demands has no body: the next declaration is its end.
                let end =
                    file.lines[start...].firstIndex {
                        $0 == indentation + "}" || $0.hasPrefix(indentation + "///")
                    } ?? start
                #expect(end - start <= 70, "\(file.path):\(start + 1) has \(end - start) lines")
            }
        }
    }

    private static func beginsFunction(_ line: String) -> Bool {
        let words = line.split(separator: " ").prefix(6)
        return words.contains("func") || words.contains { $0.hasPrefix("init(") }
    }

    @Test func `lines have at most a hundred columns, no tabs and no blanks at the end`() {
        for file in SourceTree.swiftFiles {
            for (index, line) in file.lines.enumerated() {
                let place = "\(file.path):\(index + 1)"
                #expect(line.count <= 100 || line.contains("-----"), "\(place) is too long")
                #expect(!line.contains("\t"), "\(place) has a tab")
                #expect(line.last != " ", "\(place) ends with a blank")
            }
        }
    }

    @Test func `unsafe code stays in the wrappers`() {
        for file in SourceTree.sources where !Self.wrappers.contains(file.target) {
            for (index, line) in file.lines.enumerated() where !line.contains("///") {
                let words = line.split { !$0.isLetter }
                #expect(!words.contains("unsafe"), "\(file.path):\(index + 1)")
                #expect(!words.contains { $0.hasPrefix("Unsafe") }, "\(file.path):\(index + 1)")
            }
        }
    }

    @Test func `nothing is left to be done later`() {
        let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
        for file in SourceTree.swiftFiles {
            for (index, line) in file.lines.enumerated() {
                #expect(!words.contains { line.contains($0) }, "\(file.path):\(index + 1)")
            }
        }
    }

    @Test func `no type has a name that says nothing`() {
        for file in SourceTree.sources {
            for (index, line) in file.lines.enumerated() {
                let words = line.split { !$0.isLetter && !$0.isNumber }
                for keyword in ["struct", "class", "enum", "protocol"] {
                    guard let place = words.firstIndex(of: Substring(keyword)),
                        place + 1 < words.count
                    else { continue }
                    let name = words[place + 1]
                    #expect(
                        !Self.bannedNames.contains { name.hasSuffix($0) },
                        "\(file.path):\(index + 1): \(name)")
                }
            }
        }
    }

    @Test func `Foundation stays out of the program`() {
        for file in SourceTree.sources {
            for line in file.lines {
                #expect(!line.contains("import Foundation"), "\(file.path)")
            }
        }
    }

    @Test func `nothing is forced in the sources`() {
        for file in SourceTree.sources {
            for (index, line) in file.lines.enumerated() where !line.contains("//") {
                #expect(
                    !line.contains("try!") && !line.contains("as!"), "\(file.path):\(index + 1)")
            }
        }
    }
}
