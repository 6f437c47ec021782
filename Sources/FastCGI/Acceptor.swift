internal import CFastCGI
internal import Glibc
internal import Platform

/// Takes connections from the listening socket, which other processes may share.
final class Acceptor: Sendable {
    /// The tag of the listening socket in the epoll set.
    static let tag: UInt64 = 0

    private enum State {
        case accepting
        /// Out of something; the rest waits in the socket's queue until then.
        case paused(until: Int64)
        case stopped
    }

    private static let pause: Int64 = 100

    private let listening: ListeningSocket
    private let epoll: Epoll
    private let table: ConnectionTable
    private let connectionsMax: Int
    private let stall: timeval
    private let reporter: EventReporter
    private let state = Lock<State>(.accepting)

    init(
        listening: ListeningSocket, epoll: Epoll, table: ConnectionTable,
        limits: TransportLimits, reporter: EventReporter
    ) {
        self.listening = listening
        self.epoll = epoll
        self.table = table
        self.reporter = reporter
        connectionsMax = Acceptor.connectionsMax(limits)
        let milliseconds = max(1, limits.stallDeadline.milliseconds)
        stall = timeval(
            tv_sec: Int(milliseconds / 1000), tv_usec: Int(milliseconds % 1000 * 1000))
    }

    /// How many connections may be open: what the limits say, if that leaves some descriptors
    /// for files and the like.
    static func connectionsMax(_ limits: TransportLimits) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return limits.connectionsMax
        }
        return min(limits.connectionsMax, max(8, (Int(clamping: limit.rlim_cur) - 64) / 2))
    }

    func start() throws(FastCGIError) {
        guard epoll.add(listening.descriptor, .exclusively, tag: Acceptor.tag) else {
            throw FastCGIError("watch the listening socket")
        }
    }

    /// Stops for good; no connection is in the middle of being accepted when this returns.
    func stop() {
        state.withLock { state in
            state = .stopped
            epoll.remove(listening.descriptor)
        }
    }

    /// Resumes after a pause, and makes up for an arrival whose wake-up got lost with a process
    /// that died of it.
    func refresh(at now: Int64) {
        state.withLock { state in
            switch state {
            case .stopped: return
            case .paused(let until): if now < until { return }
            case .accepting: break
            }
            state = .accepting
            watchAnew()
        }
    }

    var isPaused: Bool {
        state.withLock { state in
            if case .paused = state { true } else { false }
        }
    }

    /// Accepts one connection and puts it into the table; `nil` if none is to be had now.
    func accept() -> Connection? {
        state.withLock { state -> Connection? in
            guard case .accepting = state else { return nil }
            if table.count >= connectionsMax {
                return pause(&state, .connectionLimit)
            }
            let flags = Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = accept4(listening.descriptor, nil, nil, flags)
            guard descriptor >= 0 else { return fail(&state, errno) }
            guard let connection = Connection(owning: descriptor) else {
                let code = errno
                close(descriptor)
                return fail(&state, code)
            }
            configure(descriptor)
            table.insert(connection)
            // At the end of the socket's queue of waiting processes, so that they take turns;
            // and a new look for the connections that arrived meanwhile.
            watchAnew()
            return connection
        }
    }

    private func fail(_ state: inout State, _ code: Int32) -> Connection? {
        switch code {
        case EAGAIN:
            return nil
        case EMFILE, ENFILE, ENOMEM, ENOBUFS:
            return pause(&state, .outOfResources(errno: code))
        default:
            if code != EINTR { reporter.report(.acceptFailed(errno: code)) }
            watchAnew()
            return nil
        }
    }

    private func pause(_ state: inout State, _ kind: TransportEvent.Kind) -> Connection? {
        state = .paused(until: monotonicMilliseconds() + Acceptor.pause)
        epoll.remove(listening.descriptor)
        reporter.report(kind)
        return nil
    }

    private func watchAnew() {
        epoll.remove(listening.descriptor)
        _ = epoll.add(listening.descriptor, .exclusively, tag: Acceptor.tag)
    }

    private func configure(_ descriptor: Int32) {
        var time = stall
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        guard listening.port != nil else { return }
        var yes: Int32 = 1
        unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
}
