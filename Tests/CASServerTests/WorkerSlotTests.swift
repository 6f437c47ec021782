import Platform
import Testing

@testable import CASServer

@Suite("A place in the pool of workers") struct WorkerSlotTests {
    private func started() throws -> StartedWorker {
        StartedWorker(process: ChildProcess(pid: .max), pipe: try ReadinessPipe())
    }

    @Test func `an empty place is due at once`() {
        #expect(WorkerSlot().isDue(at: 0))
    }

    @Test func `the first crash is mended at once, a series of them ever later`() throws {
        var slot = WorkerSlot()
        var waits: [Int64] = []
        var now: Int64 = 1000
        for _ in 0..<12 {
            slot.start(try started(), at: now)
            slot.ended(at: now)
            let due = stride(from: now, through: now + 60_000, by: 50).first { slot.isDue(at: $0) }
            waits.append(try #require(due) - now)
            now = try #require(due)
        }
        #expect(waits.first == 0)
        #expect(Array(waits[1...3]) == [100, 200, 400])
        #expect(waits.last == 10_000)
    }

    @Test func `a worker that has lived for long is not part of a series`() throws {
        var slot = WorkerSlot()
        for _ in 0..<6 {
            slot.start(try started(), at: 0)
            slot.ended(at: 0)
        }
        #expect(!slot.isDue(at: 100))
        slot.start(try started(), at: 5000)
        slot.ended(at: 35_000)
        #expect(slot.isDue(at: 35_000))
    }

    @Test func `a place is ready when its worker has said so`() throws {
        let pipe = try ReadinessPipe()
        var slot = WorkerSlot()
        slot.start(StartedWorker(process: ChildProcess(pid: .max), pipe: pipe), at: 0)
        #expect(slot.noteReadiness(at: 1, within: .seconds(30)) == false)
        #expect(!slot.isReady)
        ReadinessPipe.reportReady(on: pipe.writing)
        #expect(slot.noteReadiness(at: 2, within: .seconds(30)) == false)
        #expect(slot.isReady)
    }
}
