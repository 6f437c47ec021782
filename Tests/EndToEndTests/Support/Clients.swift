import Foundation
import Platform
import TestSupport
import Testing

/// The Python that deploy/test fills with other people's CAS clients and servers.
enum Python {
    static let path = Repository.root + "/.build/venv/bin/python"

    /// Whether a package is there, by the name of its module.
    static func has(_ module: String) -> Bool {
        let library = Repository.root + "/.build/venv/lib"
        let versions = (try? File.names(in: library)) ?? []
        return versions.contains { version in
            let packages = "\(library)/\(version)/site-packages/"
            return File.exists(packages + module) || File.exists(packages + module + ".py")
        }
    }

    /// Runs a script that has to succeed, and returns the lines that it writes.
    static func run(
        _ script: String, _ arguments: [String], trusting authority: String
    ) throws -> [String] {
        try Command.check(
            [path, Repository.script(script)] + arguments,
            environment: ["REQUESTS_CA_BUNDLE": authority]
        ).split(separator: "\n").map(String.init)
    }
}

/// A server of the tests, written in Python or PHP, on a port of its own.
final class Application: Sendable {
    let port: Int
    /// A folder of its own, where its log is.
    let folder: TemporaryDirectory
    private let process: Running

    /// A script that takes a directory, a port, a certificate and its key, and then `more`.
    init(script: String, _ site: Deployment, _ more: [String] = []) throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        process = try Running(
            [
                Python.path, Repository.script(script), folder.path, "\(port)",
                site.file("pki/server.pem"), site.file("pki/server.key"),
            ] + more,
            environment: ["REQUESTS_CA_BUNDLE": site.authority], log: folder.file("out"))
        try waitUntilUp(probing: "https://localhost:\(port)/")
    }

    /// PHP's own web server with a script for every address.
    init(php script: String, _ site: Deployment) throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        process = try Running(
            [
                "php", "-d", "session.save_path=\(folder.path)", "-S", "127.0.0.1:\(port)",
                Repository.script(script),
            ],
            environment: [
                "CAS_PORT": "\(site.port)", "CAS_AUTHORITY": site.authority,
                "OWN_PORT": "\(port)", "PHP_CLI_SERVER_WORKERS": "4",
            ], log: folder.file("out"))
        try waitUntilUp(probing: "http://localhost:\(port)/")
    }

    deinit { stop() }

    func stop() { process.stop() }

    var output: String { (try? File.readText(folder.file("out"))) ?? "" }

    private func waitUntilUp(probing address: String) throws {
        let probe = ["curl", "-sk", "--noproxy", "*", "-o", "/dev/null", address]
        let isUp = try eventually(within: 20_000) { try Command(probe).status == 0 }
        try #require(isUp, "\(address) does not answer: \(output)")
    }
}
