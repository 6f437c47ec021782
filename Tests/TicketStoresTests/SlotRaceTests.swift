internal import CASProtocol
internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing
internal import TicketStores
internal import Tickets

@Suite struct SlotRaceTests {
    @Test func `whoever enters a service while the session ends is told, or refused`() async throws
    {
        let folder = try TemporaryDirectory()
        let sessions = try prepare(500, tickets: 30, in: folder)
        await onProcesses(3) { [path = folder.path] process in
            await #expect(processExitsWith: .success) {
                [path = path as String, process = process as Int] in
                if process == 0 {
                    try end(in: path)
                } else {
                    try enter(in: path, process: process, of: 3, keepsPace: true)
                }
            }
        }
        let outcomes = try (1..<3).flatMap { try Outcome.read(folder.file("outcomes.\($0)")) }
        let entered = Set(outcomes.filter(\.isEntered).map(\.ticket))
        // Each ticket is used once, and both things have happened many times.
        #expect(outcomes.count { $0.isEntered } == entered.count)
        let tickets = Set(sessions.flatMap(\.tickets))
        #expect(Set(outcomes.map(\.ticket)) == tickets)
        #expect(entered.count > 500 && entered.count < tickets.count)
        let registry = try folder.registry()
        for (session, tickets) in sessions {
            let handle = TicketHandle(of: try #require(TicketID(session)))
            let told = try registry.deliveries(matching: DeliveryFilter(session: handle), limit: 99)
            #expect(Set(told.map(\.ticket.wireValue)) == entered.intersection(tickets))
        }
    }

    @Test func `kill -9 of several processes loses no entered service and uses nothing twice`()
        async throws
    {
        let folder = try TemporaryDirectory()
        var random = SeededRandom(seed: 21)
        var enteredCount = 0
        for round in 0..<60 {
            let path = folder.file("\(round)")
            try File.makeDirectory(path)
            let sessions = try prepare(10, tickets: 12, in: folder, path)
            let delays = (0..<3).map { _ in Int.random(in: 3000...30_000, using: &random) }
            await onProcesses(3) { [run = folder.path] process in
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [
                        run = run as String, path = path as String, process = process as Int,
                        delay = delays[process] as Int,
                    ] in
                    try enterUntilKilled(run, path, process: process, after: delay)
                }
            }
            let lines = try (0..<3).flatMap { process in
                let file = path + "/said.\(process)"
                return File.exists(file) ? try File.readText(file).lines : []
            }
            let entered = lines.filter { $0.first == "e" }.map { String($0.dropFirst()) }
            let tried = Set(lines.map { String($0.dropFirst()) })
            #expect(Set(entered).count == entered.count)
            enteredCount += entered.count
            let registry = try folder.registry()
            for (session, tickets) in sessions {
                for ticket in tickets where !tried.contains(ticket) {
                    #expect(try registry.isLive(#require(TicketID(ticket)), at: epoch))
                }
                let handle = TicketHandle(of: try #require(TicketID(session)))
                let services = try #require(try registry.remove(handle)).services
                let told = Set(services.map(\.ticket.wireValue))
                #expect(told.isSuperset(of: Set(entered).intersection(tickets)))
                #expect(told.isSubset(of: tried))
            }
        }
        #expect(enteredCount > 300)
        // Nothing that the dead have left half done stays.
        let registry = try folder.registry()
        let counts = try registry.counts()
        let sweep = try registry.sweep(at: epoch + .seconds(1000), limit: .max)
        #expect(sweep.serviceTickets == counts.serviceTickets)
        #expect(try registry.counts() == TicketCounts(sessions: 0, serviceTickets: 0))
    }

    @Test func `tickets go on being used once while they move to the store`() async throws {
        let folder = try TemporaryDirectory()
        // Few slots, so that they are crowded all the time.
        try withExtendedLifetime(folder.registry(mapBytes: 8 << 20)) { _ in }
        let sessions = try prepare(8, tickets: 500, in: folder)
        await onProcesses(4) { [path = folder.path] process in
            await #expect(processExitsWith: .success) {
                [path = path as String, process = process as Int] in
                try enter(in: path, process: process)
            }
        }
        let outcomes = try (0..<4).flatMap { try Outcome.read(folder.file("outcomes.\($0)")) }
        let tickets = Set(sessions.flatMap(\.tickets))
        #expect(outcomes.count { $0.isEntered } == tickets.count)
        #expect(Set(outcomes.filter(\.isEntered).map(\.ticket)) == tickets)
        let registry = try folder.registry()
        for ticket in tickets {
            let again = try registry.consume(#require(TicketID(ticket)), at: epoch)
            #expect(again == .refused(.alreadyUsed(at: epoch)))
        }
        #expect(try registry.counts().serviceTickets >= tickets.count)
    }
}

