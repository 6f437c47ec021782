internal import CPlatform
internal import Glibc

/// A child process that runs this very program.
package struct ChildProcess: Sendable, Hashable {
    package let pid: Int32

    package init(pid: Int32) {
        // 0, 1 and negative numbers mean groups, everybody and the system's first process.
        precondition(pid > 1)
        self.pid = pid
    }

    /// How a child has ended.
    package enum End: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// Starts this program again with other arguments.
    ///
    /// - Parameter descriptors: What the child gets as its descriptors 3, 4, …; nothing else is
    ///   handed on but the standard three.
    /// - Throws: If the process cannot be started.
    package static func spawnSelf(
        arguments: [String], descriptors: [Int32]
    ) throws(FileError) -> ChildProcess {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // First out of the way, then into place, so that no duplicate overwrites a later source.
        let offset: Int32 = 100
        for (index, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, offset + Int32(index))
        }
        for index in descriptors.indices {
            unsafe posix_spawn_file_actions_adddup2(
                &actions, offset + Int32(index), 3 + Int32(index))
            unsafe posix_spawn_file_actions_addclose(&actions, offset + Int32(index))
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var pid = pid_t()
        let words = (["casd"] + arguments).map { $0.utf8CString }
        let code = unsafe withArgumentPointers(words) { pointers in
            unsafe posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, pointers, environ)
        }
        guard code == 0 else {
            throw FileError(path: "/proc/self/exe", reason: systemErrorText(code))
        }
        return ChildProcess(pid: pid)
    }

    /// Calls the body with a list of C strings that ends with a null pointer.
    private static func withArgumentPointers(
        _ words: [ContiguousArray<CChar>],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let pointers = unsafe words.map { word in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.count)
            unsafe copy.initialize(from: Array(word), count: word.count)
            return unsafe Optional(copy)
        }
        defer { unsafe pointers.forEach { unsafe $0?.deallocate() } }
        return unsafe (pointers + [nil]).withUnsafeBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe body($0) } ?? EINVAL
        }
    }

    package func signal(_ signal: ChildSignal) {
        switch signal {
        case .terminate: kill(pid, SIGTERM)
        case .retire: kill(pid, SIGUSR2)
        case .kill: kill(pid, SIGKILL)
        }
    }

    package enum ChildSignal: Sendable { case terminate, retire, kill }

    /// A child that has ended and was not asked about yet, or `nil` if there is none.
    package static func reapAny() -> (ChildProcess, End)? {
        var status: Int32 = 0
        let pid = unsafe waitpid(-1, &status, WNOHANG)
        guard pid > 0 else { return nil }
        let signal = status & 0x7F
        return (
            ChildProcess(pid: pid),
            signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
        )
    }
}

/// Two ends through which a child says one thing: that it is ready.
package final class ReadinessPipe: Sendable {
    private let reading: Int32
    /// What the child gets; close it here by ``closeWriting()`` once the child has it.
    package let writing: Int32

    package init() throws(FileError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe casd_pipe(&ends) == 0 else { throw FileError(path: "pipe") }
        reading = ends[0]
        writing = ends[1]
    }

    deinit { close(reading) }

    package func closeWriting() { close(writing) }

    package enum State: Sendable { case waiting, ready, gone }

    /// What the child has said so far.
    package var state: State {
        var byte: UInt8 = 0
        let count = unsafe read(reading, &byte, 1)
        if count == 1 { return .ready }
        return count == 0 ? .gone : .waiting
    }

    /// Says "ready" on a descriptor that was inherited, and closes it.
    package static func reportReady(on descriptor: Int32) {
        var byte = UInt8(ascii: "R")
        _ = unsafe write(descriptor, &byte, 1)
        close(descriptor)
    }
}

/// What a process decides about itself.
package enum CurrentProcess {
    /// Gives the process the name that `ps` and `top` show; at most 15 bytes are kept.
    ///
    /// A program that is started through `/proc/self/exe` is called `exe` otherwise.
    package static func setName(_ name: String) {
        _ = unsafe casd_set_process_name(name)
    }

    /// Asks the kernel to end this process in good order when its parent dies.
    ///
    /// - Parameter parent: Who the parent was when it started this process.
    package static func endWithParent(_ parent: Int32) {
        _ = casd_end_with_parent()
        // It may have died before the call.
        if getppid() != parent { raise(SIGTERM) }
    }

    /// Refuses core dumps: they would hold keys, passwords and tickets.
    package static func refuseCoreDumps() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(4), &limit)
    }

    /// How many processors there are to run on, at least one.
    package static var processorCount: Int {
        max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    package static var pid: Int32 { getpid() }

    /// Gives memory that is free back to the system, after something large was read.
    package static func releaseFreeMemory() {
        malloc_trim(0)
    }

    /// Whether there is a process of that number; one that has ended and was not asked about yet
    /// counts.
    package static func isRunning(_ pid: Int32) -> Bool {
        // 0 and negative numbers mean groups.
        pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH
    }

    package static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
