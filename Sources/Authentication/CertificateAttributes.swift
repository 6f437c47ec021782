package import CASProtocol
package import OpenSSL

/// The facts of a certificate that Apereo adds to a principal, under Apereo's names.
package enum CertificateAttributes {
    /// The names that `alternate` may say.
    package static let names = [
        "subjectDn", "subjectX500Principal", "issuerDn", "issuerX500Principal", "sigAlgOid",
        "x509Rfc822Email", "x509subjectUPN", identifierName,
    ]

    /// The attribute with the number of the holder's identity card.
    package static let identifierName = "x509EDIPI"

    /// - Parameter includesIdentifier: Whether ``identifierName`` is among them.
    package static func of(
        _ certificate: X509Certificate, includesIdentifier: Bool
    ) -> Attributes {
        let names = certificate.alternativeNames
        var attributes = Attributes([
            ("sigAlgOid", [certificate.signatureAlgorithm]),
            ("subjectDn", [certificate.subject.javaText]),
            ("subjectX500Principal", [certificate.subject.rfc2253]),
            ("issuerDn", [certificate.issuer.javaText]),
            ("issuerX500Principal", [certificate.issuer.rfc2253]),
            ("x509Rfc822Email", Array(names.emails.prefix(1))),
            ("x509subjectUPN", Array(names.userPrincipalNames.prefix(1))),
        ])
        if includesIdentifier, let identifier = certificate.subject.cardIdentifier {
            attributes.add([identifier], to: identifierName)
        }
        return attributes
    }
}

extension DistinguishedName {
    /// The first part between dots of the common name that has ten digits: the EDIPI of cards of
    /// the United States' Department of Defense.
    ///
    /// As in Apereo, the common name counts only if the name as Java writes it begins with it, and
    /// only as far as its first comma.
    var cardIdentifier: String? {
        let first = javaText.prefix { $0 != "," }
        guard first.hasPrefix("CN=") else { return nil }
        return first.dropFirst("CN=".count).split(separator: ".").first { part in
            part.utf8.count == 10
                && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }.map(String.init)
    }
}
