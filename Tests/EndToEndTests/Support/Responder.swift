import Foundation
import Platform
import TestSupport
import Testing

/// The responder of an authority: the program `openssl ocsp`.
final class Responder: Sendable {
    let url: String
    private let folder: TemporaryDirectory
    private let process: Running

    /// - Parameter good: Serial numbers as in ``TestCA/Revoked``.
    init(
        of authority: TestCA, port: Int, good: [String], revoked: [TestCA.Revoked]
    ) throws {
        folder = try TemporaryDirectory()
        url = "http://127.0.0.1:\(port)/"
        try authority.writeIndex(good: good, revoked: revoked, to: folder.file("index"))
        let own = try ClientFiles(authority.own, at: folder.file("ca"))
        process = try Running(
            [
                "openssl", "ocsp", "-port", "\(port)", "-index", folder.file("index"),
                "-CA", own.certificate, "-rsigner", own.certificate, "-rkey", own.key,
            ], log: folder.file("log"))
        let log = Log(folder.file("log"), fromStart: true)
        try #require(log.has("waiting for OCSP client connections"), "\(log.text)")
    }

    deinit { stop() }

    func stop() { process.stop() }
}
