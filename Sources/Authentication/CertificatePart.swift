internal import OpenSSL
internal import Platform

/// Which part of a certificate names the principal: Apereo's seven types and five more.
package enum CertificatePart: Hashable, Sendable {
    /// How a name is written.
    package enum NameFormat: String, Sendable, CaseIterable {
        case rfc2253
        /// As Java's `getName()`.
        case java = "default"
        case rfc1779
        /// As Java's `getName(CANONICAL)`.
        case canonical
    }

    /// Apereo's `SUBJECT_DN`.
    case subjectName(NameFormat)
    /// Apereo's `SUBJECT`.
    case subject(PrincipalTemplate)
    /// Apereo's `SERIAL_NO`; the radix is 2 to 36, `isPadded` gives an even number of digits.
    case serialNumber(radix: Int, isPadded: Bool)
    /// Apereo's `SERIAL_NO_DN`: the prefix, the serial number, the delimiter and the issuer.
    case serialNumberAndIssuer(prefix: String, delimiter: String)
    /// Microsoft's user principal name, Apereo's `SUBJECT_ALT_NAME`.
    case userPrincipalName
    /// The first e-mail address of the alternative names, Apereo's `RFC822_EMAIL`.
    case email
    /// Apereo's `CN_EDIPI`.
    case cardIdentifier
    /// The most specific common name of the subject.
    case commonName
    /// The first URI of the alternative names; with a scheme, the first of that scheme.
    case uri(scheme: String?)
    /// The serial number, a semicolon and the issuer as RFC 2253 writes it.
    case issuerAndSerialNumber
    /// SHA-256 over the public key (SubjectPublicKeyInfo), in hexadecimal digits.
    case publicKey
    /// No part: only the file of users names principals.
    case mapped

    /// What a certificate lacks.
    struct Absence: Error {
        let reason: String
    }

    /// Serial numbers with more hexadecimal digits than this are no identifiers in any radix.
    private static let serialDigitsMax = 1400

    /// The text of the part, never empty.
    func text(in certificate: X509Certificate) -> Result<String, Absence> {
        switch self {
        case .subject(let template): return template.filled(from: certificate.subject)
        case .mapped: return .failure(Absence(reason: "users_file does not know it"))
        default:
            guard let text = simpleText(in: certificate), !text.isEmpty else {
                return .failure(Absence(reason: "no \(meaning)"))
            }
            return .success(text)
        }
    }

    private func simpleText(in certificate: X509Certificate) -> String? {
        let names = certificate.alternativeNames
        return switch self {
        case .subjectName(let format): certificate.subject.text(format)
        case .serialNumber(let radix, let isPadded):
            certificate.serialNumber.text(
                radix: radix, isPadded: isPadded, digitsMax: Self.serialDigitsMax)
        case .serialNumberAndIssuer(let prefix, let delimiter):
            prefix + certificate.serialNumber.decimal + delimiter + certificate.issuer.javaText
        case .userPrincipalName: names.userPrincipalNames.first
        case .email: names.emails.first
        case .cardIdentifier: certificate.subject.cardIdentifier
        case .commonName: certificate.subject.values("CN").first
        case .uri(let scheme): names.uris.first { scheme == nil || $0.scheme == scheme }
        case .issuerAndSerialNumber:
            "\(certificate.serialNumber.decimal);\(certificate.issuer.rfc2253)"
        case .publicKey: hexadecimal(certificate.publicKeyDigest)
        case .subject, .mapped: nil
        }
    }

    /// What the part is, for the operator.
    var meaning: String {
        switch self {
        case .subjectName(let format): "subject (\(format.rawValue))"
        case .subject(let template): "subject as '\(template.text)'"
        case .serialNumber(let radix, _): "serial number in radix \(radix)"
        case .serialNumberAndIssuer: "serial number and issuer"
        case .userPrincipalName: "user principal name (UPN) in the alternative names"
        case .email: "e-mail address in the alternative names"
        case .cardIdentifier: "EDIPI in the common name"
        case .commonName: "common name (CN) in the subject"
        case .uri(let scheme):
            "URI\(scheme.map { " with scheme \($0)" } ?? "") in the alternative names"
        case .issuerAndSerialNumber: "issuer and serial number"
        case .publicKey: "public key"
        case .mapped: "mapping"
        }
    }
}

extension DistinguishedName {
    fileprivate func text(_ format: CertificatePart.NameFormat) -> String? {
        switch format {
        case .rfc2253: rfc2253
        case .java: javaText
        case .rfc1779: rfc1779
        case .canonical: canonicalText
        }
    }
}

extension SerialNumber {
    /// The number with lower-case digits, as Java's `BigInteger.toString` writes it.
    fileprivate func text(radix: Int, isPadded: Bool, digitsMax: Int) -> String? {
        if radix == 10 { return decimal }
        let isNegative = hexadecimal.hasPrefix("-")
        let digits = hexadecimal.utf8.drop { $0 == UInt8(ascii: "-") }
        guard digits.count <= digitsMax,
            let number = rebased(digits.compactMap(hexadecimalDigit), from: 16, to: radix)
        else { return nil }
        let text = (isNegative ? "-" : "") + number
        return isPadded && text.utf8.count % 2 == 1 ? "0" + text : text
    }
}

extension String {
    /// What stands before the colon of a URI, in lower case.
    fileprivate var scheme: String? {
        firstIndex(of: ":").map { self[..<$0].lowercased() }
    }
}

/// The number of the digits, the highest first, in another base up to 36; no leading zeros.
///
/// The work grows with the square of the length, so callers bound it. `nil` if a digit is none.
func rebased(_ digits: [UInt8], from base: Int, to target: Int) -> String? {
    guard (2...36).contains(base), (2...36).contains(target),
        digits.allSatisfy({ Int($0) < base })
    else { return nil }
    // The number so far, the lowest digit first.
    var number: [Int] = []
    for digit in digits {
        var carry = Int(digit)
        for index in number.indices {
            let value = number[index] * base + carry
            number[index] = value % target
            carry = value / target
        }
        while carry > 0 {
            number.append(carry % target)
            carry /= target
        }
    }
    if number.isEmpty { return "0" }
    return number.reversed().map { String($0, radix: 36) }.joined()
}
