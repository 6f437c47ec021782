internal import CASProtocol
package import OpenSSL
package import Platform

/// Checks client certificates: a path to the operator's own trust anchors, then the rules, then
/// whether a certificate of the path was revoked.
///
/// That the client holds the private key is proved by the TLS handshake, not here.
package struct CertificateHandler: AuthenticationHandler {
    package let name = "x509"

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
        var decision = CertificateDecision(isExplaining: false)
        decide(presented.text, at: now, &decision)
        if let reason = decision.refusal { throw .certificateRefused(reason) }
        guard let accepted = decision.explanation.accepted else {
            throw .certificateRefused("no decision")
        }
        return accepted
    }

    /// Every step of the decision that ``authenticate(_:at:)`` would make, also those behind the
    /// first one that is bad.
    package func explain(_ text: String, at now: Instant) -> CertificateExplanation {
        var decision = CertificateDecision(isExplaining: true)
        decide(text, at: now, &decision)
        return decision.explanation
    }

    private func decide(_ text: String, at now: Instant, _ decision: inout CertificateDecision) {
        let certificate: X509Certificate
        do throws(CertificateError) {
            certificate = try X509Certificate(text)
        } catch {
            return decision.refuse(.form, error.description)
        }
        decision.explanation.certificate = certificate
        decision.accept(.form, "one certificate, \(certificate.der.count) bytes")
        judgeKind(of: certificate, &decision)
        if decision.isOver { return }
        let isTrusted = judgePath(of: certificate, at: now, &decision)
        if decision.isOver { return }
        judgeNames(of: certificate, &decision)
        judgeUsage(of: certificate, &decision)
        if decision.isOver { return }
        judgeRevocation(isTrusted: isTrusted, at: now, &decision)
        if decision.isOver { return }
        resolvePrincipal(of: certificate, &decision)
    }

    private func judgeKind(
        of certificate: X509Certificate, _ decision: inout CertificateDecision
    ) {
        if certificate.isCertificateAuthority {
            decision.refuse(.kind, "an authority's certificate is no client certificate")
        } else {
            decision.accept(.kind, "no authority's certificate")
        }
    }

    /// - Returns: Whether there is a path to a trust anchor.
    private func judgePath(
        of certificate: X509Certificate, at now: Instant, _ decision: inout CertificateDecision
    ) -> Bool {
        switch trust.verify(certificate, at: now) {
        case .refused(let reason, let depth, let path):
            decision.explanation.path = path
            let place = path.indices.contains(depth) ? path[depth] : certificate
            decision.refuse(.path, "\(reason) (depth \(depth): \(place.subject.rfc2253))")
            decision.skip(.pathLength, "there is no whole path")
            return false
        case .trusted(let path):
            decision.explanation.path = path
            let intermediates = max(0, path.count - 2)
            decision.accept(.path, "leads to \(path.last?.subject.rfc2253 ?? "an anchor")")
            let isShort = intermediates <= rules.maxPathLength
            let text = {
                "\(intermediates) intermediate\(intermediates == 1 ? "" : "s"), "
                    + (isShort ? "and" : "but") + " max_path_length is \(rules.maxPathLength)"
            }
            if isShort {
                decision.accept(.pathLength, text())
            } else {
                decision.refuse(.pathLength, text())
            }
            return true
        }
    }

    private func judgeNames(
        of certificate: X509Certificate, _ decision: inout CertificateDecision
    ) {
        let parts: [(CertificateExplanation.Name, NamePattern?, DistinguishedName)] = [
            (.subject, rules.subjectPattern, certificate.subject),
            (.issuer, rules.issuerPattern, certificate.issuer),
        ]
        for (name, pattern, value) in parts {
            guard let pattern else {
                decision.skip(name, "there is no \(name.rawValue)_pattern")
                continue
            }
            if pattern.matches(value) {
                decision.accept(name, "\(name.rawValue)_pattern matches \(value.javaText)")
            } else {
                decision.refuse(
                    name,
                    "the \(name.rawValue) does not match \(name.rawValue)_pattern: "
                        + value.javaText)
            }
        }
    }

    private func judgeUsage(
        of certificate: X509Certificate, _ decision: inout CertificateDecision
    ) {
        let usage = certificate.usage
        if rules.requiresKeyUsage, usage.bits == nil {
            return decision.refuse(
                .keyUsage, "no key usage extension, but require_key_usage is on")
        }
        let isBinding =
            rules.requiresKeyUsage
            || (rules.checksKeyUsage && usage.isCritical && usage.bits != nil)
        guard isBinding else {
            return decision.skip(
                .keyUsage,
                rules.checksKeyUsage ? "no critical key usage extension" : "is not checked")
        }
        if usage.allowsDigitalSignature {
            decision.accept(.keyUsage, "allows digital signatures")
        } else {
            decision.refuse(.keyUsage, "the key usage does not allow digital signatures")
        }
    }

    private func judgeRevocation(
        isTrusted: Bool, at now: Instant, _ decision: inout CertificateDecision
    ) {
        guard let revocation else { return decision.skip(.revocation, "is not checked") }
        // Where lists are said to be is believed of trusted certificates only.
        guard isTrusted else { return decision.skip(.revocation, "there is no trusted path") }
        let finding = revocation.check(decision.explanation.path, at: now)
        decision.explanation.revocation = finding
        if let refusal = finding.refusal {
            decision.refuse(.revocation, refusal)
        } else {
            decision.accept(.revocation, finding.summary)
        }
    }

    private func resolvePrincipal(
        of certificate: X509Certificate, _ decision: inout CertificateDecision
    ) {
        let identifier: String
        switch rules.principal.resolve(certificate) {
        case .none(let why):
            return decision.refuse(
                .principal, "no usable principal in \(certificate.subject.rfc2253): \(why)")
        case .principal(let text, let why):
            identifier = text
            decision.accept(.principal, "\(text) (\(why))")
        }
        guard decision.refusal == nil else { return }
        decision.explanation.accepted = Authenticated(
            principal: Principal(
                id: identifier, attributes: rules.principal.attributes(of: certificate)),
            handler: name, credentialType: "X509CertificateCredential",
            certificateDigest: certificate.sha256)
    }
}
