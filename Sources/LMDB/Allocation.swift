internal import CLMDB
internal import Glibc
internal import Platform

/// How far the file has memory behind it.
///
/// A page of a writable map that the file system has no room for is a signal when it is touched.
/// So pages are allocated before LMDB can use them: in steps, ahead of the last one in use.
@safe
final class Allocation: Sendable {
    /// Allocated ahead of the last page in use, and how much at a time: many times what the
    /// largest transaction, a step of the sweep, takes.
    private static let aheadBytes = 8 << 20
    private static let stepBytes = 4 << 20
    /// What must be ahead for a transaction that adds something; others may use it up.
    private static let reserveBytes = 2 << 20

    private let descriptor: Int32
    private let mapBytes: Int
    /// The bytes from the start of the file that surely have memory.
    private let allocated = Lock(0)

    /// Allocates the first bytes of the file.
    ///
    /// - Returns: `nil` if the file system cannot allocate.
    init?(descriptor: Int32, usedBytes: Int, mapBytes: Int) {
        self.descriptor = descriptor
        self.mapBytes = mapBytes
        guard extend(usedBytes: usedBytes) || errno == ENOSPC || errno == EDQUOT else { return nil }
    }

    /// Sees to it that there is room ahead, if the file system has any; asked before each change.
    ///
    /// - Returns: Whether all that was wanted is there.
    @discardableResult
    func extend(usedBytes: Int) -> Bool {
        allocated.withLock { allocated in
            let wanted = min(usedBytes + Self.aheadBytes, mapBytes)
            guard allocated < wanted else { return true }
            let end = min(wanted + Self.stepBytes, mapBytes)
            while fallocate(descriptor, 0, off_t(allocated), off_t(end - allocated)) != 0 {
                guard errno == EINTR else { return false }
            }
            allocated = end
            return true
        }
    }

    /// Whether something may be added to a file of which so much is in use.
    func hasRoom(usedBytes: Int) -> Bool {
        allocated.withLock { $0 >= min(usedBytes + Self.reserveBytes, mapBytes) }
    }
}
