import Platform
import TestSupport
import Testing

@testable import Outbound

@Suite("How long and how much is listened to") struct LimitTests {
    private let peer: Peer

    init() throws {
        peer = try Peer.shared.get()
    }

    @Test(arguments: ["/slow-body", "/slow-header", "/no-answer"])
    func `a slow answer is given up`(path: String) throws {
        let client = try peer.client { $0.timeout = .milliseconds(400) }
        // Not measured: the time that a connection takes on a busy machine is in it.
        let start = monotonicMilliseconds()
        #expect(client.failure(peer.url("plain", path), allowsPlain: true) == .timeout)
        #expect(monotonicMilliseconds() - start < 5000)
    }

    @Test func `a server that never takes a connection is given up`() throws {
        let client = try peer.client { $0.connectTimeout = .milliseconds(300) }
        #expect(client.failure(peer.url("silent", "/")) == .timeout)
        let hurried = try peer.client { $0.timeout = .milliseconds(300) }
        #expect(hurried.failure(peer.url("silent", "/")) == .timeout)
    }

    @Test func `a body may be as long as the limit and no longer`() throws {
        let client = try peer.client { $0.responseBytesMax = 1000 }
        let exact = OutboundRequest(url: peer.url("good", "/size/1000"))
        #expect(try client.send(exact).body.count == 1000)
        #expect(client.failure(peer.url("good", "/size/1001")) == .responseTooLarge)
        #expect(client.failure(peer.url("good", "/size/100000000")) == .responseTooLarge)
        #expect(try client.send(exact).status == 200)
    }

    @Test(arguments: ["/endless", "/endless-header", "/endless-interim"])
    func `an answer without end is cut off`(path: String) throws {
        let client = try peer.client()
        #expect(client.failure(peer.url("good", path)) == .responseTooLarge)
    }

    @Test(arguments: ["/short", "/hang-up"])
    func `an answer that breaks off is none`(path: String) throws {
        let client = try peer.client()
        #expect(client.failure(peer.url("good", path))?.reasonClass == "unreachable")
    }

    @Test func `what is not HTTP is no answer`() throws {
        let client = try peer.client()
        #expect(client.failure(peer.url("good", "/no-http"))?.reasonClass == "other")
    }

    @Test func `a port where nobody listens is unreachable`() throws {
        let client = try peer.client()
        #expect(client.failure(peer.url("closed", "/")) == .unreachable)
    }

    @Test func `a name without address is unresolved`() throws {
        let client = try peer.client { $0.timeout = .seconds(10) }
        let failure = client.failure("https://nobody.invalid/")
        #expect(failure == .unresolved || failure == .timeout)
    }

    @Test func `five hundred failing calls leave no descriptor behind`() async throws {
        let ports = ["closed", "stranger", "plain", "silent"].map { peer.port($0) }
        let trustFile = peer.trustFile
        await #expect(processExitsWith: .success) {
            [ports = ports as [Int], trustFile = trustFile as String] in
            let client = try OutboundClient(
                OutboundPolicy(
                    trustFiles: [trustFile], allowsLoopback: true, timeout: .milliseconds(500)))
            let before = try File.names(in: "/proc/self/fd").count
            for number in 0..<500 {
                let port = ports[number % 3]
                let host = number % 2 == 0 ? "localhost" : "127.0.0.1"
                _ = client.failure("https://\(host):\(port)/hang-up")
                if number % 100 == 0 { _ = client.failure("https://127.0.0.1:\(ports[3])/") }
                if number % 10 == 0 { _ = client.failure("https://169.254.1.1/") }
            }
            let after = try File.names(in: "/proc/self/fd").count
            precondition(after <= before + 4, "\(before) descriptors became \(after)")
        }
    }
}
