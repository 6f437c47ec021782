internal import CLMDB

/// One of the named databases of an environment.
package struct Database: Hashable, Sendable {
    let handle: UInt32
}

/// A consistent view of an environment, as it was when the transaction began.
///
/// Lives inside ``Environment/read(_:)`` only. What it returns are copies, so nothing points into
/// the map when it is over.
@safe
package struct ReadTransaction: ~Copyable {
    private let transaction: OpaquePointer

    init(_ transaction: OpaquePointer) {
        unsafe self.transaction = transaction
    }

    /// The value of a key, or `nil` if the key is not there.
    package func get(_ key: [UInt8], in database: Database) throws(LMDBError) -> [UInt8]? {
        var value = unsafe MDB_val()
        let code = unsafe withValue(key) { key in
            unsafe mdb_get(transaction, database.handle, &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try LMDBError.check(code, "get")
        return unsafe copied(value)
    }

    /// Shows keys and values in the order of the keys, from the first that is not below `start`.
    ///
    /// The body must not write to the database; it returns `false` to stop.
    package func scan(
        _ database: Database, from start: [UInt8] = [],
        _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool
    ) throws {
        var cursor: OpaquePointer?
        try LMDBError.check(
            unsafe mdb_cursor_open(transaction, database.handle, &cursor), "open a cursor")
        defer { unsafe mdb_cursor_close(cursor) }
        var value = unsafe MDB_val()
        var found: [UInt8] = []
        var code = unsafe withValue(start) { key in
            let code = unsafe mdb_cursor_get(
                cursor, &key, &value, start.isEmpty ? MDB_FIRST : MDB_SET_RANGE)
            if code == MDB_SUCCESS { found = unsafe copied(key) }
            return code
        }
        while code == MDB_SUCCESS {
            guard try body(found, unsafe copied(value)) else { return }
            var key = unsafe MDB_val()
            code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            if code == MDB_SUCCESS { found = unsafe copied(key) }
        }
        if code != MDB_NOTFOUND { throw LMDBError(code, "scan") }
    }

    /// Shows the keys that begin with the prefix, and their values, in the order of the keys.
    package func scan(
        _ database: Database, prefix: [UInt8],
        _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool
    ) throws {
        try scan(database, from: prefix) { key, value in
            guard key.starts(with: prefix) else { return false }
            return try body(key, value)
        }
    }

    /// How many keys a database holds; takes the same time for any number.
    package func count(_ database: Database) throws(LMDBError) -> Int {
        try statistics(database.handle).ms_entries
    }

    /// How many pages the given databases and LMDB's own two take up, without free pages.
    ///
    /// Takes the same time for any number of pages.
    package func pagesInUse(by databases: [Database]) throws(LMDBError) -> Int {
        var pages = metaPages
        for handle in [freeDatabase, mainDatabase] + databases.map(\.handle) {
            let statistics = try statistics(handle)
            pages +=
                statistics.ms_branch_pages + statistics.ms_leaf_pages
                + statistics.ms_overflow_pages
        }
        return pages
    }

    private func statistics(_ handle: UInt32) throws(LMDBError) -> MDB_stat {
        var statistics = MDB_stat()
        try LMDBError.check(unsafe mdb_stat(transaction, handle, &statistics), "count")
        return statistics
    }
}

/// The right to change an environment, which one thread on the machine has at a time.
///
/// Lives inside ``Environment/write(_:)`` only, and shows its own changes.
@safe
package struct WriteTransaction: ~Copyable {
    let transaction: OpaquePointer
    /// The same transaction, for reading.
    package let reading: ReadTransaction

    init(_ transaction: OpaquePointer) {
        unsafe self.transaction = transaction
        reading = unsafe ReadTransaction(transaction)
    }

    /// The value of a key, or `nil` if the key is not there.
    package func get(_ key: [UInt8], in database: Database) throws(LMDBError) -> [UInt8]? {
        try reading.get(key, in: database)
    }

    /// Sets the value of a key of 1 to 511 bytes, whether it is there or not.
    package func put(_ key: [UInt8], _ value: [UInt8], in database: Database) throws(LMDBError) {
        try LMDBError.check(set(key, value, database, flags: 0), "put")
    }

    /// Adds a key of 1 to 511 bytes.
    ///
    /// - Returns: Whether the key was new; if not, nothing has changed.
    package func insert(
        _ key: [UInt8], _ value: [UInt8], in database: Database
    ) throws(LMDBError) -> Bool {
        let code = set(key, value, database, flags: UInt32(MDB_NOOVERWRITE))
        if code == MDB_KEYEXIST { return false }
        try LMDBError.check(code, "insert")
        return true
    }

    /// Removes a key.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    package func delete(_ key: [UInt8], in database: Database) throws(LMDBError) -> Bool {
        let code = unsafe withValue(key) { key in
            unsafe mdb_del(transaction, database.handle, &key, nil)
        }
        if code == MDB_NOTFOUND { return false }
        try LMDBError.check(code, "delete")
        return true
    }

    private func set(
        _ key: [UInt8], _ value: [UInt8], _ database: Database, flags: UInt32
    ) -> Int32 {
        unsafe withValue(key) { key in
            unsafe withValue(value) { value in
                unsafe mdb_put(transaction, database.handle, &key, &value, flags)
            }
        }
    }
}

/// LMDB keeps its free pages in database 0 and the names of the others in database 1.
private let freeDatabase: UInt32 = 0
private let mainDatabase: UInt32 = 1
private let metaPages = 2

/// Lends the bytes to a call of LMDB, which does not keep the pointer or write through it.
private func withValue(_ bytes: [UInt8], _ body: (inout MDB_val) -> Int32) -> Int32 {
    unsafe bytes.withUnsafeBytes { buffer in
        var value = unsafe MDB_val(
            mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
        return unsafe body(&value)
    }
}

private func copied(_ value: MDB_val) -> [UInt8] {
    guard let base = unsafe value.mv_data else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: value.mv_size))
}
