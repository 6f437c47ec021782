internal import OpenSSL

/// The secret by which the gateway proves itself where others can reach the socket.
enum GatewaySecret {
    /// Whether the gateway presents the secret; without a configured one everybody passes.
    static func matches(_ presented: String?, expected: [UInt8]?) -> Bool {
        guard let expected else { return true }
        guard let presented else { return false }
        return isEqualInConstantTime(sha256(Array(presented.utf8)), sha256(expected))
    }
}
