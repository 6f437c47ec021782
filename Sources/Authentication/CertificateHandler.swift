internal import CASProtocol
package import OpenSSL
package import Platform

/// Checks client certificates: a path to the operator's own trust anchors, then the rules.
///
/// That the client holds the private key is proved by the TLS handshake, not here.
package struct CertificateHandler: AuthenticationHandler {
    package let name = "x509"

    private let trust: TrustStore
    private let rules: CertificateRules

    package init(trust: TrustStore, rules: CertificateRules = CertificateRules()) {
        self.trust = trust
        self.rules = rules
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
        let identifier: String
        switch rules.principal.resolve(certificate) {
        case .principal(let text, _): identifier = text
        case .none(let why):
            throw .certificateRefused(
                "no usable principal in \(certificate.subject.rfc2253): \(why)")
        }
        return Authenticated(
            principal: Principal(
                id: identifier, attributes: rules.principal.attributes(of: certificate)),
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
            let place = path.indices.contains(depth) ? path[depth] : certificate.subject.rfc2253
            throw .certificateRefused("\(reason) (depth \(depth): \(place))")
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
}
