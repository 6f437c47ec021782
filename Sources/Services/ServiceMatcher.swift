internal import PCRE

/// How the `serviceId` of a definition is compared with a service URL.
package enum MatchingStrategy: String, Hashable, Sendable, CaseIterable {
    /// A regular expression that must match the whole URL.
    case fullRegex = "FullRegexRegisteredServiceMatchingStrategy"
    /// A regular expression that must be found somewhere in the URL.
    case partialRegex = "PartialRegexRegisteredServiceMatchingStrategy"
    /// The URL itself.
    case literal = "LiteralRegisteredServiceMatchingStrategy"
    /// What the URL starts with.
    case startsWith = "StartsWithRegisteredServiceMatchingStrategy"
    /// The URL itself, in upper or lower case.
    case literalInAnyCase
}

/// Decides whether a service URL is meant by a definition.
struct ServiceMatcher: Sendable {
    private enum Test: Sendable {
        case whole(Pattern)
        case part(Pattern)
        case literal(String)
        case literalInAnyCase(String)
        case start(String, endsInHost: Bool)
    }

    private let test: Test

    /// - Throws: If a regular expression is expected and the text is none.
    init(_ text: String, _ matching: MatchingStrategy) throws(ServicePatternError) {
        switch matching {
        case .fullRegex: test = .whole(try Self.pattern(text))
        case .partialRegex: test = .part(try Self.pattern(text))
        case .literal: test = .literal(LiteralAddress(text).text)
        case .literalInAnyCase: test = .literalInAnyCase(text.lowercased())
        case .startsWith:
            let address = LiteralAddress(text)
            test = .start(address.text, endsInHost: address.endsInHost)
        }
    }

    private static func pattern(_ text: String) throws(ServicePatternError) -> Pattern {
        do {
            return try Pattern(PatternText.withLowerCaseHost(text))
        } catch {
            throw ServicePatternError(reason: error.description)
        }
    }

    /// Matches a ``CASProtocol/ServiceURL/patternText``.
    func match(_ text: String) -> Match {
        switch test {
        case .whole(let pattern): pattern.matchWhole(text)
        case .part(let pattern): pattern.find(in: text)
        case .literal(let address): address == text ? .matched : .unmatched
        case .literalInAnyCase(let address):
            address == text.lowercased() ? .matched : .unmatched
        case .start(let start, let endsInHost):
            Self.starts(text, start, endsInHost) ? .matched : .unmatched
        }
    }

    /// Whether a text starts with another one; a host is never cut in two.
    ///
    /// `https://app.example.org` as a start would otherwise mean `https://app.example.org.evil.net`
    /// and `https://app.example.org@evil.net` as well.
    private static func starts(_ text: String, _ start: String, _ endsInHost: Bool) -> Bool {
        guard text.utf8.starts(with: start.utf8) else { return false }
        guard endsInHost else { return true }
        guard let next = text.utf8.dropFirst(start.utf8.count).first else { return true }
        return "/?#".utf8.contains(next)
    }

    /// The literal texts that every match starts with one of; `[[]]` if nothing is known.
    var startTexts: [[UInt8]] {
        switch test {
        case .whole(let pattern): PatternPrefixes(pattern.text).texts
        case .part(let pattern): PatternPrefixes(foundIn: pattern.text).texts
        case .literal(let address), .start(let address, _): [Array(address.utf8)]
        case .literalInAnyCase(let address):
            // The scheme and the host are in lower case in what is matched.
            [Array(LiteralAddress(address).origin.utf8)]
        }
    }
}

/// An address that is compared as it stands, with scheme and host in lower case.
struct LiteralAddress {
    let text: String
    /// Scheme and host, and port if there is one.
    let origin: String
    /// Whether there is nothing behind the host.
    let endsInHost: Bool

    init(_ written: String) {
        let trimmed = String(
            written.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        let bytes = Array(trimmed.utf8)
        let hostStart = bytes.firstRange(of: Array("://".utf8))?.upperBound ?? 0
        let hostEnd = bytes[hostStart...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
        origin = String(decoding: bytes[..<hostEnd], as: UTF8.self).lowercased()
        text = origin + String(decoding: bytes[hostEnd...], as: UTF8.self)
        endsInHost = hostEnd == bytes.count
    }
}
