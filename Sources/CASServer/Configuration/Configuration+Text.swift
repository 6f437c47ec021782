internal import Authentication
internal import Platform

extension Configuration {
    /// The configuration in force, defaults included, in the form of the file; secrets are not in
    /// it.
    package var effectiveText: String {
        sections.map { name, lines in
            "\(name):\n" + lines.map { "  \($0): \($1)\n" }.joined()
        }.joined()
    }

    private var sections: [(String, [(String, String)])] {
        [
            (
                "server",
                [
                    ("public_url", server.publicURL.text),
                    ("certificate_url", server.certificateURL?.text ?? "null"),
                    ("additional_prefixes", list(server.additionalPrefixes)),
                ]
            ),
            (
                "listen",
                [
                    ("socket", listen.socket),
                    ("mode", "\"0\(String(listen.mode, radix: 8))\""),
                    ("group", listen.group ?? "null"),
                    ("gateway_secret_file", listen.gatewaySecretFile ?? "null"),
                ]
            ),
            (
                "workers",
                [
                    ("processes", workers.processes.map(String.init) ?? "auto"),
                    ("threads", "\(workers.threads)"),
                    ("blocking_threads", "\(workers.blockingThreads)"),
                    ("drain_timeout", described(workers.drainTimeout)),
                ]
            ),
            (
                "limits",
                [
                    ("request_body", describedSize(limits.requestBodyBytes)),
                    ("parameters", "\(limits.parameters)"),
                    ("service_url", describedSize(limits.serviceURLBytes)),
                ]
            ),
            (
                "state",
                [
                    ("directory", state.directory), ("runtime_directory", state.runtimeDirectory),
                ]
            ),
            ("tickets", ticketLines),
            (
                "services",
                [("directory", services.directory), ("reload", "\(services.reload)")]
            ),
            (
                "sso",
                [
                    ("cookie_on_renew", "\(sso.cookieOnRenew)"),
                    ("default_service", sso.defaultService ?? "null"),
                ]
            ),
            (
                "protocol",
                [
                    (
                        "attributes_on_service_validate",
                        "\(protocolOptions.attributesOnServiceValidate)"
                    )
                ]
            ),
            ("logout", [("follow_service", "\(logout.followService)")]),
            ("authentication", authenticationLines),
            (
                "rest",
                [("enabled", "\(rest.isEnabled)"), ("passwords", "\(rest.acceptsPasswords)")]
            ),
            (
                "log",
                [
                    ("level", log.level.rawValue), ("format", log.format.rawValue),
                    ("file", log.file ?? "null"),
                ]
            ),
        ]
    }

    private var ticketLines: [(String, String)] {
        [
            ("registry", tickets.registry.rawValue),
            (
                "lmdb",
                "{ map_size: \(describedSize(tickets.mapSizeBytes)), "
                    + "snapshot_interval: \(described(tickets.snapshotInterval)) }"
            ),
            (
                "session",
                "{ lifetime: \(described(tickets.sessionLifetime)), "
                    + "idle: \(described(tickets.sessionIdle)) }"
            ),
            ("service", "{ lifetime: \(described(tickets.serviceTicketLifetime)) }"),
            ("proxy", "{ lifetime: \(described(tickets.proxyTicketLifetime)) }"),
        ]
    }

    private var authenticationLines: [(String, String)] {
        var lines = [
            (
                "users",
                "{ file: \(authentication.usersFile ?? "null"), "
                    + "allow_plaintext: \(authentication.allowPlaintext) }"
            )
        ]
        if let x509 = authentication.x509 {
            lines.append(
                (
                    "x509",
                    "{ trust_anchors: \(list(x509.trustAnchors)), "
                        + "intermediates: \(list(x509.intermediates)), "
                        + "principal: \(x509.principal.configurationText), "
                        + "subject_pattern: '\(x509.subjectPattern)', "
                        + "issuer_pattern: \(x509.issuerPattern.map { "'\($0)'" } ?? "null"), "
                        + "max_path_length: \(x509.maxPathLength) }"
                ))
        }
        return lines
    }

    private func list(_ elements: [String]) -> String {
        "[\(elements.joined(separator: ", "))]"
    }
}

extension CertificatePrincipal {
    fileprivate var configurationText: String {
        switch self {
        case .subjectName(let format): "{ type: subject_dn, dn_format: \(format.rawValue) }"
        case .commonName: "{ type: cn }"
        case .email: "{ type: rfc822_email }"
        }
    }
}
