/// Why a call led to no answer.
package enum OutboundError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The URL is not one that may be called: its scheme, user, fragment, characters, length.
    case address(String)
    /// The server's address is one that must not be called.
    case refusedAddress(String)
    /// The name has no address.
    case unresolved
    /// Nothing answers there, or the connection broke off.
    case unreachable
    /// The peer proves no trusted identity, or speaks no TLS that is good enough.
    case tls(String)
    /// The whole call took too long.
    case timeout
    /// The answer is longer than the policy allows.
    case responseTooLarge
    /// Anything else, in libcurl's words.
    case other(String)

    /// A few words for logs and counters.
    package var reasonClass: String {
        switch self {
        case .address: "address"
        case .refusedAddress: "refused address"
        case .unresolved: "unresolved"
        case .unreachable: "unreachable"
        case .tls: "tls"
        case .timeout: "timeout"
        case .responseTooLarge: "response too large"
        case .other: "other"
        }
    }

    package var description: String {
        switch self {
        case .address(let text), .refusedAddress(let text), .tls(let text), .other(let text):
            "\(reasonClass): \(text)"
        case .unresolved, .unreachable, .timeout, .responseTooLarge: reasonClass
        }
    }
}
