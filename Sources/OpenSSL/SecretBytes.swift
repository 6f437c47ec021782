internal import COpenSSL

/// Key or password bytes, wiped from memory when the last owner lets go, never printed.
///
/// Safe to share between threads: the bytes never change.
@safe
package final class SecretBytes: @unchecked Sendable, CustomStringConvertible,
    CustomDebugStringConvertible
{
    // Unchecked because a pointer is not Sendable; what it points to is written in `init` only.
    private let memory: UnsafeMutableRawBufferPointer

    /// Copies the bytes; wiping the array that they came from is up to the caller.
    package init(_ bytes: [UInt8]) {
        unsafe memory = .allocate(byteCount: bytes.count, alignment: 16)
        unsafe memory.copyBytes(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(memory.baseAddress, memory.count)
        unsafe memory.deallocate()
    }

    /// How many bytes there are.
    package var count: Int { unsafe memory.count }

    /// Lends the bytes; the pointer must not outlive the call.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(memory))
    }

    /// Some of the bytes; `nil` if there are not as many.
    package func part(_ range: Range<Int>) -> SecretBytes? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        var bytes = unsafe Array(memory[range])
        defer { wipe(&bytes) }
        return SecretBytes(bytes)
    }

    /// A key for one purpose: HMAC-SHA256 of the purpose under this secret, 32 bytes.
    ///
    /// Keys for different purposes tell nothing about each other or about this secret.
    package func derived(for purpose: String) -> SecretBytes {
        var bytes = hmacSHA256(Array(purpose.utf8), key: self)
        defer { wipe(&bytes) }
        return SecretBytes(bytes)
    }

    /// Never the bytes.
    package var description: String { "SecretBytes(\(count) bytes, redacted)" }

    /// Never the bytes.
    package var debugDescription: String { description }
}

/// Overwrites bytes that held a secret.
package func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    bytes.removeAll()
}
