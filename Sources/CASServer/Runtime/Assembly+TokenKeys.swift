internal import JOSE
internal import Logging
package import Platform
internal import Services

// The keys of tokens, and what may be wrong with them.
extension Assembly {
    /// The folder of the keys that casd makes for tokens.
    package static func tokenKeyDirectory(_ configuration: Configuration) -> String {
        configuration.state.directory + "/jwt"
    }

    /// How often the ring of token keys was changed, for all processes.
    ///
    /// - Throws: If its file cannot be opened.
    package static func tokenKeyChanges(
        _ configuration: Configuration
    ) throws(FileError) -> SharedCounter {
        let directory = configuration.state.runtimeDirectory
        try File.makeDirectory(directory)
        return try SharedCounter(directory + "/keys.changes")
    }

    /// The keys of tokens; those that are wanting are made.
    ///
    /// - Throws: Which of them cannot be read or made, and why.
    static func tokenKeys(
        _ configuration: Configuration, log: Logger
    ) throws(Failure) -> TokenKeyCatalog {
        try TokenKeyCatalog(configuration, clock: { .now }, random: systemRandomBytes, log: log)
    }

    /// Reads the configured keys and those of the ring, and makes none.
    ///
    /// - Throws: Which of them cannot be used, and why.
    static func checkTokenKeys(_ configuration: Configuration) throws(Failure) {
        let source = try TokenKeySource(configuration)
        do {
            // Before the first start there is no ring.
            guard source.usesRing, let ring = try source.folder.readRing() else { return }
            try source.check(ring, at: .now)
        } catch {
            throw Failure(problems: ["\(error)"])
        }
    }

    /// What is wrong with keys that service definitions name; their services get no tokens.
    static func serviceKeyProblems(
        _ configuration: Configuration, _ services: ServiceRegistry
    ) -> [String] {
        let keys = ServiceTokenKeys(configuration.jwt)
        var problems: [String] = []
        for service in services.services {
            let place = service.file ?? "service \(service.name)"
            do {
                _ = try keys.material(for: service, at: .now)
            } catch {
                problems.append("\(place): \(error)")
            }
            // The endpoint makes such tokens also where nobody logs in by one.
            let login = configuration.jwt.login
            guard login.isEnabled || login.hasEndpoint, let secrets = service.tokenLogin else {
                continue
            }
            do {
                _ = try TokenLoginKeys(secrets, allowed: login.algorithms)
            } catch {
                problems.append("\(place): \(error.detail ?? error.reason)")
            }
        }
        return problems
    }

    /// What an operator may not expect of the configured keys.
    static func tokenKeyWarnings(_ configuration: Configuration) -> [String] {
        // What is wrong with them is a problem of its own.
        guard let source = try? TokenKeySource(configuration),
            let encryption = source.encryption, encryption.management != .direct,
            !encryption.key.isPrivate
        else { return [] }
        return [
            "jwt.encryption: only the public half of the key is there, so casd cannot read its "
                + "own tokens; ticket-granting tokens are not taken in place of tickets over REST"
        ]
    }

    /// What services may not expect of the tokens that they get; Apereo makes them too.
    static func serviceKeyWarnings(
        _ configuration: Configuration, _ services: ServiceRegistry
    ) -> [String] {
        let keys = ServiceTokenKeys(configuration.jwt)
        return services.services.compactMap { service in
            // What is wrong with keys is a problem of its own.
            guard let material = try? keys.material(for: service, at: .now), !material.isProof
            else { return nil }
            return "\(service.file ?? "service \(service.name)"): "
                + "jwtAsServiceTicketEncryptionKey: is an RSA key, and tokens are not signed: "
                + "anybody who has its public half can make them; give "
                + "jwtAsServiceTicketSigningKey too"
        }
    }
}
