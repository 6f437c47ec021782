import FastCGI
import Glibc
import Platform
import TestSupport
import Testing

@Suite("Handover") struct HandoverTests {
    @Test func `parked connections go on being served by the heir`() throws {
        try LoopFixture.run(limits: .patient) { first in
            let clients = try (0..<20).map { _ in try first.connect() }
            for client in clients { _ = try client.request([("N", "1")]) }
            try LoopFixture.run(sharing: first, limits: .patient) { second throws in
                #expect(first.loop.retire(deadline: .seconds(20)))
                #expect(first.loop.statistics.connections == 0)
                #expect(first.loop.statistics.handedOver == 20)
                for number in 2..<5 {
                    for client in clients {
                        let answer = try client.request([("N", "\(number)")])
                        #expect(answer.output == "hello \(number)")
                    }
                }
                #expect(second.loop.statistics.received == 20)
                #expect(eventually { second.loop.statistics.answered == 60 })
                #expect(first.loop.statistics.answered == 20)
                for client in clients { client.close() }
                #expect(eventually { second.loop.statistics.connections == 0 })
                #expect(second.loop.statistics.aborted == 0)
            }
        }
    }

    @Test(arguments: ["fast", "blocking"])
    func `a busy connection is handed over after its answer`(lane: String) throws {
        let gate = Gate()
        try LoopFixture.run(
            limits: .patient, blockingQueue: 1,
            respond: { request in
                gate.pass()
                return "first \(request.value("N") ?? "")"
            }
        ) { first in
            let client = try first.connect()
            client.send(FastCGIRecords.request([("LANE", lane), ("N", "1")]))
            #expect(eventually { first.answeredRequests.count == 1 })
            try LoopFixture.run(sharing: first, limits: .patient) { second throws in
                let retirement = Background { first.loop.retire(deadline: .seconds(20)) }
                #expect(!eventually(within: 50) { retirement.hasEnded })
                gate.open()
                #expect(try client.answer().output == "first 1")
                #expect(eventually { retirement.hasEnded })
                #expect(try client.request([("N", "2")]).output == "hello 2")
                #expect(second.loop.statistics.received == 1)
            }
        }
    }

    @Test func `a request that is sent while its connection changes hands is answered`() throws {
        try LoopFixture.run(limits: .patient) { first in
            let clients = try (0..<3).map { _ in try first.connect() }
            for client in clients.dropLast() { _ = try client.request([("N", "1")]) }
            #expect(eventually { first.loop.statistics.connections == 3 })
            // Nobody receives yet, so the connections are on their way.
            #expect(first.loop.retire(deadline: .seconds(20)))
            clients[1].send(FastCGIRecords.request([("N", "2")]))
            clients[2].send(FastCGIRecords.request([("N", "3")]))
            #expect(!clients[0].peerCloses(within: 20))
            try LoopFixture.run(sharing: first, limits: .patient) { second throws in
                #expect(try clients[1].answer().output == "hello 2")
                #expect(try clients[2].answer().output == "hello 3")
                #expect(try clients[0].request([("N", "4")]).output == "hello 4")
                #expect(second.loop.statistics.accepted == 0)
            }
        }
    }

    @Test func `deadlines travel along`() throws {
        try LoopFixture.run(limits: .patient) { first in
            let silent = try first.connect()
            let kept = try first.connect()
            _ = try kept.request([("N", "1")])
            #expect(eventually { first.loop.statistics.connections == 2 })
            try LoopFixture.run(sharing: first) { second throws in
                #expect(first.loop.retire(deadline: .seconds(20)))
                #expect(silent.peerCloses())
                #expect(try kept.request([("N", "2")]).output == "hello 2")
                #expect(second.loop.statistics.received == 2)
            }
        }
    }

