internal import Glibc

extension File {
    /// The number of the user to whom a path belongs, or `nil` if there is nothing.
    package static func owner(_ path: String) -> UInt32? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_uid : nil
    }
}

extension CurrentProcess {
    /// The number of the user as whom the process acts.
    package static var user: UInt32 { geteuid() }
}
