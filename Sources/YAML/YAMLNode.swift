/// A part of a YAML document, with the line on which it begins.
package indirect enum YAMLNode: Hashable, Sendable {
    /// A single value; `isPlain` if it was written without quotes.
    case scalar(String, isPlain: Bool, line: Int)
    case sequence([YAMLNode], line: Int)
    case mapping([YAMLMember], line: Int)

    /// The line on which the part begins, counted from 1.
    package var line: Int {
        switch self {
        case .scalar(_, _, let line), .sequence(_, let line), .mapping(_, let line): line
        }
    }
}

/// One key of a mapping and its value.
package struct YAMLMember: Hashable, Sendable {
    package let key: String
    package let value: YAMLNode
    /// The line of the key, counted from 1.
    package let line: Int
}

/// Why a text is not a YAML document that casd reads.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    package let line: Int
    package let reason: String

    package var description: String { "line \(line): \(reason)" }
}
