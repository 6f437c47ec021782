internal import Glibc

extension File {
    /// Replaces a file by another content in one step, and comes back when both the content and the
    /// name are on the disk.
    ///
    /// Meanwhile the content is in a hidden file of the same folder.
    ///
    /// - Parameter permissions: Those of the new file, whatever the mask of the process.
    package static func replaceDurably(
        _ path: String, with content: [UInt8], permissions: UInt32
    ) throws(FileError) {
        let (folder, name) = parts(of: path)
        let temporary = "\(folder)/.\(name.prefix(64)).\(hexadecimal(systemRandomBytes(8)))"
        let descriptor = unsafe open(
            temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
        guard descriptor >= 0 else { throw FileError(path: path) }
        let isWritten =
            write(content, to: descriptor) && fchmod(descriptor, mode_t(permissions)) == 0
            && fsync(descriptor) == 0
        let failure = errno
        close(descriptor)
        guard isWritten, unsafe Glibc.rename(temporary, path) == 0 else {
            let code = isWritten ? errno : failure
            unsafe unlink(temporary)
            throw FileError(path: path, reason: systemErrorText(code))
        }
        try synchronize(folder)
    }

    /// Gives a file another name in its folder, and comes back when that is on the disk; a file of
    /// the new name would be replaced.
    package static func renameDurably(_ path: String, to other: String) throws(FileError) {
        guard unsafe Glibc.rename(path, other) == 0 else { throw FileError(path: path) }
        try synchronize(parts(of: other).folder)
    }

    /// Removes a file, and comes back when that is on the disk; a missing one is no error.
    package static func removeDurably(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError(path: path) }
        try synchronize(parts(of: path).folder)
    }

    /// Whether the path is a symbolic link.
    package static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func parts(of path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func synchronize(_ folder: String) throws(FileError) {
        let descriptor = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: folder) }
    }
}

/// A lock between the processes of a host, held for the time of one change.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of a file, which is made if it is missing; looks a hundred times a second.
    ///
    /// - Returns: `nil` if somebody else holds it all the time.
    /// - Throws: If the file cannot be opened.
    package init?(_ path: String, within time: Duration) throws(FileError) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path) }
        let deadline = monotonicMilliseconds() + time.milliseconds
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, monotonicMilliseconds() < deadline else {
                close(descriptor)
                return nil
            }
            usleep(10_000)
        }
    }

    deinit { close(descriptor) }
}
