internal import CPlatform
internal import Glibc

/// The system refused a thread.
package struct ThreadError: Error, Hashable, CustomStringConvertible {
    /// In the system's words.
    package let reason: String

    package var description: String { "start a thread: \(reason)" }
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument = unsafe argument {
        let body = unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
        unsafe casd_set_process_name(body.name)
        body.run()
    }
    return nil
}

/// Starts a detached thread with every signal blocked.
///
/// Blocked because signals are taken from a queue, and because libfcgi takes an interrupted read or
/// write for a broken connection.
///
/// - Parameter name: What tools show, at most 15 bytes.
package func startThread(
    _ name: String, _ run: @escaping @Sendable () -> Void
) throws(ThreadError) {
    var all = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
    let argument = unsafe Unmanaged.passRetained(ThreadBody(name, run))
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, runThreadBody, argument.toOpaque())
    guard code == 0 else {
        unsafe argument.release()
        throw ThreadError(reason: systemErrorText(code))
    }
    pthread_detach(thread)
}
