import FastCGI
import Glibc
import Platform
import TestSupport

/// A loop on a Unix socket of its own, and what it was asked.
final class LoopFixture: Sendable {
    let path: String
    let listening: ListeningSocket
    let channel: HandoverChannel
    let loop: ConnectionLoop
    let requests = Lock<[FastCGIRequest]>([])
    let events: Lock<[TransportEvent]>

    private init(
        sharing shared: LoopFixture?, limits: TransportLimits, threads: Int, blockingThreads: Int,
        blockingQueue: Int, parameterNames: [String]?,
        respond: (@Sendable (FastCGIRequest) -> String)?
    ) throws {
        if let shared {
            path = shared.path
            listening = shared.listening
            channel = shared.channel
        } else {
            path = "/tmp/casd-\(getpid())-\(hexadecimal(systemRandomBytes(6))).sock"
            listening = try ListeningSocket.unix(path: path)
            channel = try HandoverChannel()
        }
        let (requests, events) = (requests, Lock<[TransportEvent]>([]))
        self.events = events
        loop = try ConnectionLoop(
            listening: listening, channel: channel, limits: limits,
            parameterNames: parameterNames, threads: threads,
            blockingThreads: blockingThreads, blockingQueue: blockingQueue,
            lane: { $0.value("LANE") == "blocking" ? .blocking : .fast },
            respond: { request in
                requests.withLock { $0.append(request) }
                let text = respond.map { $0(request) } ?? "hello \(request.value("N") ?? "")"
                return Array(text.utf8)
            },
            overloaded: { _ in Array("overloaded".utf8) },
            log: { event in events.withLock { $0.append(event) } })
        try loop.start()
    }

    /// Runs the body with a loop, and ends the loop afterwards.
    static func run(
        sharing shared: LoopFixture? = nil, limits: TransportLimits = .short, threads: Int = 2,
        blockingThreads: Int = 1, blockingQueue: Int = 0, parameterNames: [String]? = nil,
        respond: (@Sendable (FastCGIRequest) -> String)? = nil,
        _ body: (LoopFixture) throws -> Void
    ) throws {
        let fixture = try LoopFixture(
            sharing: shared, limits: limits, threads: threads, blockingThreads: blockingThreads,
            blockingQueue: blockingQueue, parameterNames: parameterNames, respond: respond)
        defer {
            fixture.loop.drain(deadline: .zero)
            if shared == nil { fixture.listening.removeFile() }
        }
        try body(fixture)
    }

    func connect() throws -> FastCGIClient {
        try FastCGIClient(path: path)
    }

    /// Sends a request on a connection of its own and waits for the answer.
    func request(_ parameters: [(String, String)]) throws -> FastCGIClient.Answer {
        try connect().request(parameters)
    }

    /// Leaves room for a few connections only.
    func makeChannelSmall() {
        var smallest: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(channel.sending, SOL_SOCKET, SO_SNDBUF, &smallest, size)
    }

    var answeredRequests: [FastCGIRequest] { requests.withLock { $0 } }

    func wasReported(_ kind: TransportEvent.Kind) -> Bool {
        events.withLock { $0.contains { $0.kind == kind } }
    }
}

extension TransportLimits {
    /// Deadlines that a test can wait for, and small sizes.
    static var short: TransportLimits {
        var limits = TransportLimits()
        limits.bodyBytesMax = 1000
        limits.stallDeadline = .milliseconds(200)
        limits.requestDeadline = .milliseconds(400)
        limits.lingerDeadline = .milliseconds(200)
        return limits
    }

    /// Deadlines that no test meets, however slow the machine is.
    static var patient: TransportLimits {
        var limits = TransportLimits.short
        limits.stallDeadline = .seconds(60)
        limits.requestDeadline = .seconds(60)
        return limits
    }
}

/// Waits until something holds; `false` if it does not in time.
func eventually(
    within milliseconds: Int64 = FastCGIClient.patience, _ condition: () -> Bool
) -> Bool {
    let deadline = monotonicMilliseconds() + milliseconds
    while !condition() {
        if monotonicMilliseconds() > deadline { return false }
        _ = poll(nil, 0, 1)
    }
    return true
}

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let isOpen = Lock(false)

    func open() {
        isOpen.withLock { $0 = true }
    }

    func pass() {
        _ = eventually { isOpen.withLock { $0 } }
    }
}

/// Something that happens at the same time as the test.
final class Background: Sendable {
    private let isDone = Lock(false)
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        _ = unsafe pthread_create(&thread, nil, runBackground, argument)
        pthread_detach(thread)
    }

    fileprivate func run() {
        body()
        isDone.withLock { $0 = true }
    }

    var hasEnded: Bool { isDone.withLock { $0 } }
}

private func runBackground(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument = unsafe argument {
        unsafe Unmanaged<Background>.fromOpaque(argument).takeRetainedValue().run()
    }
    return nil
}
