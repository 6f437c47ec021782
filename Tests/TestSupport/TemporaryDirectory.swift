internal import Glibc
internal import Platform

/// A folder of one test, removed with all it holds when nobody refers to it any more.
package final class TemporaryDirectory: Sendable {
    package let path: String

    /// - Parameter parent: Where to make it; short, so that sockets fit into their addresses.
    package init(in parent: String = "/tmp") throws {
        path = parent + "/casd-test-" + hexadecimal(systemRandomBytes(6))
        try File.makeDirectory(path)
    }

    deinit {
        removeTree(path)
    }

    /// The path of a name in the folder.
    package func file(_ name: String) -> String { path + "/" + name }
}

private func removeTree(_ path: String) {
    // Losing the error is right: what cannot be listed is tried as a file, and the test is over.
    for name in (try? File.names(in: path)) ?? [] {
        let child = path + "/" + name
        if unsafe unlink(child) != 0 { removeTree(child) }
    }
    _ = unsafe rmdir(path)
}
