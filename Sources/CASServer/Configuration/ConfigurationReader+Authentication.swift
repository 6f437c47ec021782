internal import Authentication
internal import PCRE
internal import Platform

extension ConfigurationReader {
    func readAuthentication(
        _ section: ConfigurationSection, _ configuration: inout Configuration
    ) {
        let users = section.section("users")
        configuration.authentication.usersFile = users.string("file").map(resolved)
        configuration.authentication.allowPlaintext = users.bool("allow_plaintext", default: false)
        users.finish()
        if section.has("x509") {
            configuration.authentication.x509 = readX509(section.section("x509"))
        }
        configuration.authentication.combination = section.choice(
            "combination", default: .all, from: ["all": .all, "any": .any])
        configuration.authentication.delegated = readUpstreams(section)
        section.finish()
    }

    func readX509(_ section: ConfigurationSection) -> Configuration.Authentication.X509? {
        var x509 = Configuration.Authentication.X509()
        x509.trustAnchors = section.strings("trust_anchors").map(resolved)
        x509.intermediates = section.strings("intermediates").map(resolved)
        let sources = section.section("sources")
        let isOn = sources.bool("tls", default: true)
        for name in ["header", "body"] {
            let source = sources.section(name)
            source.notAvailable("enabled", unless: "false")
            if name == "header" { source.notAvailable("name", unless: "ssl-client-cert") }
            source.notAvailable("peers")
            source.finish()
        }
        sources.finish()
        readPrincipal(section.section("principal"), &x509)
        x509.subjectPattern = pattern("subject_pattern", section) ?? x509.subjectPattern
        x509.issuerPattern = pattern("issuer_pattern", section)
        x509.maxPathLength = section.integer("max_path_length", default: 1, in: 0...16)
        section.notAvailable("check_key_usage", unless: "false")
        section.notAvailable("require_key_usage", unless: "false")
        section.notAvailable("revocation")
        section.notAvailable("bound_tickets", unless: "off")
        section.finish()
        return isOn && !x509.trustAnchors.isEmpty ? x509 : nil
    }

    func readPrincipal(
        _ section: ConfigurationSection, _ x509: inout Configuration.Authentication.X509
    ) {
        let format = section.choice(
            "dn_format", default: CertificatePrincipal.NameFormat.rfc2253,
            from: ["rfc2253": .rfc2253, "default": .java])
        if let type = section.string("type"),
            ["subject", "subject_alt_name", "serial_no", "serial_no_dn", "cn_edipi", "san_uri"]
                .contains(type)
        {
            section.report("type", "'\(type)' is not available yet")
        } else {
            x509.principal = section.choice(
                "type", default: .subjectName(format),
                from: [
                    "subject_dn": .subjectName(format), "cn": .commonName,
                    "rfc822_email": .email,
                ])
        }
        section.notAvailable("alternate")
        section.finish()
    }

    func pattern(_ key: String, _ section: ConfigurationSection) -> String? {
        guard let text = section.string(key) else { return nil }
        do {
            _ = try Pattern(text, caseInsensitive: true)
        } catch {
            section.report(key, "is not a pattern (\(error))")
        }
        return text
    }
}
