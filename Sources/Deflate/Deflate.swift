internal import CZlib

/// Why bytes cannot be inflated.
package enum DeflateError: Error, Hashable, Sendable {
    /// They are not DEFLATE, end too early, or more follows.
    case malformed
    /// They become more than the limit.
    case tooLarge
}

/// The bytes, compressed (RFC 1951, without any frame).
package func deflate(_ bytes: [UInt8]) -> [UInt8] { [] }

/// The bytes that were compressed.
package func inflate(_ bytes: [UInt8], bytesMax: Int) throws(DeflateError) -> [UInt8] {
    throw .malformed
}
