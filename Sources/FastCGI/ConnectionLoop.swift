internal import Glibc
internal import Platform
internal import Synchronization

/// Serves FastCGI requests on one listening socket with a fixed number of threads.
///
/// No thread ever waits on an idle peer: idle connections are parked in one epoll set together
/// with the listening socket. Several loops, in one or in many processes, may share the socket.
package final class ConnectionLoop: Sendable {
    /// Whether connections are kept, handed over or closed after an answer.
    enum Stage: UInt8, AtomicRepresentable { case serving, retiring, closing }

    private static let stopTag: UInt64 = 1

    private let threads: Int
    private let blockingThreads: Int
    private let limits: TransportLimits
    private let names: ParameterNames
    private let lane: @Sendable (FastCGIRequest) -> Lane
    private let respond: @Sendable (FastCGIRequest) -> [UInt8]
    private let overloaded: @Sendable (FastCGIRequest) -> [UInt8]

    let epoll: Epoll
    let table = ConnectionTable()
    let acceptor: Acceptor
    let handover: Handover?
    private let blockingLane: BlockingLane
    let reporter: EventReporter
    private let stopSwitch: WakeSwitch
    let emptySwitch: WakeSwitch
    private let endSwitch: WakeSwitch

    let stage = Atomic<Stage>(.serving)
    private let isStarted = Atomic<Bool>(false)
    private let running = Atomic<Int>(0)
    private let busy = Atomic<Int>(0)
    private let accepted = Atomic<Int>(0)
    private let received = Atomic<Int>(0)
    let handedOver = Atomic<Int>(0)
    private let answered = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)
    private let aborted = Atomic<Int>(0)

    /// Prepares a loop; nothing is accepted before ``start()``.
    ///
    /// The closures run on many threads at once.
    ///
    /// - Parameters:
    ///   - parameterNames: The parameters that are handed on; the others are only judged. `nil`
    ///     hands on everything.
    ///   - channel: Shared with the loops that ``retire(deadline:)`` hands connections over to.
    ///   - threads: How many read requests and answer those of the fast lane.
    ///   - blockingThreads: How many answer those of the blocking lane.
    ///   - blockingQueue: How many of these may wait for a thread.
    ///   - lane: Where to answer a request; not asked about one with a fault.
    ///   - respond: The whole CGI response, header lines and body.
    ///   - overloaded: The same for a request the blocking lane has no room for.
    ///   - log: Gets what an operator should know, at most once a second of a kind.
    /// - Throws: If libfcgi cannot start or the process is out of descriptors.
    package init(
        listening: ListeningSocket,
        channel: HandoverChannel? = nil,
        limits: TransportLimits = TransportLimits(),
        parameterNames: [String]? = nil,
        threads: Int,
        blockingThreads: Int,
        blockingQueue: Int,
        lane: @escaping @Sendable (FastCGIRequest) -> Lane,
        respond: @escaping @Sendable (FastCGIRequest) -> [UInt8],
        overloaded: @escaping @Sendable (FastCGIRequest) -> [UInt8],
        log: @escaping @Sendable (TransportEvent) -> Void = { _ in }
    ) throws(FastCGIError) {
        precondition(threads > 0 && blockingThreads >= 0 && blockingQueue >= 0)
        guard Library.initialized == 0 else {
            throw FastCGIError("start libfcgi", reason: "code \(Library.initialized)")
        }
        self.threads = threads
        self.blockingThreads = blockingThreads
        self.limits = limits
        names = ParameterNames(keeping: parameterNames)
        self.lane = lane
        self.respond = respond
        self.overloaded = overloaded
        epoll = try Epoll()
        stopSwitch = try WakeSwitch()
        emptySwitch = try WakeSwitch()
        endSwitch = try WakeSwitch()
        reporter = EventReporter(log: log)
        blockingLane = BlockingLane(threads: blockingThreads, queueMax: blockingQueue)
        acceptor = Acceptor(
            listening: listening, epoll: epoll, table: table, limits: limits, reporter: reporter)
        handover = channel.map { [epoll, table, reporter] channel in
            Handover(
                channel: channel, epoll: epoll, table: table, limits: limits, reporter: reporter)
        }
    }

    /// Starts the threads, with all signals blocked, and begins to accept.
    ///
    /// To be called once.
    ///
    /// - Throws: If a thread cannot be started; the loop is unusable then.
    package func start() throws(FastCGIError) {
        precondition(!isStarted.exchange(true, ordering: .sequentiallyConsistent))
        guard epoll.add(stopSwitch.descriptor, .always, tag: Self.stopTag) else {
            throw FastCGIError("watch the stop switch")
        }
        do throws(FastCGIError) {
            for _ in 0..<threads {
                try startThread("casd-fast") { [self] in runFast() }
            }
            for _ in 0..<blockingThreads {
                try startThread("casd-blocking") { [self] in blockingLane.run() }
            }
            try startThread("casd-watch") { [self] in runWatchdog() }
            try handover?.start()
            try acceptor.start()
        } catch {
            end()
            throw error
        }
    }

    private func startThread(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(FastCGIError) {
        running.add(1, ordering: .sequentiallyConsistent)
        do {
            try Platform.startThread(name) { [self] in
                body()
                threadEnded()
            }
        } catch {
            threadEnded()
            throw FastCGIError("start a thread", reason: error.reason)
        }
    }

    private func threadEnded() {
        if running.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 {
            endSwitch.turnOn()
        }
    }

    package var statistics: Statistics {
        Statistics(
            connections: table.count,
            busy: busy.load(ordering: .relaxed),
            accepted: accepted.load(ordering: .relaxed),
            received: received.load(ordering: .relaxed),
            handedOver: handedOver.load(ordering: .relaxed),
            answered: answered.load(ordering: .relaxed),
            refused: refused.load(ordering: .relaxed),
            aborted: aborted.load(ordering: .relaxed))
    }
}

