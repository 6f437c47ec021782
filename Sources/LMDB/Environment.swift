internal import CLMDB
internal import Glibc
internal import Platform

/// One LMDB file, mapped into the process and shared with every process that opens it.
///
/// Any thread may use it. Nothing is synced to a disk: a killed process loses nothing, because the
/// pages are the kernel's, but after a power cut the file must not be used. The map is read-only,
/// so that a stray write of this process is a fault and not a damaged store, and so that a full
/// file system is an error and not a signal.
@safe
package final class Environment: @unchecked Sendable {
    // Unchecked because LMDB's environment may be used by any thread, and the rest is constant.
    private let handle: OpaquePointer
    private let databases: [String: Database]
    private let readers = Lock<[Reader]>([])
    /// The file.
    package let path: String

    /// Opens the file, or makes it with permissions 0600.
    ///
    /// - Parameters:
    ///   - databases: The names of the databases; those that are missing are made.
    ///   - mapBytes: The largest size of the file, rounded up to pages.
    ///   - readersMax: How many threads of all processes may read at a time.
    /// - Throws: If this process has it open already, if it is damaged, or the system refuses.
    package init(
        path: String, databases names: [String], mapBytes: Int, readersMax: Int = 1024
    ) throws(LMDBError) {
        guard openPaths.withLock({ $0.insert(path).inserted }) else {
            throw LMDBError(context: path, reason: "this process has it open already")
        }
        do throws(LMDBError) {
            let handle = unsafe try opened(
                path, databases: names.count, mapBytes: mapBytes, readersMax: readersMax)
            do throws(LMDBError) {
                unsafe try refuseTruncated(handle, path)
                databases = unsafe try openDatabases(names, handle, path)
            } catch {
                unsafe mdb_env_close(handle)
                throw error
            }
            unsafe self.handle = handle
            self.path = path
        } catch {
            openPaths.withLock { _ = $0.remove(path) }
            throw error
        }
    }

    deinit {
        for reader in readers.withLock({ $0 }) { unsafe mdb_txn_abort(reader.transaction) }
        unsafe mdb_env_close(handle)
        openPaths.withLock { _ = $0.remove(path) }
    }

    /// The database of a name that was given to the initializer.
    package func database(_ name: String) -> Database {
        guard let database = databases[name] else { preconditionFailure("no database \(name)") }
        return database
    }

    /// Runs the body on a consistent view; readers neither wait for writers nor hold them up.
    ///
    /// A view that stays open for long keeps pages from being used again.
    ///
    /// Inlinable as ``write(_:)`` is, because generic code that is not compiled for its caller is
    /// slow.
    @inlinable
    package func read<Result>(
        _ body: (borrowing ReadTransaction) throws -> Result
    ) throws -> Result {
        let reader = try takeReader()
        defer { giveBack(reader) }
        return try body(reader.view)
    }

    /// Runs the body as the only writer on the machine and commits; if it throws, nothing changes.
    @inlinable
    package func write<Result>(
        _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        let transaction = try beginWriting()
        let result: Result
        do {
            result = try body(transaction)
        } catch {
            abort(transaction)
            throw error
        }
        try commit(transaction)
        return result
    }

    @usableFromInline
    func beginWriting() throws(LMDBError) -> WriteTransaction {
        var transaction: OpaquePointer?
        let code = unsafe mdb_txn_begin(handle, nil, 0, &transaction)
        guard code == MDB_SUCCESS, let transaction = unsafe transaction else {
            throw LMDBError(code, "begin to write \(path)")
        }
        return unsafe WriteTransaction(transaction)
    }

    @usableFromInline
    func abort(_ transaction: borrowing WriteTransaction) {
        unsafe mdb_txn_abort(transaction.transaction)
    }

    @usableFromInline
    func commit(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
        try LMDBError.check(unsafe mdb_txn_commit(transaction.transaction), "commit to \(path)")
    }

    /// How far the file has grown, and how often it has changed.
    package struct Extent: Hashable, Sendable {
        /// The pages up to the last one that was ever used; some of them may be free again.
        package let pages: Int
        package let pagesMax: Int
        package let pageBytes: Int
        /// The number of the last transaction that changed something.
        package let lastTransaction: Int
    }

    package func extent() -> Extent {
        unsafe extentOf(handle)
    }

    /// Frees the places of readers whose processes have died.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package func removeStaleReaders() throws(LMDBError) -> Int {
        var count: Int32 = 0
        try LMDBError.check(
            unsafe mdb_reader_check(handle, &count), "look for stale readers of \(path)")
        return Int(count)
    }

    /// Writes a consistent copy into a file, replacing it, and syncs it to the disk.
    ///
    /// Writers go on meanwhile, but the pages they free cannot be used again before the end.
    package func writeCopy(to copy: String) throws(LMDBError) {
        let descriptor = unsafe open(copy, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LMDBError(errno, copy) }
        defer { close(descriptor) }
        try LMDBError.check(unsafe mdb_env_copyfd2(handle, descriptor, 0), copy)
        guard fsync(descriptor) == 0 else { throw LMDBError(errno, copy) }
    }

    // MARK: Readers

    /// A read-only transaction that is kept for its place in the table of readers.
    ///
    /// Taking a place costs a lock that all processes share; renewing one costs nothing.
    @safe @usableFromInline
    struct Reader: @unchecked Sendable {
        // Unchecked because only the thread that took it out of the pool uses it.
        fileprivate let transaction: OpaquePointer

        @usableFromInline var view: ReadTransaction { unsafe ReadTransaction(transaction) }
    }

    @usableFromInline
    func takeReader() throws(LMDBError) -> Reader {
        if let reader = readers.withLock({ $0.popLast() }) {
            let code = unsafe mdb_txn_renew(reader.transaction)
            if code == MDB_SUCCESS { return reader }
            unsafe mdb_txn_abort(reader.transaction)
            throw LMDBError(code, "begin to read \(path)")
        }
        var transaction: OpaquePointer?
        var code = unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
        if code == MDB_READERS_FULL, try removeStaleReaders() > 0 {
            code = unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
        }
        guard code == MDB_SUCCESS, let transaction = unsafe transaction else {
            throw LMDBError(code, "begin to read \(path)")
        }
        return unsafe Reader(transaction: transaction)
    }

    @usableFromInline
    func giveBack(_ reader: Reader) {
        unsafe mdb_txn_reset(reader.transaction)
        readers.withLock { $0.append(reader) }
    }
}

