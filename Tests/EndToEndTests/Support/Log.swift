import Foundation
import Platform

/// A log file, read from where it was when the test began.
struct Log {
    let path: String
    private let start: Int

    init(_ path: String, fromStart: Bool = false) {
        self.path = path
        start = fromStart ? 0 : (try? File.read(path).count) ?? 0
    }

    /// What has been written since.
    var text: String {
        String(decoding: ((try? File.read(path)) ?? []).dropFirst(start), as: UTF8.self)
    }

    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// Waits until there are at least as many lines that hold the text.
    func has(_ text: String, count: Int = 1, within milliseconds: Int64 = 10_000) -> Bool {
        eventually(within: milliseconds) { lines.count { $0.contains(text) } >= count }
    }
}

extension Deployment {
    /// casd's log from now on.
    var log: Log { Log(file("logs/casd.log")) }

    /// All the logs of the deployment, by name.
    var logs: [String: String] {
        get throws {
            var logs: [String: String] = [:]
            for name in try File.names(in: file("logs")) {
                logs[name] = String(decoding: try File.read(file("logs/" + name)), as: UTF8.self)
            }
            return logs
        }
    }

    /// Lines of all logs that hold a secret: a ticket of any kind, a password, or one of `planted`.
    func leaks(planted: [String] = []) throws -> [String] {
        let secrets = planted + ["Mellon"]
        let pattern = try Regex("(TGT|ST|PT|PGT|PGTIOU|LT)-[A-Za-z0-9.-]{16,}")
        var found: [String] = []
        for (name, text) in try logs where name != "build.log" {
            for line in text.split(separator: "\n")
            where line.contains(pattern) || secrets.contains(where: { line.contains($0) }) {
                found.append("\(name): \(line)")
            }
        }
        return found
    }
}
