/// Something about a service definition that the operator should know.
package struct ServiceProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: String, Hashable, Sendable {
        /// The definition is not used.
        case error
        /// The definition is used.
        case warning
    }

    package let severity: Severity
    /// The file or folder.
    package let file: String
    /// The line in the file, counted from 1, if it is known.
    package let line: Int?
    /// The field, such as `accessStrategy.requiredAttributes`, if one is concerned.
    package let key: String?
    /// What is wrong, in words.
    package let text: String

    package init(
        _ severity: Severity, file: String, line: Int? = nil, key: String? = nil, text: String
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.key = key
        self.text = text
    }

    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): \(severity.rawValue): \(key.map { "\($0): " } ?? "")\(text)"
    }
}
