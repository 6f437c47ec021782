package import Outbound

/// Sends a request of the server's own; the tests put their own answers in its place.
package typealias OutboundSend =
    @Sendable (OutboundRequest) throws(OutboundError) -> OutboundResponse
