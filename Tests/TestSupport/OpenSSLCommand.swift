import Glibc
import Platform

/// Runs the `openssl` command.
///
/// - Parameter log: The file for what it says on standard error.
/// - Throws: If it cannot be started or fails, with what it said.
package func openssl(_ arguments: [String], log: String = "/dev/null") throws {
    var words: [UnsafeMutablePointer<CChar>?] =
        unsafe (["openssl"] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { word in unsafe free(word) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT, 0o600)
    var child: pid_t = 0
    guard unsafe posix_spawnp(&child, "openssl", &actions, nil, &words, environ) == 0 else {
        throw FileError(path: "openssl", reason: "cannot be started")
    }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
        throw FileError(path: "openssl", reason: (try? File.readText(log)) ?? "failed")
    }
}
