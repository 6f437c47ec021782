import Glibc
import Outbound
import Platform
import TestSupport

/// The servers of `Scripts/peer.py`, one set for all tests of this process.
final class Peer: Sendable {
    let trustFile: String
    private let ports: [String: Int]
    private let folder: TemporaryDirectory
    /// Closed when the process ends, whereupon the servers end.
    private let lifeline: Int32

    static let shared = Result { try Peer() }

    private init() throws {
        folder = try TemporaryDirectory()
        let authority = try TestCA()
        let own = try authority.issue("/CN=localhost", extensions: Self.names("DNS:localhost"))
        let wrong = try authority.issue(
            "/CN=localhost", extensions: Self.names("DNS:other.example"))
        let stranger = try TestCA("/CN=Stranger").issue(
            "/CN=localhost", extensions: Self.names("DNS:localhost"))
        trustFile = folder.file("trust.pem")
        try File.replace(trustFile, with: Array(authority.certificate.utf8))
        for (name, issued) in [
            ("good", own), ("wrong-host", wrong), ("stranger", stranger), ("ca", authority.own),
        ] {
            let text = issued.certificate + issued.key
            try File.replace(folder.file("\(name).pem"), with: Array(text.utf8))
        }
        lifeline = try Self.start(folder)
        let portsFile = folder.file("ports")
        guard waitUntil(milliseconds: 60_000, { File.exists(portsFile) }) else {
            throw FileError(path: portsFile, reason: "the servers did not start")
        }
        let lines = try File.readText(portsFile).split(separator: "\n")
        ports = Dictionary(
            uniqueKeysWithValues: lines.map { line in
                let words = line.split(separator: " ")
                return (String(words[0]), Int(words[1]) ?? 0)
            })
    }

    private static func names(_ names: String) -> [String] {
        ["basicConstraints = critical,CA:FALSE", "subjectAltName = \(names),IP:127.0.0.1"]
            .map { names.contains("other") ? $0.replacing(",IP:127.0.0.1", with: "") : $0 }
    }

    func port(_ name: String) -> Int { ports[name] ?? 0 }

    /// The URL of one of the servers; `http` for those whose name begins with `plain`.
    func url(_ server: String, _ path: String, host: String = "localhost") -> String {
        let scheme = server.hasPrefix("plain") ? "http" : "https"
        return "\(scheme)://\(host):\(port(server))\(path)"
    }

    /// A client that may call these servers.
    func client(_ change: (inout OutboundPolicy) -> Void = { _ in }) throws -> OutboundClient {
        var policy = OutboundPolicy(
            trustFiles: [trustFile], allowsLoopback: true, connectTimeout: .seconds(20),
            timeout: .seconds(30))
        change(&policy)
        return try OutboundClient(policy)
    }

    private static func start(_ folder: TemporaryDirectory) throws -> Int32 {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw FileError(path: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let source = #filePath
        let script =
            source[..<(source.lastIndex(of: "/") ?? source.startIndex)] + "/Scripts/peer.py"
        let arguments = ["python3", String(script), folder.path]
        var words: [UnsafeMutablePointer<CChar>?] =
            unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { word in unsafe free(word) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        unsafe posix_spawn_file_actions_addopen(
            &actions, 2, folder.file("peer.log"), O_WRONLY | O_CREAT, 0o600)
        var child: pid_t = 0
        guard unsafe posix_spawnp(&child, "python3", &actions, nil, &words, environ) == 0 else {
            throw FileError(path: "python3", reason: "cannot be started")
        }
        close(ends[0])
        return ends[1]
    }
}

extension OutboundClient {
    /// Why a call led to nothing, or `nil` if it led to an answer.
    func failure(
        _ url: String, allowsPlain: Bool = false, method: OutboundRequest.Method = .get
    ) -> OutboundError? {
        do throws(OutboundError) {
            _ = try send(OutboundRequest(method: method, url: url, allowsPlain: allowsPlain))
            return nil
        } catch {
            return error
        }
    }
}
