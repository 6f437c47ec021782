import Foundation
import Platform
import TestSupport
import Testing

/// casd that believes certificates from wherever they may come, and binds sessions to them.
///
/// nginx as shipped trusts the demo's authority alone; casd trusts one of its own as well.
final class SourceSite: Sendable {
    @TaskLocal static var shared: SourceSite?

    static var current: SourceSite {
        get throws { try #require(shared, "the deployment did not start") }
    }

    let site: Deployment
    /// What only casd trusts.
    let authority: TestCA
    /// nginx that passes on certificates that it does not trust.
    let lax: Gateway
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        authority = try TestCA("/O=Test/CN=Only casd")
        try File.replace(folder.file("own.pem"), with: Array(authority.certificate.utf8))
        try File.replace(
            folder.file("users.yaml"),
            with: Array(
                """
                - { user: mapped-by-mail, email: alice@example.org }
                - { user: mapped-by-subject, subject: "CN=By Subject,O=Test" }
                - { user: mapped-by-number, serial: "0x5E01", issuer: "CN=Only casd,O=Test" }

                """.utf8))
        site = try Deployment(configuration: Self.configuration(folder))
        lax = try Gateway(
            like: site,
            edits: [.certificates("ssl_verify_client on;", "ssl_verify_client optional_no_ca;")])
    }

    /// Stops everything; the second nginx first, or casd would wait for its idle connections.
    func end() {
        lax.stop()
        site.end()
    }

    private static func configuration(
        _ folder: TemporaryDirectory, principal: String = "type: subject_alt_name"
    ) -> String {
        """
        authentication:
          x509:
            trust_anchors: [pki/client-ca.pem, "\(folder.file("own.pem"))"]
            bound_tickets: when_certificate
            sources:
              optional_no_ca: true
              header: { enabled: true, peers: [127.0.0.1] }
            principal: { \(principal), users_file: "\(folder.file("users.yaml"))" }

        """
    }

    /// Runs a test with another rule for principals, and goes back to the one before.
    func with(principal: String, _ body: () throws -> Void) throws {
        try site.reload(Self.configuration(folder, principal: principal))
        try body()
        try site.reload(Self.configuration(folder))
    }

    /// A new certificate of the authority that only casd trusts.
    func issue(
        _ name: String, names: String = "", adding more: [String] = [], wish: TestCA.Wish = .init()
    ) throws -> ClientFiles {
        let alternative = names.isEmpty ? [] : ["subjectAltName = " + names]
        let issued = try authority.issue(
            "/O=Test/CN=\(name)", adding: alternative + more, wish: wish)
        return try client(issued)
    }

    /// One with a user principal name, which is who it stands for.
    func issue(user: String) throws -> ClientFiles {
        try issue(user, names: "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:\(user)")
    }

    /// The files of a certificate.
    func client(_ issued: TestCA.Issued) throws -> ClientFiles {
        try ClientFiles(issued, at: folder.file(hexadecimal(systemRandomBytes(8))))
    }
}

/// Runs a suite with a ``SourceSite``, and looks through its logs for secrets at the end.
struct SourceSiteTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let sources = try SourceSite()
        defer { sources.end() }
        try await SourceSite.$shared.withValue(sources) { try await function() }
        let leaks = try sources.site.leaks()
        #expect(leaks.isEmpty, "no log may hold a ticket or a password")
    }
}

extension Trait where Self == SourceSiteTrait {
    /// With a casd that believes certificates from wherever they may come.
    static var sources: Self { SourceSiteTrait() }
}
