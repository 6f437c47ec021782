internal import COpenSSL
package import Platform

/// A complete list of the certificates that their issuer has revoked (RFC 5280 §5), its signature
/// checked.
///
/// Small: serial numbers, dates and reasons lie in flat arrays, about 5 bytes more for an entry
/// than its serial number has. Immutable and safe to share between threads.
package final class RevocationList: Sendable {
    /// The longest list that is read, in bytes.
    package static let bytesMax = 256 << 20

    /// One revoked certificate.
    package struct Entry: Hashable, Sendable {
        package let revokedAt: Instant
        /// `nil` if the list does not say.
        package let reason: RevocationReason?

        package init(revokedAt: Instant, reason: RevocationReason?) {
            self.revokedAt = revokedAt
            self.reason = reason
        }
    }

    /// Of which certificates a list speaks (RFC 5280 §5.2.5).
    package struct Scope: Hashable, Sendable {
        package internal(set) var onlyUserCertificates = false
        package internal(set) var onlyAuthorities = false
        package internal(set) var onlyAttributeCertificates = false
        /// Whether certificates may be missing because they were revoked for another reason: the
        /// list can then say that a certificate is revoked, but never that it is not.
        package internal(set) var onlySomeReasons = false
        /// The addresses of the part that the list is; empty also for the whole.
        package var distributionPoints: [String] { points?.addresses ?? [] }
        /// The part that the list is, `nil` for the whole.
        var points: DistributionPoints?
    }

    package let issuer: DistinguishedName
    /// The authority that has signed it.
    package let signer: X509Certificate
    /// The ``X509Certificate/publicKeyDigest`` of the signer.
    package var issuerKeyDigest: [UInt8] { signer.publicKeyDigest }
    /// When it was made; it may lie in the future, which the caller judges.
    package let thisUpdate: Instant
    /// When the next one is made at the latest, or `nil` if the list does not say.
    package let nextUpdate: Instant?
    /// The number of the list in lower-case hexadecimal digits, if it has one.
    package let number: String?
    package let scope: Scope
    private let serials: RevokedSerials

    /// How many certificates are revoked.
    package var count: Int { serials.count }

    /// Reads a list in DER or one PEM block, and checks its signature.
    ///
    /// - Parameter signers: The authorities that may have issued it.
    /// - Throws: If it is broken, not signed by one of the signers, or of a kind that is not read.
    package init(
        _ bytes: [UInt8], signers: [X509Certificate]
    ) throws(RevocationListError) {
        defer { ERR_clear_error() }
        let der = try RevocationListText.der(bytes)
        let content = try RevocationListContent(der)
        signer = try content.signer(in: der, among: signers)
        issuer = signer.subject
        thisUpdate = content.thisUpdate
        nextUpdate = content.nextUpdate
        number = content.number
        scope = content.scope
        serials = try content.serials(in: der)
    }

    /// The lists of a file: each block of a PEM bundle, or everything if there is no block.
    package static func contents(of bytes: [UInt8]) -> [[UInt8]] {
        RevocationListText.contents(of: bytes)
    }

    /// Whether the list would name the certificate if it were revoked: same issuer, and in scope.
    ///
    /// See ``Scope/onlySomeReasons`` for what a list of some reasons does not say. An authority may
    /// have several keys: ``issuerKeyDigest`` tells which one has signed the list.
    package func covers(_ certificate: X509Certificate) -> Bool {
        guard
            unsafe X509_NAME_cmp(
                X509_get_issuer_name(certificate.handle), X509_get_subject_name(signer.handle))
                == 0,
            !scope.onlyAttributeCertificates,
            certificate.isCertificateAuthority
                ? !scope.onlyUserCertificates : !scope.onlyAuthorities
        else { return false }
        guard let points = scope.points else { return true }
        return points.names.contains { certificate.distributionPointNames.contains($0) }
    }

    /// What the list says about a serial number, `nil` if it is not revoked.
    package func entry(for serial: SerialNumber) -> Entry? {
        serials.entry(for: serial.bytes)
    }
}
