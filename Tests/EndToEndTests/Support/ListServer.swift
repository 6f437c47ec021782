import Foundation
import Platform
import TestSupport
import Testing

/// A server of revocation lists, good and bad ones, which has loopback addresses of its own.
final class ListServer: Sendable {
    /// How requests are answered; each at an address of its own, as casd leaves a server alone
    /// for a while that does not answer.
    enum Way: String, Sendable, CaseIterable {
        /// With the file of that name.
        case file
        /// Never.
        case slow
        /// With more and more.
        case huge
        case garbage

        var address: String { "127.0.0.\(20 + (Self.allCases.firstIndex(of: self) ?? 0))" }
    }

    let port: Int
    private let folder: TemporaryDirectory
    private let log: Log
    private let process: Running

    init() throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        log = Log(folder.file("requests"), fromStart: true)
        process = try Running(
            [
                "python3", Repository.script("lists.py"), folder.path, "\(port)",
            ] + Way.allCases.map(\.address), log: folder.file("out"))
        let port = self.port
        for way in Way.allCases {
            let probe = ["curl", "-s", "--noproxy", "*", "http://\(way.address):\(port)/probe"]
            let isUp = try eventually { try Command(probe).status == 0 }
            try #require(isUp, "\((try? File.readText(folder.file("out"))) ?? "")")
        }
    }

    deinit { process.stop() }

    func url(_ way: Way, _ name: String) -> String {
        "http://\(way.address):\(port)/\(way.rawValue)/\(name)"
    }

    /// The extension that leads to a list.
    func point(_ way: Way, _ name: String) -> String {
        "crlDistributionPoints = URI:" + url(way, name)
    }

    /// Puts a list where `file` finds it.
    func publish(_ name: String, _ list: [UInt8]) throws {
        try File.replace(folder.file(name), with: list)
    }

    /// How often somebody has asked for something.
    func requests(_ way: Way, _ name: String) -> Int {
        log.lines.count { $0 == "/\(way.rawValue)/\(name)" }
    }
}
