internal import Authentication
internal import PCRE

// Whom a certificate stands for: authentication.x509.principal.
extension ConfigurationReader {
    private static let types = [
        "subject_dn", "subject", "subject_alt_name", "rfc822_email", "serial_no", "serial_no_dn",
        "cn_edipi", "cn", "san_uri", "issuer_serial", "spki", "mapped",
    ]

    /// The types of which every certificate has something.
    private static let certainTypes: Set = [
        "serial_no", "serial_no_dn", "issuer_serial", "spki",
    ]

    func readPrincipal(
        _ section: ConfigurationSection, _ x509: inout Configuration.Authentication.X509
    ) {
        let type = section.choice(
            "type", default: "subject_dn", from: Self.choices)
        x509.usersFile = section.string("users_file").map(resolved)
        x509.principal.part = readPart(section, type: type)
        x509.principal.hasIdentifierAttribute = section.bool("edipi_attribute", default: false)
        x509.principal.alternate = readAlternate(
            section, type: type, hasIdentifier: x509.principal.hasIdentifierAttribute)
        x509.principal.transform = readTransform(section.section("transform"), type: type)
        if type == "mapped", x509.usersFile == nil {
            section.report(
                "users_file", "is required with type: mapped; it says which certificate is whose")
        }
        section.finish()
    }

    private static var choices: KeyValuePairs<String, String> {
        [
            "subject_dn": "subject_dn", "subject": "subject",
            "subject_alt_name": "subject_alt_name", "rfc822_email": "rfc822_email",
            "serial_no": "serial_no", "serial_no_dn": "serial_no_dn", "cn_edipi": "cn_edipi",
            "cn": "cn", "san_uri": "san_uri", "issuer_serial": "issuer_serial", "spki": "spki",
            "mapped": "mapped",
        ]
    }

    private func readPart(_ section: ConfigurationSection, type: String) -> CertificatePart {
        let format = section.choice(
            "dn_format", default: CertificatePart.NameFormat.rfc2253,
            from: [
                "rfc2253": .rfc2253, "default": .java, "rfc1779": .rfc1779,
                "canonical": .canonical,
            ])
        let descriptor = section.string("descriptor")
        let radix = section.integer("serial_radix", default: 10, in: 2...36)
        let isPadded = section.bool("serial_zero_padding", default: false)
        let prefix = text("serial_prefix", section) ?? "SERIALNUMBER="
        let delimiter = text("serial_delimiter", section) ?? ", "
        let scheme = readScheme(section)
        let owners: [(key: String, isGiven: Bool, owner: String)] = [
            ("dn_format", format != .rfc2253, "subject_dn"),
            ("descriptor", descriptor != nil, "subject"),
            ("serial_radix", radix != 10, "serial_no"),
            ("serial_zero_padding", isPadded, "serial_no"),
            ("serial_prefix", prefix != "SERIALNUMBER=", "serial_no_dn"),
            ("serial_delimiter", delimiter != ", ", "serial_no_dn"),
            ("uri_scheme", scheme != nil, "san_uri"),
        ]
        for (key, isGiven, owner) in owners where isGiven && type != owner {
            section.report(
                key, "is only for type: \(owner), not \(type); leave it out, or set the type")
        }
        switch type {
        case "subject": return readTemplate(section, descriptor)
        case "subject_alt_name": return .userPrincipalName
        case "rfc822_email": return .email
        case "serial_no":
            if isPadded, radix != 16 {
                section.report("serial_zero_padding", "is only for serial_radix: 16, not \(radix)")
            }
            return .serialNumber(radix: radix, isPadded: isPadded)
        case "serial_no_dn": return .serialNumberAndIssuer(prefix: prefix, delimiter: delimiter)
        case "cn_edipi": return .cardIdentifier
        case "cn": return .commonName
        case "san_uri": return .uri(scheme: scheme)
        case "issuer_serial": return .issuerAndSerialNumber
        case "spki": return .publicKey
        case "mapped": return .mapped
        default: return .subjectName(format)
        }
    }

    private func readTemplate(
        _ section: ConfigurationSection, _ descriptor: String?
    ) -> CertificatePart {
        guard let descriptor else {
            section.report(
                "descriptor", "is required with type: subject, for example $UID@$DC.$DC or $CN")
            return .commonName
        }
        do throws(PrincipalTemplateError) {
            return .subject(try PrincipalTemplate(descriptor))
        } catch {
            section.report("descriptor", error.description)
            return .commonName
        }
    }

    private func readScheme(_ section: ConfigurationSection) -> String? {
        guard let scheme = section.string("uri_scheme") else { return nil }
        let isScheme =
            (1...32).contains(scheme.utf8.count) && scheme.first?.isLetter == true
            && scheme.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0))
            }
        if !isScheme {
            section.report(
                "uri_scheme",
                "must be a scheme without its colon, such as spiffe or https, not '\(scheme)'")
        }
        return scheme.lowercased()
    }

    private func readAlternate(
        _ section: ConfigurationSection, type: String, hasIdentifier: Bool
    ) -> String? {
        guard let name = section.string("alternate") else { return nil }
        guard CertificateAttributes.names.contains(name) else {
            let nearest = CertificateAttributes.names.min {
                editDistance($0.lowercased(), name.lowercased())
                    < editDistance($1.lowercased(), name.lowercased())
            }
            section.report(
                "alternate",
                "must be one of \(CertificateAttributes.names.joined(separator: ", ")), not "
                    + "'\(name)'; did you mean '\(nearest ?? "")'?")
            return nil
        }
        if name == CertificateAttributes.identifierName, !hasIdentifier {
            section.report(
                "alternate", "there is no \(name) without edipi_attribute: true")
        }
        if type == "mapped" {
            section.report(
                "alternate",
                "type: mapped lets only certificates of users_file in; use another "
                    + "type for the rest")
        } else if Self.certainTypes.contains(type) {
            section.report(
                "alternate", "is never used: every certificate has what type: \(type) takes")
        }
        return name
    }

    private func readTransform(
        _ section: ConfigurationSection, type: String
    ) -> PrincipalTransform {
        var transform = PrincipalTransform()
        transform.prefix = text("prefix", section) ?? ""
        transform.suffix = text("suffix", section) ?? ""
        transform.letterCase = section.choice(
            "case", default: PrincipalTransform.LetterCase.none,
            from: ["none": .none, "upper": .upper, "lower": .lower])
        transform.pattern = pattern("pattern", section)
        transform.block = pattern("block", section)
        let isNamed: [(key: String, isGiven: Bool)] = [
            ("prefix", !transform.prefix.isEmpty), ("suffix", !transform.suffix.isEmpty),
            ("case", transform.letterCase != .none), ("pattern", transform.pattern != nil),
        ]
        for (key, isGiven) in isNamed where isGiven && type == "mapped" {
            section.report(key, "is not for type: mapped: users of users_file are taken as named")
        }
        section.finish()
        return transform
    }

    /// A text that becomes part of principals.
    private func text(_ key: String, _ section: ConfigurationSection) -> String? {
        guard let text = section.string(key) else { return nil }
        let isUsable =
            text.utf8.count <= 256
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        if !isUsable { section.report(key, "must have at most 256 bytes, no control characters") }
        return text
    }
}
