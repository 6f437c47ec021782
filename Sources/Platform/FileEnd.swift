internal import Glibc

extension File {
    /// The last bytes of a file that may be large and grow meanwhile, such as a log.
    ///
    /// - Returns: At most `limit` bytes, and whether there are others before them.
    /// - Throws: If it cannot be read.
    package static func readEnd(
        _ path: String, limit: Int
    ) throws(FileError) -> (content: [UInt8], isWhole: Bool) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        let length = Int(lseek(descriptor, 0, SEEK_END))
        guard length >= 0 else { throw FileError(path: path) }
        let start = max(0, length - max(0, limit))
        var content = [UInt8](repeating: 0, count: length - start)
        var filled = 0
        while filled < content.count {
            let count = unsafe content.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + filled },
                    buffer.count - filled, off_t(start + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path) }
            // Somebody has cut the file meanwhile.
            if count == 0 { break }
            filled += count
        }
        content.removeLast(content.count - filled)
        return (content, start == 0)
    }
}

/// The standard input, as a person or a script gives it.
package enum StandardInput {
    /// Whether somebody sits before it and can answer.
    package static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}
