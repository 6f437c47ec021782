/// What one gateway connection may take of this process.
package struct TransportLimits: Sendable {
    /// The largest request body handed on; a larger one is read to its end and dropped.
    package var bodyBytesMax = 64 << 10
    /// How many parameters a request may have.
    package var parameterCountMax = 256
    /// How many bytes the names and values of all parameters may have together.
    package var parameterBytesMax = 64 << 10
    /// How long a single read or write may wait for the peer.
    package var stallDeadline: Duration = .seconds(5)
    /// How long a whole request may take to arrive, and a whole answer to be taken.
    ///
    /// Also how long a new connection may stay silent before its first request.
    package var requestDeadline: Duration = .seconds(10)
    /// How long a peer that is still sending after its answer gets to notice that.
    package var lingerDeadline: Duration = .seconds(1)
    /// How many connections may be open; more wait in the socket's queue.
    ///
    /// Each takes two descriptors, so the loop lowers this to what `RLIMIT_NOFILE` allows.
    package var connectionsMax = 8192
    /// How many connections may be open for one of them to be kept after its answer.
    package var keptConnectionsMax = 4096

    package init() {}

    /// The number of body bytes after which the rest is not even read, and the connection closed.
    var drainedBytesMax: Int {
        let (product, overflow) = bodyBytesMax.multipliedReportingOverflow(by: 8)
        return overflow ? .max : max(product, 1 << 20)
    }
}
