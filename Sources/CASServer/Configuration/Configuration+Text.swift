internal import Authentication
internal import CASProtocol
internal import Platform

extension Configuration {
    /// The configuration in force, defaults included, in the form of the file; secrets are not in
    /// it.
    package var effectiveText: String {
        sections.map { name, lines in
            "\(name):\n"
                + lines.map { "  \($0):\($1.hasPrefix("\n") ? "" : " ")\($1)\n" }
                .joined()
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
                [
                    ("directory", services.directory), ("reload", "\(services.reload)"),
                    ("templates", services.templates ?? "null"),
                    ("themes", services.themes ?? "null"),
                    ("default_attributes", list(services.defaultAttributes)),
                ]
            ),
            (
                "sso",
                [
                    ("cookie_on_renew", "\(sso.cookieOnRenew)"),
                    ("default_service", sso.defaultService ?? "null"),
                    ("offer_warning", "\(sso.offersWarning)"),
                    ("offer_public_workstation", "\(sso.offersPublicWorkstation)"),
                ]
            ),
            ("protocol", protocolLines),
            (
                "logout",
                [
                    ("follow_service", "\(logout.followService)"),
                    ("confirm", "\(logout.confirms)"),
                    ("single_logout", "\(logout.isSingle)"),
                    ("on_expiry", "\(logout.onExpiry)"),
                ]
            ),
            (
                "outbound",
                [
                    ("trust", list(outbound.trust)),
                    ("allow_loopback", "\(outbound.allowsLoopback)"),
                    ("deny_networks", list(outbound.deniedNetworks.map { "\"\($0)\"" })),
                    ("connect_timeout", described(outbound.connectTimeout)),
                    ("timeout", described(outbound.timeout)),
                ]
            ),
            ("authentication", authenticationLines),
            ("rest", restLines),
            ("throttle", throttleLines),
            ("jwt", jwtLines),
            ("operations", [("networks", list(operations.networks.map { "\"\($0)\"" }))]),
            (
                "log",
                [
                    ("level", log.level.rawValue), ("format", log.format.rawValue),
                    ("file", log.file ?? "null"),
                ]
            ),
        ]
    }

    private var restLines: [(String, String)] {
        let services = rest.services.map {
            "{ attribute: \"\($0.attribute)\", pattern: \"\($0.pattern)\" }"
        }
        return [
            ("enabled", "\(rest.isEnabled)"), ("passwords", "\(rest.acceptsPasswords)"),
            ("networks", list(rest.networks.map { "\"\($0)\"" })),
            ("remember_me", "\(rest.allowsRememberMe)"), ("real_json", "\(rest.answersInJSON)"),
            ("services", services ?? "null"),
            (
                "cors",
                "{ origins: \(list(rest.cors.origins)), max_age: \(described(rest.cors.maxAge)) }"
            ),
        ]
    }

    private var throttleLines: [(String, String)] {
        [
            ("enabled", "\(throttle.isEnabled)"),
            ("failures", "\(throttle.failures)"),
            ("address_failures", "\(throttle.addressFailures)"),
            ("window", described(throttle.window)),
            ("delay_max", described(throttle.delayMax)),
            ("rest_status", "\(throttle.restStatus)"),
            ("exempt_networks", list(throttle.exemptNetworks.map { "\"\($0)\"" })),
            ("device_lifetime", described(throttle.deviceLifetime)),
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
            (
                "remember_me",
                "{ enabled: \(tickets.rememberMe.isEnabled), "
                    + "lifetime: \(described(tickets.rememberMe.lifetime)) }"
            ),
        ]
    }

    private var protocolLines: [(String, String)] {
        [
            (
                "attributes_on_service_validate",
                "\(protocolOptions.attributesOnServiceValidate)"
            ),
            ("proxy", "{ enabled: \(protocolOptions.allowsProxies) }"),
            (
                "saml1",
                "{ enabled: \(protocolOptions.saml1.isEnabled), "
                    + "issuer: \(protocolOptions.saml1.issuer ?? "null"), "
                    + "lifetime: \(described(protocolOptions.saml1.lifetime)) }"
            ),
        ]
    }

    private func line(of upstream: Authentication.Upstream) -> String {
        let names = upstream.attributeNames.map { "\"\($0.from)\": \"\($0.to)\"" }
        return "{ name: \(upstream.name), label: \"\(upstream.label)\", "
            + "login_url: \(upstream.loginURL), protocol: \(upstream.version.rawValue), "
            + "auto_redirect: \(upstream.redirectsAutomatically), "
            + "forward_logout: \(upstream.forwardsLogout), "
            + "accept_logout: \(upstream.acceptsLogout), "
            + "principal: { attribute: \(upstream.principalAttribute ?? "null"), "
            + "suffix: \"\(upstream.principalSuffix)\" }, "
            + "attributes: { prefix: \"\(upstream.attributePrefix)\", "
            + "names: { \(names.joined(separator: ", ")) } } }"
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
                    "\n"
                        + x509.lines.map { "    \($0): \($1)" }
                        .joined(separator: "\n")
                ))
        }
        lines.append(("combination", authentication.combination.rawValue))
        if !authentication.delegated.isEmpty {
            lines.append(("delegated", list(authentication.delegated.map(line(of:)))))
        }
        return lines
    }
}

/// The elements as a list in one line.
func list(_ elements: [String]) -> String {
    "[\(elements.joined(separator: ", "))]"
}
