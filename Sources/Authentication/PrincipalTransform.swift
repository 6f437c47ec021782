package import PCRE

/// What is done to a text of the certificate before it is a principal's identifier; the order is
/// Apereo's: pattern, prefix and suffix, case, block.
package struct PrincipalTransform: Sendable {
    package enum LetterCase: String, Sendable, CaseIterable { case none, upper, lower }

    package var prefix = ""
    package var suffix = ""
    package var letterCase = LetterCase.none
    /// Where it is found, its first group is taken, or all that it matches if it has no group; a
    /// text without it stays as it is.
    package var pattern: Pattern?
    /// A principal in which it is found is refused.
    package var block: Pattern?

    package init() {}

    /// - Throws: If a pattern is no regular expression; both match in either case.
    package init(
        prefix: String = "", suffix: String = "", letterCase: LetterCase = .none,
        pattern: String? = nil, block: String? = nil
    ) throws(PatternError) {
        self.prefix = prefix
        self.suffix = suffix
        self.letterCase = letterCase
        if let pattern { self.pattern = try Pattern(pattern, caseInsensitive: true) }
        if let block { self.block = try Pattern(block, caseInsensitive: true) }
    }

    /// The text after all steps, or `nil` if the pattern takes nothing out of it.
    func apply(_ text: String) -> String? {
        var text = text
        if let pattern {
            switch pattern.findGroup(in: text) {
            case .found(let group): text = group
            case .unmatched: break
            case .gaveUp: return nil
            }
            text = text.trimmed
        }
        text = prefix + text + suffix
        return switch letterCase {
        case .none: text
        case .upper: text.trimmed.uppercased()
        case .lower: text.trimmed.lowercased()
        }
    }

    /// Whether the principal is refused; a search that is given up refuses.
    func blocks(_ identifier: String) -> Bool {
        guard let block else { return false }
        return block.find(in: identifier) != .unmatched
    }
}

extension String {
    /// Without blanks and control characters at both ends, as Java's `trim()`.
    fileprivate var trimmed: String {
        let isOuter: (Unicode.Scalar) -> Bool = { $0.value <= 0x20 }
        let rest = unicodeScalars.drop(while: isOuter)
        guard let last = rest.lastIndex(where: { !isOuter($0) }) else { return "" }
        return String(rest[...last])
    }
}
