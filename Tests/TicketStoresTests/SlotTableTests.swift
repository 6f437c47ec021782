internal import CASProtocol
internal import LMDB
internal import Platform
internal import TestSupport
internal import Testing
internal import Tickets

@testable internal import TicketStores

@Suite struct SlotTableTests {
    private let folder: TemporaryDirectory
    private let table: SlotTable
    private let id = mint(.serviceTicket)

    init() throws {
        folder = try TemporaryDirectory()
        table = try SlotTable(path: folder.file("slots"), count: 64)
    }

    private let record = Array("a record".utf8)
    private let end = epoch + .seconds(130)

    private func added(_ id: TicketID) throws -> SlotTable.Found {
        try #require(table.add(TicketHandle(of: id), record: record, keptUntil: end))
        return try #require(table.find(TicketHandle(of: id)))
    }

    @Test func `the number of slots goes with the store, between two ends`() {
        #expect(SlotTable.count(mapBytes: 0) == 64)
        #expect(SlotTable.count(mapBytes: 4 << 20) == 128)
        #expect(SlotTable.count(mapBytes: 64 << 20) == 2048)
        #expect(SlotTable.count(mapBytes: 1 << 30) == 32_768)
        #expect(SlotTable.count(mapBytes: .max) == 32_768)
    }

    @Test func `a ticket is found as it was added, by everybody`() throws {
        let found = try added(id)
        #expect(found.record == record && found.handle == TicketHandle(of: id))
        #expect(found.word.state == .unused && found.usedAt == nil)
        let other = try SlotTable(path: folder.file("slots"), count: 128)
        #expect(other.count == 64 && other.find(TicketHandle(of: id))?.record == record)
        #expect(table.find(TicketHandle(of: mint(.serviceTicket))) == nil)
        #expect(table.ticketCount == 1)
        #expect(File.permissions(folder.file("slots")) == 0o600)
    }

    @Test func `a ticket is used once, and what is known of its use is kept`() throws {
        let found = try added(id)
        #expect(table.use(found, by: id, at: epoch, after: .pending))
        #expect(!table.use(found, by: id, at: epoch, after: .pending))
        let used = try #require(table.find(found.handle))
        #expect(used.usedAt == epoch && used.record == record && used.word.state == .pending)
        #expect(used.identifier == Array(id.wireValue.utf8))
        #expect(table.pending().map(\.handle) == [found.handle])
    }

    @Test func `a use that its session knows is pending no more`() throws {
        let found = try added(id)
        #expect(!table.hasPending)
        _ = table.use(found, by: id, at: epoch, after: .pending)
        let pending = try #require(table.pending().first)
        #expect(table.beginNoting(pending) && !table.withdraw(found))
        // Whoever began may have died.
        let again = try #require(table.pending().first)
        #expect(again.word.state == .noting && table.beginNoting(again))
        table.endNoting(again)
        #expect(table.pending().isEmpty && !table.hasPending && !table.withdraw(found))
        #expect(table.find(found.handle)?.word.state == .noted)
    }

