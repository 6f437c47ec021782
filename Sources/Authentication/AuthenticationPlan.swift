package import CASProtocol
package import Platform

/// Which handlers there are, and how their answers become one principal.
package struct AuthenticationPlan: Sendable {
    /// The most credentials that may come together.
    package static let credentialsMax = 4

    /// How many of the credentials that come together have to be good.
    package enum Combination: String, Sendable, CaseIterable {
        /// Every one.
        case all
        /// One is enough, as Apereo has it; the others count for nothing.
        case any
    }

    private let handlers: [any AuthenticationHandler]
    private let combination: Combination
    /// Whether somebody checks names and passwords.
    package let takesPasswords: Bool

    /// A plan that asks the first handler, in this order, that accepts a credential.
    package init(_ handlers: [any AuthenticationHandler], combination: Combination = .all) {
        self.handlers = handlers
        self.combination = combination
        takesPasswords = handlers.contains { $0.accepts(.password(username: "", password: "")) }
    }

    /// What looks for revoked certificates and must be refreshed, if anything does.
    package var revocation: RevocationChecker? {
        handlers.lazy.compactMap { ($0 as? CertificateHandler)?.revocation }.first
    }

    /// Who presents the credentials.
    ///
    /// All credentials that are good must be of one principal, whose attributes are those of the
    /// first of them and whatever the others add.
    ///
    /// - Parameter isLongTerm: Whether the user asked to be remembered.
    /// - Throws: Why the first credential that is not accepted is refused, unless another one is
    ///   enough.
    package func authenticate(
        _ credentials: [Credential], at now: Instant, isLongTerm: Bool = false
    ) throws(AuthenticationFailure) -> (principal: Principal, event: AuthenticationEvent) {
        guard (1...Self.credentialsMax).contains(credentials.count) else {
            throw .unsupportedCredential
        }
        var accepted: [Authenticated] = []
        var refusal: AuthenticationFailure?
        for credential in credentials {
            do throws(AuthenticationFailure) {
                accepted.append(try authenticate(credential, at: now))
            } catch {
                guard combination == .any else { throw error }
                refusal = refusal ?? error
            }
        }
        guard let first = accepted.first else { throw refusal ?? .unsupportedCredential }
        guard
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

    private func authenticate(
        _ credential: Credential, at now: Instant
    ) throws(AuthenticationFailure) -> Authenticated {
        guard let handler = handlers.first(where: { $0.accepts(credential) }) else {
            throw .unsupportedCredential
        }
        return try handler.authenticate(credential, at: now)
    }

    private func distinct(_ texts: [String]) -> [String] {
        texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
