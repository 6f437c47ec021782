internal import CPlatform
internal import Glibc

/// A file, or standard error, that lines are appended to.
///
/// Each line is one `write` to a descriptor in append mode, so lines of several processes and
/// threads do not mix, and no lock is held.
package final class LogFile: Sendable {
    private let descriptor: Int32

    /// Standard error.
    package init() {
        descriptor = STDERR_FILENO
    }

    /// - Throws: If the file cannot be opened for appending.
    package init(path: String) throws(FileError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileError(path: path) }
    }

    deinit {
        if descriptor != STDERR_FILENO { close(descriptor) }
    }

    /// Appends a line; a full disk loses it, because there is nowhere left to say so.
    package func append(_ line: [UInt8]) {
        var offset = 0
        while offset < line.count {
            let count = unsafe line.withUnsafeBytes { buffer in
                unsafe write(
                    descriptor, buffer.baseAddress.map { unsafe $0 + offset }, line.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            offset += count
        }
    }
}
