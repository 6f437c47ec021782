import Glibc
import Platform

/// A certification authority for tests; makes keys and certificates with the `openssl` command.
///
/// Everything is valid from now for ten years; tests of validity move the time instead. The
/// files live in a folder of its own that goes away with the authority.
package final class TestCA {
    /// A certificate and its private key, both PEM.
    package struct Issued: Sendable {
        package let certificate: String
        package let key: String
    }

    /// What extensions a certificate for a client has, unless a test says otherwise.
    package static let clientExtensions = [
        "basicConstraints = critical,CA:FALSE",
        "keyUsage = critical,digitalSignature",
        "extendedKeyUsage = clientAuth",
        "subjectKeyIdentifier = hash",
        "authorityKeyIdentifier = keyid",
    ]

    /// What extensions an authority has, unless a test says otherwise.
    package static let authorityExtensions = [
        "basicConstraints = critical,CA:TRUE",
        "keyUsage = critical,keyCertSign,cRLSign",
        "subjectKeyIdentifier = hash",
    ]

    /// The authority's own certificate and key.
    package let own: Issued
    private let folder: String
    private var issuedCount = 0

    /// The authority's certificate, PEM.
    package var certificate: String { own.certificate }

    /// Makes a self-signed authority.
    package convenience init(
        _ subject: String = "/O=Test/CN=Test CA", extensions: [String] = authorityExtensions
    ) throws {
        let folder = try Self.makeFolder()
        let own = try Self.make(
            in: folder, name: "ca", subject: subject, extensions: extensions, isIssued: false)
        self.init(folder: folder, own: own)
    }

    private init(folder: String, own: Issued) {
        self.folder = folder
        self.own = own
    }

    deinit {
        for name in (try? File.names(in: folder)) ?? [] { File.remove("\(folder)/\(name)") }
        _ = unsafe rmdir(folder)
    }

    /// Issues a certificate; `subject` is written like `/O=Test/CN=alice`, `key` as for
    /// `openssl req -newkey`.
    package func issue(
        _ subject: String, extensions: [String] = clientExtensions,
        adding more: [String] = [], key: [String] = ecKey
    ) throws -> Issued {
        issuedCount += 1
        return try Self.make(
            in: folder, name: "leaf\(issuedCount)", subject: subject,
            extensions: extensions + more, isIssued: true, key: key)
    }

    /// Issues a certificate for another authority, which is returned ready for use.
    package func issueAuthority(
        _ subject: String, extensions: [String] = authorityExtensions, adding more: [String] = []
    ) throws -> TestCA {
        let issued = try issue(
            subject, extensions: extensions + ["authorityKeyIdentifier = keyid"], adding: more)
        let folder = try Self.makeFolder()
        try File.replace("\(folder)/ca.pem", with: Array(issued.certificate.utf8))
        try File.replace("\(folder)/ca.key", with: Array(issued.key.utf8))
        return TestCA(folder: folder, own: issued)
    }

    /// The parameters of an elliptic key, which takes the least time to make.
    package static let ecKey = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]

    private static func makeFolder() throws -> String {
        let folder = "/tmp/casd-test-ca-\(hexadecimal(systemRandomBytes(8)))"
        try File.makeDirectory(folder)
        return folder
    }

    private static func make(
        in folder: String, name: String, subject: String, extensions: [String], isIssued: Bool,
        key: [String] = ecKey
    ) throws -> Issued {
        let base = "\(folder)/\(name)"
        let configuration = """
            [req]
            distinguished_name = dn
            string_mask = utf8only
            x509_extensions = ext
            [dn]
            [ext]
            \(extensions.joined(separator: "\n"))
            """
        try File.replace("\(base).cnf", with: Array((configuration + "\n").utf8))
        var arguments =
            ["req", "-x509", "-utf8", "-nodes", "-sha256", "-days", "3650", "-newkey"] + key
        arguments += [
            "-config", "\(base).cnf", "-subj", subject, "-out", "\(base).pem",
            "-keyout", "\(base).key",
        ]
        if isIssued { arguments += ["-CA", "\(folder)/ca.pem", "-CAkey", "\(folder)/ca.key"] }
        try openssl(arguments, log: "\(base).log")
        return Issued(
            certificate: try File.readText("\(base).pem"), key: try File.readText("\(base).key"))
    }
}
