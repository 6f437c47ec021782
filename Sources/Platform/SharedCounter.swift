internal import CPlatform
internal import Glibc

/// A number in memory that the processes of one host share, by which one tells the others that
/// something has changed.
///
/// Reading it is one load, so it can be looked at on every request. The file that it lives in must
/// be on a local file system; whoever removes or cuts it while processes have it open parts them
/// from each other or ends them, as with the ticket store beside it.
@safe
package final class SharedCounter: @unchecked Sendable {
    // Unchecked because the compiler cannot see that `place` never changes, and that what it leads
    // to is only touched atomically.
    private let place: UnsafeMutablePointer<UInt64>

    /// How much of the file is mapped, in bytes: a page.
    private static let length = 4096

    /// Opens the counter of a file; a missing or short file is made or filled with zeros.
    ///
    /// - Throws: If the file cannot be opened, is not a regular file, or cannot be mapped.
    package init(_ path: String) throws(FileError) {
        let descriptor = unsafe open(
            path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError(path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(path: path, reason: "not a regular file")
        }
        // Two that open it at once both make it longer, which is the same as one.
        if status.st_size < Self.length {
            guard ftruncate(descriptor, off_t(Self.length)) == 0 else {
                throw FileError(path: path)
            }
        }
        let memory = unsafe mmap(
            nil, Self.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
            throw FileError(path: path)
        }
        unsafe place = memory.bindMemory(to: UInt64.self, capacity: 1)
    }

    deinit {
        unsafe munmap(place, Self.length)
    }

    /// The number now; what was done before the increment that led to it is seen as well.
    package var value: UInt64 {
        unsafe casd_shared_load(place)
    }

    /// Adds one, for all processes.
    ///
    /// - Returns: The number afterwards.
    @discardableResult
    package func increment() -> UInt64 {
        unsafe casd_shared_add(place)
    }
}
