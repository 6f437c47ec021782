internal import CLMDB
internal import Glibc
internal import Platform

/// Why LMDB could not do its work: its own code and text, captured at the failing call.
package struct LMDBError: Error, Hashable, Sendable, CustomStringConvertible {
    /// LMDB's code, negative, or the system's error number.
    package let code: Int32
    /// What was to be done, and with which file.
    package let context: String
    /// What went wrong, in the library's words.
    package let reason: String

    init(_ code: Int32, _ context: String) {
        self.code = code
        self.context = context
        reason = unsafe mdb_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    init(context: String, reason: String) {
        code = MDB_INVALID
        self.context = context
        self.reason = reason
    }

    /// Whether there is no room: in the map, or on the file system below it.
    package var isFull: Bool { code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT }

    /// Whether the file is no environment that this library reads, or is damaged.
    package var isCorrupt: Bool {
        [MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_VERSION_MISMATCH].contains(code)
    }

    package var description: String { "\(context): \(reason)" }

    /// Throws what the code means unless it means success.
    static func check(_ code: Int32, _ context: @autoclosure () -> String) throws(LMDBError) {
        guard code == MDB_SUCCESS else { throw LMDBError(code, context()) }
    }
}
