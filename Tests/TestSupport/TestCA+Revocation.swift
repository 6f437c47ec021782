import Glibc
package import Platform

extension TestCA {
    /// A revoked certificate of a list or of a responder's knowledge.
    package struct Revoked: Sendable {
        /// Hexadecimal digits, an even number.
        package var serial: String
        /// As `openssl ca` calls it, for example `keyCompromise`.
        package var reason: String?
        package var at: Instant

        package init(
            _ serial: String, reason: String? = nil,
            at instant: Instant = Instant(milliseconds: 1_700_000_000_000)
        ) {
            self.serial = serial
            self.reason = reason
            at = instant
        }

        fileprivate var line: String {
            let reason = reason.map { ",\($0)" } ?? ""
            return "R\t\(TestCA.farEnd)\t\(opensslTime(at).dropFirst(2))\(reason)\t"
                + "\(serial.uppercased())\tunknown\t/CN=\(serial)\n"
        }
    }

    fileprivate static let farEnd = "491231235959Z"

    /// The revocation list of the authority in DER, made by `openssl ca`.
    ///
    /// - Parameters:
    ///   - number: Its number in hexadecimal digits, an even number; no number if `nil`.
    ///   - validity: This update and the next one; an hour ago and in a day, unless a test says
    ///     otherwise.
    ///   - extensions: Further extensions as in a configuration file, for example
    ///     `issuingDistributionPoint = critical,@idp`; `sections` are what they refer to.
    ///   - digest: As for `openssl ca -md`.
    ///   - options: Further ones of `openssl ca`, for example `-sigopt`.
    package func revocationList(
        _ revoked: [Revoked] = [], number: String? = "01",
        validity: ClosedRange<Instant>? = nil, extensions: [String] = [],
        sections: String = "", digest: String = "sha256", options: [String] = []
    ) throws -> [UInt8] {
        let base = "\(folder)/list\(hexadecimal(systemRandomBytes(4)))"
        let now = Instant.now
        let validity = validity ?? (now - .seconds(3600))...(now + .seconds(86_400))
        let configuration = """
            [ca]
            default_ca = self
            [self]
            database = \(base).index
            \(number == nil ? "" : "crlnumber = \(base).number")
            [ext]
            authorityKeyIdentifier = keyid
            \(extensions.joined(separator: "\n"))
            \(sections)
            """
        try File.replace("\(base).cnf", with: Array((configuration + "\n").utf8))
        try File.replace("\(base).index", with: revoked.flatMap { Array($0.line.utf8) })
        if let number { try File.replace("\(base).number", with: Array(number.utf8)) }
        try openssl(
            [
                "ca", "-gencrl", "-batch", "-config", "\(base).cnf", "-crlexts", "ext",
                "-md", digest, "-cert", "\(folder)/ca.pem", "-keyfile", "\(folder)/ca.key",
                "-crl_lastupdate", opensslTime(validity.lowerBound),
                "-crl_nextupdate", opensslTime(validity.upperBound), "-out", "\(base).pem",
            ] + options, log: "\(base).log")
        try openssl(
            ["crl", "-in", "\(base).pem", "-outform", "DER", "-out", "\(base).der"],
            log: "\(base).log")
        return try File.read("\(base).der")
    }

    /// What the bytes are signed with, using the authority's key: SHA-256 with ECDSA or RSA.
    package func signature(of bytes: [UInt8], digest: String = "sha256") throws -> [UInt8] {
        let base = "\(folder)/signed\(hexadecimal(systemRandomBytes(4)))"
        try File.replace("\(base).in", with: bytes)
        try openssl(
            [
                "dgst", "-\(digest)", "-sign", "\(folder)/ca.key", "-out", "\(base).out",
                "\(base).in",
            ], log: "\(base).log")
        return try File.read("\(base).out")
    }

    /// Writes the index file with what a responder knows.
    ///
    /// - Parameter good: The serial numbers of good certificates, hexadecimal digits, an even
    ///   number.
    package func writeIndex(good: [String], revoked: [Revoked], to path: String) throws {
        let known = good.map { serial in
            // No two names may be the same.
            "V\t\(Self.farEnd)\t\t\(serial.uppercased())\tunknown\t/CN=\(serial)\n"
        }
        let index = known.joined() + revoked.map(\.line).joined()
        try File.replace(path, with: Array(index.utf8))
    }

    /// A responder's answer to a question in DER, made by `openssl ocsp`.
    ///
    /// - Parameters:
    ///   - good: As for ``writeIndex(good:revoked:to:)``.
    ///   - responder: Who signs; the authority itself unless a test says otherwise.
    ///   - minutes: How long the answer is in force; without an end if `nil`.
    ///   - options: Further ones of `openssl ocsp`, for example `-resp_key_id`.
    package func ocspAnswer(
        to question: [UInt8], good: [String] = [], revoked: [Revoked] = [],
        responder: Issued? = nil, minutes: Int? = 60, options: [String] = []
    ) throws -> [UInt8] {
        let base = "\(folder)/ocsp\(hexadecimal(systemRandomBytes(4)))"
        try writeIndex(good: good, revoked: revoked, to: "\(base).index")
        try File.replace("\(base).question", with: question)
        let signer = responder ?? own
        try File.replace("\(base).pem", with: Array(signer.certificate.utf8))
        try File.replace("\(base).key", with: Array(signer.key.utf8))
        let life = minutes.map { ["-nmin", "\($0)"] } ?? []
        try openssl(
            [
                "ocsp", "-index", "\(base).index", "-CA", "\(folder)/ca.pem",
                "-rsigner", "\(base).pem", "-rkey", "\(base).key",
                "-reqin", "\(base).question", "-respout", "\(base).answer",
            ] + life + options, log: "\(base).log")
        return try File.read("\(base).answer")
    }
}
