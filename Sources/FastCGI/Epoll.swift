internal import CFastCGI
internal import Glibc

/// One epoll set; every call is safe from any thread.
@safe
final class Epoll: Sendable {
    /// What a descriptor is watched for.
    enum Interest {
        /// One event, then nothing until ``rearm(_:tag:)``.
        case once
        /// Every arrival wakes one thread of one process that watches the same socket.
        case exclusively
        /// As long as it is readable, everybody.
        case always

        fileprivate var events: UInt32 {
            switch self {
            case .once: EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
            case .exclusively: EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue | EPOLLET.rawValue
            case .always: EPOLLIN.rawValue
            }
        }
    }

    private let descriptor: Int32

    init() throws(FastCGIError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw FastCGIError("create an epoll set") }
    }

    deinit {
        close(descriptor)
    }

    func add(_ watched: Int32, _ interest: Interest, tag: UInt64) -> Bool {
        var event = unsafe epoll_event(events: interest.events, data: epoll_data_t(u64: tag))
        return unsafe epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0
    }

    /// Makes a descriptor that was added with ``Interest/once`` give its next event.
    func rearm(_ watched: Int32, tag: UInt64) -> Bool {
        var event = unsafe epoll_event(events: Interest.once.events, data: epoll_data_t(u64: tag))
        return unsafe epoll_ctl(descriptor, EPOLL_CTL_MOD, watched, &event) == 0
    }

    func remove(_ watched: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    /// Waits for one event.
    ///
    /// One only, so that none waits behind another one's slow peer.
    func wait() -> (tag: UInt64, peerIsGone: Bool)? {
        var event = unsafe epoll_event()
        guard unsafe epoll_wait(descriptor, &event, 1, -1) == 1 else { return nil }
        let gone = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
        return unsafe (event.data.u64, event.events & gone != 0)
    }
}

/// A switch that wakes whoever polls its descriptor, for good.
@safe
final class WakeSwitch: Sendable {
    let descriptor: Int32

    init() throws(FastCGIError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw FastCGIError("create an eventfd") }
    }

    deinit {
        close(descriptor)
    }

    func turnOn() {
        _ = eventfd_write(descriptor, 1)
    }

    /// Waits until the switch is on or the time has passed; tells whether it is on.
    func wait(milliseconds: Int64) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let timeout = Int32(clamping: max(0, milliseconds))
        return unsafe poll(&entry, 1, timeout) == 1
    }
}
