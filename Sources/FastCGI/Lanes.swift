internal import Glibc

/// Where a request is answered.
package enum Lane: Sendable {
    /// On the thread that read it: for what takes microseconds and never waits.
    case fast
    /// On a thread of the bounded blocking pool: password hashing, LDAP, outbound calls.
    case blocking
}

/// A bounded queue of work with threads of its own.
@safe
final class BlockingLane: @unchecked Sendable {
    // Unchecked because the compiler cannot see that `work` and `isClosed` are only touched
    // under `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var work: [@Sendable () -> Void] = []
    private var next = 0
    private var isClosed = false
    /// Threads that are not at work; those that have not started yet count.
    private var idle: Int
    private let queueMax: Int

    /// - Parameters:
    ///   - threads: How many threads will call ``run()``.
    ///   - queueMax: How many pieces of work may wait beyond those that idle threads take at once.
    init(threads: Int, queueMax: Int) {
        idle = threads
        self.queueMax = queueMax
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Takes the work on, or returns `false` at once when the lane is full or closed.
    func submit(_ piece: @escaping @Sendable () -> Void) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        guard !isClosed, work.count - next < queueMax + idle else { return false }
        work.append(piece)
        unsafe pthread_cond_signal(condition)
        return true
    }

    /// The body of each of the lane's threads; returns once the lane is closed and empty.
    func run() {
        while let piece = take() {
            piece()
            finish()
        }
    }

    private func take() -> (@Sendable () -> Void)? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while next == work.count {
            if isClosed { return nil }
            unsafe pthread_cond_wait(condition, mutex)
        }
        idle -= 1
        let piece = work[next]
        next += 1
        if next == work.count || next > queueMax {
            work.removeFirst(next)
            next = 0
        }
        return piece
    }

    private func finish() {
        unsafe pthread_mutex_lock(mutex)
        idle += 1
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Lets the threads end once the waiting work is done.
    func close() {
        unsafe pthread_mutex_lock(mutex)
        isClosed = true
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }
}
