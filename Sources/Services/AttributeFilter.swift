internal import CASProtocol
internal import PCRE

/// Decides which values of attributes pass; an attribute without values is not released.
package struct AttributeFilter: Hashable, Sendable {
    package enum Rule: Hashable, Sendable {
        /// Values that the pattern matches as a whole, of every attribute.
        case regex(ValuePattern)
        /// Of the attributes named, values that a pattern matches.
        case mapped(MappedPatterns)
        /// Of the attributes named, values that no pattern matches.
        case reverseMapped(MappedPatterns)
    }

    /// Patterns for the values of some attributes.
    package struct MappedPatterns: Hashable, Sendable {
        package let patterns: [String: [ValuePattern]]
        /// Whether attributes that are not named stay out.
        package let excludesUnmapped: Bool
        /// Whether a pattern must match a whole value, or be found in it.
        package let matchesWhole: Bool

        package init(
            patterns: [String: [ValuePattern]], excludesUnmapped: Bool = false,
            matchesWhole: Bool = false
        ) {
            self.patterns = patterns
            self.excludesUnmapped = excludesUnmapped
            self.matchesWhole = matchesWhole
        }
    }

    package let rule: Rule

    package init(_ rule: Rule) {
        self.rule = rule
    }

    /// The values of an attribute that pass.
    func passing(_ values: [String], of name: String) -> [String] {
        switch rule {
        case .regex(let pattern):
            return values.filter { pattern.matchWhole($0) == .matched }
        case .mapped(let mapped):
            guard let patterns = mapped.patterns[name] else {
                return mapped.excludesUnmapped ? [] : values
            }
            return values.filter { value in
                patterns.contains { $0.match(value, whole: mapped.matchesWhole) == .matched }
            }
        case .reverseMapped(let mapped):
            guard let patterns = mapped.patterns[name] else {
                return mapped.excludesUnmapped ? [] : values
            }
            // A search that took too much work lets nothing pass.
            return values.filter { value in
                patterns.allSatisfy { $0.match(value, whole: mapped.matchesWhole) == .unmatched }
            }
        }
    }
}

/// A regular expression for values; two are equal if they were written in the same way.
package struct ValuePattern: Hashable, Sendable {
    package let text: String
    package let isCaseInsensitive: Bool
    private let pattern: Pattern

    /// - Throws: If the text is no regular expression.
    package init(_ text: String, isCaseInsensitive: Bool = true) throws(ServicePatternError) {
        self.text = text
        self.isCaseInsensitive = isCaseInsensitive
        do {
            pattern = try Pattern(text, caseInsensitive: isCaseInsensitive)
        } catch {
            throw ServicePatternError(reason: error.description)
        }
    }

    func matchWhole(_ value: String) -> Match { pattern.matchWhole(value) }

    func match(_ value: String, whole: Bool) -> Match {
        whole ? pattern.matchWhole(value) : pattern.find(in: value)
    }

    package static func == (left: ValuePattern, right: ValuePattern) -> Bool {
        left.text == right.text && left.isCaseInsensitive == right.isCaseInsensitive
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(text)
        hasher.combine(isCaseInsensitive)
    }
}
