import OpenSSL
import Platform
import TestSupport
import Testing

@Suite("Text forms of certificates") struct CertificateTextTests {
    private static let alice = Result {
        try TestCA("/C=US/O=Test/CN=Test CA").issue("/O=Test/CN=alice")
    }

    private func text() throws -> String { try Self.alice.get().certificate }

    @Test func `every form in which nginx passes a certificate is read`() throws {
        let pem = try text()
        let der = try X509Certificate(pem).der
        let lines = pem.split(separator: "\n")
        let escaped = pem.utf8.map { byte in
            "%" + hexadecimal([byte]).uppercased()
        }.joined()
        let partlyEscaped = pem.replacing("\n", with: "%0A").replacing(" ", with: "%20")
            .replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
        for form in [
            lines.joined(separator: "\n\t"), lines.joined(separator: " "),
            lines.joined(separator: "\r\n"), lines.joined(), escaped, partlyEscaped,
            "\n  \(pem)\n\n", lines.joined(separator: "\n\t") + "\n",
        ] {
            #expect(try X509Certificate(form).der == der)
        }
    }

    @Test func `a text with a fault is refused for that fault`() throws {
        let pem = try text()
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined()
        func wrapped(_ body: some StringProtocol) -> String {
            "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n"
        }
        let der = try X509Certificate(pem).der
        let faults: [(String, CertificateError)] = [
            ("", .empty), (" \n\t", .empty), ("(null)", .empty), (" (NULL)\n", .empty),
            ("%28null%29", .empty), ("(null) ", .empty), ("(null)x", .noPEM), ("x" + pem, .noPEM),
            (pem + pem, .severalCertificates), (pem + "x", .trailingText),
            (pem + "-----BEGIN PRIVATE KEY-----", .trailingText),
            (String(pem.dropLast(10)), .noEnd), (wrapped(""), .badBase64),
            (wrapped(body.dropLast(3)), .badBase64), (wrapped("\u{0}" + body), .badBase64),
            (wrapped("*" + body.dropFirst()), .badBase64),
            (wrapped(base64(der + [0])), .trailingBytes),
            (wrapped(base64(der + der)), .trailingBytes),
            ("%", .badPercentEncoding), (pem + "%0", .badPercentEncoding),
            (pem + "%zz", .badPercentEncoding),
            (pem + String(repeating: " ", count: 64 << 10), .tooLarge),
        ]
        for (text, fault) in faults {
            #expect(throws: fault) { try X509Certificate(text) }
        }
        let nested = pem.replacing("-----END CERTIFICATE-----", with: "") + pem
        #expect(throws: CertificateError.severalCertificates) { try X509Certificate(nested) }
    }

    @Test func `Base64 of the DER is read, alone and between colons`() throws {
        let der = try X509Certificate(try text()).der
        let digits = base64(der)
        let escaped = digits.replacing("+", with: "%2B").replacing("/", with: "%2F")
            .replacing("=", with: "%3D")
        for form in [
            digits, " \(digits)\n", ":\(digits):", "\t:\(digits): ", escaped, ":\(escaped):",
            "%3A\(escaped)%3A",
        ] {
            #expect(try X509Certificate(form).der == der)
        }
    }

    @Test func `malformed Base64 is refused for its fault`() throws {
        let der = try X509Certificate(try text()).der
        let digits = base64(der)
        let half = digits.utf8.count / 2
        let (start, end) = (digits.prefix(half), digits.dropFirst(half))
        let url = String(
            digits.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        let faults: [(String, CertificateError)] = [
            (":\(digits)", .noEnd), (":", .noEnd), ("::", .badBase64), (": :", .badBase64),
            (":\(digits):x", .trailingText), (":\(digits):;a=b", .trailingText),
            (":\(digits):, :\(digits):", .severalCertificates),
            (": \(digits):", .badBase64), (":\(start)\n\(end):", .badBase64),
            (":\(digits.dropLast()):", .badBase64),
            (":\(url.replacing("A", with: "-")):", .badBase64),
            (":\(try text()):", .badBase64),
            ("\(start)\n\(end)", .badBase64), ("\(start) \(end)", .badBase64),
            (String(digits.dropLast()), .badBase64), ("A", .badBase64), ("=", .badBase64),
            (digits + "=", .badBase64), (digits + "\0", .noPEM), (digits + ":", .noPEM),
            ("\(digits),\(digits)", .noPEM), (url.replacing("A", with: "-"), .noPEM),
            (base64(der + [0]), .trailingBytes), (":\(base64(der + der)):", .trailingBytes),
        ]
        for (text, fault) in faults {
            #expect(throws: fault, "\(text)") { try X509Certificate(text) }
        }
        for text in ["AAAA", ":AAAA:", base64(Array(der.dropLast()))] {
            #expect(throws: CertificateError.self) { try X509Certificate(text) }
        }
    }
}
