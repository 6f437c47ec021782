internal import COpenSSL
package import Platform

/// One X.509 certificate; all that casd asks of it is read when it is made.
///
/// Parsing proves nothing: see ``TrustStore``. Immutable and safe to share between threads.
@safe
package final class X509Certificate: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; OpenSSL fills its caches under a lock of its
    // own, and `init` has made it fill them already.
    let handle: OpaquePointer

    /// The longest text that is read, in bytes.
    package static let textBytesMax = 64 << 10

    /// The certificate's bytes as they were signed.
    package let der: [UInt8]
    package let subject: DistinguishedName
    package let issuer: DistinguishedName
    package let serialNumber: SerialNumber
    /// The first and the last instant of its life, both included.
    package let validity: ClosedRange<Instant>
    package let alternativeNames: AlternativeNames
    package let usage: KeyUsage
    /// Whether it may sign other certificates: `CA:TRUE`, or one of the older signs for it.
    package let isCertificateAuthority: Bool
    /// How many intermediates may follow it, or `nil` if it does not say.
    package let pathLength: Int?
    /// The dotted identifier of the algorithm that signed it, for example `1.2.840.10045.4.3.2`.
    package let signatureAlgorithm: String
    /// SHA-256 over the public key with its algorithm (SubjectPublicKeyInfo): 32 bytes.
    package let publicKeyDigest: [UInt8]
    /// The addresses of the revocation lists that may name it (RFC 5280 §4.2.1.13), at most
    /// ``addressesMax``; any scheme.
    package let distributionPoints: [String]
    /// The addresses of the responders that know its state (RFC 5280 §4.2.2.1), at most
    /// ``addressesMax``; any scheme.
    package let ocspResponders: [String]
    /// Whether a responder's certificate needs no check of its own (RFC 6960 §4.2.2.2.1).
    package let hasNoCheck: Bool
    /// What the certificate's issuer calls its key, or `nil` if it does not say.
    let subjectKeyIdentifier: [UInt8]?
    /// The names of the distribution points, in DER.
    let distributionPointNames: [[UInt8]]

    /// How many addresses of one kind are kept; more are dropped.
    package static let addressesMax = 16

    /// Reads the only certificate of a text: PEM with newlines, blanks or tabs, Base64 of the DER
    /// alone or between colons (RFC 9440), each of them percent-encoded or not.
    ///
    /// - Throws: If there is anything else in the text, or more than one certificate.
    package convenience init(_ text: String) throws(CertificateError) {
        try self.init(der: try CertificateText.der(text))
    }

    /// Reads a certificate in DER.
    ///
    /// - Throws: If the bytes are not one certificate, or more follow it.
    package init(der: [UInt8]) throws(CertificateError) {
        let parsed = unsafe der.withUnsafeBufferPointer {
            buffer -> (handle: OpaquePointer?, rest: Int) in
            var position = buffer.baseAddress
            let handle = unsafe d2i_X509(nil, &position, buffer.count)
            guard let start = buffer.baseAddress, let end = unsafe position else {
                return unsafe (handle, 0)
            }
            return unsafe (handle, buffer.count - (end - start))
        }
        guard let handle = unsafe parsed.handle else {
            throw .badCertificate(
                OpenSSLError(draining: "X509").reasons.first ?? "unreadable")
        }
        unsafe self.handle = handle
        self.der = der
        let facts = Result { () throws(CertificateError) in
            try unsafe CertificateFacts(handle)
        }
        guard unsafe parsed.rest == 0, case .success(let facts) = facts else {
            unsafe X509_free(handle)
            ERR_clear_error()
            if case .failure(let failure) = facts { throw failure }
            throw .trailingBytes
        }
        subject = facts.subject
        issuer = facts.issuer
        serialNumber = facts.serialNumber
        validity = facts.validity
        alternativeNames = facts.alternativeNames
        usage = facts.usage
        isCertificateAuthority = facts.isCertificateAuthority
        pathLength = facts.pathLength
        signatureAlgorithm = facts.signatureAlgorithm
        publicKeyDigest = facts.publicKeyDigest
        distributionPoints = facts.points.addresses
        ocspResponders = facts.ocspResponders
        hasNoCheck = facts.hasNoCheck
        subjectKeyIdentifier = facts.subjectKeyIdentifier
        distributionPointNames = facts.points.names
    }

    deinit { unsafe X509_free(handle) }

    /// SHA-256 over the DER: 32 bytes.
    package var sha256: [UInt8] { OpenSSL.sha256(der) }

    /// Whether subject and issuer are the same name.
    package var isSelfIssued: Bool { subject == issuer }
}

extension X509Certificate: Hashable {
    package static func == (left: X509Certificate, right: X509Certificate) -> Bool {
        left === right || left.der == right.der
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(der)
    }
}

/// A certificate's serial number, unique for its issuer.
package struct SerialNumber: Hashable, Sendable {
    /// The content of the integer in DER: big-endian, two's complement, 1 to ``bytesMax`` bytes.
    package let bytes: [UInt8]
    package let decimal: String
    /// Lower case, an even number of digits, no prefix.
    package let hexadecimal: String

    /// The longest number that is read, in bytes; RFC 5280 allows authorities half of it.
    package static let bytesMax = 40
}

/// What else a certificate's owner is called (RFC 5280 §4.2.1.6).
package struct AlternativeNames: Hashable, Sendable {
    /// The values of type `rfc822Name`.
    package var emails: [String] = []
    /// Microsoft's user principal name, `otherName` 1.3.6.1.4.1.311.20.2.3.
    package var userPrincipalNames: [String] = []
    package var uris: [String] = []
    package var dnsNames: [String] = []
}

/// What a certificate's key is for.
package struct KeyUsage: Hashable, Sendable {
    /// The bits of the key usage extension as OpenSSL numbers them, or `nil` if it is not there.
    package let bits: UInt32?
    /// Whether the extension is marked as critical.
    package let isCritical: Bool
    /// The dotted identifiers of the extended key usage, or `nil` if it is not there.
    package let extended: [String]?

    /// Whether the key may sign, for example a handshake.
    package var allowsDigitalSignature: Bool { (bits ?? 0) & 0x80 != 0 }
    /// Whether the key may sign revocation lists; also if the certificate does not say.
    package var allowsListSignature: Bool { bits.map { $0 & 0x02 != 0 } ?? true }
    /// Whether the key may prove a client's identity; also if the certificate does not say.
    package var allowsClientAuthentication: Bool {
        extended?.contains("1.3.6.1.5.5.7.3.2") ?? true
    }
}
