internal import Glibc
internal import Platform
internal import Synchronization

/// Gives idle connections to the other loops on the same channel, and takes theirs.
///
/// The gateway notices nothing. It would otherwise have to notice in time that its connection is
/// closed: it answers 502 for a request that it sends into one that is closing.
final class Handover: Sendable {
    /// The tag of the receiving end in the epoll set.
    static let tag: UInt64 = 2

    /// What became of giving a connection away.
    enum Outcome {
        /// It belongs to whoever receives it.
        case given
        /// The channel has no room now; the connection stays.
        case full
        /// The channel is of no use any more; the connection stays.
        case impossible(errno: Int32)
    }

    private enum State {
        case receiving
        case paused(until: Int64)
        case stopped
    }

    /// What is known about a connection that changes hands.
    private enum Note {
        /// Its peer has not sent a request yet, and has only so much time for it.
        static let fresh: UInt8 = 0
        static let kept: UInt8 = 1
    }

    private static let pause: Int64 = 100

    private let channel: HandoverChannel
    private let epoll: Epoll
    private let table: ConnectionTable
    private let connectionsMax: Int
    private let requestDeadline: Int64
    private let reporter: EventReporter
    private let state = Lock<State>(.stopped)

    init(
        channel: HandoverChannel, epoll: Epoll, table: ConnectionTable,
        limits: TransportLimits, reporter: EventReporter
    ) {
        self.channel = channel
        self.epoll = epoll
        self.table = table
        self.reporter = reporter
        connectionsMax = Acceptor.connectionsMax(limits)
        requestDeadline = max(1, limits.requestDeadline.milliseconds)
    }

    // MARK: - Taking

    func start() throws(FastCGIError) {
        guard watch() else { throw FastCGIError("watch the channel for connections") }
        state.withLock { $0 = .receiving }
    }

    /// Stops receiving for good; no connection is in the middle of it when this returns.
    func stop() {
        state.withLock { state in
            state = .stopped
            epoll.remove(channel.receiving)
        }
    }

    /// Resumes after a pause.
    func refresh(at now: Int64) {
        state.withLock { state in
            guard case .paused(let until) = state, now >= until else { return }
            state = .receiving
            _ = watch()
        }
    }

    var isPaused: Bool {
        state.withLock { state in
            if case .paused = state { true } else { false }
        }
    }

    /// Receives one connection and puts it into the table; `nil` if none is to be had now.
    func receive() -> Connection? {
        state.withLock { state -> Connection? in
            guard case .receiving = state else { return nil }
            guard table.count < connectionsMax else {
                pause(&state, .connectionLimit)
                return nil
            }
            switch channel.receive() {
            case .nothing:
                return nil
            case .failure(let code):
                pause(&state, .handoverFailed(errno: code))
                return nil
            case .descriptor(let descriptor, let note):
                guard let connection = Connection(owning: descriptor) else {
                    pause(&state, .handoverFailed(errno: errno))
                    close(descriptor)
                    return nil
                }
                if note == Note.fresh {
                    connection.deadline.store(
                        monotonicMilliseconds() + requestDeadline, ordering: .relaxed)
                }
                table.insert(connection)
                return connection
            }
        }
    }

    private func pause(_ state: inout State, _ kind: TransportEvent.Kind) {
        state = .paused(until: monotonicMilliseconds() + Handover.pause)
        epoll.remove(channel.receiving)
        reporter.report(kind)
    }

    /// Everybody is woken, unlike for the listening socket: a loop that is stopping cannot take
    /// the only wake-up with it.
    private func watch() -> Bool {
        epoll.add(channel.receiving, .always, tag: Handover.tag)
    }

    // MARK: - Giving

    /// Gives away a connection that the caller owns and that is between two requests.
    ///
    /// Only this process's descriptors of it are closed, never the connection.
    func give(_ connection: Connection) -> Outcome {
        table.withdraw(connection)
        // By itself it would stay in the set, because the socket lives on elsewhere.
        if connection.isRegistered { epoll.remove(connection.descriptor) }
        connection.isRegistered = false
        let isFresh = connection.deadline.load(ordering: .relaxed) != 0
        let code = channel.send(connection.descriptor, note: isFresh ? Note.fresh : Note.kept)
        if code == 0 { return .given }
        table.restore(connection)
        switch code {
        case EAGAIN, EINTR, ENOBUFS, ENOMEM, ETOOMANYREFS: return .full
        default: return .impossible(errno: code)
        }
    }
}