/// What a process got for a ticket.
private struct Outcome {
    let ticket: String
    let isEntered: Bool

    static func read(_ path: String) throws -> [Outcome] {
        try File.readText(path).lines.map {
            Outcome(ticket: String($0.dropFirst()), isEntered: $0.first == "e")
        }
    }
}

private func onProcesses(_ count: Int, _ body: @escaping @Sendable (Int) async -> Void) async {
    await withTaskGroup { group in
        for process in 0..<count { group.addTask { await body(process) } }
    }
}

/// Sessions with tickets for a service each, written down for other processes.
private func prepare(
    _ count: Int, tickets: Int, in folder: TemporaryDirectory, _ path: String? = nil
) throws -> [(session: String, tickets: [String])] {
    let registry = try folder.registry(mapBytes: 1 << 30)
    var sessions: [(String, [String])] = []
    for _ in 0..<count {
        let session = try registry.begin()
        _ = try registry.granted(for: "https://first/", from: session)
        let ids = try (0..<tickets).map { number in
            try registry.granted(for: "https://\(number)/", from: session).wireValue
        }
        sessions.append((session.wireValue, ids))
    }
    let text = sessions.map { ([$0.0] + $0.1).joined(separator: " ") }.joined(separator: "\n")
    try File.replace((path ?? folder.path) + "/sessions", with: Array(text.utf8))
    return sessions
}

private func preparedSessions(_ path: String) throws -> [[TicketID]] {
    try File.readText(path + "/sessions").lines.map { line in
        line.split(separator: " ").compactMap { TicketID(String($0)) }
    }
}

private func meet(_ count: Int, in path: String, process: Int) {
    appendLine("ready", to: path + "/ready.\(process)")
    let isComplete = waitUntil { (0..<count).allSatisfy { File.exists(path + "/ready.\($0)") } }
    precondition(isComplete)
}

/// Ends each session as soon as one of its tickets, another each time, is used.
private func end(in path: String) throws {
    let registry = try openRegistry(in: path)
    let sessions = try preparedSessions(path)
    meet(3, in: path, process: 0)
    var random = SeededRandom(seed: 22)
    for ids in sessions {
        let watched = ids[Int.random(in: 1..<ids.count / 2, using: &random)]
        let isUsed = waitUntil { (try? registry.isLive(watched, at: epoch)) == false }
        precondition(isUsed)
        let ended = try registry.remove(TicketHandle(of: ids[0]), queueing: .logout, at: epoch)
        precondition(ended != nil)
    }
}

/// Uses all tickets and writes down what came of those that nobody else used.
///
/// - Parameter keepsPace: Whether it waits for whoever ends the sessions.
private func enter(
    in path: String, process: Int, of count: Int = 4, keepsPace: Bool = false
) throws {
    let registry = try openRegistry(in: path)
    let sessions = try preparedSessions(path)
    meet(count, in: path, process: process)
    let outcomes = Lock<[String]>([])
    onThreads(keepsPace ? 1 : 2) { _ in
        for (number, ids) in sessions.enumerated() {
            if keepsPace, number > 0 {
                let last = sessions[number - 1][0]
                precondition(waitUntil { (try? registry.session(last, at: epoch)) == .some(nil) })
            }
            for id in ids.dropFirst() {
                // A failure shows as a ticket that nobody used.
                switch try? registry.consume(id, at: epoch) {
                case .consumed: outcomes.withLock { $0.append("e" + id.wireValue) }
                case .refused(.sessionEnded): outcomes.withLock { $0.append("r" + id.wireValue) }
                default: break
                }
            }
        }
    }
    let text = outcomes.withLock { $0.joined(separator: "\n") }
    try File.replace(path + "/outcomes.\(process)", with: Array(text.utf8))
}

/// Uses tickets and says so, until it is killed.
private func enterUntilKilled(
    _ run: String, _ path: String, process: Int, after delay: Int
) throws {
    let registry = try openRegistry(in: run)
    let sessions = try preparedSessions(path)
    killSelf(afterMicroseconds: delay)
    onThreads(2) { thread in
        // From different ends, so that all have something to do.
        var ids = sessions.joined().filter { $0.kind == .serviceTicket }
        if (process + thread) % 2 == 1 { ids.reverse() }
        for id in ids {
            appendLine("t" + id.wireValue, to: path + "/said.\(process)")
            if case .consumed = try? registry.consume(id, at: epoch) {
                appendLine("e" + id.wireValue, to: path + "/said.\(process)")
            }
        }
    }
    while true { sched_yield() }
}
