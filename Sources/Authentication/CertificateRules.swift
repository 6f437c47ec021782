package import OpenSSL
package import PCRE

/// A pattern for the name of a subject or issuer: matches the whole name as Java writes it
/// (`CN=Alice, O=Example, C=US`), in either case.
package struct NamePattern: Sendable {
    private let pattern: Pattern

    /// Compiles a pattern.
    ///
    /// - Throws: If the text is not a regular expression.
    package init(_ text: String) throws(PatternError) {
        pattern = try Pattern(text, caseInsensitive: true)
    }

    /// Whether the whole name matches; a search that is given up counts as no match.
    package func matches(_ name: DistinguishedName) -> Bool {
        pattern.matchesWhole(name.javaText)
    }
}

/// Which part of a certificate names the principal.
package enum CertificatePrincipal: Sendable {
    /// How a name is written.
    package enum NameFormat: String, Sendable {
        case rfc2253
        /// As Java's `getName()`.
        case java = "default"
    }

    /// Apereo's `SUBJECT_DN`.
    case subjectName(NameFormat)
    /// The most specific common name of the subject.
    case commonName
    /// The first e-mail address of the alternative names, Apereo's `RFC822_EMAIL`.
    case email

    /// The principal's identifier, or `nil` if the certificate has no such part.
    package func resolve(_ certificate: X509Certificate) -> String? {
        switch self {
        case .subjectName(.rfc2253): certificate.subject.rfc2253
        case .subjectName(.java): certificate.subject.javaText
        case .commonName: certificate.subject.values("CN").first
        case .email: certificate.alternativeNames.emails.first
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
        principal: CertificatePrincipal = .subjectName(.rfc2253),
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
