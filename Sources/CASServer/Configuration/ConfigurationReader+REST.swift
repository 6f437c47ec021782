internal import PCRE
internal import Platform

// The REST interface: whether, for whom, and how it answers.
extension ConfigurationReader {
    func readREST(_ section: ConfigurationSection, _ rest: inout Configuration.REST) {
        rest.isEnabled = section.bool("enabled", default: rest.isEnabled)
        rest.acceptsPasswords = section.bool("passwords", default: rest.acceptsPasswords)
        rest.networks = networks("networks", section)
        rest.allowsRememberMe = section.bool("remember_me", default: rest.allowsRememberMe)
        rest.answersInJSON = section.bool("real_json", default: rest.answersInJSON)
        rest.services = readServiceManagement(section.section("services"))
        let cors = section.section("cors")
        rest.cors.origins = cors.strings("origins")
        for origin in rest.cors.origins where !isOrigin(origin) {
            cors.report(
                "origins",
                "'\(origin)' is no origin such as https://app.example.org, without a path")
        }
        rest.cors.maxAge = cors.duration(
            "max_age", default: rest.cors.maxAge, in: .zero...(.seconds(86_400)))
        cors.finish()
        section.finish()
    }

    /// The networks of a list of texts such as `10.0.0.0/8`.
    func networks(_ key: String, _ section: ConfigurationSection) -> [Network] {
        section.strings(key).compactMap { text in
            if let network = Network(text) { return network }
            section.report(key, "'\(text)' is no network such as 10.0.0.0/8 or fd00::/8")
            return nil
        }
    }

    private func readServiceManagement(
        _ section: ConfigurationSection
    ) -> Configuration.REST.ServiceManagement? {
        let attribute = section.string("attribute")
        let text = pattern("pattern", section)?.text
        section.finish()
        switch (attribute, text) {
        case (nil, nil): return nil
        case (let attribute?, let text?) where !attribute.isEmpty && !text.isEmpty:
            return Configuration.REST.ServiceManagement(attribute: attribute, pattern: text)
        default:
            section.report(
                "attribute", "needs a pattern as well, and the other way round: who may manage")
            return nil
        }
    }

    /// Whether a text is an origin as browsers send it: scheme, host, perhaps a port.
    private func isOrigin(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let host = text.dropFirst(scheme.count)
            return !host.isEmpty
                && host.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || ".-:[]".utf8.contains(byte)
                }
        }
        return false
    }
}
