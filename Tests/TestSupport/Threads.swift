internal import Glibc

/// Runs the body on as many threads at a time, with their numbers, and waits for all of them.
package func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for number in 0..<count {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(ThreadBody { body(number) }).toOpaque()
        precondition(unsafe pthread_create(&thread, nil, runThreadBody, box) == 0)
        threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

private nonisolated func runThreadBody(
    _ box: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? {
    if let box = unsafe box {
        unsafe Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().body()
    }
    return nil
}

/// Waits until something is so.
///
/// - Returns: Whether it came to be so before the deadline.
package func waitUntil(milliseconds: Int64 = 10_000, _ isSo: () -> Bool) -> Bool {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    let start = now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    while !isSo() {
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        if now.tv_sec * 1000 + now.tv_nsec / 1_000_000 - start > Int(milliseconds) { return false }
        sched_yield()
    }
    return true
}

/// Has the kernel kill this process (`SIGKILL`) after a time, whatever it is doing then.
package func killSelf(afterMicroseconds delay: Int) {
    var event = unsafe sigevent()
    unsafe event.sigev_notify = Int32(SIGEV_SIGNAL)
    unsafe event.sigev_signo = SIGKILL
    var timer: timer_t?
    precondition(unsafe timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
    var time = itimerspec()
    time.it_value.tv_sec = delay / 1_000_000
    time.it_value.tv_nsec = delay % 1_000_000 * 1000
    precondition(unsafe timer_settime(timer, 0, &time, nil) == 0)
}

/// Adds a line to a file in one system call, so that it is there even if the process dies next.
package func appendLine(_ line: String, to path: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array((line + "\n").utf8)
    precondition(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
}
