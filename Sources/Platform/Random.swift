internal import CPlatform
internal import Glibc

/// Where unpredictable bytes come from; tests pass their own.
package typealias RandomBytes = @Sendable (_ count: Int) -> [UInt8]

/// Bytes from the kernel's cryptographic generator.
///
/// The process stops if the kernel has none to give: no ticket may ever be made from anything else.
package func systemRandomBytes(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        var filled = 0
        while filled < count, let base = buffer.baseAddress {
            let read = unsafe getrandom(base + filled, count - filled, 0)
            if read < 0 {
                precondition(errno == EINTR, "the kernel gives no random bytes")
            } else {
                filled += read
            }
        }
        initialized = filled
    }
}
