internal import Glibc

extension File {
    /// The number of the user to whom a path belongs, or `nil` if there is nothing.
    package static func owner(_ path: String) -> UInt32? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_uid : nil
    }

    /// Makes a file that was not there before.
    ///
    /// - Parameter permissions: Those of the file, whatever the mask of the process.
    /// - Throws: If something exists at the path, even a link to nothing, or it cannot be written;
    ///   then nothing is left.
    package static func create(
        _ path: String, with content: [UInt8], permissions: UInt32
    ) throws(FileError) {
        let descriptor = unsafe open(
            path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        guard write(content, to: descriptor), fchmod(descriptor, mode_t(permissions)) == 0,
            fsync(descriptor) == 0
        else {
            let error = FileError(path: path)
            unsafe unlink(path)
            throw error
        }
    }
}

extension CurrentProcess {
    /// The number of the user as whom the process acts.
    package static var user: UInt32 { geteuid() }
}
