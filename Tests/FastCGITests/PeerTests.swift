import FastCGI
import Platform
import TestSupport
import Testing

@Suite("Peers that misbehave") struct PeerTests {
    @Test func `silent peers hold no thread`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let silent = try (0..<20).map { _ in try fixture.connect() }
            #expect(eventually { fixture.loop.statistics.connections == 20 })
            #expect(try fixture.request([("N", "1")]).output == "hello 1")
            #expect(eventually { fixture.loop.statistics.busy == 0 })
            withExtendedLifetime(silent) {}
        }
    }

    @Test func `a peer that never says anything is closed in the end`() throws {
        try LoopFixture.run { fixture in
            let silent = try fixture.connect()
            #expect(silent.peerCloses())
            #expect(eventually { fixture.loop.statistics.connections == 0 })
        }
    }

    @Test func `more idle kept connections than threads hold nobody up`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let clients = try (0..<50).map { _ in try fixture.connect() }
            for round in 0..<3 {
                for client in clients {
                    #expect(try client.request([("N", "\(round)")]).output == "hello \(round)")
                }
            }
            #expect(fixture.loop.statistics.connections == 50)
        }
    }

    @Test func `an idle kept connection outlives every deadline`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            _ = try client.request([("N", "1")])
            // The silent one shows that the deadlines have passed.
            let silent = try fixture.connect()
            #expect(silent.peerCloses())
            #expect(try client.request([("N", "2")]).output == "hello 2")
        }
    }

    @Test func `peers that stop after one byte hold threads only until the deadline`() throws {
        try LoopFixture.run { fixture in
            let stalled = try (0..<4).map { _ in try fixture.connect() }
            for client in stalled { client.send([1]) }
            #expect(eventually { fixture.loop.statistics.busy == 2 })
            #expect(try fixture.request([("N", "1")]).output == "hello 1")
            for client in stalled { #expect(client.peerCloses()) }
            #expect(eventually { fixture.loop.statistics.aborted == 4 })
            #expect(eventually { fixture.wasReported(.peerTooSlow) })
        }
    }

    @Test func `a peer that dribbles is cut off after the deadline of the whole request`() throws {
        try LoopFixture.run(threads: 1) { fixture in
            let client = try fixture.connect()
            client.send(FastCGIRecords.begin(isKept: true))
            let startedAt = monotonicMilliseconds()
            // One byte of an endless body every 20 ms: each in time, but never at an end.
            client.send(FastCGIRecords.stream(FastCGIRecords.parameters, []))
            client.send(Array(FastCGIRecords.record(FastCGIRecords.input, [0]).dropLast()))
            while client.send([0]), monotonicMilliseconds() - startedAt < 10_000 {
                client.send(Array(FastCGIRecords.record(FastCGIRecords.input, [0]).dropLast()))
                _ = client.peerCloses(within: 20)
            }
            #expect(monotonicMilliseconds() - startedAt >= 400)
            #expect(monotonicMilliseconds() - startedAt < 5000)
            #expect(fixture.answeredRequests.isEmpty)
            #expect(try fixture.request([("N", "1")]).output == "hello 1")
        }
    }

    @Test func `a peer that does not close after its answer holds nobody up`() throws {
        try LoopFixture.run(limits: .patient, threads: 1) { fixture in
            let startedAt = monotonicMilliseconds()
            var lazy: [FastCGIClient] = []
            for _ in 0..<50 {
                let client = try fixture.connect()
                #expect(try client.request([("N", "1")], isKept: false).isComplete)
                lazy.append(client)
            }
            // libfcgi's own close would wait for each of them: 2 s, or 20 ms as configured.
            #expect(monotonicMilliseconds() - startedAt < 900)
            #expect(eventually { fixture.loop.statistics.connections == 0 })
        }
    }

    @Test func `a peer that does not take its answer is cut off`() throws {
        try LoopFixture.run(threads: 1, respond: { _ in String(repeating: "x", count: 8 << 20) }) {
            fixture in
            let client = try fixture.connect()
            client.send(FastCGIRecords.request([("N", "1")]))
            #expect(eventually { fixture.loop.statistics.answered == 1 })
            #expect(eventually { fixture.loop.statistics.connections == 0 })
        }
    }

    @Test func `a peer that sends beyond all bounds is answered and closed`() throws {
        try LoopFixture.run(threads: 1) { fixture in
            let client = try fixture.connect()
            let chunk = FastCGIRecords.record(
                FastCGIRecords.input, Array(repeating: 1, count: 32 << 10))
            client.send(
                FastCGIRecords.begin(isKept: true)
                    + FastCGIRecords.stream(FastCGIRecords.parameters, []))
            for _ in 0..<33 { client.send(chunk) }
            #expect(try client.answer().isComplete)
            #expect(fixture.answeredRequests.first?.fault == .bodyTooLarge)
            #expect(eventually { fixture.wasReported(.bodyNotDrained) })
            // Still open for what is under way, then gone.
            #expect(eventually { !client.send(chunk) })
            #expect(eventually { fixture.loop.statistics.connections == 0 })
            #expect(fixture.answeredRequests.count == 1)
        }
    }

    @Test func `a peer that closes its idle connection is noticed`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let client = try fixture.connect()
            _ = try client.request([("N", "1")])
            client.close()
            #expect(eventually { fixture.loop.statistics.connections == 0 })
            #expect(fixture.loop.statistics.aborted == 0)
        }
    }
}
