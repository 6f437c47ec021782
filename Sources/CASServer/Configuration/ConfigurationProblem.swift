/// Something in the configuration that must be mended before casd starts.
package struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counted from 1; 0 where the problem has no place in the file.
    package let line: Int
    /// The dotted name of the key, for example `tickets.session.idle`.
    package let key: String
    /// What is wrong and what is allowed.
    package let text: String

    package init(file: String, line: Int, key: String, text: String) {
        self.file = file
        self.line = line
        self.key = key
        self.text = text
    }

    package var description: String {
        let place = line > 0 ? "\(file):\(line)" : file
        return key.isEmpty ? "\(place): \(text)" : "\(place): \(key): \(text)"
    }
}

/// All that is wrong with a configuration.
package struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
