package import Platform

/// What must not come a second time, each for as long as it could: the identifiers of tokens that
/// somebody has logged in with.
///
/// Every operation is one atomic step, whatever several workers do at once. What is stored is
/// bounded, and nothing is forgotten early to make room: a replay would go through then.
/// `ReplayMarksCheck` holds every implementation to this.
package protocol ReplayMarks: Sendable {
    /// Takes a mark; whoever takes the same one before its end is refused.
    ///
    /// - Parameters:
    ///   - mark: A digest of ``ReplayMarkLimits/byteCount`` bytes; what it stands for is not
    ///     stored.
    ///   - end: The first instant at which the mark may be taken again. That of a mark that is
    ///     taken already does not change.
    /// - Returns: Whether it was free, and `end` lies in the future.
    /// - Throws: `full` if there is no room for another one, `unavailable` if it is no digest or
    ///   the store fails.
    func claim(
        _ mark: [UInt8], until end: Instant, at now: Instant
    ) throws(TicketRegistryError) -> Bool

    /// Removes marks whose end has come, at most `limit`, and returns how many.
    func sweepMarks(at now: Instant, limit: Int) throws(TicketRegistryError) -> Int
}

/// How large marks are, and how many are kept.
package enum ReplayMarkLimits {
    package static let byteCount = 32
    package static let marksMax = 200_000
}
