internal import CASProtocol
internal import Platform

// What casd sends of its own accord, and to whom it leaves the login.
extension ConfigurationReader {
    func readOutbound(
        _ section: ConfigurationSection, _ outbound: inout Configuration.Outbound
    ) {
        outbound.trust = section.strings("trust").map(resolved)
        outbound.allowsLoopback = section.bool(
            "allow_loopback", default: outbound.allowsLoopback)
        outbound.deniedNetworks = networks("deny_networks", section)
        let range = Duration.milliseconds(100)...(.seconds(60))
        outbound.connectTimeout = section.duration(
            "connect_timeout", default: outbound.connectTimeout, in: range)
        outbound.timeout = section.duration("timeout", default: outbound.timeout, in: range)
        section.finish()
    }

    func readUpstreams(
        _ section: ConfigurationSection
    ) -> [Configuration.Authentication.Upstream] {
        var upstreams: [Configuration.Authentication.Upstream] = []
        for entry in section.sections("delegated") {
            let upstream = readUpstream(entry)
            if !upstream.name.isEmpty, upstreams.contains(where: { $0.name == upstream.name }) {
                entry.report("name", "'\(upstream.name)' is there twice")
            }
            upstreams.append(upstream)
        }
        if upstreams.count > 1, upstreams.contains(where: \.redirectsAutomatically) {
            section.report(
                "delegated", "auto_redirect works with a single server; with several, people choose"
            )
        }
        return upstreams
    }

    private func readUpstream(
        _ section: ConfigurationSection
    ) -> Configuration.Authentication.Upstream {
        defer { section.finish() }
        let label = section.string("label")
        let loginURL = section.string("login_url") ?? ""
        let name = section.string("name") ?? ""
        if !isUpstreamName(name) {
            section.report("name", "1 to 32 letters, digits, '-' and '_' are expected")
        }
        var upstream = Configuration.Authentication.Upstream(
            name: name, label: label ?? name, loginURL: loginURL)
        do {
            let url = try ServiceURL(loginURL, schemes: ["https"])
            if !url.text.hasSuffix("/login") || loginURL.contains("?") {
                section.report("login_url", "must end in /login, without a query")
            }
        } catch {
            section.report("login_url", "must be an https address that ends in /login")
        }
        upstream.version = section.choice(
            "protocol", default: upstream.version,
            from: ["cas1": .cas1, "cas2": .cas2, "cas3": .cas3])
        upstream.redirectsAutomatically = section.bool("auto_redirect", default: false)
        upstream.forwardsLogout = section.bool("forward_logout", default: false)
        upstream.acceptsLogout = section.bool("accept_logout", default: true)
        let principal = section.section("principal")
        upstream.principalAttribute = principal.string("attribute")
        upstream.principalSuffix = principal.string("suffix") ?? ""
        principal.finish()
        let attributes = section.section("attributes")
        upstream.attributePrefix = attributes.string("prefix") ?? ""
        upstream.attributeNames = attributes.pairs("names").map { (from: $0, to: $1) }
        attributes.finish()
        return upstream
    }

    private func isUpstreamName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
