package import CASProtocol
package import Platform

/// Which handlers there are, and how their answers become one principal.
package struct AuthenticationPlan: Sendable {
    /// The most credentials that may come together.
    package static let credentialsMax = 4

    private let handlers: [any AuthenticationHandler]
    /// Whether somebody checks names and passwords.
    package let takesPasswords: Bool

    /// A plan that asks the first handler, in this order, that accepts a credential.
    package init(_ handlers: [any AuthenticationHandler]) {
        self.handlers = handlers
        takesPasswords = handlers.contains { $0.accepts(.password(username: "", password: "")) }
    }

    /// What looks for revoked certificates and must be refreshed, if anything does.
    package var revocation: RevocationChecker? {
        handlers.lazy.compactMap { ($0 as? CertificateHandler)?.revocation }.first
    }

    /// Who presents the credentials.
    ///
    /// Every credential must be good, and all must be of one principal, whose attributes are
    /// those of the first credential and whatever the others add.
    ///
    /// - Parameter isLongTerm: Whether the user asked to be remembered.
    /// - Throws: Why the first credential that is not accepted is refused.
    package func authenticate(
        _ credentials: [Credential], at now: Instant, isLongTerm: Bool = false
    ) throws(AuthenticationFailure) -> (principal: Principal, event: AuthenticationEvent) {
        guard (1...Self.credentialsMax).contains(credentials.count) else {
            throw .unsupportedCredential
        }
        var accepted: [Authenticated] = []
        for credential in credentials {
            guard let handler = handlers.first(where: { $0.accepts(credential) }) else {
                throw .unsupportedCredential
            }
            accepted.append(try handler.authenticate(credential, at: now))
        }
        guard let first = accepted.first,
            accepted.allSatisfy({ $0.principal.id.utf8.elementsEqual(first.principal.id.utf8) })
        else { throw .wrongCredential("the credentials are of different principals") }
        var attributes = Attributes()
        for entry in accepted.flatMap(\.principal.attributes.entries)
        where attributes[entry.name] == nil {
            attributes.add(entry.values, to: entry.name)
        }
        let event = AuthenticationEvent(
            date: now, handlers: distinct(accepted.map(\.handler)),
            credentialTypes: distinct(accepted.map(\.credentialType)),
            certificateDigest: accepted.lazy.compactMap(\.certificateDigest).first,
            isLongTerm: isLongTerm)
        return (Principal(id: first.principal.id, attributes: attributes), event)
    }

    private func distinct(_ texts: [String]) -> [String] {
        texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
