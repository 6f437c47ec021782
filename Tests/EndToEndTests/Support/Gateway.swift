import Foundation
import Platform
import TestSupport
import Testing

/// An nginx with a deployment's files, but in front of some other back end, or with other settings.
final class Gateway: Sendable {
    /// One text of the files in the place of another.
    struct Edit {
        let file: String
        let old: String
        let new: String

        /// How clients have to prove who they are, and with which TLS.
        static func certificates(_ old: String, _ new: String) -> Edit {
            Edit(file: "casd/casd.conf", old: old, new: new)
        }
    }

    let port: Int
    let directory: String
    private let folder: TemporaryDirectory
    private let process: Running

    /// - Parameters:
    ///   - upstream: The path of the back end's socket; the deployment's own if `nil`.
    ///   - edits: What is different in its files.
    init(like site: Deployment, upstream: String? = nil, edits: [Edit] = []) throws {
        folder = try TemporaryDirectory()
        directory = folder.path
        port = try freePorts()
        for name in ["logs", "run"] { try File.makeDirectory(folder.file(name)) }
        try Command.check(["cp", "-R", site.file("nginx"), site.file("pki"), folder.path])
        for name in [
            "nginx.conf", "casd/site/main.conf", "casd/site/certificate.conf",
            "casd/site/common.conf",
        ] {
            let path = folder.file("nginx/" + name)
            let text = try File.readText(path)
                .replacing(site.directory, with: folder.path)
                .replacing(":\(site.port) ", with: ":\(port) ")
                .replacing(":\(site.port + 1) ", with: ":\(port + 1) ")
            try File.replace(path, with: Array(text.utf8))
        }
        if let upstream {
            try File.replace(
                folder.file("nginx/casd/site/upstream.conf"),
                with: Array("server unix:\(upstream) max_fails=0;\n".utf8))
        }
        for edit in edits {
            let path = folder.file("nginx/" + edit.file)
            let text = try File.readText(path)
            try #require(text.contains(edit.old), "\(edit.file) has no \(edit.old)")
            try File.replace(path, with: Array(text.replacing(edit.old, with: edit.new).utf8))
        }
        process = try Running(
            [
                "nginx", "-p", folder.file("nginx"), "-c", folder.file("nginx/nginx.conf"),
                "-e", folder.file("logs/nginx-error.log"), "-g", "daemon off;",
            ], log: folder.file("out"))
        let probe = ["curl", "-sk", "--noproxy", "*", "-o", "/dev/null", base + "/errors/"]
        let isUp = try eventually { try Command(probe).status == 0 }
        try #require(isUp, "nginx did not start: \((try? File.readText(folder.file("out"))) ?? "")")
    }

    deinit { stop() }

    func stop() { process.stop() }

    var base: String { "https://localhost:\(port)/cas" }
    var certificateBase: String { "https://localhost:\(port + 1)/cas" }
    var curl: Curl { Curl(base: base, ca: folder.file("pki/ca.pem")) }

    /// Requests on the certificate port.
    func curl(_ client: ClientFiles?, _ options: [String] = []) -> Curl {
        Curl(
            base: certificateBase, ca: folder.file("pki/ca.pem"),
            options: (client?.curlOptions ?? []) + options)
    }
}
