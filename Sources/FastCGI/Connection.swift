internal import CFastCGI
internal import Glibc
internal import Platform
internal import Synchronization

/// One connection of the gateway, with libfcgi's state for it.
///
/// libfcgi is given a duplicate of the descriptor. It closes what it was given whenever a request
/// fails, at a moment nobody else can see; had it the only one, the watchdog might shut down
/// whatever got that number next.
@safe
final class Connection: @unchecked Sendable {
    // Unchecked because exactly one thread owns a connection at a time: the one that accepted it
    // or claimed it, until it parks it again or hands it to the blocking lane. Others only touch
    // the atomics, and call `interrupt()` while the table keeps it open.

    /// What the next event on the connection means.
    enum Phase { case idle, lingering }

    /// What is to be done with a connection after its answer.
    enum Ending { case park, linger, close }

    let descriptor: Int32
    var phase = Phase.idle
    /// Whether the epoll set knows the descriptor.
    var isRegistered = false
    /// When the watchdog interrupts, in monotonic milliseconds; 0 for never.
    let deadline = Atomic<Int64>(0)
    /// Whether nobody owns the connection and the next one to claim it does.
    private let isParked = Atomic<Bool>(false)
    /// How many threads are in ``park(in:)``.
    private let parking = Atomic<Int>(0)
    /// Whether the peer left unread bytes behind, so that no further request may be read.
    private var isPoisoned = false
    private var isClosed = false
    private let request: UnsafeMutablePointer<FCGX_Request>

    /// Takes over an accepted, blocking socket; `nil` if no descriptor is left for it.
    init?(owning descriptor: Int32) {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { return nil }
        self.descriptor = descriptor
        unsafe request = .allocate(capacity: 1)
        // -1 instead of the listening socket: libfcgi must never accept by itself.
        unsafe FCGX_InitRequest(request, -1, FCGI_FAIL_ACCEPT_ON_INTR)
        unsafe request.pointee.ipcFd = duplicate
        // Otherwise the finish at the start of the first accept closes the descriptor.
        unsafe request.pointee.keepConnection = 1
        // Otherwise libfcgi's close waits for the peer to close first.
        unsafe request.pointee.detached = 1
    }

    deinit {
        closeNow()
        unsafe request.deallocate()
    }

    /// The connection as the epoll set knows it.
    var tag: UInt64 {
        unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    }

    /// The connection behind a tag that the epoll set gave; the table keeps it alive.
    static func of(tag: UInt64) -> Connection? {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(tag)) else { return nil }
        return unsafe Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Gives the connection up to whoever claims it, which its next event brings about.
    ///
    /// - Returns: `false`, and the connection remains owned, if the epoll set does not take it.
    func park(in epoll: Epoll) -> Bool {
        let wasRegistered = isRegistered
        isRegistered = true
        parking.add(1, ordering: .sequentiallyConsistent)
        defer { parking.subtract(1, ordering: .sequentiallyConsistent) }
        // First, because the event may come before the call returns.
        isParked.store(true, ordering: .sequentiallyConsistent)
        let isArmed =
            wasRegistered
            ? epoll.rearm(descriptor, tag: tag) : epoll.add(descriptor, .once, tag: tag)
        return isArmed || !claim()
    }

    /// Makes the caller the owner of a parked connection, unless somebody else was faster.
    func claim() -> Bool {
        isParked.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// Waits until nobody is about to name the descriptor to the epoll set any more, so that the
    /// owner may close it and another file may get its number.
    func awaitParking() {
        while parking.load(ordering: .sequentiallyConsistent) > 0 { sched_yield() }
    }

    /// Whether there is something to read, without waiting.
    var isReadable: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }

    /// Whether the peer closed its side and left nothing to read.
    var isAtEnd: Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        let count = unsafe recv(descriptor, &byte, 1, flags)
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Makes every read and write on the connection return at once, for good.
    func interrupt() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    func closeNow() {
        guard !isClosed else { return }
        isClosed = true
        unsafe FCGX_Free(request, 1)
        close(descriptor)
    }
}

extension Connection {
    /// What became of reading a request.
    enum Reading {
        case request(FastCGIRequest)
        /// Nothing that could or should be answered; the connection must be closed.
        case broken
    }

    /// Reads one whole request; waits for the peer, at most until the watchdog interrupts.
    ///
    /// The body is read to its end whatever it is, because unread bytes of it would be taken for
    /// the next request, parameters and all.
    func read(
        limits: TransportLimits, names: ParameterNames, scratch: UnsafeMutableRawBufferPointer
    ) -> Reading {
        guard unsafe FCGX_Accept_r(request) == 0, let input = unsafe request.pointee.in else {
            return .broken
        }
        // An error between two parameters does not make the accept fail.
        guard unsafe FCGX_GetError(input) == 0, unsafe request.pointee.role == 1 else {
            return .broken
        }
        let parameters = unsafe Parameters(
            request.pointee.envp, names: names, limits: limits)
        var body: [UInt8] = []
        var total = 0
        while true {
            let count = unsafe Int(
                FCGX_GetStr(scratch.baseAddress, Int32(clamping: scratch.count), input))
            total += count
            if total > limits.bodyBytesMax || parameters.fault != nil {
                body = []
            } else if count > 0 {
                unsafe body.append(
                    contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            }
            if count < scratch.count { break }
            if total > limits.drainedBytesMax {
                isPoisoned = true
                break
            }
        }
        if !isPoisoned {
            guard unsafe FCGX_GetError(input) == 0, total >= parameters.claimedLength ?? 0 else {
                return .broken
            }
        }
        let fault = parameters.fault ?? (total > limits.bodyBytesMax ? .bodyTooLarge : nil)
        return .request(FastCGIRequest(parameters: parameters.list, body: body, fault: fault))
    }

    /// Writes the answer to the request that was read and finishes it.
    ///
    /// - Parameter isKept: Whether the connection may stay open if the peer wants that.
    func answer(_ bytes: [UInt8], isKept: Bool) -> Ending {
        let keeps = unsafe isKept && !isPoisoned && request.pointee.keepConnection != 0
        unsafe request.pointee.keepConnection = keeps ? 1 : 0
        let written = unsafe bytes.withUnsafeBytes { buffer in
            unsafe FCGX_PutStr(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(clamping: buffer.count), request.pointee.out)
        }
        unsafe FCGX_Finish_r(request)
        if keeps, unsafe request.pointee.ipcFd >= 0 { return .park }
        if isPoisoned, written >= 0 {
            shutdown(descriptor, Int32(SHUT_WR))
            return .linger
        }
        return .close
    }

    /// Throws away what a peer sends after its answer; `false` once it has closed.
    func discard(scratch: UnsafeMutableRawBufferPointer) -> Bool {
        for _ in 0..<16 {
            let count = unsafe recv(
                descriptor, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return true }
            if count <= 0 { return false }
        }
        return true
    }
}
