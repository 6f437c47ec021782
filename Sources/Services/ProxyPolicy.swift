internal import CASProtocol
internal import PCRE

/// Whether a service may get proxy-granting tickets, and where they are sent (CAS 3.0 §2.5.4).
package enum ProxyPolicy: Sendable {
    /// It gets none; the policy of a definition that says nothing.
    case refuse
    /// It gets them at callback addresses that match.
    case regex(ProxyPattern)

    /// Whether a proxy-granting ticket may be sent to a callback address.
    package func allows(_ callback: String) -> Bool {
        switch self {
        case .refuse: false
        case .regex(let pattern): pattern.matches(callback)
        }
    }

    /// Whether there is any callback address that a ticket may be sent to.
    package var permitsProxying: Bool {
        if case .refuse = self { false } else { true }
    }
}

/// The callback addresses that tickets may be sent to.
///
/// Apereo looks for the pattern anywhere in the address, so that `https://portal.example.org` also
/// allows `https://evil.net/?https://portal.example.org`. Here the pattern must match from the
/// first byte on, and up to the last unless every match is known to begin with a scheme, a host
/// and a slash: then what follows is on that host all the same.
package struct ProxyPattern: Sendable {
    /// The pattern as it was written.
    package let text: String
    /// Whether the address must be the text itself (`exactMatch`).
    package let isExact: Bool
    /// Whether what follows a match does not count.
    package let isStart: Bool
    private let pattern: Pattern?
    private let address: String

    /// - Throws: If the text is no regular expression, unless it is compared as it stands.
    package init(_ text: String, isExact: Bool = false) throws(ServicePatternError) {
        self.text = text
        self.isExact = isExact
        address = LiteralAddress(text).text
        guard !isExact else {
            pattern = nil
            isStart = false
            return
        }
        let folded = PatternText.withLowerCaseHost(text)
        isStart = PatternPrefixes(folded).texts.allSatisfy(Self.namesHost)
        do {
            pattern = try Pattern(isStart ? "(?:\(folded))(?s:.*)" : folded)
        } catch {
            throw ServicePatternError(reason: error.description)
        }
    }

    /// Whether a text has scheme, host and the slash behind them.
    private static func namesHost(_ text: [UInt8]) -> Bool {
        guard let start = text.firstRange(of: Array("://".utf8))?.upperBound else { return false }
        let host = text[start...].prefix { $0 != UInt8(ascii: "/") }
        return !host.isEmpty && host.endIndex < text.endIndex
            && !host.contains { "?#@".utf8.contains($0) }
    }

    func matches(_ callback: String) -> Bool {
        // An address that cannot be read is none that a ticket may be sent to.
        guard let url = try? ServiceURL(callback) else { return false }
        guard let pattern else { return url.patternText == address }
        return pattern.matchesWhole(url.patternText)
    }
}
