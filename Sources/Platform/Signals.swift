internal import CPlatform
internal import Glibc

/// The signals that casd's processes act upon.
package enum Signal: Sendable, Hashable {
    /// End in good order (`SIGTERM`, `SIGINT`).
    case terminate
    /// End in good order and leave the work to others, who are there (`SIGUSR2`).
    ///
    /// A signal of its own, because the others reach whole process groups: `SIGINT` and `SIGHUP`
    /// from a terminal, `SIGTERM` from systemd and at the death of the parent.
    case retire
    /// Read everything anew (`SIGHUP`).
    case reload
    /// A child process has ended (`SIGCHLD`).
    case child

    fileprivate init?(number: Int32) {
        switch number {
        case SIGTERM, SIGINT: self = .terminate
        case SIGUSR2: self = .retire
        case SIGHUP: self = .reload
        case SIGCHLD: self = .child
        default: return nil
        }
    }
}

/// Signals as something to wait for: blocked for the whole process, taken one by one.
///
/// To be made before any thread starts, so that all threads inherit the blocking.
package struct SignalQueue: Sendable {
    package init() {
        var set = Self.waited
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // A peer that goes away shows as an error of the write, never as the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// The next signal, or `nil` when the time is over.
    package func next(within timeout: Duration) -> Signal? {
        var set = Self.waited
        let milliseconds = max(0, timeout.milliseconds)
        var time = timespec(
            tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        let number = unsafe sigtimedwait(&set, nil, &time)
        return number > 0 ? Signal(number: number) : nil
    }

    private static var waited: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGUSR2, SIGHUP, SIGCHLD] { unsafe sigaddset(&set, number) }
        return set
    }
}