    @Test func `a use that is withdrawn is not noted, and one that is void cannot be`() throws {
        let found = try added(id)
        _ = table.use(found, by: id, at: epoch, after: .pending)
        let pending = try #require(table.pending().first)
        #expect(table.withdraw(found) && !table.beginNoting(pending))
        #expect(table.pending().isEmpty && !table.hasPending)
        let second = mint(.serviceTicket)
        let other = try added(second)
        _ = table.use(other, by: second, at: epoch, after: .pending)
        table.void(try #require(table.pending().first))
        #expect(table.withdraw(other) && !table.hasPending)
        #expect(table.find(other.handle)?.word.state == .void)
    }

    @Test func `what a living process has half done stays, the rest goes when it is over`() throws {
        let found = try added(id)
        let second = mint(.serviceTicket)
        let half = try added(second)
        for (process, isLeft) in [(CurrentProcess.pid, true), (deadProcess, false)] {
            table.advance(
                half.slot, from: table.word(half.slot), to: half.word.with(.writing, by: process))
            #expect(table.find(half.handle) == nil && table.ticketCount == 1)
            #expect(table.sweep(at: epoch, limit: .max) == 0)
            #expect((table.word(half.slot).state == .writing) == isLeft)
            table.advance(
                found.slot, from: table.word(found.slot), to: found.word.with(.using, by: process))
            #expect(table.find(found.handle)?.usedAt == nil)
            #expect(table.sweep(at: end + lastMillisecond, limit: .max) == 0)
            #expect(table.sweep(at: end, limit: .max) == (isLeft ? 0 : 1))
        }
        #expect(table.ticketCount == 0)
    }

    @Test func `what is pending is never swept, and neither is what is being noted`() throws {
        let found = try added(id)
        _ = table.use(found, by: id, at: epoch, after: .pending)
        #expect(table.sweep(at: end, limit: .max) == 0)
        let pending = try #require(table.pending().first)
        _ = table.beginNoting(pending)
        #expect(table.sweep(at: end, limit: .max) == 0)
        table.endNoting(pending)
        #expect(table.sweep(at: end, limit: 0) == 0)
        #expect(table.sweep(at: end, limit: 1) == 1)
        #expect(table.find(found.handle) == nil)
    }

    @Test func `a slot that was filled again is another ticket`() throws {
        let found = try added(id)
        #expect(table.sweep(at: end, limit: .max) == 1)
        _ = try added(id)
        #expect(!table.use(found, by: id, at: epoch, after: .pending))
        #expect(table.advance(found.slot, from: found.word, to: found.word) == false)
        #expect(table.find(found.handle)?.word.state == .unused)
    }

    @Test func `what does not fit is not added`() throws {
        let handle = TicketHandle(of: id)
        let fits = [UInt8](repeating: 7, count: SlotTable.recordBytesMax)
        #expect(!table.add(handle, record: fits + [7], keptUntil: end))
        #expect(table.add(handle, record: fits, keptUntil: end))
        #expect(table.find(handle)?.record == fits)
        var addedCount = 1
        for _ in 0..<1000
        where table.add(TicketHandle(of: mint(.serviceTicket)), record: record, keptUntil: end) {
            addedCount += 1
        }
        #expect(addedCount == 64 && table.ticketCount == 64 && table.isCrowded)
    }

    @Test func `a file that is damaged or of another format is made anew`() throws {
        _ = try added(id)
        let content = try File.read(folder.file("slots"))
        var wrongMark = content
        wrongMark[0] ^= 1
        var wrongFormat = content
        wrongFormat[8] ^= 2
        var wrongCount = content
        wrongCount[16] ^= 128
        for damaged in [
            [], [1], wrongMark, wrongFormat, wrongCount, content + [0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            try File.replace(folder.file("slots"), with: damaged)
            let table = try SlotTable(path: folder.file("slots"), count: 64)
            #expect(table.count == 64 && table.ticketCount == 0)
            #expect(table.add(TicketHandle(of: id), record: record, keptUntil: end))
        }
    }

    /// The number of a process that is not there.
    private var deadProcess: Int32 {
        (100_000...4_000_000).first { !CurrentProcess.isRunning($0) } ?? 4_000_000
    }
}

@Suite struct SlotRegistryTests {
    private let folder: TemporaryDirectory
    private let session = mint(.ticketGrantingTicket)

    init() throws {
        folder = try TemporaryDirectory()
    }

    /// A registry with the session, whose first ticket has been granted.
    private func begun() throws -> LMDBTicketRegistry {
        let registry = try folder.registry()
        try registry.begin("alice", session)
        _ = try registry.granted(from: session)
        return registry
    }

    @Test func `tickets in slots outlive the processes, not the boot`() throws {
        let (unused, used) = try withExtendedLifetime(begun()) { registry in
            let ids = try [registry.granted(from: session), registry.granted(from: session)]
            #expect(registry.slots.ticketCount == 2)
            _ = try registry.consume(ids[1], at: epoch)
            try registry.snapshotIfChanged()
            return (ids[0], ids[1])
        }
        do {
            let registry = try folder.registry()
            #expect(try registry.isLive(unused, at: epoch))
            #expect(try registry.consume(used, at: epoch) == .refused(.alreadyUsed(at: epoch)))
        }
        let registry = try folder.registry(bootID: "next")
        #expect(registry.origin == .snapshot && registry.slots.ticketCount == 0)
        #expect(try registry.consume(unused, at: epoch) == .refused(.unknown))
        // What was entered is in the snapshot.
        #expect(try registry.remove(TicketHandle(of: session))?.services.map(\.ticket) == [used])
    }

    @Test func `a long service and a long identifier are in the store`() throws {
        let registry = try begun()
        let long = "https://app.example.org/" + String(repeating: "x", count: 400)
        let id = try registry.granted(for: long, from: session)
        let longID = try #require(TicketID("ST-" + String(repeating: "y", count: 100)))
        #expect(try registry.grant(longID, from: session) != nil)
        #expect(registry.slots.ticketCount == 0)
        for id in [id, longID] {
            guard case .consumed = try registry.consume(id, at: epoch) else {
                Issue.record("not consumed")
                return
            }
        }
        #expect(try registry.remove(TicketHandle(of: session))?.services.count == 2)
    }

    @Test func `the later of two uses counts, wherever the tickets are`() throws {
        let registry = try begun()
        let inStore = try #require(TicketID("ST-" + String(repeating: "y", count: 100)))
        _ = try registry.grant(inStore, from: session)
        let inSlot = try registry.granted(from: session)
        _ = try registry.consume(inSlot, at: epoch)
        _ = try registry.consume(inStore, at: epoch + .seconds(1))
        #expect(try registry.remove(TicketHandle(of: session))?.services.map(\.ticket) == [inStore])
    }

    @Test func `what a dead process has left pending or half noted is noted`() throws {
        let registry = try begun()
        let ids = try (0..<3).map { try registry.granted(for: "https://\($0)/", from: session) }
        for id in ids { _ = try registry.consume(id, at: epoch) }
        // As if it had died before the store had it, behind it, and while it ended sessions.
        let pending = registry.slots.pending()
        #expect(pending.count == 3 && registry.slots.beginNoting(pending[0]))
        registry.slots.isEnding = true
        try registry.notePending()
        #expect(!registry.slots.isEnding && registry.slots.pending().isEmpty)
        let services = try #require(try registry.remove(TicketHandle(of: session))).services
        #expect(Set(services.map(\.ticket)) == Set(ids))
    }

    @Test func `a damaged session keeps no other from ending`() throws {
        let registry = try begun()
        let damaged = try registry.begin("bob")
        _ = try registry.granted(from: damaged)
        _ = try registry.consume(registry.granted(from: damaged), at: epoch)
        let id = try registry.granted(from: session)
        _ = try registry.consume(id, at: epoch)
        try registry.environment.write {
            try $0.put(TicketHandle(of: damaged).bytes, [1, 2], in: registry.databases.sessions)
        }
        #expect(try registry.remove(TicketHandle(of: session))?.services.map(\.ticket) == [id])
    }

    @Test func `many uses are noted in between, and crowded slots are emptied`() throws {
        let registry = try folder.registry(mapBytes: 8 << 20)
        try registry.begin("alice", session)
        var ids: [TicketID] = []
        for number in 0..<600 {
            ids.append(try registry.granted(for: "https://\(number % 9)/", from: session))
            _ = try registry.consume(ids[number], at: epoch + .milliseconds(Int64(number)))
        }
        let slots = registry.slots
        #expect(slots.pending().count < 130 && slots.ticketCount < slots.count * 3 / 4)
        #expect(try registry.counts().serviceTickets == 600)
        for (number, id) in ids.enumerated() {
            let history = try registry.history(of: TicketHandle(of: id), at: epoch)
            let used = epoch + .milliseconds(Int64(number))
            #expect(history?.state == .used(at: used) && history?.service.isEmpty == false)
            #expect(try registry.consume(id, at: used) == .refused(.alreadyUsed(at: used)))
        }
        let services = try #require(try registry.remove(TicketHandle(of: session))).services
        #expect(services.map(\.ticket) == ids.suffix(9).reversed())
        let gone = epoch + .seconds(200)
        #expect(try registry.sweep(at: gone, limit: .max).serviceTickets == 600)
        #expect(try registry.counts().serviceTickets == 0)
    }

    @Test func `a judged ticket in a slot is found by its digits, with its judgement`() throws {
        let registry = try begun()
        let id = try registry.granted(from: session)
        let handle = TicketHandle(of: id)
        let other = try registry.granted(from: session)
        _ = try registry.consume(id, at: epoch)
        let before = try registry.counts()
        try registry.noteJudgement(handle, TicketJudgement(reason: "other service"))
        #expect(try registry.counts() == before)
        for id in [id, other] {
            let found = try registry.ticketHistory(
                handlePrefix: TicketHandle(of: id).description, at: epoch)
            #expect(found?.handle == TicketHandle(of: id))
            #expect((found?.judgement != nil) == (TicketHandle(of: id) == handle))
        }
    }
}
