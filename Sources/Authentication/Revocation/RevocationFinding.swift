package import OpenSSL
package import Platform

/// What one list or one answer says about one certificate.
package struct RevocationStep: Hashable, Sendable {
    /// What is said, and whether it counts.
    package enum Statement: Hashable, Sendable {
        case good
        /// Its time is over, but the rules still believe it.
        case tolerated
        /// `reason` as RFC 5280 names it, or `nil`. Counts also if the list's time is over.
        case revoked(at: Instant?, reason: String?)
        /// Its time is over, and the rules do not believe it any more.
        case expired
        /// It does not count; the text says why.
        case unusable(String)
    }

    package let source: RevocationRules.Source
    /// The file, the distribution point, or the responder.
    package let place: String
    package let statement: Statement
    /// When it was made, if there is one.
    package var thisUpdate: Instant?
    /// When a newer one will be there at the latest, if it says so.
    package var nextUpdate: Instant?
    /// The number of the list, in hexadecimal digits, if it has one.
    package var number: String?
    /// How many certificates the list names.
    package var count: Int?
    /// What else the operator should know, for example that a newer list could not be fetched.
    package var note: String?

    package init(source: RevocationRules.Source, place: String, statement: Statement) {
        self.source = source
        self.place = place
        self.statement = statement
    }
}

/// What is known of the revocation of a path of certificates, judged by the rules.
package struct RevocationFinding: Sendable {
    /// What is known of one certificate.
    package enum Verdict: Hashable, Sendable {
        case good
        case revoked(at: Instant?, reason: String?)
        /// Nobody knows; `isTolerated` if the rules accept that.
        case undecided(String, isTolerated: Bool)
    }

    /// One certificate of the path and what the sources say about it.
    package struct Certificate: Sendable {
        package let certificate: X509Certificate
        package let steps: [RevocationStep]
        package let verdict: Verdict

        package init(certificate: X509Certificate, steps: [RevocationStep], verdict: Verdict) {
            self.certificate = certificate
            self.steps = steps
            self.verdict = verdict
        }
    }

    /// The certificates that were looked for, the leaf first.
    package let certificates: [Certificate]

    package init(certificates: [Certificate]) {
        self.certificates = certificates
    }

    /// Whether the path may be used.
    package var isAcceptable: Bool { refusal == nil }

    /// What was found for a path that may be used, for the operator.
    package var summary: String {
        guard !certificates.isEmpty else { return "nothing to look for" }
        let unknown = certificates.compactMap { entry -> String? in
            guard case .undecided(let why, _) = entry.verdict else { return nil }
            return "unknown but allowed: \(entry.certificate.subject.rfc2253): \(why)"
        }
        return unknown.isEmpty ? "not revoked" : unknown.joined(separator: "; ")
    }

    /// Why the path may not be used, for the operator.
    package var refusal: String? {
        for entry in certificates {
            let name = entry.certificate.subject.rfc2253
            let serial = entry.certificate.serialNumber.hexadecimal
            switch entry.verdict {
            case .good, .undecided(_, isTolerated: true): continue
            case .revoked(let time, let reason):
                return "revoked\(time.map { " at \($0.rfc3339)" } ?? "")"
                    + "\(reason.map { " (\($0))" } ?? ""): \(name), serial number \(serial)"
            case .undecided(let why, isTolerated: false):
                return "revocation unknown: \(name), serial number \(serial): \(why)"
            }
        }
        return nil
    }
}