// MARK: - Threads

extension ConnectionLoop {
    private func runFast() {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
        defer { unsafe scratch.deallocate() }
        while true {
            guard let (tag, peerIsGone) = epoll.wait() else { continue }
            switch tag {
            case Self.stopTag:
                return
            case Acceptor.tag:
                guard let connection = acceptor.accept() else { continue }
                accepted.add(1, ordering: .relaxed)
                // The gateway sends its request right after it connected.
                if connection.isReadable {
                    unsafe serve(connection, scratch)
                } else {
                    connection.deadline.store(
                        deadline(limits.requestDeadline), ordering: .relaxed)
                    park(connection)
                }
            case Handover.tag:
                guard let connection = handover?.receive() else { continue }
                received.add(1, ordering: .relaxed)
                park(connection)
            default:
                guard let connection = Connection.of(tag: tag), claim(connection) else {
                    continue
                }
                if connection.phase == .lingering {
                    unsafe linger(connection, scratch)
                } else if stage.load(ordering: .relaxed) != .serving, !connection.isReadable {
                    // A stale event: see `handOverParked()`.
                    park(connection)
                } else if peerIsGone, connection.isAtEnd {
                    close(connection)
                } else {
                    unsafe serve(connection, scratch)
                }
            }
        }
    }

    private func serve(_ connection: Connection, _ scratch: UnsafeMutableRawBufferPointer) {
        busy.add(1, ordering: .relaxed)
        let readDeadline = deadline(limits.requestDeadline)
        connection.deadline.store(readDeadline, ordering: .relaxed)
        let reading = unsafe connection.read(limits: limits, names: names, scratch: scratch)
        guard case .request(let request) = reading else {
            abandon(connection, readDeadline: readDeadline)
            return
        }
        connection.deadline.store(0, ordering: .relaxed)
        if request.fault != nil || lane(request) == .fast {
            answer(connection, respond(request))
            return
        }
        let isTaken = blockingLane.submit { [self] in answer(connection, respond(request)) }
        if !isTaken {
            refused.add(1, ordering: .relaxed)
            reporter.report(.overloaded)
            answer(connection, overloaded(request))
        }
    }

    private func answer(_ connection: Connection, _ bytes: [UInt8]) {
        connection.deadline.store(deadline(limits.requestDeadline), ordering: .relaxed)
        let isKept =
            stage.load(ordering: .relaxed) != .closing
            && table.count <= limits.keptConnectionsMax
        let ending = connection.answer(bytes, isKept: isKept)
        busy.subtract(1, ordering: .relaxed)
        answered.add(1, ordering: .relaxed)
        switch ending {
        case .park:
            connection.deadline.store(0, ordering: .relaxed)
            park(connection)
        case .linger:
            reporter.report(.bodyNotDrained)
            connection.phase = .lingering
            connection.deadline.store(deadline(limits.lingerDeadline), ordering: .relaxed)
            park(connection)
        case .close:
            close(connection)
        }
    }

