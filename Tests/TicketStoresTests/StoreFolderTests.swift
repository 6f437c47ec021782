internal import CASProtocol
internal import LMDB
internal import Platform
internal import TestSupport
internal import Testing
internal import Tickets

@testable internal import TicketStores

@Suite struct StoreFolderTests {
    private let folder: TemporaryDirectory
    private let session = mint(.ticketGrantingTicket)

    init() throws {
        folder = try TemporaryDirectory()
    }

    private var snapshot: String { folder.file("tickets.snapshot") }

    /// Adds the session in one boot, and writes a snapshot.
    private func beginAndSnapshot() throws {
        let registry = try folder.registry(bootID: "first")
        #expect(registry.origin == .nothing)
        try registry.begin("alice", session)
        #expect(try registry.snapshotIfChanged())
    }

    @Test func `the live store is used in the same boot`() throws {
        try beginAndSnapshot()
        File.remove(snapshot)
        let registry = try folder.registry(bootID: "first")
        #expect(registry.origin == .live)
        #expect(try registry.session(session, at: epoch) != nil)
        #expect(File.permissions(folder.file("run")) == 0o700)
        #expect(File.permissions(folder.file("run/tickets.mdb")) == 0o600)
    }

    @Test func `after a boot the snapshot is used, not the live store`() throws {
        try beginAndSnapshot()
        let late = mint(.ticketGrantingTicket)
        try folder.registry(bootID: "first").begin("bob", late)
        let registry = try folder.registry(bootID: "second")
        #expect(registry.origin == .snapshot)
        #expect(try registry.session(session, at: epoch) != nil)
        #expect(try registry.session(late, at: epoch) == nil)
        #expect(try registry.sessions(of: "alice", at: epoch).count == 1)
        #expect(File.permissions(snapshot) == 0o600)
    }

    @Test func `without a snapshot a live store of another boot is given up`() throws {
        try beginAndSnapshot()
        File.remove(snapshot)
        let registry = try folder.registry(bootID: "second")
        #expect(registry.origin == .nothing)
        #expect(try registry.counts().sessions == 0)
    }

    @Test func `a snapshot is written if something changed`() throws {
        try beginAndSnapshot()
        for boot in ["first", "second"] {
            let registry = try folder.registry(bootID: boot)
            #expect(try !registry.snapshotIfChanged())
            _ = try registry.session(session, at: epoch)
            _ = try registry.consume(mint(.serviceTicket), at: epoch)
            _ = try registry.sweep(at: epoch, limit: .max)
            _ = try registry.claimTurn("sweep", every: .zero, at: epoch)
            _ = try registry.claimDeliveries(at: epoch, lease: .seconds(60), limit: 10)
            #expect(try !registry.snapshotIfChanged())
            _ = try registry.consume(registry.granted(from: session), at: epoch)
            #expect(try registry.snapshotIfChanged())
            #expect(try !registry.snapshotIfChanged())
        }
    }

