internal import Authentication
internal import CASProtocol
internal import PCRE
internal import Platform

extension ConfigurationReader {
    /// Logging in with client certificates, or `nil` if no authority is trusted.
    func readX509(_ section: ConfigurationSection) -> Configuration.Authentication.X509? {
        var x509 = Configuration.Authentication.X509()
        x509.trustAnchors = section.strings("trust_anchors").map(resolved)
        x509.intermediates = section.strings("intermediates").map(resolved)
        readSources(section.section("sources"), &x509.sources)
        readPrincipal(section.section("principal"), &x509)
        x509.subjectPattern =
            pattern("subject_pattern", section)?.text ?? x509.subjectPattern
        x509.issuerPattern = pattern("issuer_pattern", section)?.text
        x509.maxPathLength = section.integer(
            "max_path_length", default: x509.maxPathLength, in: 0...16)
        x509.checksKeyUsage = section.bool("check_key_usage", default: false)
        x509.requiresKeyUsage = section.bool("require_key_usage", default: false)
        readRevocation(section.section("revocation"), &x509.revocation)
        x509.boundTickets = section.choice(
            "bound_tickets", default: x509.boundTickets,
            from: ["off": .off, "when_certificate": .whenCertificate, "required": .required])
        section.finish()
        checkUse(section, x509)
        return x509.trustAnchors.isEmpty ? nil : x509
    }

    /// What has no meaning because nobody can log in with a certificate.
    private func checkUse(
        _ section: ConfigurationSection, _ x509: Configuration.Authentication.X509
    ) {
        let sources = x509.sources
        let isOff = !sources.tls && sources.header == nil && sources.bodyPeers == nil
        guard x509.trustAnchors.isEmpty else {
            if isOff {
                section.report(
                    "sources",
                    "all are off, so no certificate is ever seen; set sources.tls: true, or leave "
                        + "out trust_anchors")
            }
            return
        }
        let needy = [
            ("sources", sources.header != nil || sources.bodyPeers != nil),
            ("intermediates", !x509.intermediates.isEmpty),
            ("principal", x509.usersFile != nil),
            ("revocation", !x509.revocation.sources.isEmpty),
            ("bound_tickets", x509.boundTickets != .off),
        ]
        for (key, isGiven) in needy where isGiven {
            section.report(
                key, "has no effect without trust_anchors: no certificate would be trusted")
        }
    }

    /// Sessions that must be bound to a certificate cannot begin with anything else.
    func checkBoundTickets(
        _ section: ConfigurationSection, _ authentication: Configuration.Authentication
    ) {
        guard authentication.x509?.boundTickets == .required else { return }
        let x509 = section.section("x509")
        if authentication.usersFile != nil {
            x509.report(
                "bound_tickets",
                "required leaves passwords without sessions: nobody of users.file could ever log "
                    + "in; use when_certificate, or leave out users.file")
        }
        if !authentication.delegated.isEmpty {
            x509.report(
                "bound_tickets",
                "required leaves people of delegated servers without sessions; use "
                    + "when_certificate, or leave out delegated")
        }
    }

    /// A regular expression, or `nil` if there is none or it is no good.
    func pattern(_ key: String, _ section: ConfigurationSection) -> Pattern? {
        guard let text = section.string(key) else { return nil }
        do {
            return try Pattern(text, caseInsensitive: true)
        } catch {
            section.report(key, "is not a pattern (\(error))")
            return nil
        }
    }

    private func readSources(
        _ section: ConfigurationSection,
        _ sources: inout Configuration.Authentication.X509.Sources
    ) {
        sources.tls = section.bool("tls", default: sources.tls)
        sources.acceptsUnverified = section.bool("optional_no_ca", default: false)
        if sources.acceptsUnverified, !sources.tls {
            section.report("optional_no_ca", "is about sources.tls, which is off")
        }
        let header = section.section("header")
        let name = header.string("name") ?? "ssl-client-cert"
        if let fault = HeaderNameRules.fault(of: name) { header.report("name", fault) }
        if let peers = peers(header) {
            sources.header = .init(name: name, peers: peers)
        }
        header.finish()
        let body = section.section("body")
        sources.bodyPeers = peers(body)
        body.finish()
        section.finish()
    }

    /// Whose certificates of this source are believed, or `nil` if it is off.
    private func peers(_ section: ConfigurationSection) -> [Network]? {
        let isEnabled = section.bool("enabled", default: false)
        let networks = networks("peers", section)
        for network in networks where network.description.hasSuffix("/0") {
            section.report(
                "peers", "'\(network)' is everybody, and anybody could claim any certificate")
        }
        if isEnabled, networks.isEmpty {
            section.report(
                "peers",
                "is required with enabled: true: without a handshake, a certificate proves "
                    + "nothing unless the peer has checked it; list the peers, such as [10.0.0.5]")
        }
        return isEnabled ? networks : nil
    }
}

/// Which headers may carry a certificate.
enum HeaderNameRules {
    /// What browsers and gateways send of their own accord.
    private static let taken: Set = [
        "accept", "age", "alt-used", "authorization", "cache-control", "connection", "cookie",
        "cookie2", "date", "dnt", "early-data", "expect", "forwarded", "from", "host",
        "http2-settings",
        "keep-alive", "location", "max-forwards", "origin", "pragma", "priority", "proxy", "range",
        "referer", "remote-user", "save-data", "te", "trailer", "transfer-encoding", "upgrade",
        "upgrade-insecure-requests", "user-agent", "via", "warning", "x-accel-redirect",
        "x-client-ip", "x-real-ip", "x-request-id", "x-requested-with",
    ]
    private static let takenPrefixes = [
        "accept-", "access-control-", "content-", "if-", "proxy-", "sec-", "x-forwarded-",
    ]

    /// Why a name is none that may be configured, or `nil` if it is.
    static func fault(of name: String) -> String? {
        let normal = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        let isLegal =
            (1...64).contains(name.utf8.count) && name.utf8.first.map(isLetter) == true
            && name.utf8.last != UInt8(ascii: "-")
            && name.utf8.allSatisfy {
                isLetter($0) || $0 == UInt8(ascii: "-")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
        guard isLegal else {
            let suggestion =
                normal != name && fault(of: normal) == nil ? "; did you mean '\(normal)'?" : ""
            return "must be the name of a header in lower case: 1 to 64 letters, digits and "
                + "dashes, not '\(name)'\(suggestion)"
        }
        if taken.contains(name) || takenPrefixes.contains(where: name.hasPrefix) {
            return "'\(name)' is a header that browsers or gateways send themselves; use one of "
                + "your own, such as ssl-client-cert"
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
