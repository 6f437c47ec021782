import Foundation
import Platform
import TestSupport
import Testing

/// Applications that take logout messages in all the ways there are, one on each loopback address.
final class Receiver: Sendable {
    /// A request with a message, as the application got it.
    struct Message: Decodable {
        let at: Int
        let address: String
        let port: Int
        let line: String
        let headers: [String: String]
        let body: String
    }

    let port: Int
    private let log: Log
    private let folder: TemporaryDirectory
    private let process: Running

    init(addresses: [String] = ["127.0.0.1"]) throws {
        folder = try TemporaryDirectory()
        port = try freePorts()
        log = Log(folder.file("log"), fromStart: true)
        process = try Running(
            ["python3", Repository.script("receiver.py"), log.path, "\(port)"] + addresses,
            log: folder.file("out"))
        for address in addresses {
            let probe = ["curl", "-s", "--noproxy", "*", "http://\(address):\(port)/"]
            let isUp = try eventually { try Command(probe).status == 0 }
            try #require(isUp, "\(address): \((try? File.readText(folder.file("out"))) ?? "")")
        }
    }

    deinit { process.stop() }

    /// The application that treats messages in a way, such as `hang`.
    func service(_ way: String, at address: String = "127.0.0.1") -> String {
        "http://\(address):\(port)/\(way)/app?x=1&y=%20z"
    }

    /// What has come so far; a part of the request's line chooses.
    func messages(_ part: String = "") throws -> [Message] {
        try log.lines.filter { $0.hasSuffix("}") }.map {
            try JSONDecoder().decode(Message.self, from: Data($0.utf8))
        }.filter { $0.line.contains(part) }
    }

    /// Waits for messages; what has come when there are enough of them, or no time is left.
    func messages(
        _ part: String, count: Int, within milliseconds: Int64 = 10_000
    ) throws -> [Message] {
        _ = try eventually(within: milliseconds) { try messages(part).count >= count }
        return try messages(part)
    }
}

extension Receiver.Message {
    /// The logout message itself.
    var xml: String {
        body.components(separatedBy: "logoutRequest=").dropFirst().first?.removingPercentEncoding
            ?? ""
    }

    var sessionIndex: String? { xml.between("<samlp:SessionIndex>", "</samlp:SessionIndex>") }
}
