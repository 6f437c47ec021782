package import Platform

/// What the operator may know of one list that is in force, or of one that is not there.
package struct RevocationListFacts: Hashable, Sendable {
    package let source: RevocationRules.Source
    /// The file or the distribution point.
    package let place: String
    /// Who made it (RFC 2253); empty if there is none in force.
    package var issuer = ""
    /// In hexadecimal digits, if it has one.
    package var number: String?
    package var thisUpdate: Instant?
    package var nextUpdate: Instant?
    /// How long ago it was made.
    package var age: Duration?
    /// How many certificates it names.
    package var count: Int?
    /// What is wrong: why a newer list was not taken, or why there is none.
    package var failure: String?
    /// How many times in a row it could not be had.
    package var failureCount = 0

    package init(source: RevocationRules.Source, place: String) {
        self.source = source
        self.place = place
    }

    /// Whether its time is over.
    package func isExpired(at now: Instant) -> Bool {
        nextUpdate.map { now > $0 } ?? false
    }
}
