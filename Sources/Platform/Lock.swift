internal import Glibc

/// A value that only one thread at a time may touch.
///
/// A `pthread_mutex_t`, because the standard library's `Mutex` was 60 to 220 times slower on
/// Linux once threads outnumbered cores.
@safe
package final class Lock<State>: @unchecked Sendable {
    // Unchecked because the compiler cannot see that `state` is only touched under `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs the body while no other thread has the value.
    package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }
}
