internal import Authentication
internal import PCRE
internal import Platform

extension Configuration.Authentication.X509 {
    /// The keys below `authentication.x509` and their values, one in a line.
    var lines: [(String, String)] {
        [
            ("trust_anchors", list(trustAnchors)), ("intermediates", list(intermediates)),
            ("sources", sources.configurationText), ("principal", principalText),
            ("subject_pattern", quoted(subjectPattern)),
            ("issuer_pattern", issuerPattern.map(quoted) ?? "null"),
            ("max_path_length", "\(maxPathLength)"), ("check_key_usage", "\(checksKeyUsage)"),
            ("require_key_usage", "\(requiresKeyUsage)"),
            ("revocation", revocation.configurationText),
            ("bound_tickets", quoted(boundTickets.rawValue)),
        ]
    }

    private var principalText: String {
        let transform = principal.transform
        let parts =
            principal.part.configurationTexts + [
                "alternate: \(principal.alternate ?? "null")",
                "edipi_attribute: \(principal.hasIdentifierAttribute)",
                "transform: { pattern: \(transform.pattern.map { quoted($0.text) } ?? "null"), "
                    + "prefix: \(quoted(transform.prefix)), suffix: \(quoted(transform.suffix)), "
                    + "case: \(transform.letterCase.rawValue), "
                    + "block: \(transform.block.map { quoted($0.text) } ?? "null") }",
                "users_file: \(usersFile ?? "null")",
            ]
        return "{ \(parts.joined(separator: ", ")) }"
    }
}

extension Configuration.Authentication.X509.Sources {
    fileprivate var configurationText: String {
        let peers = { (networks: [Network]?) in
            "peers: \(list((networks ?? []).map { "\"\($0)\"" }))"
        }
        return "{ tls: \(tls), optional_no_ca: \(acceptsUnverified), "
            + "header: { enabled: \(header != nil), name: \(header?.name ?? "ssl-client-cert"), "
            + "\(peers(header?.peers)) }, "
            + "body: { enabled: \(bodyPeers != nil), \(peers(bodyPeers)) } }"
    }
}

extension CertificatePart {
    /// The type and the keys that belong to it.
    fileprivate var configurationTexts: [String] {
        switch self {
        case .subjectName(let format): ["type: subject_dn", "dn_format: \(format.rawValue)"]
        case .subject(let template): ["type: subject", "descriptor: \(quoted(template.text))"]
        case .serialNumber(let radix, let isPadded):
            [
                "type: serial_no", "serial_radix: \(radix)",
                "serial_zero_padding: \(isPadded)",
            ]
        case .serialNumberAndIssuer(let prefix, let delimiter):
            [
                "type: serial_no_dn", "serial_prefix: \(quoted(prefix))",
                "serial_delimiter: \(quoted(delimiter))",
            ]
        case .userPrincipalName: ["type: subject_alt_name"]
        case .email: ["type: rfc822_email"]
        case .cardIdentifier: ["type: cn_edipi"]
        case .commonName: ["type: cn"]
        case .uri(let scheme): ["type: san_uri", "uri_scheme: \(scheme ?? "null")"]
        case .issuerAndSerialNumber: ["type: issuer_serial"]
        case .publicKey: ["type: spki"]
        case .mapped: ["type: mapped"]
        }
    }
}

extension RevocationRules {
    fileprivate var configurationText: String {
        "{ checker: \(sources.isEmpty ? "none" : list(sources.map(\.rawValue))), "
            + "crl_files: \(list(files)), refresh: \(described(refresh)), "
            + "unavailable: \(unavailable.rawValue), expired: \(expired.rawValue), "
            + "threshold: \(described(threshold)), check_authorities: \(checksAuthorities), "
            + "list_size: \(describedSize(listBytesMax)), cached_lists: \(cachedListsMax), "
            + "answer_lifetime: \(described(answerLifetime)), responder: \(responder ?? "null"), "
            + "require_nonce: \(requiresNonce) }"
    }
}

/// The text as YAML writes it so that nothing in it means anything else.
private func quoted(_ text: String) -> String {
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'\(parts.joined(separator: "''"))'"
}
