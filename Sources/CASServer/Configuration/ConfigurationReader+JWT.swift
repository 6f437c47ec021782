internal import JOSE
internal import Platform

// Tickets that are JSON Web Tokens, and what is for operators.
extension ConfigurationReader {
    func readJWT(_ section: ConfigurationSection, _ jwt: inout Configuration.JWT) {
        jwt.issuer = section.string("issuer")
        jwt.order = section.choice(
            "strategy", default: jwt.order,
            from: ["encrypt_and_sign": .encryptAndSign, "sign_and_encrypt": .signAndEncrypt])
        jwt.layout = choice("layout", section) ?? jwt.layout
        readSigning(section.section("signing"), &jwt.signing)
        readEncryption(section.section("encryption"), &jwt)
        if !jwt.signing.isEnabled, !jwt.encryption.isEnabled {
            section.report(
                "signing", "and encryption cannot both be off: anybody could make tickets")
        }
        if section.node("service_ticket_lifetime") != nil {
            jwt.serviceTicketLifetime = section.duration(
                "service_ticket_lifetime", default: .seconds(10), in: .seconds(1)...(day * 366))
        }
        jwt.claimsFromRequest = section.strings("claims_from_request")
        for name in jwt.claimsFromRequest where Self.neverClaims.contains(name) {
            section.report("claims_from_request", "'\(name)' can never be a claim from a request")
        }
        jwt.sendsRedirectParameter = section.bool(
            "redirect_parameter", default: jwt.sendsRedirectParameter)
        readLoginByToken(section.section("login_by_token"), &jwt.login)
        section.finish()
    }

    /// What proves who somebody is, and what the standard registers.
    private static let neverClaims = TicketClaims.registeredNames.union([
        "username", "password", "token", "cert",
    ])

    private func readSigning(
        _ section: ConfigurationSection, _ signing: inout Configuration.JWT.Signing
    ) {
        signing.isEnabled = section.bool("enabled", default: signing.isEnabled)
        signing.algorithm = choice("algorithm", section)
        signing.key = keySource(section)
        section.finish()
    }

    private func readEncryption(
        _ section: ConfigurationSection, _ jwt: inout Configuration.JWT
    ) {
        jwt.encryption.isEnabled = section.bool("enabled", default: jwt.encryption.isEnabled)
        jwt.encryption.method =
            choice("method", section) ?? (jwt.layout == .apereo70 ? .a128CBCHS256 : .a256CBCHS512)
        jwt.encryption.key = keySource(section)
        section.finish()
    }

    private func keySource(_ section: ConfigurationSection) -> Configuration.JWT.KeySource? {
        let text = section.string("key")
        let file = section.string("key_file").map(resolved)
        if text != nil, file != nil {
            section.report("key", "and key_file cannot both be given")
        }
        return text.map(Configuration.JWT.KeySource.text)
            ?? file.map(Configuration.JWT.KeySource.file)
    }

    private func readLoginByToken(
        _ section: ConfigurationSection, _ login: inout Configuration.LoginByToken
    ) {
        login.isEnabled = section.bool("enabled", default: login.isEnabled)
        login.algorithms = values("algorithms", section)
        if login.isEnabled, login.algorithms.isEmpty {
            section.report(
                "algorithms", "says which signatures count, for example [HS256]; none is no choice")
        }
        if section.node("require") != nil {
            login.required = Set(values("require", section))
        }
        login.issuers = section.strings("issuers")
        login.lifetimeMax = section.duration(
            "max_lifetime", default: login.lifetimeMax, in: .seconds(60)...(day * 31))
        login.hasEndpoint = section.bool("endpoint", default: login.hasEndpoint)
        section.finish()
    }

    func readOperations(
        _ section: ConfigurationSection, _ operations: inout Configuration.Operations
    ) {
        if section.node("networks") != nil { operations.networks = networks("networks", section) }
        section.finish()
    }

    /// One of a few words; `nil` if it is not given.
    private func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ section: ConfigurationSection
    ) -> Value? {
        section.string(key).flatMap { value($0, key, section) }
    }

    /// The members of a list, each one of a few words.
    private func values<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ section: ConfigurationSection
    ) -> [Value] {
        section.strings(key).compactMap { value($0, key, section) }
    }

    private func value<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ key: String, _ section: ConfigurationSection
    ) -> Value? {
        if let value = Value(rawValue: text) { return value }
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        section.report(key, "'\(text)' is not one of \(known)")
        return nil
    }
}
