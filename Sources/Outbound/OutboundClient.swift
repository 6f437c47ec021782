internal import CCurl
internal import Platform

/// Calls other servers over HTTPS, by the rules of a policy; any thread may use it.
package final class OutboundClient: Sendable {
    private let policy: OutboundPolicy

    /// - Throws: If a trust file cannot be read or libcurl cannot be used.
    package init(_ policy: OutboundPolicy) throws(OutboundError) {
        self.policy = policy
    }

    /// Makes the call and waits for the answer, not longer than the policy's timeout.
    ///
    /// - Throws: If there is no answer, or none that may be used.
    package func send(_ request: OutboundRequest) throws(OutboundError) -> OutboundResponse {
        throw .other("there is no transport")
    }
}
