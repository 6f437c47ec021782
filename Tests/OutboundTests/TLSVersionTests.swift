import Platform
import TestSupport
import Testing

@testable import Outbound

/// The floor is ours, not that of the machine's OpenSSL, which an operator may have lowered.
@Suite("Which versions of TLS are spoken") struct TLSVersionTests {
    private let peer: Peer

    init() throws {
        peer = try Peer.shared.get()
    }

    @Test(arguments: ["TLS12", "TLS13"]) func `TLS 1.2 and 1.3 are spoken`(server: String) throws {
        #expect(try peer.client().failure(peer.url(server, "/echo")) == nil)
    }

    @Test(arguments: [("oldestTLS", "-tls1"), ("oldTLS", "-tls1_1")])
    func `older ones are not, even where OpenSSL would and the peer offers nothing else`(
        server: String, option: String
    ) async throws {
        let folder = try TemporaryDirectory()
        let lax = folder.file("openssl.cnf")
        let settings = """
            openssl_conf = all
            [all]
            ssl_conf = tls
            [tls]
            system_default = lax
            [lax]
            MinProtocol = TLSv1
            CipherString = DEFAULT:@SECLEVEL=0

            """
        try File.replace(lax, with: Array(settings.utf8))
        let port = peer.port(server)
        // The peer is sound: somebody who may speak so talks to it.
        try openssl(
            [
                "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost", option,
                "-cipher", "DEFAULT:@SECLEVEL=0", "-CAfile", peer.trustFile,
                "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-no_ign_eof",
            ], log: folder.file("s_client.log"))

        let (good, trustFile) = (peer.port("TLS12"), peer.trustFile)
        await #expect(processExitsWith: .success) {
            [
                port = port as Int, good = good as Int, trustFile = trustFile as String,
                lax = lax as String
            ] in
            setForProcess(["OPENSSL_CONF": lax])
            let client = try OutboundClient(
                OutboundPolicy(trustFiles: [trustFile], allowsLoopback: true))
            precondition(client.failure("https://localhost:\(good)/echo") == nil)
            let failure = client.failure("https://localhost:\(port)/echo")
            precondition(failure?.reasonClass == "tls", "\(String(describing: failure))")
        }
    }
}
