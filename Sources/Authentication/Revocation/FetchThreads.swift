internal import Platform

/// Threads that fetch, made when there is something to do and ended when there is not.
///
/// A host that does not answer holds few of them, so that others are still asked.
final class FetchThreads: Sendable {
    /// Runs a body on a thread of its own, or says that it cannot.
    typealias Start = @Sendable (_ body: @escaping @Sendable () -> Void) -> Bool

    static let threadsMax = 8
    static let threadsPerHostMax = 2
    static let waitingMax = 1000

    private struct Job: Sendable {
        let number: Int
        let host: String
        let body: @Sendable () -> Void
        let refused: @Sendable () -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var running: [String: Int] = [:]
        var count = 0
        var jobs = 0
    }

    private let state = Lock(State())
    private let start: Start

    init(start: @escaping Start) {
        self.start = start
    }

    /// Starts system threads.
    static let systemStart: Start = { body in
        do {
            try startThread("casd-revocation", body)
            return true
        } catch {
            // The caller reports that nothing is fetched.
            return false
        }
    }

    /// Runs the body when the host has a thread for it.
    ///
    /// - Parameter refused: Called instead of the body if it turns out later that no thread can be
    ///   started for it.
    /// - Returns: Whether one of the two is called.
    func run(
        host: String, refused: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        let added = state.withLock { state -> (number: Int, mustStart: Bool)? in
            guard state.waiting.count < Self.waitingMax else { return nil }
            state.jobs &+= 1
            state.waiting.append(Job(number: state.jobs, host: host, body: body, refused: refused))
            let mustStart =
                state.count < Self.threadsMax
                && state.running[host, default: 0] < Self.threadsPerHostMax
            if mustStart { state.count += 1 }
            return (state.jobs, mustStart)
        }
        guard let added else { return false }
        guard added.mustStart, !start({ [self] in work() }) else { return true }
        let left = state.withLock { state -> [Job] in
            state.count -= 1
            // Another thread will see to it; if there is none, nobody will see to any.
            guard state.count == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in left where job.number != added.number { job.refused() }
        return !left.contains { $0.number == added.number }
    }

    /// Does what waits until nothing does that may be done now.
    private func work() {
        while let job = take() {
            job.body()
            state.withLock { state in
                let left = state.running[job.host, default: 1] - 1
                state.running[job.host] = left > 0 ? left : nil
            }
        }
    }

    private func take() -> Job? {
        state.withLock { state in
            let place = state.waiting.firstIndex {
                state.running[$0.host, default: 0] < Self.threadsPerHostMax
            }
            guard let place else {
                state.count -= 1
                return nil
            }
            let job = state.waiting.remove(at: place)
            state.running[job.host, default: 0] += 1
            return job
        }
    }
}
