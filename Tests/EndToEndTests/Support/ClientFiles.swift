import Foundation
import Platform
import TestSupport

/// A certificate and its key in files, as clients have them.
struct ClientFiles: Sendable {
    let certificate: String
    let key: String

    var curlOptions: [String] { ["--cert", certificate, "--key", key] }

    /// The certificate alone, PEM.
    var text: String {
        get throws {
            let end = "-----END CERTIFICATE-----\n"
            return (try File.readText(certificate).components(separatedBy: end).first ?? "") + end
        }
    }
}

extension ClientFiles {
    /// Writes the files.
    ///
    /// - Parameters:
    ///   - base: Their path, without `.pem` and `.key`.
    ///   - chain: What the client sends beside its certificate.
    init(_ issued: TestCA.Issued, chain: [TestCA] = [], at base: String) throws {
        self.init(certificate: base + ".pem", key: base + ".key")
        let texts = [issued.certificate] + chain.map(\.certificate)
        try File.replace(certificate, with: Array(texts.joined().utf8))
        try File.replace(key, with: Array(issued.key.utf8))
    }
}

extension Deployment {
    /// Requests on the certificate port.
    func curl(_ client: ClientFiles?, _ options: [String] = []) -> Curl {
        Curl(
            base: certificateBase, ca: authority,
            options: (client?.curlOptions ?? []) + options)
    }

    /// Who a session's service ticket says somebody is.
    func user(
        of session: String, for service: String = "https://app.example.org/"
    ) throws -> String? {
        let ticket = try ticket(of: session, for: service)
        return try user(ofTicket: ticket, for: service)
    }

    /// Who a service ticket says somebody is.
    func user(
        ofTicket ticket: String, for service: String = "https://app.example.org/"
    ) throws -> String? {
        let answer = try curl("/serviceValidate?service=\(encoded(service))&ticket=\(ticket)")
        return answer.body.between("<cas:user>", "</cas:user>")
    }

    /// Runs one of casd's commands with the deployment's configuration.
    func tool(_ arguments: String...) throws -> Command {
        try Command([Repository.server] + arguments + ["--config", file("casd.yaml")])
    }
}

extension Curl {
    /// A session by certificate, over REST.
    func createSession(_ more: [String] = []) throws -> Answer {
        try self("/v1/tickets", ["-X", "POST", "-H", "Accept: text/plain"] + more)
    }
}
