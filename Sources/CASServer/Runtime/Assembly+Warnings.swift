internal import Authentication
internal import CASProtocol
internal import Platform
internal import Services

extension Assembly {
    /// What works but is probably not meant.
    static func warnings(_ configuration: Configuration, _ services: ServiceRegistry) -> [String] {
        var warnings: [String] = []
        if let text = configuration.sso.defaultService,
            let service = try? ServiceURL(text, bytesMax: .max), services.match(service) == nil
        {
            warnings.append("sso.default_service: no service definition matches it; it is not used")
        }
        warnings += themeWarnings(configuration, services)
        warnings += revocationWarnings(configuration, at: .now)
        if configuration.outbound.allowsLoopback {
            warnings.append(
                "outbound.allow_loopback: applications can make casd call services of this "
                    + "machine that trust it")
        }
        if configuration.outbound.connectTimeout > configuration.outbound.timeout {
            warnings.append("outbound.connect_timeout: is longer than outbound.timeout")
        }
        if configuration.workers.drainTimeout <= .seconds(10) {
            warnings.append(
                "workers.drain_timeout: nginx keeps idle connections for 10s; a shorter time cuts "
                    + "them at a reload")
        }
        if configuration.server.certificateURL != nil, configuration.authentication.x509 == nil {
            warnings.append(
                "server.certificate_url: without authentication.x509.trust_anchors nobody can log "
                    + "in by certificate")
        }
        if configuration.rest.isEnabled, !configuration.rest.acceptsPasswords,
            configuration.authentication.x509 == nil
        {
            warnings.append("rest: neither passwords nor certificates are accepted")
        }
        warnings += tokenKeyWarnings(configuration)
        warnings += serviceKeyWarnings(configuration, services)
        return warnings + principalWarnings(configuration)
    }

    /// Ways to name principals by which several people can become one.
    private static func principalWarnings(_ configuration: Configuration) -> [String] {
        guard let x509 = configuration.authentication.x509 else { return [] }
        let key = "authentication.x509.principal"
        var warnings: [String] = []
        if let name = x509.principal.alternate,
            ["issuerDn", "issuerX500Principal", "sigAlgOid"].contains(name)
        {
            warnings.append(
                "\(key).alternate: \(name) is the same for many certificates; all that lack "
                    + "what type says become one principal")
        }
        if case .serialNumber = x509.principal.part, x509.issuerPattern == nil,
            x509.trustAnchors.count + x509.intermediates.count > 1
        {
            warnings.append(
                "\(key).type: serial numbers are unique for one issuer only; give issuer_pattern "
                    + "or use serial_no_dn or issuer_serial")
        }
        return warnings
    }

    /// Themes that definitions name and nobody has made.
    private static func themeWarnings(
        _ configuration: Configuration, _ services: ServiceRegistry
    ) -> [String] {
        // An unreadable folder is a problem of its own.
        guard let themes = try? themes(configuration) else { return [] }
        return services.services.compactMap { service in
            guard let name = service.links.theme, themes[name] == nil else { return nil }
            return "service \(service.name): there is no theme '\(name)' in services.themes; "
                + "its pages look like all others"
        }
    }
}
