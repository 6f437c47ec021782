internal import CFastCGI
internal import Glibc

extension ListeningSocket {
    /// The socket that whoever started the process made for it, or `nil` if there is none.
    ///
    /// First systemd's (`LISTEN_FDS`, meant for this process by `LISTEN_PID`), then descriptor 0,
    /// FastCGI's own convention. The variables are taken out of the environment.
    ///
    /// - Parameter first: The descriptor at which systemd's begin; always 3 but in tests, whose
    ///   process has something else there.
    /// - Throws: If systemd hands over something else than one listening stream socket.
    package static func inherited(
        first: Int32 = 3
    ) throws(FastCGIError) -> ListeningSocket? {
        if let count = try countFromSystemd() {
            guard count == 1 else {
                throw FastCGIError("LISTEN_FDS", reason: "\(count) sockets, but one is expected")
            }
            return try adopted(descriptor: first)
        }
        return isListening(0) ? try adopted(descriptor: 0) : nil
    }

    private static func countFromSystemd() throws(FastCGIError) -> Int? {
        defer {
            for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) }
        }
        guard let text = variable("LISTEN_FDS"), variable("LISTEN_PID") == String(getpid()) else {
            return nil
        }
        guard let count = Int(text) else {
            throw FastCGIError("LISTEN_FDS", reason: "not a number")
        }
        return count
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Whether machines other than this one may connect.
    ///
    /// FastCGI has no authentication: whoever connects may claim any client certificate.
    package var isBeyondLoopback: Bool {
        var storage = sockaddr_storage()
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            var size = socklen_t(bytes.count)
            guard let base = bytes.baseAddress,
                unsafe getsockname(
                    descriptor, base.assumingMemoryBound(to: sockaddr.self), &size) == 0
            else { return true }
            switch Int32(unsafe base.load(as: sa_family_t.self)) {
            case AF_UNIX: return false
            case AF_INET: return unsafe bytes[4] != 127
            case AF_INET6:
                let address = unsafe bytes[8..<24]
                return unsafe !(address.dropLast().allSatisfy { $0 == 0 } && address.last == 1)
            default: return true
            }
        }
    }

    /// The port of a TCP socket, for those that asked for port 0.
    package var port: UInt16? {
        var storage = sockaddr_storage()
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            var size = socklen_t(bytes.count)
            guard let base = bytes.baseAddress,
                unsafe getsockname(
                    descriptor, base.assumingMemoryBound(to: sockaddr.self), &size) == 0,
                [AF_INET, AF_INET6].contains(Int32(unsafe base.load(as: sa_family_t.self)))
            else { return nil }
            return unsafe UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        }
    }
}
