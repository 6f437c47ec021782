import Platform
import Testing

@Suite("Who may import whom") struct ArchitectureTests {
    /// The targets, row by row; a row may import the rows below it.
    private static let rows: [[String]] = [
        [
            "CFastCGI", "COpenSSL", "CLMDB", "CPCRE2", "CPassword", "CYAML", "CExpat", "CCurl",
            "CZlib", "CPlatform",
        ],
        ["Platform", "JSON"],
        ["FastCGI", "OpenSSL", "LMDB", "PCRE", "Password", "YAML", "XML", "Outbound", "Deflate"],
        ["CASProtocol", "HTTP", "JOSE"],
        ["Services", "Tickets"],
        ["SSO", "TicketStores", "Authentication"],
        ["CASServer"],
        ["casd"],
    ]

    /// What a target must not import although the row would allow it.
    private static let refused: [String: Set<String>] = [
        "HTTP": [
            "JSON", "XML", "OpenSSL", "CASProtocol", "FastCGI", "LMDB", "PCRE", "Password",
            "YAML", "Outbound",
        ],
        "CASProtocol": ["OpenSSL", "FastCGI", "LMDB", "PCRE", "Password", "YAML", "Outbound"],
        "Services": ["HTTP", "FastCGI", "LMDB", "Password", "XML", "Outbound"],
        "Tickets": [
            "HTTP", "FastCGI", "LMDB", "PCRE", "Password", "YAML", "JSON", "XML", "Outbound",
        ],
        "SSO": [
            "HTTP", "OpenSSL", "FastCGI", "LMDB", "PCRE", "Password", "YAML", "XML", "Outbound",
        ],
        "TicketStores": [
            "HTTP", "Services", "FastCGI", "PCRE", "Password", "YAML", "XML", "Outbound",
        ],
        "Authentication": ["HTTP", "Services", "Tickets", "FastCGI", "LMDB", "YAML", "XML"],
        "casd": ["FastCGI", "HTTP", "Tickets", "Services", "SSO", "Authentication", "Outbound"],
    ]

    /// The libraries of other makers, and who may use them.
    private static let outside: [String: Set<String>] = [
        "Logging": ["CASServer"], "ArgumentParser": ["casd"],
        "Glibc": [
            "Platform", "FastCGI", "OpenSSL", "LMDB", "PCRE", "Password", "YAML", "Outbound",
        ],
        "Synchronization": ["FastCGI", "LMDB", "PCRE", "Password", "OpenSSL", "TicketStores"],
    ]

    /// The wrappers that are not called as their library is.
    private static let libraries = [
        "PCRE": "CPCRE2", "XML": "CExpat", "Outbound": "CCurl", "Deflate": "CZlib",
    ]

    private static func imports(of file: SourceTree.SourceFile) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 2, index + 1 < words.count,
                words[..<index].allSatisfy({ ["internal", "package", "@testable"].contains($0) })
            else { return nil }
            return String(words[index + 1])
        }
    }

    @Test func `every import leads down, and only a wrapper sees its C library`() {
        var rowOf: [String: Int] = [:]
        for (index, row) in Self.rows.enumerated() { for name in row { rowOf[name] = index } }
        for file in SourceTree.sources {
            guard let row = rowOf[file.target] else {
                Issue.record("\(file.path): the target \(file.target) is not in the table")
                continue
            }
            for module in Self.imports(of: file) {
                if let users = Self.outside[module] {
                    #expect(users.contains(file.target), "\(file.path) imports \(module)")
                    continue
                }
                guard let imported = rowOf[module] else {
                    Issue.record("\(file.path) imports \(module), which is not in the table")
                    continue
                }
                #expect(imported < row, "\(file.path) imports \(module), which is not below it")
                #expect(
                    Self.refused[file.target]?.contains(module) != true,
                    "\(file.path) must not know \(module)")
                if imported == 0 {
                    #expect(
                        module.hasSuffix(file.target)
                            || Self.libraries[file.target] == module,
                        "\(file.path) imports the C library of another wrapper")
                }
            }
        }
    }

    @Test func `only one file knows both the transport and HTTP`() {
        let both = SourceTree.sources.filter {
            let imports = Self.imports(of: $0)
            return imports.contains("FastCGI") && imports.contains("HTTP")
        }
        #expect(both.map(\.path) == ["Sources/CASServer/Runtime/Gateway.swift"])
    }

    @Test func `every target has a line in the README's tour`() throws {
        let tour = try File.readText(SourceTree.root + "/README.md")
        for target in Set(SourceTree.sources.map(\.target)) {
            #expect(tour.contains("`\(target)`"), "the README does not mention \(target)")
        }
    }
}
