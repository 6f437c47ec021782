internal import Platform

/// Why a text is no certificate.
package enum CertificateError: Error, Hashable, CustomStringConvertible {
    /// Nothing but blanks, or `(null)`, which Apache's httpd passes for no certificate.
    case empty
    /// More than ``X509Certificate/textBytesMax`` bytes.
    case tooLarge
    /// A `%` that is not followed by two hexadecimal digits.
    case badPercentEncoding
    /// It neither begins with `-----BEGIN CERTIFICATE-----` nor looks like Base64.
    case noPEM
    /// The line `-----END CERTIFICATE-----` is missing, or the second colon.
    case noEnd
    /// Something other than blanks follows the certificate.
    case trailingText
    case severalCertificates
    case badBase64
    /// The bytes are not one certificate; the text says what OpenSSL thinks.
    case badCertificate(String)
    /// Bytes follow the certificate inside the PEM block.
    case trailingBytes
    /// An extension that casd reads is there twice or cannot be read.
    case badExtension(String)

    package var description: String {
        switch self {
        case .empty: "empty"
        case .tooLarge: "larger than \(X509Certificate.textBytesMax) bytes"
        case .badPercentEncoding: "a % without two hexadecimal digits"
        case .noPEM: "no -----BEGIN CERTIFICATE-----"
        case .noEnd: "no -----END CERTIFICATE----- or closing colon"
        case .trailingText: "text behind the certificate"
        case .severalCertificates: "more than one certificate"
        case .badBase64: "no strict Base64"
        case .badCertificate(let reason): "no X.509 certificate: \(reason)"
        case .trailingBytes: "bytes behind the certificate inside the PEM block"
        case .badExtension(let name): "the extension \(name) cannot be read"
        }
    }
}

/// The text forms in which certificates come.
enum CertificateText {
    private static let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
    private static let end = Array("-----END CERTIFICATE-----".utf8)

    /// The DER of the only certificate in a text.
    ///
    /// The forms: PEM, its inner line ends as newlines, blanks or tabs (nginx, Apache's httpd);
    /// Base64 of the DER without any line end (HAProxy); the same between colons (RFC 9440); and
    /// each of them percent-encoded (nginx's `$ssl_client_escaped_cert`).
    static func der(_ text: String) throws(CertificateError) -> [UInt8] {
        guard text.utf8.count <= X509Certificate.textBytesMax else { throw .tooLarge }
        var bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: "%")) { bytes = try percentDecoded(bytes) }
        let text = trimmed(bytes[...])
        guard let first = text.first, !isNull(text) else { throw .empty }
        return switch first {
        case UInt8(ascii: ":"): try byteSequence(text)
        case UInt8(ascii: "-"): try pem(text)
        default: try bare(text)
        }
    }

    private static func pem(_ text: ArraySlice<UInt8>) throws(CertificateError) -> [UInt8] {
        guard text.starts(with: begin) else { throw .noPEM }
        let (der, rest) = try block(text.dropFirst(begin.count))
        let tail = rest.drop(while: isBlank)
        guard tail.isEmpty else {
            throw tail.starts(with: begin) ? .severalCertificates : .trailingText
        }
        return der
    }

    /// A byte sequence of structured fields (RFC 8941 §3.3.5) without parameters.
    private static func byteSequence(
        _ text: ArraySlice<UInt8>
    ) throws(CertificateError) -> [UInt8] {
        let body = text.dropFirst()
        guard let end = body.firstIndex(of: UInt8(ascii: ":")) else { throw .noEnd }
        let tail = trimmed(body[(end + 1)...])
        guard tail.isEmpty else {
            throw tail.first == UInt8(ascii: ",") ? .severalCertificates : .trailingText
        }
        return try decoded(body[..<end])
    }

    private static func bare(_ text: ArraySlice<UInt8>) throws(CertificateError) -> [UInt8] {
        guard text.allSatisfy({ isBase64($0) || isBlank($0) }) else { throw .noPEM }
        return try decoded(text)
    }

    private static func decoded(_ digits: ArraySlice<UInt8>) throws(CertificateError) -> [UInt8] {
        guard let der = Platform.bytes(base64: String(decoding: digits, as: UTF8.self)),
            !der.isEmpty
        else { throw .badBase64 }
        return der
    }

    /// The DER of each certificate in a bundle; text between the blocks is a comment.
    static func bundle(_ bytes: [UInt8]) throws(CertificateError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var rest = bytes[...]
        while let start = firstRange(of: begin, in: rest) {
            let (der, tail) = try block(rest[start.upperBound...])
            found.append(der)
            rest = tail
        }
        guard !found.isEmpty else { throw .noPEM }
        return found
    }

    /// The content of a block, and what follows it.
    private static func block(
        _ bytes: ArraySlice<UInt8>
    ) throws(CertificateError)
        -> (der: [UInt8], rest: ArraySlice<UInt8>)
    {
        guard let range = firstRange(of: end, in: bytes) else { throw .noEnd }
        let body = bytes[..<range.lowerBound]
        guard firstRange(of: begin, in: body) == nil else { throw .severalCertificates }
        return (try decoded(body.filter { !isBlank($0) }[...]), bytes[range.upperBound...])
    }

    private static func percentDecoded(_ text: [UInt8]) throws(CertificateError) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "%") else {
                decoded.append(text[index])
                index += 1
                continue
            }
            guard index + 2 < text.count, let high = hexadecimalDigit(text[index + 1]),
                let low = hexadecimalDigit(text[index + 2])
            else { throw .badPercentEncoding }
            decoded.append(high << 4 | low)
            index += 3
        }
        return decoded
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
        return start[...last]
    }

    private static func isNull(_ text: ArraySlice<UInt8>) -> Bool {
        text.count == 6 && String(decoding: text, as: UTF8.self).lowercased() == "(null)"
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C
    }
}
