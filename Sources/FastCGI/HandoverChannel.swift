internal import CFastCGI
internal import Glibc

/// Two ends of a queue in which processes that share a listening socket pass on connections.
///
/// Whoever starts the processes makes one and hands both ends to each of them; closed when the
/// last reference goes. What nobody receives waits, and is closed with the last process.
package final class HandoverChannel: Sendable {
    package let receiving: Int32
    package let sending: Int32

    /// Makes a channel.
    ///
    /// - Throws: If the process is out of descriptors.
    package init() throws(FastCGIError) {
        // A stream, each byte of which carries one descriptor: sockets that keep messages apart
        // are full after ten of them (`net.unix.max_dgram_qlen`), a stream after hundreds.
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard unsafe socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else {
            throw FastCGIError("create a channel for connections")
        }
        receiving = ends[0]
        sending = ends[1]
    }

    private init(receiving: Int32, sending: Int32) {
        self.receiving = receiving
        self.sending = sending
    }

    deinit {
        close(receiving)
        close(sending)
    }

    /// Adopts the ends that the process inherited, and owns them from now on.
    ///
    /// - Throws: If the descriptors are not open.
    package static func adopted(
        receiving: Int32, sending: Int32
    ) throws(FastCGIError) -> HandoverChannel {
        for end in [receiving, sending] {
            guard fcntl(end, F_SETFD, FD_CLOEXEC) == 0 else {
                throw FastCGIError("adopt descriptor \(end)")
            }
        }
        return HandoverChannel(receiving: receiving, sending: sending)
    }

    /// Queues a descriptor, which the caller goes on owning, and a byte; 0 or the error's number.
    func send(_ descriptor: Int32, note: UInt8) -> Int32 {
        casd_send_descriptor(sending, descriptor, note)
    }

    /// What ``receive()`` found.
    enum Arrival {
        /// The receiver owns the descriptor from now on.
        case descriptor(Int32, note: UInt8)
        case nothing
        case failure(errno: Int32)
    }

    /// The next descriptor of the queue, without waiting.
    func receive() -> Arrival {
        var note: UInt8 = 0
        let result = unsafe casd_receive_descriptor(receiving, &note)
        if result >= 0 { return .descriptor(result, note: note) }
        return [-EAGAIN, -EINTR].contains(result) ? .nothing : .failure(errno: -result)
    }
}
