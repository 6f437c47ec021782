/// How it is found out whether a certificate has been revoked (RFC 5280 §6.3, RFC 6960), and what
/// follows if that cannot be found out.
package struct RevocationRules: Hashable, Sendable {
    /// Where revocations are looked for.
    package enum Source: String, Hashable, Sendable, CaseIterable {
        /// Lists in files and folders of the operator, Apereo's `RESOURCE`.
        case files
        /// Lists at the distribution points that certificates name, Apereo's `CRL`.
        case crl
        /// The responder that certificates name.
        case ocsp
    }

    /// What follows if no source knows anything, or only expired lists do.
    package enum Policy: String, Hashable, Sendable, CaseIterable {
        case allow, deny
        /// An expired list is still believed for ``RevocationRules/threshold``.
        case threshold
    }

    /// None: nothing is checked; a certificate is refused if any valid source says so.
    package var sources: [Source] = []
    /// Files and folders of lists, PEM or DER.
    package var files: [String] = []
    /// How often files and distribution points are read again.
    package var refresh: Duration = .seconds(3600)
    /// `allow` or `deny`.
    package var unavailable = Policy.deny
    package var expired = Policy.deny
    package var threshold: Duration = .seconds(2 * 86_400)
    /// Whether the authorities of the path, but for the trust anchor, are checked as well.
    package var checksAuthorities = true
    /// The most bytes of a list.
    package var listBytesMax = 32 << 20
    /// How many lists of distribution points are kept.
    package var cachedListsMax = 1000
    /// How long an answer of a responder is believed at most, whatever it says itself.
    package var answerLifetime: Duration = .seconds(3600)
    /// The responder that is asked instead of those that certificates name.
    package var responder: String?
    /// Whether an answer without the nonce of the question is refused (RFC 8954).
    package var requiresNonce = false

    package init() {}
}
