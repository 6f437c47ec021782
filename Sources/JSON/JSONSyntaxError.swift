/// Why a text is not JSON, and where.
package struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// The line, counted from 1.
    package let line: Int
    /// The character in the line, counted from 1.
    package let column: Int
    /// What is wrong there, in words; it never quotes the text.
    package let reason: String

    package init(line: Int, column: Int, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    package var description: String { "line \(line), column \(column): \(reason)" }
}

/// How much of a JSON text is taken for granted.
package enum JSONDialect: Sendable {
    /// RFC 8259 and nothing else.
    case strict
    /// As operators write files: comments (`//`, `#`, `/* */`) and a comma after the last element.
    case relaxed
    /// Hjson: as ``relaxed``, and names and strings without quotes, strings in single quotes and in
    /// three of them over several lines, line ends instead of commas, no braces around the whole.
    case hjson
}

/// What the parser accepts at most.
package enum JSONLimits {
    /// The largest text, in bytes.
    package static let bytesMax = 4 << 20
    /// How deep arrays and objects may be nested.
    package static let depthMax = 64
}
