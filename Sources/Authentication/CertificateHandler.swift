internal import CASProtocol
package import OpenSSL
package import Platform

/// Checks client certificates: a path to the operator's own trust anchors, then the rules.
///
/// That the client holds the private key is proved by the TLS handshake, not here.
package struct CertificateHandler: AuthenticationHandler {
    package let name = "x509"

    private static let identifierBytesMax = 1024

    private let trust: TrustStore
    private let rules: CertificateRules
    /// `nil`: revocation is not looked for.
    package let revocation: RevocationChecker?

    package init(
        trust: TrustStore, rules: CertificateRules = CertificateRules(),
        revocation: RevocationChecker? = nil
    ) {
        self.trust = trust
        self.rules = rules
        self.revocation = revocation
    }

    package func accepts(_ credential: Credential) -> Bool {
        if case .certificate = credential { true } else { false }
    }

    package func authenticate(
        _ credential: Credential, at now: Instant
    ) throws(AuthenticationFailure) -> Authenticated {
        guard case .certificate(let presented) = credential else { throw .unsupportedCredential }
        let certificate: X509Certificate
        do throws(CertificateError) {
            certificate = try X509Certificate(presented.text)
        } catch {
            throw .certificateRefused(error.description)
        }
        try checkPath(of: certificate, at: now)
        try checkRules(for: certificate)
        guard let identifier = rules.principal.resolve(certificate), isUsable(identifier) else {
            throw .certificateRefused(
                "no usable principal in \(certificate.subject.rfc2253)")
        }
        return Authenticated(
            principal: Principal(id: identifier, attributes: attributes(of: certificate)),
            handler: name, credentialType: "X509CertificateCredential",
            certificateDigest: certificate.sha256)
    }

    private func checkPath(
        of certificate: X509Certificate, at now: Instant
    ) throws(AuthenticationFailure) {
        guard !certificate.isCertificateAuthority else {
            throw .certificateRefused("an authority's certificate is no client certificate")
        }
        switch trust.verify(certificate, at: now) {
        case .refused(let reason, let depth, let path):
            let place = path.indices.contains(depth) ? path[depth] : certificate
            throw .certificateRefused(
                "\(reason) (depth \(depth): \(place.subject.rfc2253))")
        case .trusted(let path):
            let intermediates = max(0, path.count - 2)
            guard intermediates <= rules.maxPathLength else {
                throw .certificateRefused(
                    "\(intermediates) intermediates, but max_path_length is \(rules.maxPathLength)")
            }
        }
    }

    private func checkRules(for certificate: X509Certificate) throws(AuthenticationFailure) {
        if let pattern = rules.subjectPattern, !pattern.matches(certificate.subject) {
            throw .certificateRefused(
                "the subject does not match subject_pattern: \(certificate.subject.javaText)")
        }
        if let pattern = rules.issuerPattern, !pattern.matches(certificate.issuer) {
            throw .certificateRefused(
                "the issuer does not match issuer_pattern: \(certificate.issuer.javaText)")
        }
        let usage = certificate.usage
        if rules.requiresKeyUsage, usage.bits == nil {
            throw .certificateRefused("no key usage extension, but require_key_usage is on")
        }
        let isBinding =
            rules.requiresKeyUsage
            || (rules.checksKeyUsage && usage.isCritical && usage.bits != nil)
        if isBinding, !usage.allowsDigitalSignature {
            throw .certificateRefused("the key usage does not allow digital signatures")
        }
    }

    /// Whether the text can be a principal's identifier in cookies, XML and logs.
    private func isUsable(_ identifier: String) -> Bool {
        (1...Self.identifierBytesMax).contains(identifier.utf8.count)
            && !identifier.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// The facts that Apereo adds to a principal, under Apereo's names.
    private func attributes(of certificate: X509Certificate) -> Attributes {
        let names = certificate.alternativeNames
        return Attributes([
            ("sigAlgOid", [certificate.signatureAlgorithm]),
            ("subjectDn", [certificate.subject.javaText]),
            ("subjectX500Principal", [certificate.subject.rfc2253]),
            ("issuerDn", [certificate.issuer.javaText]),
            ("issuerX500Principal", [certificate.issuer.rfc2253]),
            ("x509Rfc822Email", Array(names.emails.prefix(1))),
            ("x509subjectUPN", Array(names.userPrincipalNames.prefix(1))),
        ])
    }
}
