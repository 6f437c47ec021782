import Glibc
import Platform

/// The `openssl` command, for what the server itself cannot do.
enum OpenSSLCommand {
    /// Runs the command with those words.
    ///
    /// - Throws: If it cannot be started, or does not end with status 0.
    static func run(_ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] =
            unsafe (["openssl"] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { word in unsafe free(word) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [0, 1, 2] as [Int32] {
            unsafe posix_spawn_file_actions_addopen(
                &actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var child: pid_t = 0
        guard unsafe posix_spawnp(&child, "openssl", &actions, nil, &words, environ) == 0 else {
            throw FileError(path: "openssl", reason: "cannot be started")
        }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw FileError(path: "openssl", reason: "failed") }
    }
}
