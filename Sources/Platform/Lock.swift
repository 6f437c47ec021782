internal import Glibc

/// A value that only one thread at a time may touch.
///
/// A `pthread_mutex_t`, because the standard library's `Mutex` was 60 to 220 times slower on
/// Linux once threads outnumbered cores.
@safe
package final class Lock<State>: @unchecked Sendable {
    // Unchecked because the compiler cannot see that `state` is only touched under `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline var state: State

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
    ///
    /// Inlinable, because generic code that is not compiled for its caller costs more than the
    /// lock.
    @inlinable
    package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        take()
        defer { giveBack() }
        return try body(&state)
    }

    @usableFromInline
    func take() {
        unsafe pthread_mutex_lock(mutex)
    }

    @usableFromInline
    func giveBack() {
        unsafe pthread_mutex_unlock(mutex)
    }
}
