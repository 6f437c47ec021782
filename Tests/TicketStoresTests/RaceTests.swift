internal import CASProtocol
internal import Platform
internal import TestSupport
internal import Testing
internal import TicketStores
internal import Tickets

@Suite struct RaceTests {
    @Test func `each of 5000 tickets is won once by 8 threads of 4 processes`() async throws {
        let folder = try TemporaryDirectory()
        let ids = try grantAll(5000, in: folder)
        try File.replace(folder.file("tickets"), with: Array(ids.joined(separator: "\n").utf8))
        await withTaskGroup { group in
            for process in 0..<4 {
                group.addTask { [path = folder.path] in
                    await #expect(processExitsWith: .success) {
                        [path = path as String, process = process as Int] in
                        try race(in: path, process: process)
                    }
                }
            }
        }
        let wins = try (0..<4).map { try File.readText(folder.file("wins.\($0)")).lines }
        #expect(wins.joined().count == 5000)
        #expect(Set(wins.joined()) == Set(ids))
        #expect(wins.count { !$0.isEmpty } > 1)
    }

    @Test func `each of 1000 deliveries is claimed once by 8 threads of 4 processes`() async throws
    {
        let folder = try TemporaryDirectory()
        try withExtendedLifetime(folder.registry()) { registry in
            for number in 0..<100 {
                let session = try registry.enter((0..<10).map { "https://\(number)-\($0)/" })
                _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: epoch)
            }
        }
        await withTaskGroup { group in
            for process in 0..<4 {
                group.addTask { [path = folder.path] in
                    await #expect(processExitsWith: .success) {
                        [path = path as String, process = process as Int] in
                        try claim(in: path, process: process)
                    }
                }
            }
        }
        let claims = try (0..<4).map { try File.readText(folder.file("claims.\($0)")).lines }
        #expect(claims.joined().count == 1000 && Set(claims.joined()).count == 1000)
        let registry = try folder.registry()
        #expect(try registry.claim(at: epoch).isEmpty)
        #expect(try registry.claim(at: epoch + .seconds(60), limit: 2000).count == 1000)
    }

    @Test func `a snapshot is restored once by processes that start together`() async throws {
        let folder = try TemporaryDirectory()
        let session = mint(.ticketGrantingTicket)
        try withExtendedLifetime(folder.registry(bootID: "before")) { registry in
            try registry.begin("alice", session)
            #expect(try registry.snapshotIfChanged())
        }
        await withTaskGroup { group in
            for process in 0..<4 {
                group.addTask { [path = folder.path, id = session.wireValue] in
                    await #expect(processExitsWith: .success) {
                        [path = path as String, id = id as String, process = process as Int] in
                        meet(in: path, process: process)
                        let registry = try openRegistry(in: path, bootID: "after")
                        let session = try #require(TicketID(id))
                        try #require(try registry.session(session, at: epoch) != nil)
                        let name = registry.origin == .snapshot ? "restored" : "live"
                        appendLine(name, to: path + "/origins")
                    }
                }
            }
        }
        let origins = try File.readText(folder.file("origins")).lines.sorted()
        #expect(origins == ["live", "live", "live", "restored"])
    }
}

extension String {
    var lines: [String] { split(separator: "\n").map(String.init) }
}

/// Opens the registry of a folder that another process made.
func openRegistry(in path: String, bootID: String = "boot") throws -> LMDBTicketRegistry {
    try LMDBTicketRegistry(
        runtimeDirectory: path + "/run", snapshotFile: path + "/tickets.snapshot",
        mapBytes: 64 << 20, bootID: bootID)
}

private func grantAll(_ count: Int, in folder: TemporaryDirectory) throws -> [String] {
    let registry = try folder.registry()
    let session = try registry.begin()
    return try (0..<count).map { _ in try registry.granted(from: session).wireValue }
}

/// Waits until four processes are here.
private func meet(in path: String, process: Int) {
    appendLine("ready", to: path + "/ready.\(process)")
    let isComplete = waitUntil { (0..<4).allSatisfy { File.exists(path + "/ready.\($0)") } }
    precondition(isComplete)
}

/// Tries to consume all tickets on eight threads and writes down those that were won.
private func race(in path: String, process: Int) throws {
    let registry = try openRegistry(in: path)
    let ids = try File.readText(path + "/tickets").lines.compactMap(TicketID.init)
    try #require(ids.count == 5000)
    meet(in: path, process: process)
    let wins = Lock<[String]>([])
    onThreads(8) { _ in
        for id in ids {
            // A failure shows as a ticket that nobody won.
            if case .consumed = try? registry.consume(id, at: epoch) {
                wins.withLock { $0.append(id.wireValue) }
            }
        }
    }
    let text = wins.withLock { $0.joined(separator: "\n") }
    try File.replace(path + "/wins.\(process)", with: Array(text.utf8))
}

/// Claims all that is due on eight threads and writes down what it got.
private func claim(in path: String, process: Int) throws {
    let registry = try openRegistry(in: path)
    meet(in: path, process: process)
    let claims = Lock<[String]>([])
    onThreads(8) { _ in
        // A failure shows as a delivery that nobody got.
        while let batch = try? registry.claim(at: epoch, limit: 7), !batch.isEmpty {
            claims.withLock { $0 += batch.map(\.service) }
        }
    }
    let text = claims.withLock { $0.joined(separator: "\n") }
    try File.replace(path + "/claims.\(process)", with: Array(text.utf8))
}
