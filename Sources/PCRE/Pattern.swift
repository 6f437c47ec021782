internal import CPCRE2
internal import Platform

/// Why a pattern was not accepted.
package struct PatternError: Error, Hashable, CustomStringConvertible {
    /// Where in the pattern the fault was noticed, in bytes of its UTF-8.
    package let offset: Int
    /// What is wrong, in PCRE2's words.
    package let reason: String

    package var description: String { "\(reason) at offset \(offset)" }
}

/// What came out of matching.
package enum Match: Hashable, Sendable {
    case matched
    case unmatched
    /// The limits on work ended the search; whoever asks must treat the text as not matching.
    case gaveUp
}

/// A compiled regular expression (PCRE2, UTF-8, JIT where the system allows it).
///
/// Every search is bounded, so no text can hold a thread for more than a few milliseconds. Safe
/// to use from all threads at once: PCRE2 never changes compiled code while it matches.
@safe
package final class Pattern: Sendable {
    /// The longest pattern that is compiled, in bytes.
    package static let textBytesMax = 8 << 10

    /// The text that the pattern was made of.
    package let text: String

    private let isCaseInsensitive: Bool
    private let whole: CompiledCode
    /// Made when ``finds(in:)`` is first asked for, because most patterns are never used so.
    private let part = Lock<CompiledCode?>(nil)

    /// Compiles a pattern.
    ///
    /// `\C` is refused, because it could cut a character in two.
    ///
    /// - Throws: If the text is not a regular expression or is longer than ``textBytesMax``.
    package init(_ text: String, caseInsensitive: Bool = false) throws(PatternError) {
        guard text.utf8.count <= Self.textBytesMax else {
            throw PatternError(
                offset: Self.textBytesMax, reason: "longer than \(Self.textBytesMax) bytes")
        }
        self.text = text
        isCaseInsensitive = caseInsensitive
        // Anchored when compiled: anchoring a single match would turn the JIT off (pcre2api(3)).
        whole = try CompiledCode(
            text, caseInsensitive: caseInsensitive, options: PCRE2_ANCHORED | PCRE2_ENDANCHORED)
    }

    /// Whether the pattern matches the text from its first to its last byte.
    package func matchesWhole(_ text: String) -> Bool {
        matchWhole(text) == .matched
    }

    /// Whether the pattern matches somewhere in the text.
    package func finds(in text: String) -> Bool {
        find(in: text) == .matched
    }

    /// Matches the text from its first to its last byte.
    package func matchWhole(_ text: String) -> Match {
        whole.match(text)
    }

    /// Looks for the pattern anywhere in the text.
    package func find(in text: String) -> Match {
        searching?.match(text) ?? .gaveUp
    }

    /// The code that is not anchored.
    var searching: CompiledCode? {
        part.withLock { part in
            if part == nil {
                // The same text compiled before, so only a lack of memory can end up here.
                part = try? CompiledCode(
                    self.text, caseInsensitive: isCaseInsensitive, options: 0)
            }
            return part
        }
    }
}
