import Platform
import TestSupport
import Testing

@testable import Outbound

@Suite("What other servers are asked and answer") struct OutboundClientTests {
    private let peer: Peer

    init() throws {
        peer = try Peer.shared.get()
    }

    @Test func `an answer comes with status, body and type`() throws {
        let response = try peer.client().send(OutboundRequest(url: peer.url("good", "/size/5")))
        #expect(response.status == 200)
        #expect(response.body == Array("xxxxx".utf8))
        #expect(response.contentType == "text/plain; charset=utf-8")
    }

    @Test(arguments: [204, 404, 500]) func `a status is an answer`(status: Int) throws {
        let url = peer.url("good", "/status/\(status)")
        #expect(try peer.client().send(OutboundRequest(url: url)).status == status)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is not followed`(status: Int) throws {
        let response = try peer.client().send(
            OutboundRequest(url: peer.url("good", "/status/\(status)")))
        #expect(response.status == status)
        #expect(response.body == Array("text".utf8))
    }

    @Test func `a request says little`() throws {
        let response = try peer.client().send(
            OutboundRequest(url: peer.url("good", "/echo/../a?b=c"), headers: [("X-Own", "1")]))
        let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\r\n")
        #expect(
            lines.map(String.init) == [
                "GET /echo/../a?b=c HTTP/1.1", "Host: localhost:\(peer.port("good"))",
                "User-Agent: casd", "Accept: */*", "X-Own: 1",
            ])
    }

    @Test(arguments: [0, 1, 1023, 2000, 60_000])
    func `a body arrives exactly`(count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let response = try peer.client().send(
            OutboundRequest(
                method: .post(body: body, type: "application/x-www-form-urlencoded"),
                url: peer.url("good", "/echo")))
        #expect(response.body.suffix(count) == body[...])
        let head = String(decoding: response.body.dropLast(count), as: UTF8.self)
        #expect(head.hasPrefix("POST /echo HTTP/1.1\r\n"))
        #expect(head.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"))
        #expect(head.contains("\r\nContent-Length: \(count)\r\n"))
        #expect(!head.contains("Expect"))
        #expect(!head.contains("Transfer-Encoding"))
    }

    @Test(arguments: [("X\r\nY", "1"), ("X", "1\r\nY: 2"), ("", "1"), ("X", "a\0b"), ("X:", "1")])
    func `a header with foreign characters is not sent`(name: String, value: String) throws {
        let request = OutboundRequest(
            url: peer.url("good", "/echo"), headers: [(name, value)])
        #expect(throws: OutboundError.self) { try peer.client().send(request) }
    }

    @Test func `connections are used again`() throws {
        let client = try peer.client()
        let made = try (0..<5).map { _ in
            try client.sendCounting(OutboundRequest(url: peer.url("good", "/echo")))
                .connectionsMade
        }
        #expect(made == [1, 0, 0, 0, 0])
        let elsewhere = OutboundRequest(url: peer.url("plain", "/echo"), allowsPlain: true)
        #expect(try client.sendCounting(elsewhere).connectionsMade == 1)
        let again = OutboundRequest(url: peer.url("good", "/echo"))
        #expect(try client.sendCounting(again).connectionsMade == 0)
    }

    @Test func `a server that closes its connections is called anew`() throws {
        let client = try peer.client()
        for _ in 0..<5 {
            let response = try client.send(OutboundRequest(url: peer.url("good", "/goodbye")))
            #expect(response.status == 200)
        }
    }

    @Test func `fifty calls at a time all get their own answers`() throws {
        let client = try peer.client()
        let wrong = Lock<[Int]>([])
        let peer = peer
        onThreads(50) { number in
            let body = Array("body of \(number)".utf8)
            let request = OutboundRequest(
                method: .post(body: body, type: "text/plain"), url: peer.url("good", "/echo"))
            for _ in 0..<4 {
                // A failed call is as wrong as a foreign answer, whatever its reason.
                let response = try? client.send(request)
                if response?.body.suffix(body.count) != body[...] {
                    wrong.withLock { $0.append(number) }
                }
            }
        }
        #expect(wrong.withLock { $0 } == [])
    }

    @Test func `HTTP without TLS must be asked for`() throws {
        let client = try peer.client()
        let url = peer.url("plain", "/echo")
        #expect(client.failure(url) == .address("the scheme is not allowed"))
        #expect(client.failure(url, allowsPlain: true) == nil)
        #expect(client.failure(peer.url("good", "/echo"), allowsPlain: true) == nil)
    }

    @Test func `names are looked up in a thread of their own`() {
        #expect(OutboundLibrary.looksUpNamesAsynchronously)
        #expect(OutboundLibrary.version.contains("OpenSSL/3."))
    }
}
