internal import CPlatform
internal import Glibc

/// Why a file could not be read or written.
package struct FileError: Error, CustomStringConvertible {
    /// The file that was asked for.
    package let path: String
    /// What went wrong, in the system's words.
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// Captures the system's error of the call that failed just now.
    package init(path: String) {
        self.init(path: path, reason: systemErrorText(errno))
    }

    package var description: String { "\(path): \(reason)" }
}

/// The system's text for an error number.
package func systemErrorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(
        decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Files and folders as whole values; nothing here keeps a descriptor open.
package enum File {
    /// The whole content of a file.
    ///
    /// - Throws: If it cannot be read or holds more than `limit` bytes.
    package static func read(_ path: String, limit: Int = 16 << 20) throws(FileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return content }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path: path)
            }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= limit else {
                throw FileError(path: path, reason: "larger than \(limit) bytes")
            }
        }
    }

    /// The whole content of a file as text.
    ///
    /// - Throws: If it cannot be read, is too large or is not UTF-8.
    package static func readText(_ path: String, limit: Int = 16 << 20) throws(FileError) -> String
    {
        guard let text = String(validating: try read(path, limit: limit), as: UTF8.self) else {
            throw FileError(path: path, reason: "not valid UTF-8")
        }
        return text
    }

    /// Replaces a file by another content in one step: readers see the old or the new one, whole.
    package static func replace(
        _ path: String, with content: [UInt8], permissions: UInt32 = 0o600
    ) throws(FileError) {
        let temporary = path + ".\(getpid()).\(hexadecimal(systemRandomBytes(4)))"
        let descriptor = unsafe open(
            temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(permissions))
        guard descriptor >= 0 else { throw FileError(path: temporary) }
        let written = write(content, to: descriptor) && fsync(descriptor) == 0
        let failure = errno
        close(descriptor)
        guard written, unsafe rename(temporary, path) == 0 else {
            let code = written ? errno : failure
            unsafe unlink(temporary)
            throw FileError(path: path, reason: systemErrorText(code))
        }
    }

    static func write(_ content: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < content.count {
            let count = unsafe content.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor, buffer.baseAddress.map { unsafe $0 + offset },
                    content.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            offset += count
        }
        return true
    }

    /// Whether something exists at the path.
    package static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// Removes a file; a missing one is no error.
    package static func remove(_ path: String) {
        unsafe unlink(path)
    }

    /// The permission bits of a file, or `nil` if there is none.
    package static func permissions(_ path: String) -> UInt32? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// Makes a folder and its parents; existing ones are no error.
    package static func makeDirectory(_ path: String, permissions: UInt32 = 0o700) throws(FileError)
    {
        if unsafe mkdir(path, mode_t(permissions)) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileError(path: path)
        }
        try makeDirectory(String(path[..<slash]), permissions: permissions)
        guard unsafe mkdir(path, mode_t(permissions)) == 0 || errno == EEXIST else {
            throw FileError(path: path)
        }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    ///
    /// - Throws: If the folder cannot be read or holds more than `limit` names.
    package static func names(in path: String, limit: Int = 100_000) throws(FileError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw FileError(path: path) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
            guard names.count <= limit else {
                throw FileError(path: path, reason: "more than \(limit) entries")
            }
        }
        return names.sorted()
    }

    /// What a path leads to.
    package enum Kind: Sendable { case file, directory, other }

    /// What the path leads to, links followed, or `nil` if there is nothing.
    package static func kind(_ path: String) -> Kind? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }
}

extension File {
    /// The folder in which the process was started, without a slash at the end.
    package static var currentDirectory: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard unsafe getcwd(&buffer, buffer.count) != nil else { return "" }
        let path = String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path == "/" ? "" : path
    }
}

/// What changes whenever the content of a file is replaced or written.
package struct FileVersion: Hashable, Sendable {
    fileprivate let inode: UInt64
    fileprivate let size: Int64
    fileprivate let seconds: Int
    fileprivate let nanoseconds: Int
}

extension File {
    /// The present version of a file, or `nil` if there is none.
    package static func version(_ path: String) -> FileVersion? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return FileVersion(
            inode: UInt64(status.st_ino), size: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
