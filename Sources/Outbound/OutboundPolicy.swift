package import Platform

/// To whom casd may talk on its own account, and how long and how much it listens.
package struct OutboundPolicy: Sendable {
    /// Files of certification authorities (PEM) that are believed besides the system's.
    package var trustFiles: [String]
    /// Whether servers on this machine may be called (`127.0.0.0/8`, `::1`).
    package var allowsLoopback: Bool
    /// Networks that are never called, besides those that never make sense.
    package var deniedNetworks: [Network]
    /// For the name, the connection and the TLS handshake together.
    package var connectTimeout: Duration
    /// For a whole call.
    package var timeout: Duration
    /// The most bytes of an answer's body; its header has a limit of its own.
    package var responseBytesMax: Int

    package init(
        trustFiles: [String] = [], allowsLoopback: Bool = false, deniedNetworks: [Network] = [],
        connectTimeout: Duration = .seconds(3), timeout: Duration = .seconds(5),
        responseBytesMax: Int = 64 << 10
    ) {
        self.trustFiles = trustFiles
        self.allowsLoopback = allowsLoopback
        self.deniedNetworks = deniedNetworks
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.responseBytesMax = responseBytesMax
    }
}
