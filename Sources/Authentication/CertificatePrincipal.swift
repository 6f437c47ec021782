package import CASProtocol
package import OpenSSL

/// What became of the question whom a certificate stands for, and why.
package enum PrincipalResolution: Hashable, Sendable {
    /// The identifier, usable in cookies, XML and logs.
    case principal(String, why: String)
    case none(why: String)
}

/// Whom a certificate stands for: a part of it, or what a file of users says about it.
package struct CertificatePrincipal: Sendable {
    private static let identifierBytesMax = 1024

    /// The part that names the principal.
    package var part: CertificatePart
    /// The attribute of ``CertificateAttributes`` that is taken if the certificate lacks the part.
    package var alternate: String?
    /// Whether the principal gets the attribute `x509EDIPI`.
    package var hasIdentifierAttribute = false
    package var transform = PrincipalTransform()
    /// Whose certificates are known; what it says counts more than the part.
    package var users: CertificateUsers?

    package init(_ part: CertificatePart = .subjectName(.rfc2253), alternate: String? = nil) {
        self.part = part
        self.alternate = alternate
    }

    /// The principal's identifier, or why there is none.
    package func resolve(_ certificate: X509Certificate) -> PrincipalResolution {
        switch users?.find(certificate) {
        case .user(let name, let fact):
            return checked(name, why: "users_file says so of \(fact)")
        case .ambiguous(let names):
            return .none(why: "users_file names several: \(names.joined(separator: ", "))")
        case .nobody, nil: break
        }
        switch part.text(in: certificate) {
        case .success(let text): return transformed(text, why: part.meaning)
        case .failure(let failure):
            guard let alternate else { return .none(why: failure.reason) }
            let attributes = attributes(of: certificate)
            guard let text = attributes[alternate]?.first, !text.isEmpty else {
                return .none(why: "\(failure.reason), and no \(alternate) instead")
            }
            return transformed(text, why: "\(alternate), because: \(failure.reason)")
        }
    }

    /// The facts that Apereo adds to a principal, under Apereo's names.
    package func attributes(of certificate: X509Certificate) -> Attributes {
        CertificateAttributes.of(certificate, includesIdentifier: hasIdentifierAttribute)
    }

    private func transformed(_ text: String, why: String) -> PrincipalResolution {
        guard let result = transform.apply(text) else {
            return .none(why: "transform.pattern takes nothing from '\(text)'")
        }
        return checked(result, why: result == text ? why : "\(why), transformed from '\(text)'")
    }

    /// Refuses what is blocked, and what is no identifier in cookies, XML and logs.
    private func checked(_ identifier: String, why: String) -> PrincipalResolution {
        guard !transform.blocks(identifier) else {
            return .none(why: "transform.block refuses '\(identifier)'")
        }
        guard (1...Self.identifierBytesMax).contains(identifier.utf8.count) else {
            return .none(
                why:
                    "\(why) has \(identifier.utf8.count) bytes, not 1 to \(Self.identifierBytesMax)"
            )
        }
        guard !identifier.unicodeScalars.contains(where: \.isControl) else {
            return .none(why: "\(why) has control characters")
        }
        return .principal(identifier, why: why)
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}