    @Test func `a damaged snapshot is an error that names it, and stays`() throws {
        try beginAndSnapshot()
        let content = try File.read(snapshot)
        var random = SeededRandom(seed: 5)
        var damaged = [0, 1, 63, 64, 4096, content.count - 1].map { Array(content.prefix($0)) }
        damaged.append(content + [0])
        for _ in 0..<40 {
            var copy = content
            copy[Int.random(in: 0..<copy.count, using: &random)] ^= 1
            damaged.append(copy)
        }
        for _ in 0..<10 {
            var copy = content
            copy[Int.random(in: copy.count - 64..<copy.count, using: &random)] ^= 128
            damaged.append(copy)
        }
        for content in damaged {
            try File.replace(snapshot, with: content)
            let error = #expect(throws: TicketRegistryError.self) {
                try folder.registry(bootID: "second")
            }
            guard case .corrupt(let text) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(text.contains(snapshot))
            #expect(try File.read(snapshot) == content)
        }
    }

    @Test func `a damaged live store is an error that names it`() throws {
        try beginAndSnapshot()
        let live = folder.file("run/tickets.mdb")
        try File.replace(live, with: Array(File.read(live, limit: 64 << 20).prefix(20_000)))
        let error = #expect(throws: TicketRegistryError.self) {
            try folder.registry(bootID: "first")
        }
        #expect(error == .corrupt("\(live): the file is truncated"))
    }

    @Test func `a live store of another format is an error that names it`() throws {
        try beginAndSnapshot()
        let live = folder.file("run/tickets.mdb")
        try withExtendedLifetime(
            Environment(path: live, databases: ["meta"], mapBytes: 64 << 20)
        ) { environment in
            try environment.write {
                try $0.put(Array("format".utf8), [1], in: environment.database("meta"))
            }
        }
        let error = #expect(throws: TicketRegistryError.self) {
            try folder.registry(bootID: "first")
        }
        #expect(error == .otherFormat("\(live): format 01, but this release reads 02"))
    }

    @Test func `a store of another format is put aside with its snapshot, and a new one made`()
        throws
    {
        try beginAndSnapshot()
        let live = folder.file("run/tickets.mdb")
        let before = try (File.read(live), File.read(snapshot))
        try LMDBTicketRegistry.setAside(
            runtimeDirectory: folder.file("run"), snapshotFile: snapshot)
        #expect(try File.read(live + ".old") == before.0)
        #expect(try File.read(snapshot + ".old") == before.1)
        let registry = try folder.registry(bootID: "first")
        #expect(registry.origin == .nothing)
        #expect(try registry.counts().sessions == 0)
    }

    @Test func `a snapshot of another format is an error that names it, and stays`() throws {
        try beginAndSnapshot()
        var content = try File.read(snapshot)
        let mark = Array("casd-snapshot ".utf8)
        let number = content.count - 64 + mark.count
        #expect(Array(content[(content.count - 64)..<number]) == mark)
        for (digit, text) in [
            ("1", "format 01, but this release reads 02"),
            ("3", "no snapshot, a truncated one, or one of another format"),
        ] {
            content[number] = try #require(digit.utf8.first)
            try File.replace(snapshot, with: content)
            let error = #expect(throws: TicketRegistryError.self) {
                try folder.registry(bootID: "second")
            }
            let expected = "\(snapshot): \(text)"
            #expect(error == (digit == "1" ? .otherFormat(expected) : .corrupt(expected)))
            #expect(try File.read(snapshot) == content)
        }
    }

    @Test func `deliveries outlive a boot in the snapshot`() throws {
        let ended = TicketHandle(of: session)
        do {
            let registry = try folder.registry(bootID: "first")
            try registry.begin("alice", session)
            _ = try registry.consume(registry.granted(from: session), at: epoch)
            _ = try registry.remove(ended, queueing: .logout, at: epoch)
            #expect(try registry.snapshotIfChanged())
        }
        let registry = try folder.registry(bootID: "second")
        let claimed = try registry.claimDeliveries(at: epoch, lease: .seconds(60), limit: 10)
        #expect(claimed.map(\.session) == [ended])
    }

    @Test func `a damaged record is an error`() throws {
        let registry = try folder.registry()
        try registry.begin("alice", session)
        try registry.environment.write {
            try $0.put(TicketHandle(of: session).bytes, [1, 2], in: registry.databases.sessions)
        }
        #expect(throws: TicketRegistryError.self) { try registry.session(session, at: epoch) }
    }

    @Test func `one turn is had in each interval`() throws {
        let registry = try folder.registry()
        let interval: Duration = .seconds(30)
        func claim(_ offset: Duration, _ name: String = "sweep") throws -> Bool {
            try registry.claimTurn(name, every: interval, at: epoch + offset)
        }
        #expect(try claim(.zero))
        #expect(try !claim(.zero))
        #expect(try claim(.zero, "snapshot"))
        #expect(try !claim(interval + lastMillisecond))
        #expect(try claim(interval))
        #expect(try !claim(.zero))
        #expect(try claim(.seconds(-1)))
    }

    @Test func `many threads get one turn`() throws {
        let registry = try folder.registry()
        let turns = Lock(0)
        onThreads(8) { _ in
            for _ in 0..<20 {
                // A failure shows as a turn that nobody had.
                if (try? registry.claimTurn("sweep", every: .seconds(1), at: epoch)) == true {
                    turns.withLock { $0 += 1 }
                }
            }
        }
        #expect(turns.withLock { $0 } == 1)
    }

    @Test func `usage grows and stays below the map`() throws {
        let registry = try folder.registry()
        let before = try registry.usage()
        for _ in 0..<200 { try registry.begin() }
        let after = try registry.usage()
        #expect(after.bytesInUse > before.bytesInUse && after.bytesInUse < after.bytesMax)
        #expect(after.bytesMax == 64 << 20)
    }

    @Test func `a folder that cannot be made is unavailable`() {
        let error = #expect(throws: TicketRegistryError.self) {
            try LMDBTicketRegistry(
                runtimeDirectory: "/dev/null/run", snapshotFile: nil, mapBytes: 1 << 20)
        }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
