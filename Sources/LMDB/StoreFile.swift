internal import Glibc
package import Platform

/// What a store does with whole files that are too large to hold in memory.
package enum StoreFile {
    /// The length of a file in bytes, or `nil` if there is none.
    package static func length(_ path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Shows the bytes of a part of a file in chunks of 1 MiB; the last one may be shorter.
    ///
    /// - Throws: If it cannot be read, or ends before the range does.
    package static func forEachChunk(
        of path: String, in range: Range<Int>, _ body: ([UInt8]) throws -> Void
    ) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
            let length = min(1 << 20, range.upperBound - start)
            let chunk = try read(descriptor, path, at: start, length: length)
            try body(chunk)
        }
    }

    private static func read(
        _ descriptor: Int32, _ path: String, at offset: Int, length: Int
    ) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        var filled = 0
        while filled < length {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + filled }, length - filled,
                    off_t(offset + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path) }
            guard count > 0 else { throw FileError(path: path, reason: "the file is truncated") }
            filled += count
        }
        return bytes
    }

    /// Writes bytes at an offset of a file, which is made if it is missing.
    package static func write(
        _ bytes: [UInt8], to path: String, at offset: Int
    ) throws(FileError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(
                    descriptor, buffer.baseAddress.map { unsafe $0 + written },
                    bytes.count - written, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path) }
            written += count
        }
    }

    /// Syncs a file to the disk and gives it the name of another, which it replaces in one step.
    package static func publish(_ path: String, as name: String) throws(FileError) {
        try sync(path)
        guard unsafe rename(path, name) == 0 else { throw FileError(path: name) }
        // The name itself is only safe once its folder is.
        let folder = name.lastIndex(of: "/").map { String(name[..<$0]) } ?? "."
        try sync(folder.isEmpty ? "/" : folder)
    }

    private static func sync(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: path) }
    }
}

/// A lock between processes, and between the threads of each, on a file made for it.
///
/// The system lets go of it when the process dies.
package enum FileLock {
    /// Runs the body while nobody else on the machine holds the lock; waits for it.
    package static func withLock<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws -> Result {
        let descriptor = try opened(path)
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError(path: path) }
        }
        return try body()
    }

    /// Runs the body unless somebody holds the lock.
    ///
    /// - Returns: `nil` if somebody does.
    @discardableResult
    package static func withLockIfFree<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws -> Result? {
        let descriptor = try opened(path)
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw FileError(path: path) }
            return nil
        }
        return try body()
    }

    private static func opened(_ path: String) throws(FileError) -> Int32 {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path) }
        return descriptor
    }
}
