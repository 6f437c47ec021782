import Platform
import TestSupport
import Testing

@Suite("A counter that processes share") struct SharedCounterTests {
    @Test func `what one adds the others see`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("changes")
        let first = try SharedCounter(path)
        let second = try SharedCounter(path)
        #expect(first.value == 0 && second.value == 0)
        #expect(first.increment() == 1)
        #expect(second.value == 1)
        #expect(second.increment() == 2)
        #expect(first.value == 2)
        #expect(try SharedCounter(path).value == 2)
        #expect(File.permissions(path) == 0o600)
    }

    @Test func `a short file is filled, a longer one is left as it is`() throws {
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("short"), with: [7])
        #expect(try SharedCounter(folder.file("short")).value == 7)
        #expect(try File.read(folder.file("short")).count == 4096)
        try File.replace(folder.file("long"), with: [UInt8](repeating: 0, count: 10_000))
        #expect(try SharedCounter(folder.file("long")).increment() == 1)
        #expect(try File.read(folder.file("long")).count == 10_000)
    }

    @Test func `what is no regular file is refused`() throws {
        let folder = try TemporaryDirectory()
        #expect(throws: FileError.self) { try SharedCounter(folder.path) }
        #expect(throws: FileError.self) { try SharedCounter(folder.file("missing/changes")) }
        #expect(throws: FileError.self) { try SharedCounter("/dev/null") }
    }

    @Test func `nothing is lost between threads`() throws {
        let folder = try TemporaryDirectory()
        let counters = try (0..<4).map { _ in try SharedCounter(folder.file("changes")) }
        onThreads(4) { index in
            for _ in 0..<10_000 { counters[index].increment() }
        }
        #expect(counters[0].value == 40_000)
    }
}

@Suite("Files that are written for good") struct DurableFileTests {
    @Test func `a file is replaced whole, with its permissions, and nothing is left over`() throws {
        let folder = try TemporaryDirectory()
        try File.replaceDurably(folder.file("a"), with: [1, 2, 3], permissions: 0o640)
        try File.replaceDurably(folder.file("a"), with: [4], permissions: 0o640)
        #expect(try File.read(folder.file("a")) == [4])
        #expect(File.permissions(folder.file("a")) == 0o640)
        try File.renameDurably(folder.file("a"), to: folder.file("b"))
        #expect(try File.names(in: folder.path) == ["b"])
        try File.removeDurably(folder.file("b"))
        try File.removeDurably(folder.file("b"))
        #expect(try File.names(in: folder.path).isEmpty)
    }

    @Test func `what cannot be written leaves nothing`() throws {
        let folder = try TemporaryDirectory()
        try File.makeDirectory(folder.file("a"))
        #expect(throws: FileError.self) {
            try File.replaceDurably(folder.file("a"), with: [1], permissions: 0o640)
        }
        #expect(throws: FileError.self) {
            try File.replaceDurably(folder.file("missing/a"), with: [1], permissions: 0o640)
        }
        #expect(try File.names(in: folder.path) == ["a"])
    }

    @Test func `a lock has one holder, and others wait for a while`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("lock")
        var first = try FileLock(path, within: .zero)
        #expect(first != nil)
        #expect(try FileLock(path, within: .milliseconds(30)) == nil)
        first = nil
        #expect(try FileLock(path, within: .zero) != nil)
        withExtendedLifetime(first) {}
    }
}
