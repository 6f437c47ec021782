internal import Authentication
internal import OpenSSL
internal import Platform

extension Assembly {
    /// What checks client certificates, `nil` if nobody asked for it.
    ///
    /// - Parameter patience: How long a login waits for lists and answers of other servers; `nil`
    ///   for as long as for any other call.
    /// - Throws: If a bundle, a pattern or the way to other servers cannot be used.
    static func certificateHandler(
        _ configuration: Configuration, patience: Duration? = nil
    ) throws -> CertificateHandler? {
        guard let x509 = configuration.authentication.x509 else { return nil }
        let trust = try TrustStore(
            anchors: try x509.trustAnchors.map(bundle),
            intermediates: try x509.intermediates.map(bundle))
        var principal = x509.principal
        if let path = x509.usersFile { principal.users = try CertificateUsersFile.load(path) }
        return CertificateHandler(
            trust: trust,
            rules: CertificateRules(
                principal: principal, subjectPattern: try NamePattern(x509.subjectPattern),
                issuerPattern: try x509.issuerPattern.map(NamePattern.init),
                maxPathLength: x509.maxPathLength, checksKeyUsage: x509.checksKeyUsage,
                requiresKeyUsage: x509.requiresKeyUsage),
            revocation: try revocation(configuration, x509, trust, patience))
    }

    private static func revocation(
        _ configuration: Configuration, _ x509: Configuration.Authentication.X509,
        _ trust: TrustStore, _ patience: Duration?
    ) throws -> RevocationChecker? {
        guard !x509.revocation.sources.isEmpty else { return nil }
        return RevocationChecker(
            x509.revocation, authorities: trust.authorities,
            fetch: try RevocationTransport.fetch(configuration), random: systemRandomBytes,
            patience: patience ?? configuration.outbound.timeout,
            waitersMax: max(1, configuration.workers.blockingThreads / 4))
    }

    private static func bundle(_ path: String) throws(FileError) -> TrustStore.Bundle {
        TrustStore.Bundle(name: path, content: try File.read(path))
    }

    /// What is wrong with the revocation lists of the operator's files.
    static func revocationWarnings(_ configuration: Configuration, at now: Instant) -> [String] {
        // What keeps the handler from being made is a problem of its own.
        guard let revocation = (try? certificateHandler(configuration))??.revocation else {
            return []
        }
        var warnings: [String] = []
        for facts in revocation.facts(at: now) {
            let key = "authentication.x509.revocation.crl_files: \(facts.place)"
            if let failure = facts.failure {
                warnings.append("\(key): \(failure)")
            } else if facts.isExpired(at: now), let end = facts.nextUpdate {
                warnings.append("\(key): the list of \(facts.issuer) has expired at \(end.shown)")
            }
        }
        return warnings
    }
}
