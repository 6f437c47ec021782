internal import LMDB
internal import Platform
internal import TestSupport
internal import Testing
internal import TicketStores
internal import Tickets

@Suite struct LMDBReplayMarksTests {
    @Test(arguments: ReplayMarksCheck.all)
    func `conforms`(_ check: ReplayMarksCheck) throws {
        let folder = try TemporaryDirectory()
        try check.run(folder.registry())
    }

    @Test func `each of 1000 marks is taken once by 8 threads of 4 processes`() async throws {
        let folder = try TemporaryDirectory()
        _ = try folder.registry()
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
        let wins = try (0..<4).map { try File.readText(folder.file("marks.\($0)")) }
            .map { $0.split(separator: " ").compactMap { Int($0) } }
        #expect(wins.joined().sorted() == Array(0..<1000))
    }

    @Test func `marks outlive the process and a reboot`() throws {
        let folder = try TemporaryDirectory()
        try withExtendedLifetime(folder.registry()) { registry throws in
            #expect(try registry.claim(1))
            #expect(try registry.snapshotIfChanged())
        }
        try withExtendedLifetime(folder.registry()) { registry throws in
            #expect(try !registry.claim(1))
        }
        let rebooted = try folder.registry(bootID: "next")
        #expect(rebooted.origin == .snapshot)
        #expect(try !rebooted.claim(1))
        #expect(try rebooted.sweepMarks(at: epoch + .seconds(60), limit: 10) == 1)
    }

    @Test func `marks take an eighth of the map, and none is forgotten before its end`() throws {
        let folder = try TemporaryDirectory()
        let registry = try folder.registry(mapBytes: 4 << 20)
        var taken = 0
        #expect(throws: TicketRegistryError.full) {
            while taken < 20_000 {
                // In no order, as digests are.
                _ = try registry.claim(taken &* 7_919_777_777)
                taken += 1
            }
        }
        #expect(taken > 1000)
        let usage = try registry.usage()
        #expect(usage.bytesInUse < usage.bytesMax / 5)
        for number in 0..<taken { #expect(try !registry.claim(number &* 7_919_777_777)) }
        try registry.begin()
        #expect(try registry.claim(-1, for: .seconds(90), at: epoch + .seconds(60)))
        #expect(try registry.sweepMarks(at: epoch + .seconds(60), limit: 100_000) == taken - 2)
    }

    @Test func `a replay changes nothing`() throws {
        let folder = try TemporaryDirectory()
        let registry = try folder.registry()
        #expect(try registry.claim(1))
        #expect(try registry.snapshotIfChanged())
        for _ in 0..<100 { #expect(try !registry.claim(1)) }
        #expect(try registry.sweepMarks(at: epoch, limit: 100) == 0)
        #expect(try !registry.snapshotIfChanged())
    }

    @Test func `a store of before there were marks is opened`() throws {
        let folder = try TemporaryDirectory()
        let run = folder.file("run")
        try File.makeDirectory(run)
        do {
            let old = try Environment(
                path: run + "/tickets.mdb",
                databases: [
                    "sessions", "tickets", "expiry", "principals", "services", "children",
                    "upstreams", "deliveries", "dues", "settled", "failures", "failure-ends",
                    "familiars", "familiar-ends", "meta",
                ], mapBytes: 64 << 20)
            try old.write { transaction in
                try transaction.put(Array("format".utf8), [2], in: old.database("meta"))
            }
        }
        try File.replace(run + "/tickets.boot", with: Array("boot".utf8))
        let registry = try folder.registry()
        #expect(registry.origin == .live)
        #expect(try registry.claim(1))
        #expect(try !registry.claim(1))
    }
}

/// Claims 1,000 marks on eight threads and writes down those that were won.
private func race(in path: String, process: Int) throws {
    let registry = try openRegistry(in: path)
    appendLine("ready", to: path + "/ready.\(process)")
    let isComplete = waitUntil { (0..<4).allSatisfy { File.exists(path + "/ready.\($0)") } }
    precondition(isComplete)
    let wins = Lock<[Int]>([])
    onThreads(8) { thread in
        for step in 0..<1000 {
            let number = (step + 131 * (4 * thread + process)) % 1000
            // A failure shows as a mark that nobody has.
            if (try? registry.claim(number)) == true { wins.withLock { $0.append(number) } }
        }
    }
    let text = wins.withLock { $0 }.map(String.init).joined(separator: " ")
    try File.replace(path + "/marks.\(process)", with: Array(text.utf8))
}
