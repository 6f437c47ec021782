internal import CASProtocol
internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing
internal import TicketStores
internal import Tickets

@Suite struct KillTests {
    @Test func `kill -9 in the middle of writes loses nothing, 200 times`() async throws {
        let folder = try TemporaryDirectory()
        var random = SeededRandom(seed: 20)
        var all = Acknowledged()
        for round in 0..<200 {
            // Half of the time the locks of the dead are inherited by a process that lives.
            let survivor = round % 2 == 0 ? nil : try folder.registry()
            let acknowledgements = folder.file("acknowledged.\(round)")
            let delay = Int.random(in: 500...20_000, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    path = folder.path as String, delay = delay as Int,
                    acknowledgements = acknowledgements as String,
                ] in
                try write(in: path, acknowledgements, killedAfter: delay)
            }
            let registry = try survivor ?? folder.registry()
            let acknowledged =
                File.exists(acknowledgements)
                ? Acknowledged(try File.readText(acknowledgements)) : Acknowledged()
            try acknowledged.check(registry)
            all.add(acknowledged)
            if round % 20 == 0 { try registry.removeStaleReaders() }
        }
        let registry = try folder.registry()
        try all.check(registry)
        #expect(all.consumed.count > 200 && all.removed.count > 20)
        let counts = try registry.counts()
        #expect(counts.serviceTickets >= all.granted.count)
        let sweep = try registry.sweep(at: epoch + sessionLifetime.hard, limit: .max)
        #expect(sweep.serviceTickets == counts.serviceTickets)
        #expect(sweep.expiredSessions.count == counts.sessions)
        let left = try registry.counts()
        #expect(left.sessions == 0 && left.serviceTickets == 0)
        #expect(left.pendingDeliveries >= all.removed.count)
    }
}

/// What a process said it had done before it was killed.
private struct Acknowledged {
    var begun: Set<String> = []
    var removed: Set<String> = []
    var granted: Set<String> = []
    var consumed: Set<String> = []
    /// What was under way when the process died may have been done or not.
    var pending: Set<String> = []

    init() {}

    init(_ text: String) {
        for line in text.lines {
            let id = String(line.dropFirst())
            switch line.first {
            case "b": begun.insert(id)
            case "r": removed.insert(id)
            case "g": granted.insert(id)
            case "c": consumed.insert(id)
            default: pending.insert(id)
            }
        }
    }

    mutating func add(_ other: Acknowledged) {
        begun.formUnion(other.begun)
        removed.formUnion(other.removed)
        granted.formUnion(other.granted)
        consumed.formUnion(other.consumed)
        pending.formUnion(other.pending)
    }

    func check(_ registry: LMDBTicketRegistry) throws {
        for text in granted {
            let id = try #require(TicketID(text))
            if consumed.contains(text) {
                let again = try registry.consume(id, at: epoch)
                #expect(again == .refused(.alreadyUsed(at: epoch)))
            } else if !pending.contains(text) {
                #expect(try registry.isLive(id, at: epoch))
            }
        }
        for text in begun {
            let session = try registry.session(#require(TicketID(text)), at: epoch)
            let handle = TicketHandle(of: try #require(TicketID(text)))
            let deliveries = try registry.deliveries(
                matching: DeliveryFilter(session: handle), limit: 9)
            // A session ends in one step with the queueing of what its service is told.
            #expect(deliveries.count == (session == nil ? 1 : 0))
            if removed.contains(text) {
                #expect(session == nil)
            } else if !pending.contains(text) {
                #expect(session != nil)
            }
        }
    }
}

/// Writes and acknowledges until it is killed.
private func write(in path: String, _ acknowledgements: String, killedAfter delay: Int) throws {
    func say(_ what: String, _ id: TicketID) {
        appendLine(what + id.wireValue, to: acknowledgements)
    }
    let registry = try openRegistry(in: path)
    killSelf(afterMicroseconds: delay)
    while true {
        let session = try registry.begin()
        say("b", session)
        for number in 0..<4 {
            let id = try registry.granted(from: session)
            say("g", id)
            guard number > 0 else { continue }
            say("p", id)
            _ = try registry.consume(id, at: epoch)
            say("c", id)
        }
        say("p", session)
        _ = try registry.remove(TicketHandle(of: session), queueing: .logout, at: epoch)
        say("r", session)
        say("b", try registry.begin("bob"))
    }
}
