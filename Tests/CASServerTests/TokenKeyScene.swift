import JOSE
import Logging
import Platform
import TestSupport

@testable import CASServer

/// A casd whose keys are made in a folder of one test, with a clock and random bytes of its own.
final class TokenKeyScene: Sendable {
    let folder: TemporaryDirectory
    let now = Lock(Instant(milliseconds: 1_700_000_000_000))
    private let random = Lock(SeededRandom(seed: 5))

    init() throws {
        folder = try TemporaryDirectory()
        try File.makeDirectory(folder.file("services"))
        try File.replace(folder.file("users.json"), with: Array("{}".utf8))
    }

    var ring: TokenKeyFolder { TokenKeyFolder(folder.file("state/jwt")) }
    var logText: String { (try? File.readText(folder.file("log"))) ?? "" }

    /// - Parameter jwt: The section `jwt` in one line.
    func configuration(_ jwt: String = "", _ others: String = "") throws -> Configuration {
        let text = """
            server: { public_url: https://sso.example.org/cas }
            authentication: { users: { file: users.json } }
            services: { directory: services }
            state: { directory: state, runtime_directory: run }
            log: { level: debug, file: log }
            jwt: { \(jwt) }
            \(others)
            """
        try File.replace(folder.file("casd.yaml"), with: Array((text + "\n").utf8))
        return try Configuration.load(folder.file("casd.yaml"))
    }

    /// The keys as a worker takes them.
    func catalog(_ jwt: String = "") throws -> TokenKeyCatalog {
        let configuration = try configuration(jwt)
        return try TokenKeyCatalog(
            configuration, clock: { [now] in now.withLock { $0 } }, random: randomBytes,
            log: try configuration.log.logger())
    }

    var randomBytes: RandomBytes {
        { [self] count in
            random.withLock { random in
                (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
        }
    }

    /// What the commands need.
    func tools(
        _ jwt: String = "", user: UInt32 = CurrentProcess.user
    ) throws
        -> KeyTools.Surroundings
    {
        try KeyTools.Surroundings(
            try configuration(jwt), clock: { [now] in now.withLock { $0 } }, random: randomBytes,
            user: user)
    }

    func rotate(
        _ layer: TokenKeyRing.Layer = .signing, _ jwt: String = "", back: Bool = false,
        force: Bool = false
    ) -> ToolOutput {
        KeyTools.rotate(layer, back: back, force: force) { try tools(jwt) }
    }

    func advance(by time: Duration) {
        now.withLock { $0 = $0 + time }
    }

    /// A file of the operator.
    func write(_ name: String, _ text: String, permissions: UInt32 = 0o600) throws -> String {
        try File.replaceDurably(
            folder.file(name), with: Array(text.utf8), permissions: permissions)
        return folder.file(name)
    }

    /// The contents of all files of the ring that are secret.
    func secrets() throws -> [String] {
        try File.names(in: ring.path).filter { $0.hasSuffix(".key") || $0.hasSuffix(".pem") }.map {
            try File.readText(ring.path + "/" + $0)
        }
    }

    static let claims = Array(#"{"sub":"casuser"}"#.utf8)
}

extension TokenKeyCatalog {
    func token() throws -> String { try current.token() }

    /// Whether the keys in force accept a token.
    func accepts(_ token: String) -> Bool { current.accepts(token) }
}

extension TokenKeys {
    func token() throws -> String {
        try writer.write(TokenKeyScene.claims, random: systemRandomBytes)
    }

    func accepts(_ token: String) -> Bool {
        (try? reader.read(token)) == TokenKeyScene.claims
    }
}
