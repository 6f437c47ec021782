internal import Platform

/// A worker process that has been started, and the pipe on which it says that it is ready.
struct StartedWorker: Sendable {
    let process: ChildProcess
    let pipe: ReadinessPipe
}

/// One place in the pool of workers: who fills it, and when it may be filled again after a crash.
struct WorkerSlot: Sendable {
    private var worker: StartedWorker?
    private(set) var isReady = false
    private var startedAt: Int64 = 0
    private var notBefore: Int64 = 0
    private var backOffMilliseconds: Int64 = 0

    private static let backOffFirst: Int64 = 100
    private static let backOffMax: Int64 = 10_000
    /// A worker that has lived this long is not part of a series of crashes.
    private static let healthyAfter: Int64 = 30_000

    var process: ChildProcess? { worker?.process }

    /// Whether the place is empty and may be filled.
    func isDue(at now: Int64) -> Bool { worker == nil && now >= notBefore }

    mutating func start(_ worker: StartedWorker, at now: Int64) {
        self.worker = worker
        isReady = false
        startedAt = now
    }

    /// Fills the place with a worker that is ready, and returns the one that it replaces.
    mutating func replace(by fresh: StartedWorker, at now: Int64) -> ChildProcess? {
        let old = process
        start(fresh, at: now)
        isReady = true
        return old
    }

    /// Empties the place; the first crash is mended at once, a series of them ever later.
    mutating func ended(at now: Int64) {
        worker = nil
        isReady = false
        if now - startedAt >= Self.healthyAfter { backOffMilliseconds = 0 }
        notBefore = now + backOffMilliseconds
        backOffMilliseconds = min(
            Self.backOffMax, max(Self.backOffFirst, backOffMilliseconds * 2))
    }

    /// Looks whether the worker has got ready; one that takes too long is killed.
    ///
    /// - Returns: Whether it took too long.
    mutating func noteReadiness(at now: Int64, within timeout: Duration) -> Bool {
        guard let worker, !isReady else { return false }
        if worker.pipe.state == .ready {
            isReady = true
            return false
        }
        guard now - startedAt > timeout.milliseconds else { return false }
        worker.process.signal(.kill)
        startedAt = now
        return true
    }
}
