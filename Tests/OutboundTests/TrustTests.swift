import Platform
import TestSupport
import Testing

@testable import Outbound

@Suite("Whose identity is believed") struct TrustTests {
    private let peer: Peer

    init() throws {
        peer = try Peer.shared.get()
    }

    @Test(arguments: ["wrongHost", "stranger", "expired", "oldTLS"])
    func `a peer that proves nothing is not talked to`(server: String) throws {
        let client = try peer.client()
        #expect(client.failure(peer.url(server, "/echo"))?.reasonClass == "tls")
        #expect(client.failure(peer.url("good", "/echo")) == nil)
    }

    @Test func `a peer that speaks no TLS is not talked to`() throws {
        let url = "https://localhost:\(peer.port("plain"))/"
        #expect(try peer.client().failure(url)?.reasonClass == "tls")
    }

    @Test func `a trust file is what makes an authority believed`() throws {
        let client = try peer.client { $0.trustFiles = [] }
        #expect(client.failure(peer.url("good", "/echo"))?.reasonClass == "tls")
    }

    @Test func `the name must be in the certificate, as a name or as an address`() throws {
        let client = try peer.client()
        #expect(client.failure(peer.url("good", "/echo", host: "127.0.0.1")) == nil)
        let failure = client.failure(peer.url("good", "/echo", host: "127.0.0.2"))
        #expect(failure?.reasonClass == "unreachable" || failure?.reasonClass == "tls")
    }

    @Test func `a trust file that is missing or empty is an error`() throws {
        let folder = try TemporaryDirectory()
        try File.replace(folder.file("empty.pem"), with: [])
        try File.replace(folder.file("broken.pem"), with: Array("-----BEGIN X".utf8))
        for name in ["missing.pem", "empty.pem", "broken.pem"] {
            let failure = #expect(throws: OutboundError.self) {
                try OutboundClient(OutboundPolicy(trustFiles: [folder.file(name)]))
            }
            #expect(failure?.description.contains(name) == true)
        }
    }

    @Test func `several trust files are believed together`() throws {
        let folder = try TemporaryDirectory()
        let other = try TestCA("/CN=Other")
        try File.replace(folder.file("other.pem"), with: Array(other.certificate.utf8))
        let own = peer.trustFile
        let client = try peer.client { $0.trustFiles = [folder.file("other.pem"), own] }
        #expect(client.failure(peer.url("good", "/echo")) == nil)
    }

    @Test func `the environment names no proxies and no authorities`() async throws {
        let port = peer.port("good")
        let trustFile = peer.trustFile
        await #expect(processExitsWith: .success) {
            [port = port as Int, trustFile = trustFile as String] in
            setForProcess([
                "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
                "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
                "SSL_CERT_FILE": trustFile, "CURL_CA_BUNDLE": trustFile,
            ])
            let url = "https://localhost:\(port)/echo"
            let trusting = try OutboundClient(
                OutboundPolicy(trustFiles: [trustFile], allowsLoopback: true))
            precondition(trusting.failure(url) == nil)
            let client = try OutboundClient(OutboundPolicy(allowsLoopback: true))
            precondition(client.failure(url)?.reasonClass == "tls")
        }
    }
}