    @Test func `connections that change hands under load lose nothing`() throws {
        try LoopFixture.run(limits: .patient, blockingQueue: 16) { first in
            let failures = Lock<[String]>([])
            let answered = Lock(0)
            let load = (0..<16).map { worker in
                Background {
                    do {
                        let client = try first.connect()
                        for number in 0..<500 {
                            let answer = try client.request([
                                ("N", "\(number)"), ("LANE", worker % 4 == 0 ? "blocking" : ""),
                            ])
                            guard answer.output == "hello \(number)", answer.isComplete else {
                                throw FastCGIClient.TimedOut()
                            }
                            answered.withLock { $0 += 1 }
                        }
                    } catch {
                        failures.withLock { $0.append("\(worker): \(error)") }
                    }
                }
            }
            #expect(eventually { answered.withLock { $0 } > 500 })
            for step in 1...6 {
                try LoopFixture.run(sharing: first, limits: .patient, blockingQueue: 16) { other in
                    #expect(eventually { answered.withLock { $0 } > 500 + 1000 * step })
                    #expect(other.loop.retire(deadline: .seconds(20)))
                    #expect(other.loop.statistics.aborted == 0)
                    #expect(other.loop.statistics.connections == 0)
                }
            }
            #expect(eventually { load.allSatisfy(\.hasEnded) })
            #expect(failures.withLock { $0 } == [])
            #expect(answered.withLock { $0 } == 8000)
        }
    }
}

@Suite("Handover without an heir") struct HandoverWithoutHeirTests {
    @Test func `a drain does not hand over but closes after an answer`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let client = try fixture.connect()
            _ = try client.request([("N", "1")])
            let drain = Background { fixture.loop.drain(deadline: .seconds(20)) }
            let late = try fixture.connect()
            #expect(eventually { (try? client.request([("N", "2")]))?.isComplete != true })
            late.close()
            #expect(eventually { drain.hasEnded })
            #expect(fixture.loop.statistics.handedOver == 0)
        }
    }

    @Test func `a drain takes over what another loop hands over`() throws {
        try LoopFixture.run(limits: .patient) { first in
            try LoopFixture.run(sharing: first, limits: .patient) { second throws in
                var silent: [FastCGIClient] = []
                while second.loop.statistics.accepted < 1 {
                    let before = first.loop.statistics.accepted
                    silent.append(try first.connect())
                    #expect(
                        eventually {
                            first.loop.statistics.accepted > before
                                || second.loop.statistics.accepted == 1
                        })
                }
                var clients: [FastCGIClient] = []
                while second.loop.statistics.accepted < 2 || clients.isEmpty {
                    let client = try first.connect()
                    _ = try client.request([("N", "1")])
                    clients.append(client)
                }
                let drain = Background { second.loop.drain(deadline: .seconds(20)) }
                // Those that are closed after an answer show that the drain has begun.
                #expect(
                    eventually {
                        clients.contains { client in
                            _ = try? client.request([("N", "2")])
                            return client.peerCloses(within: 1)
                        }
                    })
                #expect(!drain.hasEnded)
                #expect(first.loop.retire(deadline: .seconds(20)))
                #expect(
                    eventually {
                        second.loop.statistics.received == first.loop.statistics.handedOver
                    })
                for client in clients + silent { client.close() }
                #expect(eventually { drain.hasEnded })
            }
        }
    }

    @Test func `a full channel makes a retiring loop close after an answer`() throws {
        try LoopFixture.run(limits: .patient) { first in
            first.makeChannelSmall()
            let clients = try (0..<40).map { _ in try first.connect() }
            for client in clients { _ = try client.request([("N", "1")]) }
            let retirement = Background { first.loop.retire(deadline: .seconds(60)) }
            #expect(eventually { first.wasReported(.handoverFailed(errno: EAGAIN)) })
            let handedOver = first.loop.statistics.handedOver
            #expect((1..<40).contains(handedOver))
            for client in clients { client.send(FastCGIRecords.request([("N", "2")])) }
            #expect(eventually { retirement.hasEnded })
            #expect(first.loop.statistics.answered == 40 + 40 - handedOver)
            #expect(first.loop.statistics.handedOver == handedOver)
            try LoopFixture.run(sharing: first, limits: .patient) { second throws in
                for client in clients { #expect(try client.answer().output == "hello 2") }
                #expect(second.loop.statistics.received == handedOver)
            }
        }
    }

    @Test func `a retiring loop waits for room in the channel`() throws {
        try LoopFixture.run(limits: .patient) { first in
            first.makeChannelSmall()
            let clients = try (0..<40).map { _ in try first.connect() }
            for client in clients { _ = try client.request([("N", "1")]) }
            try LoopFixture.run(sharing: first, limits: .patient) { second throws in
                #expect(first.loop.retire(deadline: .seconds(60)))
                #expect(first.loop.statistics.handedOver == 40)
                for client in clients {
                    #expect(try client.request([("N", "2")]).output == "hello 2")
                }
                #expect(second.loop.statistics.received == 40)
            }
        }
    }
}
