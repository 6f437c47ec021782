import Platform

extension TestCA {
    /// Issues a certificate with a serial number, decimal or `0x` and hexadecimal digits.
    ///
    /// - Parameter strings: Which types of string its name may have, as for `string_mask`.
    package func issue(
        _ subject: String, serial: String, adding more: [String] = [],
        strings: String = "utf8only", key: [String] = ecKey
    ) throws -> Issued {
        let folder = try TemporaryDirectory()
        let configuration = """
            oid_section = identifiers
            [identifiers]
            exampleOne = 1.2.3.4
            [req]
            distinguished_name = dn
            string_mask = \(strings)
            x509_extensions = ext
            [dn]
            [ext]
            \((Self.clientExtensions + more).joined(separator: "\n"))
            """
        try File.replace(folder.file("leaf.cnf"), with: Array((configuration + "\n").utf8))
        try File.replace(folder.file("ca.pem"), with: Array(own.certificate.utf8))
        try File.replace(folder.file("ca.key"), with: Array(own.key.utf8))
        try openssl(
            ["req", "-x509", "-utf8", "-nodes", "-sha256", "-days", "3650", "-newkey"] + key + [
                "-config", folder.file("leaf.cnf"), "-subj", subject, "-set_serial", serial,
                "-out", folder.file("leaf.pem"), "-keyout", folder.file("leaf.key"),
                "-CA", folder.file("ca.pem"), "-CAkey", folder.file("ca.key"),
            ], log: folder.file("log"))
        return Issued(
            certificate: try File.readText(folder.file("leaf.pem")),
            key: try File.readText(folder.file("leaf.key")))
    }
}
