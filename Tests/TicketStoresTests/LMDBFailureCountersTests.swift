internal import LMDB
internal import Platform
internal import TestSupport
internal import Testing
internal import TicketStores
internal import Tickets

@Suite struct LMDBFailureCountersTests {
    @Test(arguments: FailureCountersCheck.all)
    func `conforms`(_ check: FailureCountersCheck) throws {
        let folder = try TemporaryDirectory()
        try check.run(folder.registry())
    }

    @Test func `failures take an eighth of the map, and the fullest buckets stay`() throws {
        let folder = try TemporaryDirectory()
        let registry = try folder.registry(mapBytes: 4 << 20)
        try registry.succeed(attempt("robot", from: "203.0.113.5"))
        for round in 0..<11 { try registry.fail(attempt(from: "192.0.2.\(round)")) }
        for number in 0..<8000 {
            try registry.fail(attempt("user\(number)", from: "10.\(number)"))
        }
        let usage = try registry.usage()
        #expect(usage.bytesInUse < usage.bytesMax / 6)
        #expect(try registry.wait(attempt(from: "198.51.100.1")) == .seconds(1))
        for number in 0..<11 {
            _ = try registry.fail(attempt("robot", from: "192.0.2.\(number)"))
        }
        #expect(try registry.wait(attempt("robot", from: "203.0.113.5")) == nil)
        try registry.begin()
        while try registry.sweepFailures(at: epoch + .seconds(9999), limit: 1000) > 0 {}
        #expect(try registry.held().isEmpty)
    }

    @Test func `known addresses take an eighth of the map as well`() throws {
        let folder = try TemporaryDirectory()
        let registry = try folder.registry(mapBytes: 4 << 20)
        for number in 0..<5000 { try registry.succeed(attempt("user\(number)")) }
        let usage = try registry.usage()
        #expect(usage.bytesInUse < usage.bytesMax / 6)
        for number in 0..<11 {
            _ = try registry.fail(attempt("user4999", from: "192.0.3.\(number)"))
        }
        #expect(try registry.wait(attempt("user4999")) == nil)
    }

    @Test func `a store of before there were counters is opened`() throws {
        let folder = try TemporaryDirectory()
        let run = folder.file("run")
        try File.makeDirectory(run)
        do {
            let old = try Environment(
                path: run + "/tickets.mdb",
                databases: [
                    "sessions", "tickets", "expiry", "principals", "services", "children",
                    "upstreams", "deliveries", "dues", "settled", "meta",
                ], mapBytes: 64 << 20)
            try old.write { transaction in
                try transaction.put(Array("format".utf8), [2], in: old.database("meta"))
            }
        }
        try File.replace(run + "/tickets.boot", with: Array("boot".utf8))
        let registry = try folder.registry()
        #expect(registry.origin == .live)
        try registry.begin()
        for _ in 0..<11 { try registry.fail(attempt()) }
        #expect(try registry.wait(attempt()) == .seconds(1))
    }

    @Test func `the counters outlive the process and a reboot`() throws {
        let folder = try TemporaryDirectory()
        try withExtendedLifetime(folder.registry()) { registry in
            for _ in 0..<11 { try registry.fail(attempt()) }
            #expect(try registry.snapshotIfChanged())
        }
        try withExtendedLifetime(folder.registry()) { registry throws in
            #expect(try registry.wait(attempt()) == .seconds(1))
        }
        #expect(try folder.registry(bootID: "next").wait(attempt()) == .seconds(1))
    }

    @Test func `a refused guess changes nothing`() throws {
        let folder = try TemporaryDirectory()
        let registry = try folder.registry()
        for _ in 0..<11 { try registry.fail(attempt()) }
        #expect(try registry.snapshotIfChanged())
        for _ in 0..<100 { #expect(try registry.fail(attempt()) != nil) }
        #expect(try !registry.snapshotIfChanged())
    }

    @Test func `the guesses of four processes are counted together`() async throws {
        let folder = try TemporaryDirectory()
        _ = try folder.registry()
        await withTaskGroup { group in
            for process in 0..<4 {
                group.addTask { [path = folder.path] in
                    await #expect(processExitsWith: .success) {
                        [path = path as String, process = process as Int] in
                        try guess(in: path, process: process)
                    }
                }
            }
        }
        let looked = try (0..<4).map { try File.readText(folder.file("looked.\($0)")) }
            .compactMap { Int($0) }
        let registry = try folder.registry()
        let held = try registry.failures(limit: 10, limits: wideLimits, at: epoch)
        #expect(looked.count == 4)
        #expect(held.first { $0.key.kind == .account }?.failures == looked.reduce(0, +))
        #expect(looked.reduce(0, +) >= 1000)
    }
}

private let wideLimits: FailureLimits = {
    var limits = FailureLimits()
    limits.failures = 1000
    limits.addressFailures = 10_000
    return limits
}()

/// Guesses 500 times on eight threads and writes down how many of them were looked at.
private func guess(in path: String, process: Int) throws {
    let registry = try openRegistry(in: path)
    appendLine("ready", to: path + "/ready.\(process)")
    let isComplete = waitUntil { (0..<4).allSatisfy { File.exists(path + "/ready.\($0)") } }
    precondition(isComplete)
    let looked = Lock(0)
    onThreads(8) { _ in
        for _ in 0..<500 {
            // A failure shows as guesses that are missing.
            if (try? registry.fail(attempt(), limits: wideLimits)) == .some(nil) {
                looked.withLock { $0 += 1 }
            }
        }
    }
    let text = "\(looked.withLock { $0 })"
    try File.replace(path + "/looked.\(process)", with: Array(text.utf8))
}
