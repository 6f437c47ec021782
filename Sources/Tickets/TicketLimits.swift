/// How long the registry remembers one-time tickets that are of no use any more.
package enum TicketRetention {
    /// Counted from the end of the ticket's lifetime.
    package static let afterEnd: Duration = .seconds(120)
}

/// How many services one session remembers for single logout; the one that was entered longest ago
/// is forgotten for a new one.
///
/// Without it, one user could fill the store and keep all threads busy at the logout.
package enum SessionLimits {
    package static let servicesMax = 200
    /// How many proxies may stand between a user and a service.
    package static let proxiesMax = 16
}

/// How long the texts are that a registry stores, in bytes of UTF-8.
package enum TextLimit {
    /// Any text but a principal's attributes.
    package static let stored = 8192
    /// The service that somebody presented with a ticket of another one.
    package static let presentedService = 4096
}

extension String {
    /// The text without what lies beyond a number of bytes, cut between two characters.
    package func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, bytesMax))
        // Back to the beginning of the character that the limit cuts through.
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
