internal import CPlatform
internal import Glibc

/// A content without a name in the file system, to be handed to child processes as a descriptor.
package final class SealedFile: Sendable {
    package let descriptor: Int32

    /// Keeps the content in memory.
    ///
    /// - Throws: If the system has no memory or no descriptor for it.
    package init(_ content: [UInt8]) throws(FileError) {
        descriptor = casd_memory_file()
        guard descriptor >= 0 else { throw FileError(path: "memfd") }
        let written = unsafe content.withUnsafeBytes { buffer in
            unsafe write(descriptor, buffer.baseAddress, buffer.count)
        }
        guard written == content.count else {
            let failure = FileError(path: "memfd")
            close(descriptor)
            throw failure
        }
    }

    deinit { close(descriptor) }

    /// The content of a descriptor that was handed on; it can be read by any number of processes.
    package static func read(_ descriptor: Int32, limit: Int) throws(FileError) -> [UInt8] {
        try File.read("/proc/self/fd/\(descriptor)", limit: limit)
    }
}

/// A lock that one process holds for its whole life; the system lets go of it when the process
/// ends.
package final class ProcessLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of a file, which is made if it is missing.
    ///
    /// - Returns: `nil` if another process holds it.
    /// - Throws: If the file cannot be opened.
    package init?(_ path: String) throws(FileError) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }
}
