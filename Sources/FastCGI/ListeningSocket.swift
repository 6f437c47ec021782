internal import CFastCGI
internal import Glibc
internal import Platform

/// The socket on which the gateway connects; closed when the last reference goes.
///
/// Always non-blocking and close-on-exec. Several processes may share one: hand
/// ``descriptor`` to a child (which must duplicate it to drop close-on-exec) and adopt it there.
@safe
package final class ListeningSocket: Sendable {
    /// The socket's descriptor, owned by this value.
    package let descriptor: Int32
    /// The file of a Unix socket made here, and its inode.
    private let file: (path: String, inode: UInt64)?

    private static let backlog: Int32 = 1024

    private init(owning descriptor: Int32, file: (path: String, inode: UInt64)? = nil) {
        self.descriptor = descriptor
        self.file = file
    }

    deinit {
        close(descriptor)
    }

    /// Makes a Unix socket at a path, in place of another socket that may be there.
    ///
    /// The path leads to the old or to the new socket at every moment, and nobody outside
    /// `permissions` and `group` can connect at any moment, whatever the umask is.
    ///
    /// - Parameter group: The name of the group that gets the socket file; the process's if `nil`.
    /// - Throws: If the path is too long, leads to something that is no socket, cannot be made,
    ///   or the group is unknown or not allowed.
    package static func unix(
        path: String, permissions: UInt32 = 0o660, group: String? = nil
    ) throws(FastCGIError) -> ListeningSocket {
        let operation = "listen on \(path)"
        var status = stat()
        if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK {
            throw FastCGIError(operation, reason: "something else than a socket is there")
        }
        let groupID = try group.map { name throws(FastCGIError) in try identifier(ofGroup: name) }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? ""
        let temporary = folder + "." + hexadecimal(systemRandomBytes(4))

        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0
        )
        guard descriptor >= 0 else { throw FastCGIError(operation) }
        do throws(FastCGIError) {
            // The file gets the socket's own mode: closed to others until all is set.
            guard fchmod(descriptor, 0o600) == 0 else { throw FastCGIError(operation) }
            try bindUnix(descriptor, temporary, operation: operation)
        } catch {
            close(descriptor)
            throw error
        }
        let isReady =
            unsafe (groupID.map { unsafe lchown(temporary, uid_t.max, $0) == 0 } ?? true)
            && chmod(temporary, permissions) == 0
            && listen(descriptor, backlog) == 0
            && lstat(temporary, &status) == 0
            && rename(temporary, path) == 0
        guard isReady else {
            let error = FastCGIError(operation)
            unsafe unlink(temporary)
            close(descriptor)
            throw error
        }
        return ListeningSocket(owning: descriptor, file: (path, UInt64(status.st_ino)))
    }

    private static func bindUnix(
        _ descriptor: Int32, _ path: String, operation: String
    ) throws(FastCGIError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            unsafe room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw FastCGIError(operation, reason: "the path is too long") }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw FastCGIError(operation) }
    }

    private static func identifier(ofGroup name: String) throws(FastCGIError) -> gid_t {
        var entry = unsafe group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        let code = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        guard code == 0, unsafe found != nil else {
            let reason = code == 0 ? "unknown" : systemErrorText(code)
            throw FastCGIError("group \(name)", reason: reason)
        }
        return unsafe entry.gr_gid
    }

    /// Makes a TCP socket.
    ///
    /// FastCGI proves nothing about its peer: see ``isBeyondLoopback``.
    ///
    /// - Parameter host: A numeric IPv4 or IPv6 address.
    package static func tcp(host: String, port: UInt16) throws(FastCGIError) -> ListeningSocket {
        let operation = "listen on \(host):\(port)"
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0,
            let address = unsafe list?.pointee
        else { throw FastCGIError(operation, reason: "not a numeric address") }
        defer { unsafe freeaddrinfo(list) }
        let descriptor = unsafe socket(
            address.ai_family,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw FastCGIError(operation) }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size) == 0,
            unsafe bind(descriptor, address.ai_addr, address.ai_addrlen) == 0,
            listen(descriptor, backlog) == 0
        else {
            let error = FastCGIError(operation)
            close(descriptor)
            throw error
        }
        return ListeningSocket(owning: descriptor)
    }

    /// Adopts a listening socket that the process inherited, and owns it from now on.
    ///
    /// - Throws: If the descriptor is not a listening stream socket.
    package static func adopted(descriptor: Int32) throws(FastCGIError) -> ListeningSocket {
        let operation = "adopt descriptor \(descriptor)"
        guard isListening(descriptor) else {
            throw FastCGIError(operation, reason: "not a listening socket")
        }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw FastCGIError(operation) }
        return ListeningSocket(owning: descriptor)
    }

    static func isListening(_ descriptor: Int32) -> Bool {
        option(SO_ACCEPTCONN, of: descriptor) == 1
            && option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue)
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }

    /// Removes the socket file made by ``unix(path:permissions:group:)``, unless another has
    /// taken its place.
    package func removeFile() {
        guard let file else { return }
        var status = stat()
        if unsafe lstat(file.path, &status) == 0, UInt64(status.st_ino) == file.inode {
            unsafe unlink(file.path)
        }
    }
}
