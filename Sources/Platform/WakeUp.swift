internal import CPlatform
internal import Glibc

/// A bell that one thread rings and another waits for, through a pipe.
///
/// Each ring wakes one waiter. Rings that nobody waits for are kept, up to what a pipe holds.
package final class WakeUp: Sendable {
    private let reading: Int32
    private let writing: Int32

    /// - Throws: If the system has no descriptors for it.
    package init() throws(FileError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe casd_pipe(&ends) == 0 else { throw FileError(path: "pipe") }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Wakes one waiter, now or when it comes.
    package func ring() {
        var byte: UInt8 = 1
        // A full pipe holds more rings than there are waiters.
        _ = unsafe write(writing, &byte, 1)
    }

    /// Waits for a ring.
    ///
    /// - Returns: Whether it rang before the time was over.
    @discardableResult
    package func wait(within timeout: Duration) -> Bool {
        var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: max(0, timeout.milliseconds))
        guard unsafe poll(&descriptor, 1, milliseconds) > 0 else { return false }
        var byte: UInt8 = 0
        // Another waiter may have been faster.
        return unsafe read(reading, &byte, 1) == 1
    }
}
