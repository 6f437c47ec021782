extension ConnectionLoop {
    /// Counts since the start, and how things stand now.
    package struct Statistics: Hashable, Sendable {
        /// Open now.
        package var connections = 0
        /// Requests that are being read, waiting in the blocking lane or being answered now.
        package var busy = 0
        /// Connections taken since the start.
        package var accepted = 0
        /// Connections taken over from other loops since the start.
        package var received = 0
        /// Connections handed over to other loops since the start.
        package var handedOver = 0
        /// Requests answered since the start, refused ones included.
        package var answered = 0
        /// Requests turned away because the blocking lane was full.
        package var refused = 0
        /// Connections that broke, or took too long, in the middle of a request.
        package var aborted = 0
    }
}
