import Platform

/// The text files of the repository, as the tests about the code see them.
enum SourceTree {
    struct SourceFile: Sendable {
        /// Relative to the top of the repository.
        let path: String
        let lines: [String]

        /// The target that the file belongs to.
        var target: String { String(path.split(separator: "/")[1]) }
    }

    static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    static let swiftFiles = files(in: "Sources") + files(in: "Tests")

    static var sources: [SourceFile] { swiftFiles.filter { $0.path.hasPrefix("Sources/") } }

    private static func files(in folder: String) -> [SourceFile] {
        guard let names = try? File.names(in: root + "/" + folder) else { return [] }
        return names.flatMap { name -> [SourceFile] in
            let path = folder + "/" + name
            if name.hasPrefix(".") { return [] }
            if File.kind(root + "/" + path) == .directory { return files(in: path) }
            guard name.hasSuffix(".swift"), let text = try? File.readText(root + "/" + path) else {
                return []
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return [SourceFile(path: path, lines: lines.map(String.init))]
        }
    }
}
