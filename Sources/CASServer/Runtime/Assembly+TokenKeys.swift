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
        try TokenKeyCatalog(configuration, now: .now, random: systemRandomBytes, log: log)
    }

    /// Reads the configured keys and those of the ring, and makes none.
    ///
    /// - Throws: Which of them cannot be used, and why.
    static func checkTokenKeys(_ configuration: Configuration) throws(Failure) {
        let source = try TokenKeySource(configuration)
        do {
            // Before the first start there is no ring.
            guard source.usesRing, let ring = try source.folder.readRing() else { return }
            try source.check(ring)
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
                _ = try keys.material(for: service)
            } catch {
                problems.append("\(place): \(error)")
            }
            guard configuration.jwt.login.isEnabled, let secrets = service.tokenLogin else {
                continue
            }
            do {
                _ = try TokenLoginKeys(secrets, allowed: configuration.jwt.login.algorithms)
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
            let encryption = source.encryption, encryption.management != .direct
        else { return [] }
        let result = "ticket-granting tokens are not taken in place of tickets over REST"
        var warnings: [String] = []
        if !encryption.key.isPrivate {
            warnings.append(
                "jwt.encryption: only the public half of the key is there, so casd cannot read its "
                    + "own tokens; " + result)
        }
        if !source.has(.signing) {
            warnings.append(
                "jwt.signing.enabled: is false, and whoever has the public half of the key of "
                    + "jwt.encryption can make tokens; " + result)
        }
        return warnings
    }
}
