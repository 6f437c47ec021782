internal import OpenSSL
internal import Platform

/// Which certificate belongs to which user, as a file of the operator says.
package struct CertificateUsers: Sendable {
    /// What a search for the user of a certificate found.
    enum Finding: Hashable {
        case user(String, fact: String)
        /// The certificate has facts of several users.
        case ambiguous([String])
        case nobody
    }

    private let users: [CertificateFact: String]

    /// - Parameter entries: Users and facts; of entries for the same fact the first counts.
    package init(_ entries: [(user: String, fact: CertificateFact)] = []) {
        users = Dictionary(
            entries.map { ($0.fact, $0.user) }, uniquingKeysWith: { first, _ in first })
    }

    /// How many facts are known.
    package var count: Int { users.count }

    /// The only user who has facts of the certificate.
    func find(_ certificate: X509Certificate) -> Finding {
        var found: [(user: String, fact: CertificateFact)] = []
        for fact in CertificateFact.all(of: certificate) {
            // Names are compared byte by byte: what looks alike may be somebody else.
            guard let user = users[fact],
                !found.contains(where: { $0.user.utf8.elementsEqual(user.utf8) })
            else { continue }
            found.append((user, fact))
        }
        guard let first = found.first else { return .nobody }
        guard found.count == 1 else { return .ambiguous(found.map(\.user).sorted()) }
        return .user(first.user, fact: first.fact.kind.meaning)
    }
}

/// One fact of a certificate by which a user can be known.
package struct CertificateFact: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case certificate, publicKey, issuerAndSerialNumber, subject, subjectAndIssuer
        case email, userPrincipalName, uri

        var meaning: String {
            switch self {
            case .certificate: "the certificate (sha256)"
            case .publicKey: "the public key (spki)"
            case .issuerAndSerialNumber: "issuer and serial number"
            case .subject: "the subject"
            case .subjectAndIssuer: "subject and issuer"
            case .email: "an e-mail address"
            case .userPrincipalName: "a UPN"
            case .uri: "a URI"
            }
        }
    }

    let kind: Kind
    /// What is compared, byte by byte.
    let bytes: [UInt8]

    /// SHA-256 over the DER of the certificate.
    package static func certificate(sha256 digest: [UInt8]) -> CertificateFact {
        CertificateFact(kind: .certificate, bytes: digest)
    }

    /// SHA-256 over the public key (SubjectPublicKeyInfo).
    package static func publicKey(sha256 digest: [UInt8]) -> CertificateFact {
        CertificateFact(kind: .publicKey, bytes: digest)
    }

    /// The serial number is decimal, without leading zeros.
    package static func serialNumber(
        _ serial: String, issuer: DistinguishedNameKey
    ) -> CertificateFact {
        CertificateFact(
            kind: .issuerAndSerialNumber, bytes: Array("\(serial);".utf8) + issuer.bytes)
    }

    /// The decimal form of a serial number that is written in decimal digits, or in hexadecimal
    /// ones behind `0x`; `nil` if it is neither, or longer than 64 digits.
    package static func decimalSerial(_ text: String) -> String? {
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = Array(isHexadecimal ? text.utf8.dropFirst(2) : text.utf8[...])
        let values = digits.compactMap(hexadecimalDigit)
        guard (1...64).contains(digits.count), values.count == digits.count else { return nil }
        return rebased(values, from: isHexadecimal ? 16 : 10, to: 10)
    }

    /// A subject, of any issuer or of a certain one.
    package static func subject(
        _ subject: DistinguishedNameKey, issuer: DistinguishedNameKey? = nil
    ) -> CertificateFact {
        guard let issuer else { return CertificateFact(kind: .subject, bytes: subject.bytes) }
        return CertificateFact(
            kind: .subjectAndIssuer,
            bytes: Array("\(subject.bytes.count);".utf8) + subject.bytes + issuer.bytes)
    }

    /// An e-mail address; the case of its domain does not matter (RFC 5280 §7.5).
    package static func email(_ address: String) -> CertificateFact {
        let domain = address.utf8.lastIndex(of: UInt8(ascii: "@")) ?? address.startIndex
        return CertificateFact(
            kind: .email, bytes: Array(address.utf8[..<domain]) + lowered(address.utf8[domain...]))
    }

    /// Microsoft's user principal name, in either case.
    package static func userPrincipalName(_ name: String) -> CertificateFact {
        CertificateFact(kind: .userPrincipalName, bytes: lowered(name.utf8))
    }

    package static func uri(_ uri: String) -> CertificateFact {
        CertificateFact(kind: .uri, bytes: Array(uri.utf8))
    }

    /// All facts of a certificate, the most certain first.
    static func all(of certificate: X509Certificate) -> [CertificateFact] {
        let subject = DistinguishedNameKey(certificate.subject)
        let issuer = DistinguishedNameKey(certificate.issuer)
        let names = certificate.alternativeNames
        return [
            .certificate(sha256: certificate.sha256),
            .publicKey(sha256: certificate.publicKeyDigest),
            .serialNumber(certificate.serialNumber.decimal, issuer: issuer),
            .subject(subject, issuer: issuer), .subject(subject),
        ] + names.emails.map(email) + names.userPrincipalNames.map(userPrincipalName)
            + names.uris.map(uri)
    }

    private static func lowered(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
}
