import FastCGI
import Glibc
import Platform
import TestSupport
import Testing

@Suite("Lanes") struct LaneTests {
    @Test func `a full blocking lane leaves the fast one alone`() throws {
        let gate = Gate()
        try LoopFixture.run(
            limits: .patient, threads: 1, blockingThreads: 1, blockingQueue: 1,
            respond: { request in
                if request.value("LANE") != nil { gate.pass() }
                return "hello \(request.value("N") ?? "")"
            }
        ) { fixture in
            let running = try fixture.connect()
            running.send(FastCGIRecords.request([("LANE", "blocking"), ("N", "1")]))
            #expect(eventually { fixture.answeredRequests.count == 1 })
            let waiting = try fixture.connect()
            waiting.send(FastCGIRecords.request([("LANE", "blocking"), ("N", "2")]))
            #expect(eventually { fixture.loop.statistics.busy == 2 })

            let refused = try fixture.connect()
            #expect(try refused.request([("LANE", "blocking")]).output == "overloaded")
            #expect(try refused.request([("N", "3")]).output == "hello 3")
            #expect(fixture.loop.statistics.refused == 1)
            #expect(fixture.wasReported(.overloaded))

            gate.open()
            #expect(try running.answer().output == "hello 1")
            #expect(try waiting.answer().output == "hello 2")
            #expect(try running.request([("LANE", "blocking"), ("N", "4")]).output == "hello 4")
        }
    }

    @Test func `a request with a fault is answered at once`() throws {
        try LoopFixture.run(blockingThreads: 0) { fixture in
            let client = try fixture.connect()
            let faulty = [("LANE", "blocking"), ("HTTPS", ""), ("HTTPS", ""), ("N", "1")]
            #expect(try client.request(faulty).output == "hello ")
            #expect(try client.request([("LANE", "blocking")]).output == "overloaded")
        }
    }
}

@Suite("Sharing and limits of connections") struct ConnectionLimitTests {
    @Test func `loops that share a socket share the connections`() throws {
        try LoopFixture.run(limits: .patient) { first in
            try LoopFixture.run(sharing: first, limits: .patient) { second in
                // How many each gets is the scheduler's; that one gets all of them would be wrong.
                var clients: [FastCGIClient] = []
                let counts = { [first, second].map { $0.loop.statistics.accepted } }
                while clients.count < 1000, !counts().allSatisfy({ $0 >= 5 }) {
                    let client = try first.connect()
                    #expect(try client.request([("N", "1")]).output == "hello 1")
                    clients.append(client)
                }
                #expect(counts().allSatisfy { $0 >= 5 })
                #expect(counts().reduce(0, +) == clients.count)
            }
        }
    }

    @Test func `a burst of connections is served by all threads`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let clients = try (0..<500).map { _ in try fixture.connect() }
            for client in clients { client.send(FastCGIRecords.request([("N", "1")])) }
            for client in clients { #expect(try client.answer().output == "hello 1") }
            #expect(eventually { fixture.loop.statistics.answered == 500 })
        }
    }

    @Test func `beyond the limit of kept connections they are closed after the answer`() throws {
        var limits = TransportLimits.patient
        limits.keptConnectionsMax = 2
        try LoopFixture.run(limits: limits) { fixture in
            let clients = try (0..<3).map { _ in try fixture.connect() }
            #expect(eventually { fixture.loop.statistics.connections == 3 })
            #expect(try clients[0].request([("N", "1")]).output == "hello 1")
            #expect(clients[0].peerCloses())
            #expect(eventually { fixture.loop.statistics.connections == 2 })
            #expect(try clients[1].request([("N", "1")]).output == "hello 1")
            #expect(try clients[1].request([("N", "2")]).output == "hello 2")
        }
    }

    @Test func `beyond the limit of connections they wait in the queue`() throws {
        var limits = TransportLimits.patient
        limits.connectionsMax = 2
        try LoopFixture.run(limits: limits) { fixture in
            let clients = try (0..<3).map { _ in try fixture.connect() }
            #expect(try clients[0].request([("N", "1")]).output == "hello 1")
            #expect(try clients[1].request([("N", "1")]).output == "hello 1")
            clients[2].send(FastCGIRecords.request([("N", "3")]))
            #expect(eventually { fixture.wasReported(.connectionLimit) })
            #expect(fixture.loop.statistics.accepted == 2)
            clients[0].close()
            #expect(try clients[2].answer().output == "hello 3")
        }
    }

    @Test func `running out of descriptors delays new connections but nothing else`() async {
        await #expect(processExitsWith: .exitCode(42)) {
            exit(try runOutOfDescriptors())
        }
    }
}

