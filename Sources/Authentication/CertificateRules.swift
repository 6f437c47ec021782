package import OpenSSL
package import PCRE

/// A pattern for the name of a subject or issuer: matches the whole name as Java writes it
/// (`CN=Alice, O=Example, C=US`), in either case.
package struct NamePattern: Sendable {
    private let pattern: Pattern
    /// Whether any name of one line matches, so that none has to be written out.
    private let isOpen: Bool

    /// Compiles a pattern.
    ///
    /// - Throws: If the text is not a regular expression.
    package init(_ text: String) throws(PatternError) {
        pattern = try Pattern(text, caseInsensitive: true)
        isOpen = text == ".+"
    }

    /// Whether the whole name matches; a search that is given up counts as no match.
    package func matches(_ name: DistinguishedName) -> Bool {
        if isOpen, !name.isEmpty, !name.hasLineEnd { return true }
        return pattern.matchesWhole(name.javaText)
    }
}

extension DistinguishedName {
    fileprivate var hasLineEnd: Bool {
        groups.contains { group in
            group.contains { $0.text?.utf8.contains(UInt8(ascii: "\n")) ?? false }
        }
    }
}

/// What a certificate must be like beyond leading to a trust anchor.
package struct CertificateRules: Sendable {
    package var principal: CertificatePrincipal
    /// Which subjects may log in; `nil` for all.
    package var subjectPattern: NamePattern?
    /// Which issuers may have issued the certificate; `nil` for all that are trusted.
    package var issuerPattern: NamePattern?
    /// How many authorities may stand between the certificate and the trust anchor.
    package var maxPathLength: Int
    /// Whether a key usage extension that is critical must allow signatures.
    package var checksKeyUsage: Bool
    /// Whether there must be a key usage extension, and it must allow signatures.
    package var requiresKeyUsage: Bool

    package init(
        principal: CertificatePrincipal = CertificatePrincipal(),
        subjectPattern: NamePattern? = nil, issuerPattern: NamePattern? = nil,
        maxPathLength: Int = 1, checksKeyUsage: Bool = false, requiresKeyUsage: Bool = false
    ) {
        self.principal = principal
        self.subjectPattern = subjectPattern
        self.issuerPattern = issuerPattern
        self.maxPathLength = maxPathLength
        self.checksKeyUsage = checksKeyUsage
        self.requiresKeyUsage = requiresKeyUsage
    }
}
