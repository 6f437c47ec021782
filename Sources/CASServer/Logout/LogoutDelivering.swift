internal import Platform

/// The threads of a worker that deliver logout messages.
///
/// They sleep until the bell rings: when this worker has ended a session, and about once a second
/// for what other workers have left and what is due again.
final class LogoutDelivering: Sendable {
    private let dispatcher: LogoutDispatcher
    private let isEnding = Lock(false)

    init(_ dispatcher: LogoutDispatcher) {
        self.dispatcher = dispatcher
    }

    func start(threads: Int) throws(ThreadError) {
        for _ in 0..<threads {
            try startThread("casd-logout") { [self] in run() }
        }
    }

    /// Wakes a thread.
    func look() { dispatcher.bell?.ring() }

    /// Begins nothing new; what is on its way when the process ends is due again for others.
    func end() { isEnding.withLock { $0 = true } }

    private func run() {
        while !isEnding.withLock({ $0 }) {
            if let bell = dispatcher.bell {
                bell.wait(within: .seconds(10))
            }
            guard !isEnding.withLock({ $0 }) else { return }
            dispatcher.deliverDue(at: { .now }, limit: 100)
        }
    }
}
