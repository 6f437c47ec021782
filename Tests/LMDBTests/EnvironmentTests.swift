internal import Glibc
internal import LMDB
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct EnvironmentTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("store")
    }

    private func open(mapBytes: Int = 8 << 20) throws -> Environment {
        try Environment(path: path, databases: ["a", "b"], mapBytes: mapBytes)
    }

    @Test func `what is committed is there, after reopening too`() throws {
        for round in 0..<2 {
            let environment = try open()
            let a = environment.database("a")
            if round == 0 {
                try environment.write { try $0.put([1], [2, 3], in: a) }
            }
            #expect(try environment.read { try $0.get([1], in: a) } == [2, 3])
            #expect(try environment.read { try $0.get([2], in: a) } == nil)
            #expect(try environment.read { try $0.count(a) } == 1)
        }
        #expect(File.permissions(path) == 0o600)
    }

    @Test func `a transaction that throws changes nothing`() throws {
        let environment = try open()
        let a = environment.database("a")
        #expect(throws: CancellationError.self) {
            try environment.write { transaction in
                try transaction.put([1], [2], in: a)
                throw CancellationError()
            }
        }
        #expect(try environment.read { try $0.count(a) } == 0)
    }

    @Test func `insert does not replace, put does, delete says whether it was there`() throws {
        let environment = try open()
        let a = environment.database("a")
        try environment.write { transaction in
            #expect(try transaction.insert([1], [1], in: a))
            #expect(try !transaction.insert([1], [2], in: a))
            #expect(try transaction.get([1], in: a) == [1])
            try transaction.put([1], [], in: a)
            #expect(try transaction.get([1], in: a) == [])
            #expect(try transaction.delete([1], in: a))
            #expect(try !transaction.delete([1], in: a))
        }
        #expect(throws: LMDBError.self) {
            try environment.write { try $0.put([], [1], in: a) }
        }
        #expect(throws: LMDBError.self) {
            try environment.write { try $0.put([UInt8](repeating: 1, count: 512), [], in: a) }
        }
    }

    @Test func `scanning goes in the order of the keys, from a key and by prefix`() throws {
        let environment = try open()
        let a = environment.database("a")
        let keys: [[UInt8]] = [[1], [2], [2, 0], [2, 1], [3], [255, 255]]
        try environment.write { transaction in
            for key in keys.reversed() { try transaction.put(key, key, in: a) }
        }
        func found(
            _ scan: (borrowing ReadTransaction, ([UInt8], [UInt8]) -> Bool) throws -> Void
        ) throws -> [[UInt8]] {
            var found: [[UInt8]] = []
            try environment.read { transaction in
                try scan(transaction) { key, value in
                    #expect(key == value)
                    found.append(key)
                    return key != [3]
                }
            }
            return found
        }
        #expect(try found { try $0.scan(a, $1) } == Array(keys.prefix(5)))
        #expect(try found { try $0.scan(a, from: [2, 0], $1) } == Array(keys[2...4]))
        #expect(try found { try $0.scan(a, prefix: [2], $1) } == Array(keys[1...3]))
        #expect(try found { try $0.scan(a, prefix: [255], $1) } == [[255, 255]])
        #expect(try found { try $0.scan(a, prefix: [4], $1) } == [])
        #expect(try found { try $0.scan(environment.database("b"), $1) } == [])
    }

    @Test func `a reader sees the store as it was when it began`() throws {
        let environment = try open()
        let a = environment.database("a")
        try environment.write { try $0.put([1], [1], in: a) }
        try environment.read { transaction in
            try environment.write { try $0.put([1], [2], in: a) }
            #expect(try transaction.get([1], in: a) == [1])
            #expect(try environment.read { try $0.get([1], in: a) } == [2])
        }
    }

    @Test func `a full map is an error that changes nothing`() throws {
        let environment = try open(mapBytes: 1 << 20)
        let a = environment.database("a")
        let value = [UInt8](repeating: 7, count: 1000)
        var count = 0
        let error = #expect(throws: LMDBError.self) {
            while count < 10_000 {
                try environment.write {
                    try $0.put([UInt8(count >> 8), UInt8(count & 255)], value, in: a)
                }
                count += 1
            }
        }
        #expect(error?.isFull == true && error?.isCorrupt == false)
        #expect(try environment.read { try $0.count(a) } == count)
        let pages = try environment.read { try $0.pagesInUse(by: [a, environment.database("b")]) }
        #expect(pages <= environment.extent().pagesMax && pages > 200)
    }

    @Test func `a process opens a file once at a time`() throws {
        var environment: Environment? = try open()
        #expect(throws: LMDBError.self) { try open() }
        #expect(environment?.path == path)
        environment = nil
        _ = try open()
    }

    @Test(arguments: [
        [UInt8]("no environment".utf8), [UInt8](repeating: 0, count: 8192),
        [UInt8](repeating: 255, count: 10_000),
    ])
    func `a file that is no environment is an error that names it`(_ content: [UInt8]) throws {
        try File.replace(path, with: content)
        let error = #expect(throws: LMDBError.self) { try open() }
        #expect(error?.isCorrupt == true && error?.description.contains(path) == true)
    }

    @Test func `a truncated file is an error that names it`() throws {
        try fill()
        let content = try File.read(path)
        for length in [1, 4096, 8191, 8192, content.count / 2, content.count - 1] {
            try File.replace(path, with: Array(content.prefix(length)))
            let error = #expect(throws: LMDBError.self) { try open() }
            #expect(error?.isCorrupt == true && error?.description.contains(path) == true)
        }
    }

    private func fill() throws {
        let environment = try open()
        let a = environment.database("a")
        try environment.write { transaction in
            for key in 0..<200 {
                try transaction.put([UInt8(key)], [UInt8](repeating: 1, count: 500), in: a)
            }
        }
    }

    @Test func `a copy is whole`() throws {
        try fill()
        let copy = folder.file("copy")
        try open().writeCopy(to: copy)
        let environment = try Environment(path: copy, databases: ["a"], mapBytes: 8 << 20)
        #expect(try environment.read { try $0.count(environment.database("a")) } == 200)
        #expect(File.permissions(copy) == 0o600)
        #expect(throws: LMDBError.self) {
            try environment.writeCopy(to: folder.file("missing/copy"))
        }
    }

    @Test func `only changes count as transactions`() throws {
        let environment = try open()
        let a = environment.database("a")
        let before = environment.extent().lastTransaction
        _ = try environment.read { try $0.get([1], in: a) }
        try environment.write { _ = try $0.delete([1], in: a) }
        #expect(environment.extent().lastTransaction == before)
        try environment.write { try $0.put([1], [], in: a) }
        #expect(environment.extent().lastTransaction == before + 1)
    }

    @Test func `threads that write at the same time lose nothing`() throws {
        let environment = try open()
        let a = environment.database("a")
        onThreads(8) { _ in
            for _ in 0..<100 {
                // A failure shows as a sum that is too small.
                try? environment.write { transaction in
                    let sum = try transaction.get([0], in: a)?.reduce(0) { $0 << 8 | Int($1) } ?? 0
                    try transaction.put(
                        [0], [UInt8((sum + 1) >> 8), UInt8((sum + 1) & 255)], in: a)
                }
                _ = try? environment.read { try $0.get([0], in: a) }
            }
        }
        #expect(try environment.read { try $0.get([0], in: a) } == [3, 32])
    }

    @Test func `the place of a reader that was killed is freed`() async throws {
        let environment = try open()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let environment = try Environment(path: path, databases: ["a"], mapBytes: 8 << 20)
            try environment.read { transaction in
                _ = try transaction.count(environment.database("a"))
                kill(getpid(), SIGKILL)
            }
        }
        #expect(try environment.removeStaleReaders() == 1)
        #expect(try environment.removeStaleReaders() == 0)
    }
}