/// LMDB loses its locks if a process opens a file twice, so that is refused.
private let openPaths = Lock<Set<String>>([])

private func opened(
    _ path: String, databases: Int, mapBytes: Int, readersMax: Int
) throws(LMDBError) -> OpaquePointer {
    var environment: OpaquePointer?
    let code = unsafe mdb_env_create(&environment)
    guard code == MDB_SUCCESS, let environment = unsafe environment else {
        throw LMDBError(code, path)
    }
    do {
        try LMDBError.check(unsafe mdb_env_set_mapsize(environment, max(0, mapBytes)), path)
        try LMDBError.check(
            unsafe mdb_env_set_maxdbs(environment, UInt32(clamping: databases)), path)
        try LMDBError.check(
            unsafe mdb_env_set_maxreaders(environment, UInt32(clamping: readersMax)), path)
        let flags = UInt32(MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS)
        try LMDBError.check(unsafe mdb_env_open(environment, path, flags, 0o600), path)
    } catch {
        unsafe mdb_env_close(environment)
        throw error
    }
    return unsafe environment
}

/// Throws if the file ends before its last page, because touching that page would be a signal.
private func refuseTruncated(_ environment: OpaquePointer, _ path: String) throws(LMDBError) {
    let extent = unsafe extentOf(environment)
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw LMDBError(errno, path) }
    let (bytes, overflow) = extent.pages.multipliedReportingOverflow(by: extent.pageBytes)
    guard !overflow, Int(status.st_size) >= bytes else {
        throw LMDBError(context: path, reason: "the file is truncated")
    }
}

private func extentOf(_ environment: OpaquePointer) -> Environment.Extent {
    var place = unsafe MDB_envinfo()
    var statistics = MDB_stat()
    _ = unsafe mdb_env_info(environment, &place)
    _ = unsafe mdb_env_stat(environment, &statistics)
    let pageBytes = max(1, Int(statistics.ms_psize))
    return unsafe Environment.Extent(
        pages: place.me_last_pgno + 1, pagesMax: place.me_mapsize / pageBytes,
        pageBytes: pageBytes, lastTransaction: place.me_last_txnid)
}

private func openDatabases(
    _ names: [String], _ environment: OpaquePointer, _ path: String
) throws(LMDBError) -> [String: Database] {
    var transaction: OpaquePointer?
    let code = unsafe mdb_txn_begin(environment, nil, 0, &transaction)
    guard code == MDB_SUCCESS, let transaction = unsafe transaction else {
        throw LMDBError(code, path)
    }
    var databases: [String: Database] = [:]
    for name in names {
        var handle: UInt32 = 0
        let code = unsafe mdb_dbi_open(transaction, name, UInt32(MDB_CREATE), &handle)
        guard code == MDB_SUCCESS else {
            unsafe mdb_txn_abort(transaction)
            throw LMDBError(code, "\(path), database \(name)")
        }
        databases[name] = Database(handle: handle)
    }
    try LMDBError.check(unsafe mdb_txn_commit(transaction), path)
    return databases
}
