import Glibc
package import Platform

/// A certification authority for tests; makes keys and certificates with the `openssl` command.
///
/// Everything is valid from now for ten years, unless a test asks for another life; mostly it is
/// easier to move the time instead. The files live in a folder of its own that goes away with the
/// authority. `TestCA+Revocation.swift` makes revocation lists and the answers of responders.
package final class TestCA: Sendable {
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
    let folder: String
    private let issuedCount = Lock(0)

    /// The authority's certificate, PEM.
    package var certificate: String { own.certificate }

    /// What extensions the certificate of a responder has that an authority appoints for OCSP.
    package static let responderExtensions = [
        "basicConstraints = critical,CA:FALSE",
        "keyUsage = critical,digitalSignature",
        "extendedKeyUsage = OCSPSigning",
        "noCheck = ignored",
    ]

    /// What is special about a certificate.
    package struct Wish: Sendable {
        /// As for `openssl req -newkey`.
        package var key = TestCA.ecKey
        /// Hexadecimal with `0x`; random if there is none.
        package var serial: String?
        /// Its first and last second.
        package var validity: ClosedRange<Instant>?
        package var digest = "sha256"

        package init(
            key: [String] = TestCA.ecKey, serial: String? = nil,
            validity: ClosedRange<Instant>? = nil, digest: String = "sha256"
        ) {
            self.key = key
            self.serial = serial
            self.validity = validity
            self.digest = digest
        }
    }

    /// Makes a self-signed authority.
    package convenience init(
        _ subject: String = "/O=Test/CN=Test CA", extensions: [String] = authorityExtensions,
        wish: Wish = Wish()
    ) throws {
        let folder = try Self.makeFolder()
        let own = try Self.make(
            in: folder, name: "ca", subject: subject, extensions: extensions, isIssued: false,
            wish: wish)
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
        try issue(subject, extensions: extensions, adding: more, wish: Wish(key: key))
    }

    /// Issues a certificate with a serial number, life, key or digest of choice.
    package func issue(
        _ subject: String, extensions: [String] = clientExtensions, adding more: [String] = [],
        wish: Wish
    ) throws -> Issued {
        let number = issuedCount.withLock { count in
            count += 1
            return count
        }
        return try Self.make(
            in: folder, name: "leaf\(number)", subject: subject,
            extensions: extensions + more, isIssued: true, wish: wish)
    }

    /// Issues a certificate for another authority, which is returned ready for use.
    package func issueAuthority(
        _ subject: String, extensions: [String] = authorityExtensions, adding more: [String] = [],
        wish: Wish = Wish()
    ) throws -> TestCA {
        let issued = try issue(
            subject, extensions: extensions + ["authorityKeyIdentifier = keyid"], adding: more,
            wish: wish)
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
        wish: Wish
    ) throws -> Issued {
        let base = "\(folder)/\(name)"
        let configuration = """
            [ca]
            default_ca = self
            [self]
            database = \(base).index
            rand_serial = yes
            new_certs_dir = \(folder)
            unique_subject = no
            policy = policy
            email_in_dn = yes
            [policy]
            [req]
            distinguished_name = dn
            string_mask = utf8only
            x509_extensions = ext
            [dn]
            [ext]
            \(extensions.joined(separator: "\n"))
            """
        try File.replace("\(base).cnf", with: Array((configuration + "\n").utf8))
        let common = ["-config", "\(base).cnf", "-utf8", "-subj", subject]
        let issuer = ["\(folder)/ca.pem", "\(folder)/ca.key"]
        var arguments = ["req", "-nodes", "-\(wish.digest)", "-keyout", "\(base).key", "-newkey"]
        arguments += wish.key + common
        if let validity = wish.validity {
            try openssl(arguments + ["-new", "-out", "\(base).csr"], log: "\(base).log")
            try sign(base, isIssued ? issuer : nil, common, wish: wish, validity: validity)
        } else {
            arguments += ["-x509", "-days", "3650", "-out", "\(base).pem"]
            if isIssued { arguments += ["-CA", issuer[0], "-CAkey", issuer[1]] }
            if let serial = wish.serial { arguments += ["-set_serial", serial] }
            try openssl(arguments, log: "\(base).log")
        }
        return Issued(
            certificate: try File.readText("\(base).pem"), key: try File.readText("\(base).key"))
    }

    /// Signs the request `base.csr` for a life of choice, which `openssl req` cannot do.
    private static func sign(
        _ base: String, _ issuer: [String]?, _ common: [String], wish: Wish,
        validity: ClosedRange<Instant>
    ) throws {
        try File.replace("\(base).index", with: [])
        var arguments = ["ca", "-batch", "-notext", "-preserveDN", "-extensions", "ext"] + common
        arguments += ["-in", "\(base).csr", "-out", "\(base).pem", "-md", wish.digest]
        arguments += ["-startdate", opensslTime(validity.lowerBound)]
        arguments += ["-enddate", opensslTime(validity.upperBound)]
        if let issuer {
            arguments += ["-cert", issuer[0], "-keyfile", issuer[1]]
        } else {
            arguments += ["-selfsign", "-keyfile", "\(base).key"]
        }
        if let serial = wish.serial {
            let digits = serial.hasPrefix("0x") ? String(serial.dropFirst(2)) : serial
            let padded = digits.utf8.count.isMultiple(of: 2) ? digits : "0" + digits
            try File.replace("\(base).serial", with: Array(padded.utf8))
            let text = try File.readText("\(base).cnf")
                .replacing("rand_serial = yes", with: "serial = \(base).serial")
            try File.replace("\(base).cnf", with: Array(text.utf8))
        }
        try openssl(arguments, log: "\(base).log")
    }
}

/// A point in time as the `openssl` command wants it: `20260501075539Z`.
func opensslTime(_ instant: Instant) -> String {
    String(instant.rfc3339.filter(\.isNumber).prefix(14)) + "Z"
}
