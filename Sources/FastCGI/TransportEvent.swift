internal import Platform

/// Something an operator should know about the transport; never holds anything of a request.
package struct TransportEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No descriptor or memory for another connection; accepting pauses for a moment.
        case outOfResources(errno: Int32)
        /// A connection broke while it was being accepted.
        case acceptFailed(errno: Int32)
        /// A connection could not be handed over to another process, or taken over from one.
        case handoverFailed(errno: Int32)
        /// All connections the limits allow are open; more wait in the socket's queue.
        case connectionLimit
        /// The peer went away in the middle of a request or sent something else than FastCGI.
        case requestAborted
        /// The peer took longer than a deadline to send a request or to take the answer.
        case peerTooSlow
        /// So much more body than allowed came that the connection was closed.
        case bodyNotDrained
        /// The blocking lane and its queue are full.
        case overloaded
    }

    package let kind: Kind
    /// How often it happened since it was last reported, this time included.
    package let count: Int
}

/// Passes on at most one event of a kind per second.
final class EventReporter: Sendable {
    private struct Entry {
        var reportedAt: Int64
        var withheld = 0
    }

    private let log: @Sendable (TransportEvent) -> Void
    private let entries = Lock<[TransportEvent.Kind: Entry]>([:])

    init(log: @escaping @Sendable (TransportEvent) -> Void) {
        self.log = log
    }

    func report(_ kind: TransportEvent.Kind) {
        let now = monotonicMilliseconds()
        let count = entries.withLock { entries -> Int in
            guard var entry = entries[kind], now - entry.reportedAt < 1000 else {
                let count = (entries[kind]?.withheld ?? 0) + 1
                entries[kind] = Entry(reportedAt: now)
                return count
            }
            entry.withheld += 1
            entries[kind] = entry
            return 0
        }
        if count > 0 { log(TransportEvent(kind: kind, count: count)) }
    }
}