    private func linger(_ connection: Connection, _ scratch: UnsafeMutableRawBufferPointer) {
        if unsafe connection.discard(scratch: scratch) {
            park(connection)
        } else {
            close(connection)
        }
    }

    private func abandon(_ connection: Connection, readDeadline: Int64) {
        busy.subtract(1, ordering: .relaxed)
        aborted.add(1, ordering: .relaxed)
        let startedAt = readDeadline - limits.requestDeadline.milliseconds
        let isSlow = monotonicMilliseconds() - startedAt >= limits.stallDeadline.milliseconds
        reporter.report(isSlow ? .peerTooSlow : .requestAborted)
        close(connection)
    }

    /// Gives the connection up to whoever gets its next event: a thread of this loop, or another
    /// loop if this one retires.
    private func park(_ connection: Connection) {
        if stage.load(ordering: .relaxed) == .retiring, handOver(connection) { return }
        if !connection.park(in: epoll) { close(connection) }
    }

    /// Makes the caller the owner of a parked connection, unless somebody else was faster.
    func claim(_ connection: Connection) -> Bool {
        guard connection.claim() else { return false }
        // A claim without a fresh event may come before the parking is complete.
        if stage.load(ordering: .sequentiallyConsistent) != .serving { connection.awaitParking() }
        return true
    }

    func close(_ connection: Connection) {
        // See `handOverParked()`: a stale event may lead to it.
        if stage.load(ordering: .relaxed) != .serving { table.bury(connection) }
        noteLeft(table.close(connection))
    }

    func noteLeft(_ count: Int) {
        if count == 0, stage.load(ordering: .sequentiallyConsistent) != .serving {
            emptySwitch.turnOn()
        }
    }

    private func deadline(_ duration: Duration) -> Int64 {
        monotonicMilliseconds() + max(1, duration.milliseconds)
    }

    /// Interrupts what takes too long and resumes accepting, until the stop.
    private func runWatchdog() {
        let shortest = min(limits.requestDeadline, limits.lingerDeadline).milliseconds
        let tick = min(100, max(5, shortest / 4))
        var refreshedAt = monotonicMilliseconds()
        var wait = tick
        while !stopSwitch.wait(milliseconds: wait) {
            let isPaused = acceptor.isPaused || handover?.isPaused == true
            wait = table.count == 0 && !isPaused ? 5 * tick : tick
            let now = monotonicMilliseconds()
            if table.interruptOverdue(at: now) > 0 { reporter.report(.peerTooSlow) }
            handover?.refresh(at: now)
            if acceptor.isPaused || now - refreshedAt >= 1000 {
                acceptor.refresh(at: now)
                refreshedAt = now
            }
        }
    }
}

// MARK: - The end

extension ConnectionLoop {
    /// Stops accepting, lets every connection come to a good end, and ends the threads.
    ///
    /// For a loop without heirs. FastCGI cannot tell the gateway that a connection is about to
    /// close, so the next request on each is still answered and the connection closed after that;
    /// idle ones are left for the gateway to close. Connections that another loop hands over are
    /// still taken. To be called once, from a thread that is not one of the loop's.
    ///
    /// - Parameter deadline: How long to wait; what is open then is cut off.
    /// - Returns: Whether every connection came to its end in time.
    @discardableResult
    package func drain(deadline: Duration) -> Bool {
        acceptor.stop()
        stage.store(.closing, ordering: .sequentiallyConsistent)
        let isEmpty =
            table.count == 0 || emptySwitch.wait(milliseconds: deadline.milliseconds)
        end()
        return isEmpty
    }

    private func end() {
        acceptor.stop()
        handover?.stop()
        stopSwitch.turnOn()
        blockingLane.close()
        table.interruptAll()
        // A thread that hangs in `respond` must not hold up the end of the process.
        _ = endSwitch.wait(milliseconds: 1000)
    }
}
