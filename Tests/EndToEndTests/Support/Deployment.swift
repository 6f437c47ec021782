import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// The repository's folders.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// A program or a file of the tests.
    static func script(_ name: String) -> String { root + "/Tests/EndToEndTests/Scripts/" + name }

    /// The server that is tested: `CASD`, or what the release build made.
    static var server: String {
        ProcessInfo.processInfo.environment["CASD"] ?? root + "/.build/release/casd"
    }
}

/// casd behind nginx, as `deploy/quickstart` makes it, in a folder of its own.
final class Deployment: Sendable {
    /// The deployment that all suites share.
    @TaskLocal static var shared: Deployment?

    let directory: String
    let port: Int
    /// The name in its addresses: two deployments with one name would share their cookies.
    let host: String
    private let folder: TemporaryDirectory
    private let options: [String]
    /// Stops the deployment when this process ends, in whatever way.
    private let attendant: Child
    private let ending = Lock(false)

    /// - Parameters:
    ///   - configuration: YAML, merged over what quickstart generates; without `server` in it if
    ///     there is a `host`.
    ///   - host: `localhost` or `127.0.0.1`.
    ///   - relative: A deployment with the same authority.
    ///   - clientAuthorities: A PEM bundle of further authorities for client certificates, for
    ///     nginx and for casd.
    init(
        workers: Int = 2, configuration: String? = nil, host: String = "localhost",
        relative: Deployment? = nil, clientAuthorities: String? = nil
    ) throws {
        folder = try TemporaryDirectory()
        directory = folder.file("site")
        port = try freePorts()
        self.host = host
        var options = ["--dir", directory, "--port", "\(port)", "--workers", "\(workers)"]
        if configuration != nil || host != "localhost" {
            options += ["--config", folder.file("overlay.yaml")]
        }
        if let clientAuthorities { options += ["--client-ca", clientAuthorities] }
        self.options = options
        if let relative {
            try File.makeDirectory(directory)
            try Command.check(["cp", "-R", relative.file("pki"), directory])
        }
        attendant = try Child(
            ["/bin/sh", "-c", Self.attendance, "sh", "\(getpid())", Self.program, directory],
            output: "/dev/null", errors: "/dev/null")
        try configure(configuration ?? "")
        try start()
    }

    /// Writes the configuration that the next start merges over what quickstart generates.
    func configure(_ configuration: String) throws {
        let server =
            host == "localhost" ? "" : "server:\n  public_url: https://\(host):\(port)/cas\n"
        try File.replace(folder.file("overlay.yaml"), with: Array((server + configuration).utf8))
    }

    /// Adds a service definition and waits until casd has seen it.
    func define(_ name: String, _ definition: String) throws {
        let log = self.log
        try File.replace(file("services/\(name).json"), with: Array(definition.utf8))
        try #require(log.has("services reloaded", count: workers.count), "\(log.text)")
    }

    /// Waits for the end of the process `$1`, or to be told.
    private static let attendance = """
        trap 'told=yes' TERM
        while [ -z "$told" ] && kill -0 "$1"; do sleep 0.5 & wait $!; done
        "$2" stop --dir "$3"
        """

    private static let program = Repository.root + "/deploy/quickstart"

    func start() throws {
        try Command.check(
            [Self.program, "start"] + options, environment: ["CASD": Repository.server],
            seconds: 120)
    }

    func stop() throws {
        try Command.check([Self.program, "stop", "--dir", directory], seconds: 60)
    }

    /// Stops everything for good; twice is harmless.
    func end() {
        guard
            !ending.withLock({ isEnding in
                defer { isEnding = true }; return isEnding
            })
        else {
            return
        }
        kill(attendant.pid, SIGTERM)
        attendant.wait()
    }

    deinit { end() }

    /// Has the workers take over another configuration, one by one, while they serve.
    func reload(_ configuration: String) throws {
        try configure(configuration)
        let merged = try Command.check([
            Repository.root + "/deploy/merge-yaml", file("casd.generated.yaml"),
            folder.file("overlay.yaml"),
        ])
        try File.replace(file("casd.yaml"), with: Array(merged.utf8))
        let log = self.log
        let before = try workers
        try #require(kill(try supervisor, SIGHUP) == 0)
        try #require(log.has("\"event\":\"reloaded\""), "\(log.text)")
        let isDone = try eventually { try workers.isDisjoint(with: before) }
        try #require(isDone, "the workers before are gone")
    }

    var base: String { "https://\(host):\(port)/cas" }
    var certificateBase: String { "https://localhost:\(port + 1)/cas" }
    var authority: String { directory + "/pki/ca.pem" }
    var socket: String { directory + "/run/casd.sock" }

    /// Requests without any memory.
    var curl: Curl { Curl(base: base, ca: authority) }

    /// Requests on the certificate port with a certificate of `pki/`, or of elsewhere.
    func curl(certificate: String?, key: String? = nil) -> Curl {
        var options: [String] = []
        if let certificate {
            options = [
                "--cert", certificate, "--key", key ?? certificate.replacing(".pem", with: ".key"),
            ]
        }
        return Curl(base: certificateBase, ca: authority, options: options)
    }

    var clientCertificate: String { directory + "/pki/client.pem" }

    /// A browser: requests with a cookie jar of their own.
    func browser() throws -> Browser { try Browser(self) }

    func file(_ name: String) -> String { directory + "/" + name }

    /// The supervisor's process.
    var supervisor: Int32 {
        get throws {
            let text = try File.readText(file("run/casd.pid")).trimmingCharacters(in: .newlines)
            return try #require(Int32(text))
        }
    }

    /// The worker processes.
    var workers: Set<Int32> {
        get throws {
            let parent = try supervisor
            let list = try File.readText("/proc/\(parent)/task/\(parent)/children")
            return Set(list.split { $0.isWhitespace }.compactMap { Int32($0) })
        }
    }

    /// A ticket-granting ticket by password, over REST.
    func session() throws -> String {
        let answer = try curl.post(
            "/v1/tickets", [("username", "casuser"), ("password", "Mellon")],
            ["-H", "Accept: text/plain"])
        try #require(answer.status == 201, "\(answer)")
        return answer.body
    }

    /// A service ticket of a session, over REST.
    func ticket(
        of session: String, for service: String = "https://app.example.org/"
    ) throws -> String {
        let answer = try curl.post("/v1/tickets/\(session)", [("service", service)])
        try #require(answer.status == 200, "\(answer)")
        return answer.body
    }

    /// Whether a ticket that has not been used is still there.
    func isLive(_ ticket: String) throws -> Bool {
        try curl("/v1/tickets/\(ticket)").status == 200
    }
}

/// A port and the one after it, both free on loopback.
func freePorts() throws -> Int {
    for _ in 0..<100 {
        // Below the range from which the kernel takes ports for connections.
        let port = Int.random(in: 10_000...31_000)
        if isFree(port), isFree(port + 1) { return port }
    }
    throw Command.Failed(description: "no free ports")
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
