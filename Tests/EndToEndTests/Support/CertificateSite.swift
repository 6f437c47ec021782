import Foundation
import Platform
import TestSupport
import Testing

/// casd with authorities of its own, which asks files, servers of lists and a responder who was
/// revoked.
final class CertificateSite: Sendable {
    @TaskLocal static var shared: CertificateSite?

    static var current: CertificateSite {
        get throws { try #require(shared, "the deployment did not start") }
    }

    let site: Deployment
    let authorities: Authorities
    let lists: ListServer
    /// Where the responder of the tests is while it runs.
    let responderPort: Int
    /// A certificate of each kind.
    let clients: [ClientKind: ClientFiles]
    /// nginx as shipped, but for TLS 1.2.
    let older: Gateway
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        authorities = try Authorities()
        lists = try ListServer()
        responderPort = try freePorts()
        try authorities.writeLists(to: folder.file("lists"))
        for (name, text) in [
            ("anchors.pem", authorities.anchors), ("intermediates.pem", authorities.intermediates),
        ] {
            try File.replace(folder.file(name), with: Array(text.utf8))
        }
        var clients: [ClientKind: ClientFiles] = [:]
        for kind in ClientKind.allCases {
            let (issued, chain) = try kind.issue(by: authorities)
            clients[kind] = try ClientFiles(
                issued, chain: chain, at: folder.file(kind.rawValue))
        }
        self.clients = clients
        site = try Deployment(
            configuration: Self.configuration(folder), clientAuthorities: folder.file("anchors.pem")
        )
        older = try Gateway(
            like: site, edits: [.certificates("TLSv1.3;\n    # Never", "TLSv1.2;\n    # Never")])
    }

    /// Stops everything; the second nginx first, or casd would wait for its idle connections.
    func end() {
        older.stop()
        site.end()
    }

    /// The demo's, with everything strict unless `rules` says otherwise.
    private static func configuration(
        _ folder: TemporaryDirectory, rules: String = "unavailable: deny, expired: deny",
        usage: String = "require_key_usage: true"
    ) -> String {
        """
        outbound: { connect_timeout: 1s, timeout: 1s }
        authentication:
          x509:
            intermediates: ["\(folder.file("intermediates.pem"))"]
            \(usage)
            revocation:
              checker: [files, crl, ocsp]
              crl_files: ["\(folder.file("lists"))"]
              list_size: 64KiB
              \(rules.replacing(", ", with: "\n      "))

        """
    }

    /// Runs a test with other rules, and goes back to the strict ones.
    func with(rules: String, usage: String = "", _ body: () throws -> Void) throws {
        try site.reload(Self.configuration(folder, rules: rules, usage: usage))
        try body()
        try site.reload(Self.configuration(folder))
    }

    func client(_ kind: ClientKind) throws -> ClientFiles { try #require(clients[kind]) }

    /// The path of a file of lists that casd reads.
    func list(_ name: String) -> String { folder.file("lists/\(name).crl") }

    /// A new certificate.
    func issue(
        by authority: TestCA, _ name: String, adding more: [String] = [], serial: String? = nil
    ) throws -> ClientFiles {
        let issued = try authority.issue(
            "/O=Test/CN=\(name)", adding: more, wish: .init(serial: serial.map { "0x" + $0 }))
        return try ClientFiles(issued, at: folder.file(name))
    }
}

/// Runs a suite with a ``CertificateSite``, and looks through its logs for secrets at the end.
struct CertificateSiteTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let certificates = try CertificateSite()
        defer { certificates.end() }
        try await CertificateSite.$shared.withValue(certificates) { try await function() }
        let leaks = try certificates.site.leaks()
        #expect(leaks.isEmpty, "no log may hold a ticket or a password")
    }
}

extension Trait where Self == CertificateSiteTrait {
    /// With a casd that has authorities of its own.
    static var certificates: Self { CertificateSiteTrait() }
}
