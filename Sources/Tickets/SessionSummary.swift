internal import CASProtocol
package import Platform

/// One line of the operator's list of sessions.
package struct SessionSummary: Hashable, Sendable {
    package let handle: TicketHandle
    /// The name of the principal.
    package let principal: String
    package let grantedAt: Instant
    package let lastUsedAt: Instant
    package let expiresAt: Instant
    /// Whether the user asked to be remembered.
    package let isLongTerm: Bool
    /// How many services have been entered.
    package let serviceCount: Int
    /// The server from which the session came; `nil` for a login here.
    package let upstream: String?

    package init(_ session: TicketGrantingTicket, serviceCount: Int) {
        handle = session.handle
        principal = session.principal.id
        grantedAt = session.grantedAt
        lastUsedAt = session.lastUsedAt
        expiresAt = session.expiresAt
        isLongTerm = session.event.isLongTerm
        self.serviceCount = serviceCount
        upstream = session.upstream?.provider
    }
}

extension [SessionSummary] {
    /// The sessions in the order in which they began, backwards.
    package var newestFirst: [SessionSummary] {
        sorted {
            ($1.grantedAt, $1.handle.description) < ($0.grantedAt, $0.handle.description)
        }
    }
}

/// The first hexadecimal digits of a handle, as an operator copies them from a log.
package struct HandlePrefix: Hashable, Sendable {
    /// The whole bytes that the digits make.
    package let bytes: [UInt8]
    /// The digit behind them, if their number is odd.
    private let lastDigit: UInt8?

    /// - Returns: `nil` unless there are 8 to 64 hexadecimal digits, of either case.
    package init?(_ text: String) {
        let digits = text.utf8.compactMap(hexadecimalDigit)
        guard digits.count == text.utf8.count, (8...64).contains(digits.count) else { return nil }
        bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
            digits[$0] << 4 | digits[$0 + 1]
        }
        lastDigit = digits.count % 2 == 1 ? digits.last : nil
    }

    package func matches(_ handle: TicketHandle) -> Bool {
        guard handle.bytes.starts(with: bytes) else { return false }
        return lastDigit == nil || handle.bytes[bytes.count] >> 4 == lastDigit
    }
}
