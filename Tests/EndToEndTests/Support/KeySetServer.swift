import Platform
import TestSupport
import Testing

/// A server of public keys, with a certificate of an authority of its own.
final class KeySetServer: Sendable {
    /// How requests are answered, as `key_sets.py` says.
    enum Way: String {
        case good, late, elsewhere, broken
    }

    /// The server that the tests of a suite share.
    @TaskLocal static var shared: KeySetServer?

    /// The certificate of its authority, a file.
    let authority: String
    private let folder: TemporaryDirectory
    private let port: Int
    private let process: Running

    /// - Parameter keys: The file of the key set.
    init(keys: String) throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        authority = folder.file("authority.pem")
        let ca = try TestCA("/O=Test/CN=Key sets")
        let server = try ca.issue(
            "/O=Test/CN=localhost",
            extensions: [
                "basicConstraints = critical,CA:FALSE", "extendedKeyUsage = serverAuth",
                "subjectAltName = DNS:localhost", "authorityKeyIdentifier = keyid",
            ])
        try File.replace(authority, with: Array(ca.certificate.utf8))
        let files = try ClientFiles(server, at: folder.file("server"))
        process = try Running(
            [
                "python3", Repository.script("key_sets.py"), keys, "\(port)", files.certificate,
                files.key, folder.file("requests"),
            ], log: folder.file("out"))
        let probe = [
            "curl", "-s", "--noproxy", "*", "--cacert", authority, "-o", "/dev/null",
            url(.good, "probe"),
        ]
        let isUp = try eventually { try Command(probe).status == 0 }
        try #require(isUp, "\((try? File.readText(folder.file("out"))) ?? "")")
    }

    deinit { stop() }

    func stop() { process.stop() }

    /// The address of a key set; requests with different words are told apart.
    func url(_ way: Way, _ word: String) -> String {
        "https://localhost:\(port)/\(word)/\(way.rawValue)"
    }

    /// How often somebody has asked for it.
    func requests(_ way: Way, _ word: String) throws -> Int {
        try File.readText(folder.file("requests")).count(of: "/\(word)/\(way.rawValue)\n")
    }
}

/// Runs a suite with a server of the keys in the workshop, which is stopped whatever happens.
struct KeySetTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        _ = try JWTClientTests.token("RS256")  // Makes the keys.
        let server = try KeySetServer(keys: JWTWorkshop.folder + "/keys.json")
        defer { server.stop() }
        try await KeySetServer.$shared.withValue(server) { try await function() }
    }
}

extension Trait where Self == KeySetTrait {
    /// With a server of public keys that all tests of the suite share.
    static var withKeySets: Self { KeySetTrait() }
}
