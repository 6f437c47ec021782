internal import Authentication
internal import CASProtocol
internal import PCRE
internal import Platform
internal import YAML

extension Configuration {
    /// The largest configuration file, in bytes.
    package static let bytesMax = 1 << 20

    /// Reads and checks a configuration file and the secrets that it names.
    ///
    /// - Parameter content: What the file held when it was accepted; the file's own if `nil`.
    /// - Throws: All problems at once.
    package static func load(
        _ path: String, content: [UInt8]? = nil
    ) throws(ConfigurationProblems) -> Configuration {
        let problems = ProblemList(file: path)
        let root: YAMLNode?
        do {
            root = try YAMLNode.parse(try content ?? File.read(path, limit: bytesMax))
        } catch let error as YAMLError {
            throw ConfigurationProblems(
                problems: [
                    ConfigurationProblem(file: path, line: error.line, key: "", text: error.reason)
                ])
        } catch {
            throw ConfigurationProblems(
                problems: [
                    ConfigurationProblem(file: path, line: 0, key: "", text: "\(error)")
                ])
        }
        let section = ConfigurationSection(name: "", node: root, line: 1, problems: problems)
        let reader = ConfigurationReader(file: path)
        let configuration = reader.read(section)
        section.finish()
        guard let configuration, problems.problems.isEmpty else {
            throw ConfigurationProblems(
                problems: problems.problems.sorted { ($0.line, $0.key) < ($1.line, $1.key) })
        }
        return configuration
    }
}
