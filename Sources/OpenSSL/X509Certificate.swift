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

    /// Reads the only certificate of a text: PEM with newlines, blanks or tabs, or the same
    /// percent-encoded.
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
    }

    deinit { unsafe X509_free(handle) }

    /// SHA-256 over the DER: 32 bytes.
    package var sha256: [UInt8] { OpenSSL.sha256(der) }

    /// Whether subject and issuer are the same name.
    package var isSelfIssued: Bool { subject == issuer }
}

/// A certificate's serial number, unique for its issuer.
package struct SerialNumber: Hashable, Sendable {
    package let decimal: String
    /// Lower case, an even number of digits, no prefix.
    package let hexadecimal: String
}

/// What else a certificate's owner is called (RFC 5280 §4.2.1.6).
package struct AlternativeNames: Hashable, Sendable {
    /// `rfc822Name`
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
    /// Whether the key may prove a client's identity; also if the certificate does not say.
    package var allowsClientAuthentication: Bool {
        extended?.contains("1.3.6.1.5.5.7.3.2") ?? true
    }
}
