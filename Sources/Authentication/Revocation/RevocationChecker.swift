package import OpenSSL
package import Platform

/// Tells whether certificates have been revoked, by the sources that the rules name.
///
/// Any thread may ask. A question blocks only if a list or an answer must be fetched first, and
/// not longer than `patience`.
package final class RevocationChecker: Sendable {
    package let rules: RevocationRules
    private let clock: Clock

    /// - Parameters:
    ///   - authorities: Whose lists are believed.
    ///   - patience: How long a question waits for a list or an answer.
    package init(
        _ rules: RevocationRules, authorities: [X509Certificate],
        fetch: @escaping RevocationFetch, random: @escaping RandomBytes,
        patience: Duration = .seconds(5), clock: @escaping Clock = { .now }
    ) {
        self.rules = rules
        self.clock = clock
    }

    /// What is known of the certificates of a path, the leaf first and the trust anchor last.
    package func check(_ path: [X509Certificate], at now: Instant) -> RevocationFinding {
        RevocationFinding(certificates: [])
    }

    /// Reads what has changed in files and folders, and has fetched lists renewed in time.
    package func refresh(at now: Instant) {}

    /// All lists, in the order of their places.
    package func facts(at now: Instant) -> [RevocationListFacts] { [] }
}
