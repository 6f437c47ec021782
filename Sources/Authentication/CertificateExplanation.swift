package import OpenSSL

/// The whole decision about a certificate, step by step, for the operator.
package struct CertificateExplanation: Sendable {
    /// One rule and what came of it.
    package struct Step: Hashable, Sendable {
        package enum Verdict: Hashable, Sendable {
            case good
            /// The certificate is refused for it.
            case bad
            /// Not asked for, or not possible after what went before.
            case skipped
        }

        package let name: Name
        package let verdict: Verdict
        /// What was found, in the operator's words.
        package let text: String

        package init(_ name: Name, _ verdict: Verdict, _ text: String) {
            self.name = name
            self.verdict = verdict
            self.text = text
        }
    }

    /// What is looked at, in this order.
    package enum Name: String, Hashable, Sendable, CaseIterable {
        case form
        case kind
        case path
        case pathLength = "path length"
        case subject
        case issuer
        case keyUsage = "key usage"
        case revocation
        case principal
    }

    /// `nil` if the text is no certificate.
    package internal(set) var certificate: X509Certificate?
    /// The leaf first; as far as it could be built.
    package internal(set) var path: [X509Certificate] = []
    package internal(set) var steps: [Step] = []
    /// What each list and each answer says; `nil` if nothing was looked for.
    package internal(set) var revocation: RevocationFinding?
    /// Whom the certificate names.
    package internal(set) var accepted: Authenticated?

    /// Why the certificate is refused: what the log would say.
    package var refusal: String? { steps.first { $0.verdict == .bad }?.text }
}

/// How a decision is made: with reasons for everything, or only the first reason against it.
struct CertificateDecision {
    private let isExplaining: Bool
    var explanation = CertificateExplanation()

    init(isExplaining: Bool) {
        self.isExplaining = isExplaining
    }

    var refusal: String? { explanation.refusal }

    /// Whether nothing more needs to be looked at.
    var isOver: Bool { !isExplaining && explanation.refusal != nil }

    mutating func accept(_ name: CertificateExplanation.Name, _ text: @autoclosure () -> String) {
        if isExplaining { explanation.steps.append(.init(name, .good, text())) }
    }

    mutating func skip(_ name: CertificateExplanation.Name, _ text: @autoclosure () -> String) {
        if isExplaining { explanation.steps.append(.init(name, .skipped, text())) }
    }

    mutating func refuse(_ name: CertificateExplanation.Name, _ reason: String) {
        explanation.steps.append(.init(name, .bad, reason))
    }
}
