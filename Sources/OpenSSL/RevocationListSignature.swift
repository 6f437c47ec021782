internal import COpenSSL

/// The name in DER, to be freed by the caller; `nil` if it is none.
@unsafe
func parsedName(_ der: [UInt8]) -> OpaquePointer? {
    unsafe der.withUnsafeBufferPointer { buffer in
        var position = buffer.baseAddress
        return unsafe d2i_X509_NAME(nil, &position, buffer.count)
    }
}

extension RevocationListContent {
    /// The authority that has signed the list.
    func signer(
        in der: [UInt8], among signers: [X509Certificate]
    ) throws(RevocationListError) -> X509Certificate {
        let name = unsafe parsedName(Array(der[issuer]))
        defer { unsafe X509_NAME_free(name) }
        guard let name = unsafe name else { throw .malformed("issuer") }
        let named = signers.filter { signer in
            unsafe X509_NAME_cmp(X509_get_subject_name(signer.handle), name) == 0
                && hasKey(signer)
        }
        let text = unsafe DistinguishedName(name).rfc2253
        guard !named.isEmpty else { throw .unknownIssuer(text) }
        let allowed = named.filter { $0.isCertificateAuthority && $0.usage.allowsListSignature }
        guard !allowed.isEmpty else { throw .notAllowed(text) }
        return try verified(der, among: allowed)
    }

    /// Whether the certificate has the key that the list names, as far as both say.
    private func hasKey(_ signer: X509Certificate) -> Bool {
        guard let keyIdentifier, let own = signer.subjectKeyIdentifier else { return true }
        return keyIdentifier == own
    }

    /// The first of the signers whose signature it is.
    private func verified(
        _ der: [UInt8], among signers: [X509Certificate]
    ) throws(RevocationListError) -> X509Certificate {
        let algorithm = unsafe der[algorithm].withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_X509_ALGOR(nil, &position, buffer.count)
        }
        defer { unsafe X509_ALGOR_free(algorithm) }
        let signature = unsafe der[signature].withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_ASN1_BIT_STRING(nil, &position, buffer.count)
        }
        defer { unsafe ASN1_BIT_STRING_free(signature) }
        guard let algorithm = unsafe algorithm, let signature = unsafe signature else {
            throw .malformed("signature")
        }
        if let weakness = unsafe weakness(of: algorithm) { throw .weak(weakness) }
        // A sequence that OpenSSL does not look into: its bytes are what was signed.
        let signed = unsafe der[signed].withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_ASN1_TYPE(nil, &position, buffer.count)
        }
        defer { unsafe ASN1_TYPE_free(signed) }
        guard let signed = unsafe signed else { throw .malformed("no memory") }
        for signer in signers {
            guard let key = unsafe X509_get0_pubkey(signer.handle),
                unsafe ASN1_item_verify(ASN1_ANY_it(), algorithm, signature, signed, key) == 1
            else { continue }
            if let weakness = unsafe weakness(ofKey: key) { throw .weak(weakness) }
            return signer
        }
        throw .badSignature
    }
}
