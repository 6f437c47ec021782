import Foundation
import Glibc
import Platform
import TestSupport

/// A program run to its end, with a deadline.
struct Command {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let status: Int32
    let output: [UInt8]
    let errors: String

    /// What it wrote, as text.
    var text: String { String(decoding: output, as: UTF8.self) }

    /// Runs a program of the `PATH` and waits for its end; after `seconds` it is killed.
    ///
    /// - Throws: If it cannot be started, not if it ends with a failure.
    init(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        seconds: Int = 60
    ) throws {
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("in"), with: input)
        let child = try Child(
            ["timeout", "-k", "5", "\(seconds)"] + arguments, environment: environment,
            input: folder.file("in"), output: folder.file("out"), errors: folder.file("errors"))
        status = child.wait()
        output = try File.read(folder.file("out"))
        errors = String(decoding: try File.read(folder.file("errors")), as: UTF8.self)
    }

    /// Runs a program that has to succeed, and returns what it wrote.
    @discardableResult
    static func check(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        seconds: Int = 60
    ) throws -> String {
        let command = try Command(
            arguments, input: input, environment: environment, seconds: seconds)
        guard command.status == 0 else {
            throw Failed(
                description: "\(arguments.joined(separator: " ")) ended with \(command.status): "
                    + "\(command.text)\(command.errors)")
        }
        return command.text
    }
}

/// A process started by a test.
///
/// Not Foundation's: that one waits until the last descendant has ended, so for a server's end.
struct Child: Sendable {
    let pid: pid_t

    /// Starts a program of the `PATH`; it has no other descriptors than these three.
    init(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null",
        output: String, errors: String
    ) throws {
        var own = ProcessInfo.processInfo.environment
        own["PATH"] = (own["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        own.merge(environment) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] =
            unsafe arguments.map { unsafe strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            unsafe own.map { unsafe strdup("\($0)=\($1)") } + [nil]
        defer { unsafe (words + settings).forEach { word in unsafe free(word) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, writing, 0o600)
        for descriptor: Int32 in 3..<256 {
            unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        // The threads that run tests block signals, and a child would inherit that. The group is
        // the child's own, because Apache ends with a signal to all of its group.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var child: pid_t = 0
        guard
            unsafe posix_spawnp(&child, arguments[0], &actions, &attributes, &words, &settings) == 0
        else { throw Command.Failed(description: "\(arguments[0]) cannot be started") }
        pid = child
    }

    /// Waits for the end, once; 128 and the signal's number if a signal was the end.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Whether it has ended; it still has to be waited for.
    var hasEnded: Bool {
        (try? File.readText("/proc/\(pid)/stat"))?.contains(") Z ") ?? true
    }
}

/// A program that runs beside the test, and is gone at the latest when nobody refers to it.
final class Running: Sendable {
    let log: String
    private let child: Child
    private let isWaitedFor = Lock(false)

    /// Starts a program; what it writes goes to the file `log`.
    init(_ arguments: [String], environment: [String: String] = [:], log: String) throws {
        self.log = log
        child = try Child(arguments, environment: environment, output: log, errors: log)
    }

    deinit { stop() }

    var pid: Int32 { child.pid }
    var isRunning: Bool { isWaitedFor.withLock { !$0 && !child.hasEnded } }

    /// Waits for the end, and returns everything that was written.
    func finish() throws -> String {
        isWaitedFor.withLock { isWaitedFor in
            if !isWaitedFor { child.wait() }
            isWaitedFor = true
        }
        return try File.readText(log)
    }

    /// Ends it and what it has started, and waits until it has ended.
    func stop() {
        isWaitedFor.withLock { isWaitedFor in
            guard !isWaitedFor else { return }
            kill(pid, SIGTERM)
            if !eventually(within: 5000, { child.hasEnded }) { kill(pid, SIGKILL) }
            // Its own children that outlive it, such as those of PHP's server, are in its group.
            kill(-pid, SIGKILL)
            child.wait()
            isWaitedFor = true
        }
    }
}

/// Waits until something is so, looking a hundred times a second.
func eventually(within milliseconds: Int64 = 10_000, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = monotonicMilliseconds() + milliseconds
    while try !isSo() {
        guard monotonicMilliseconds() < deadline else { return false }
        usleep(10_000)
    }
    return true
}

extension String {
    /// The text from the end of `start`'s first occurrence to the next `end`.
    func between(_ start: String, _ end: String) -> String? {
        guard let from = range(of: start)?.upperBound else { return nil }
        guard let to = self[from...].range(of: end)?.lowerBound else { return nil }
        return String(self[from..<to])
    }

    /// How often a text occurs in this one.
    func count(of text: String) -> Int { components(separatedBy: text).count - 1 }
}
