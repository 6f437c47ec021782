import FastCGI
import TestSupport
import Testing

@Suite("Requests on the wire") struct RequestTests {
    @Test func `requests on a kept connection are answered one after the other`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            for number in 1...5 {
                let answer = try client.request([("N", "\(number)")])
                #expect(answer.output == "hello \(number)")
                #expect(answer.isComplete)
            }
            #expect(fixture.loop.statistics.accepted == 1)
            #expect(eventually { fixture.loop.statistics.answered == 5 })
        }
    }

    @Test func `a connection that is not to be kept is closed after the answer`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            #expect(try client.request([("N", "1")], isKept: false).output == "hello 1")
            #expect(client.peerCloses())
            #expect(eventually { fixture.loop.statistics.connections == 0 })
        }
    }

    @Test func `parameters and body arrive as they were sent`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            let long = String(repeating: "é", count: 500)
            let sent = [("REQUEST_METHOD", "POST"), ("EMPTY", ""), ("A", "b=c"), ("LONG", long)]
            _ = try client.request(sent, body: Array(0...255))
            let request = try #require(fixture.answeredRequests.first)
            #expect(request.parameters.map(\.name) == sent.map(\.0) + ["CONTENT_LENGTH"])
            #expect(request.parameters.map(\.value) == sent.map(\.1) + ["256"])
            #expect(request.body == Array(0...255))
            #expect(request.fault == nil)
        }
    }

    @Test func `only the named parameters are handed on`() throws {
        try LoopFixture.run(parameterNames: ["N", "REQUEST_URI"]) { fixture in
            let sent = [("A", "b"), ("REQUEST_URI", "/"), ("SSL_CLIENT_CERT", "x"), ("N", "1")]
            #expect(try fixture.request(sent).output == "hello 1")
            let request = try #require(fixture.answeredRequests.first)
            #expect(request.parameters.map(\.name) == ["REQUEST_URI", "N"])
        }
    }

    @Test func `an answer of any size arrives whole`() throws {
        try LoopFixture.run(respond: { request in
            String(repeating: "x", count: Int(request.value("N") ?? "") ?? 0)
        }) { fixture in
            let client = try fixture.connect()
            for size in [0, 1, 8_100, 8_160, 8_168, 8_176, 8_184, 8_192, 70_000, 1_000_000] {
                let answer = try client.request([("N", "\(size)")])
                #expect(answer.output.utf8.count == size)
                #expect(answer.isComplete)
            }
        }
    }

    @Test func `a request may be cut anywhere`() throws {
        let request = FastCGIRecords.request([("N", "1"), ("A", "b")], body: [1, 2, 3])
        try LoopFixture.run(limits: .patient) { fixture in
            let client = try fixture.connect()
            for cut in 0...request.count {
                client.send(Array(request[..<cut]))
                client.send(Array(request[cut...]))
                #expect(try client.answer().output == "hello 1")
            }
            #expect(fixture.answeredRequests.allSatisfy { $0.body == [1, 2, 3] })
        }
    }

    @Test func `a request may come byte by byte, in records of one byte`() throws {
        try LoopFixture.run(limits: .patient) { fixture in
            let client = try fixture.connect()
            let request = FastCGIRecords.request(
                [("N", "1")], body: Array(repeating: 7, count: 40), recordLength: 1)
            client.send(request, pieceLength: 1)
            #expect(try client.answer().output == "hello 1")
            #expect(fixture.answeredRequests.first?.body.count == 40)
        }
    }

    @Test func `a request whose peer stops in the middle is never answered`() throws {
        let request = FastCGIRecords.request([("N", "1"), ("A", "b")], body: [1, 2, 3])
        try LoopFixture.run(limits: .patient) { fixture in
            for cut in 1..<request.count {
                let client = try fixture.connect()
                client.send(Array(request[..<cut]))
                client.finishSending()
                #expect(try client.answer() == FastCGIClient.Answer())
            }
            #expect(eventually { fixture.loop.statistics.aborted == request.count - 1 })
            #expect(fixture.answeredRequests.isEmpty)
            #expect(fixture.wasReported(.requestAborted))
        }
    }

    @Test func `a body shorter than announced is never answered`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            let answer = try client.request([("CONTENT_LENGTH", "4"), ("CONTENT_LENGTH", "4")])
            #expect(!answer.isComplete)
            #expect(fixture.answeredRequests.isEmpty)
        }
    }

    @Test func `an abort record ends the connection`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            client.send(
                FastCGIRecords.begin(isKept: true)
                    + FastCGIRecords.stream(FastCGIRecords.parameters, [])
                    + FastCGIRecords.record(FastCGIRecords.input, [1, 2])
                    + FastCGIRecords.record(FastCGIRecords.abort))
            #expect(try !client.answer().isComplete)
            #expect(fixture.answeredRequests.isEmpty)
        }
    }

    @Test(arguments: [UInt8(2), 3, 77])
    func `only the responder's role is served`(role: UInt8) throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            client.send(
                FastCGIRecords.begin(isKept: true, role: role)
                    + FastCGIRecords.stream(FastCGIRecords.parameters, [])
                    + FastCGIRecords.stream(FastCGIRecords.input, []))
            #expect(try !client.answer().isComplete)
            #expect(fixture.answeredRequests.isEmpty)
        }
    }

    @Test func `what is not FastCGI is closed`() throws {
        try LoopFixture.run { fixture in
            let client = try fixture.connect()
            client.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            #expect(client.peerCloses())
            #expect(try fixture.request([("N", "1")]).output == "hello 1")
        }
    }
}

