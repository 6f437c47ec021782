internal import Authentication
internal import OpenSSL
package import Platform

/// What `casd certificate` does.
package enum CertificateTools {
    /// How long the command waits for lists and answers of other servers.
    private static let patience: Duration = .seconds(30)

    /// Tells whether a certificate would be accepted and why.
    ///
    /// - Parameters:
    ///   - file: The path of the certificate, or `-` for standard input.
    ///   - time: For when it is asked (RFC 3339); `nil`: the present.
    package static func explain(
        _ file: String, at time: String?, configuration: String, format: ToolFormat, clock: Clock
    ) -> ToolOutput {
        ToolOutput {
            let handler = try handler(configuration)
            guard let now = time.map({ Instant(rfc3339: $0) }) ?? clock() else {
                throw ToolFailure("'\(time?.shown ?? "")' is no time such as 2026-05-01T12:00:00Z")
            }
            let path = file == "-" ? "/dev/stdin" : file
            let presented = PresentedCertificate(
                try File.read(path, limit: PresentedCertificate.bytesMax))
            let report = CertificateReport(
                handler.explain(presented.text, at: now), notes: presented.notes, at: now)
            return ToolOutput(report, format)
        }
    }

    /// Shows the revocation lists of the configured files.
    package static func lists(
        configuration: String, format: ToolFormat, clock: Clock
    ) -> ToolOutput {
        ToolOutput {
            guard let revocation = try handler(configuration).revocation else {
                throw ToolFailure("\(configuration): authentication.x509.revocation is off")
            }
            let now = clock()
            let report = RevocationListReport(
                facts: revocation.facts(at: now), sources: revocation.rules.sources, now: now)
            return ToolOutput(report, format)
        }
    }

    private static func handler(_ file: String) throws -> CertificateHandler {
        let configuration = try Configuration.inForce(file)
        guard let handler = try Assembly.certificateHandler(configuration, patience: patience)
        else {
            throw ToolFailure("\(configuration.file): there is no authentication.x509")
        }
        return handler
    }
}

/// A certificate as people have it in files: with what `openssl x509 -text` says, with its chain,
/// with its key, or in DER.
struct PresentedCertificate {
    /// What the gateway would pass on.
    let text: String
    private(set) var notes: [String] = []

    static let bytesMax = 1 << 20

    private static let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
    private static let end = Array("-----END CERTIFICATE-----".utf8)

    init(_ bytes: [UInt8]) {
        if bytes.first == 0x30, bytes.count > 1, bytes[1] >= 0x80 {
            text = base64(bytes)
            notes.append("the file is in DER")
            return
        }
        guard let start = bytes.firstRange(of: Self.begin),
            let end = bytes[start.upperBound...].firstRange(of: Self.end)
        else {
            text = String(decoding: bytes, as: UTF8.self)
            return
        }
        text = String(decoding: bytes[start.lowerBound..<end.upperBound], as: UTF8.self)
        if bytes[end.upperBound...].firstRange(of: Self.begin) != nil {
            notes.append(
                "the file has several certificates; only the first is looked at, because "
                    + "intermediates come from the configuration")
        }
    }
}

extension Instant {
    /// A time such as `2026-05-01T12:00:00Z`, or the beginning of a day such as `2026-05-01`.
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10 || (bytes.count == 20 && bytes[19] == UInt8(ascii: "Z")) else {
            return nil
        }
        let pattern = Array("0000-00-00T00:00:00Z".utf8)
        var numbers: [Int64] = [0]
        for (byte, expected) in zip(bytes, pattern) {
            guard expected == UInt8(ascii: "0") else {
                guard byte == expected || (expected == UInt8(ascii: "T") && byte == 0x20) else {
                    return nil
                }
                numbers.append(0)
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            numbers[numbers.count - 1] =
                numbers[numbers.count - 1] * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        let clock = Array(numbers.dropFirst(3).prefix(3)) + [0, 0, 0]
        let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
        guard CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date, clock[0] < 24,
            clock[1] < 60, clock[2] < 60
        else { return nil }
        self.init(
            milliseconds: (date.daysSinceEpoch * 86_400 + clock[0] * 3600 + clock[1] * 60
                + clock[2]) * 1000)
    }
}