/// Returns 42, or which step failed.
///
/// Outside the exit test, because the compiler mixes up closures inside one that expands
/// another macro.
private func runOutOfDescriptors() throws -> Int32 {
    var step: Int32 = 1
    try LoopFixture.run(limits: .patient) { fixture in
        func isConnected(_ count: Int) -> Bool {
            eventually { fixture.loop.statistics.connections == count }
        }
        let old = try fixture.connect()
        _ = try old.request([("N", "1")])
        let new = try fixture.connect()
        guard isConnected(2) else { return }
        step = 2
        let queued = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        _ = unsafe getrlimit(resource, &limit)
        let before = limit.rlim_cur
        limit.rlim_cur = rlim_t(queued) + 1
        _ = unsafe setrlimit(resource, &limit)
        while dup(queued) >= 0 {}
        connectUnix(queued, fixture.path)
        guard eventually({ fixture.wasReported(.outOfResources(errno: EMFILE)) }) else { return }
        step = 3
        // Those that are connected go on being served meanwhile.
        guard try old.request([("N", "2")]).output == "hello 2" else { return }
        guard try new.request([("N", "3")]).output == "hello 3" else { return }
        step = 4
        limit.rlim_cur = before
        _ = unsafe setrlimit(resource, &limit)
        guard isConnected(3) else { return }
        step = 42
    }
    return step
}

private func connectUnix(_ descriptor: Int32, _ path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    _ = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

@Suite("Drain") struct DrainTests {
    @Test func `a drain answers once more on each connection and then closes it`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let clients = try (0..<5).map { _ in try fixture.connect() }
            for client in clients { _ = try client.request([("N", "1")]) }
            let drained = Lock<Bool?>(nil)
            let drain = Background {
                let isComplete = fixture.loop.drain(deadline: .seconds(20))
                drained.withLock { $0 = isComplete }
            }
            let late = try fixture.connect()
            late.send(FastCGIRecords.request([("N", "late")]))
            for client in clients.dropLast() {
                // Whether the drain has begun is seen by the connection being closed.
                #expect(eventually { (try? client.request([("N", "2")]))?.isComplete != true })
            }
            #expect(!drain.hasEnded)
            clients.last?.close()
            late.close()
            #expect(eventually { drain.hasEnded })
            #expect(drained.withLock { $0 } == true)
            #expect(fixture.loop.statistics.connections == 0)
            #expect(fixture.loop.statistics.aborted == 0)
        }
    }

    @Test func `a drain waits for requests in both lanes`() throws {
        let gate = Gate()
        try LoopFixture.run(
            limits: .patient, blockingQueue: 1,
            respond: { request in
                gate.pass()
                return "hello \(request.value("N") ?? "")"
            }
        ) { fixture in
            let clients = try ["fast", "blocking"].map { lane in
                let client = try fixture.connect()
                client.send(FastCGIRecords.request([("LANE", lane), ("N", lane)]))
                return client
            }
            #expect(eventually { fixture.answeredRequests.count == 2 })
            let drain = Background { fixture.loop.drain(deadline: .seconds(20)) }
            #expect(!eventually(within: 50) { drain.hasEnded })
            gate.open()
            #expect(try clients[0].answer().output == "hello fast")
            #expect(try clients[1].answer().output == "hello blocking")
            #expect(clients.allSatisfy { $0.peerCloses() })
            #expect(eventually { drain.hasEnded })
        }
    }

    @Test func `a drain ends at its deadline`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let client = try fixture.connect()
            _ = try client.request([("N", "1")])
            #expect(!fixture.loop.drain(deadline: .milliseconds(50)))
            #expect(client.peerCloses())
        }
    }

    @Test func `a drained loop leaves its socket to the others`() throws {
        try LoopFixture.run(limits: .patient) { first in
            try LoopFixture.run(sharing: first, limits: .patient) { second in
                #expect(first.loop.drain(deadline: .seconds(20)))
                for _ in 0..<10 {
                    let answer = try first.request([("N", "1")])
                    #expect(answer.output == "hello 1")
                }
                #expect(eventually { second.loop.statistics.answered == 10 })
            }
        }
    }

    @Test func `no request is lost when loops replace each other under load`() throws {
        try LoopFixture.run(limits: .patient) { first in
            let isOver = Lock(false)
            let failures = Lock<[String]>([])
            let load = (0..<4).map { _ in
                Background {
                    var client: FastCGIClient?
                    var number = 0
                    while !isOver.withLock({ $0 }) {
                        do {
                            let current = try client ?? first.connect()
                            guard try current.request([("N", "1")]).output == "hello 1" else {
                                throw FastCGIClient.TimedOut()
                            }
                            // As nginx does: a connection is used again unless it is closed.
                            number += 1
                            let isReusable = number % 10 != 0 && !current.peerCloses(within: 1)
                            client = isReusable ? current : nil
                        } catch {
                            failures.withLock { $0.append("\(error)") }
                            return
                        }
                    }
                }
            }
            for _ in 0..<5 {
                try LoopFixture.run(sharing: first, limits: .patient) { other in
                    #expect(eventually { other.loop.statistics.answered > 10 })
                    #expect(other.loop.retire(deadline: .seconds(20)))
                    #expect(other.loop.statistics.aborted == 0)
                }
            }
            isOver.withLock { $0 = true }
            #expect(eventually { load.allSatisfy(\.hasEnded) })
            #expect(failures.withLock { $0 } == [])
        }
    }
}