@Suite("Limits of a request") struct RequestLimitTests {
    /// The fault that a request with these parameters and body leads to, whether all parameters
    /// are handed on or one alone.
    private func fault(
        _ parameters: [([UInt8], [UInt8])], body: [UInt8] = [], limits: TransportLimits = .short
    ) throws -> FastCGIRequest.Fault? {
        let fault = try fault(parameters, body, limits, handingOn: nil)
        #expect(try self.fault(parameters, body, limits, handingOn: ["N"]) == fault)
        return fault
    }

    private func fault(
        _ parameters: [([UInt8], [UInt8])], _ body: [UInt8], _ limits: TransportLimits,
        handingOn names: [String]?
    ) throws -> FastCGIRequest.Fault? {
        var fault: FastCGIRequest.Fault?
        try LoopFixture.run(limits: limits, parameterNames: names) { fixture in
            let client = try fixture.connect()
            client.send(
                FastCGIRecords.begin(isKept: true)
                    + FastCGIRecords.stream(
                        FastCGIRecords.parameters, FastCGIRecords.pairs(parameters))
                    + FastCGIRecords.stream(FastCGIRecords.input, body))
            #expect(try client.answer().isComplete)
            let request = try #require(fixture.answeredRequests.first)
            fault = request.fault
            #expect(request.body == (fault == nil ? body : []))
            // The connection is as good as before.
            #expect(try client.request([("N", "2")]).output == "hello 2")
        }
        return fault
    }

    private func parameter(_ name: String, _ value: String) -> ([UInt8], [UInt8]) {
        (Array(name.utf8), Array(value.utf8))
    }

    @Test func `a body of exactly the limit is taken`() throws {
        #expect(try fault([], body: Array(repeating: 1, count: 1000)) == nil)
    }

    @Test func `a body of one byte more is not`() throws {
        #expect(try fault([], body: Array(repeating: 1, count: 1001)) == .bodyTooLarge)
        #expect(try fault([], body: Array(repeating: 1, count: 900_000)) == .bodyTooLarge)
    }

    @Test(arguments: [
        "SSL_CLIENT_VERIFY", "SSL_CLIENT_CERT", "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI",
        "HTTPS", "CASD_GATEWAY_SECRET", "CASD_PROFILE", "QUERY_STRING", "CONTENT_TYPE",
        "CONTENT_LENGTH", "SERVER_PORT", "SERVER_NAME",
    ])
    func `a parameter that decides about trust must not come twice`(name: String) throws {
        let parameters = [parameter(name, "0"), parameter("OTHER", ""), parameter(name, "0")]
        #expect(try fault(parameters, body: [1]) == .duplicateParameter(name))
        #expect(try fault([parameter(name, "0"), parameter("X_\(name)", "0")]) == nil)
        #expect(try fault([parameter(name, "0"), parameter("\(name)_X", "0")]) == nil)
    }

    @Test func `a header may come twice`() throws {
        #expect(try fault([parameter("HTTP_X", "1"), parameter("HTTP_X", "2")]) == nil)
    }

    @Test func `text that is not UTF-8 is a fault`() throws {
        #expect(try fault([(Array("A".utf8), [0xC3, 0x28])], body: [1]) == .invalidText)
        #expect(try fault([([0xFF], Array("A".utf8))]) == .invalidText)
        #expect(try fault([parameter("A", "\u{10FFFF}")]) == nil)
    }

    @Test func `the number of parameters is bounded`() throws {
        var limits = TransportLimits.short
        limits.parameterCountMax = 10
        let parameters = (1...11).map { parameter("P\($0)", "") }
        #expect(try fault(Array(parameters.dropLast()), limits: limits) == nil)
        #expect(try fault(parameters, limits: limits) == .tooManyParameters)
    }

    @Test func `the length of all parameters is bounded`() throws {
        // Each counts as NAME=VALUE.
        let value = String(repeating: "x", count: 32_766)
        #expect(try fault([parameter("A", value), parameter("B", value)]) == nil)
        #expect(
            try fault([parameter("A", value), parameter("B", value + "x")]) == .parametersTooLarge)
    }

    @Test func `unread parameters and bodies never become a request`() throws {
        // Field notes B1: libfcgi reads 8 KiB at a time and forgets what it has read at a finish,
        // so that a body that straddles the boundary would go on as the next request.
        let forged =
            FastCGIRecords.request([("FORGED", "yes"), ("SSL_CLIENT_VERIFY", "SUCCESS")])
        let unit: [UInt8] = [1, 5, 0, 2, 0, 8, 0, 0]
        for limit in [0, 100_000] {
            for size in [8_143, 8_150, 16_340, 100_001, 2_000_000] {
                for filler in 0..<16 {
                    var body = [UInt8](repeating: 0, count: filler)
                    while body.count + unit.count + forged.count <= size { body += unit }
                    body += forged
                    try attempt(body, limit: limit)
                }
            }
        }
    }

    private func attempt(_ body: [UInt8], limit: Int) throws {
        var limits = TransportLimits.patient
        limits.bodyBytesMax = limit
        try LoopFixture.run(limits: limits) { fixture in
            let client = try fixture.connect()
            let answer = try client.request([("N", "1")], body: body)
            if body.count <= limits.bodyBytesMax * 8 || body.count <= 1 << 20 {
                #expect(answer.output == "hello 1")
                #expect(try client.request([("N", "2")]).output == "hello 2")
            } else {
                #expect(client.peerCloses())
            }
            #expect(fixture.answeredRequests.allSatisfy { $0.value("FORGED") == nil })
        }
    }
}
