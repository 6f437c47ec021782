internal import COpenSSL

/// How a signature is made.
package enum SignatureScheme: Hashable, Sendable {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case pkcs1(DigestAlgorithm)
    /// RSASSA-PSS (RFC 8017 §8.1) with MGF1 of the same digest and a salt as long as it.
    case pss(DigestAlgorithm)
    /// ECDSA (FIPS 186-4), the signature being both numbers in full length (RFC 7518 §3.4).
    case ecdsa(DigestAlgorithm)
    /// Ed25519 (RFC 8032).
    case ed25519

    fileprivate var digest: DigestAlgorithm? {
        switch self {
        case .pkcs1(let digest), .pss(let digest), .ecdsa(let digest): digest
        case .ed25519: nil
        }
    }
}

extension AsymmetricKey {
    /// The signature of the message.
    ///
    /// - Throws: If the key is public or does not fit.
    package func sign(
        _ message: [UInt8], _ scheme: SignatureScheme
    ) throws(OpenSSLError) -> [UInt8] {
        guard isPrivate, fits(scheme), let run = SignatureRun() else {
            throw OpenSSLError(draining: "sign")
        }
        // RSA says its size at once; DER around two numbers is never larger than this.
        var signature = [UInt8](repeating: 0, count: unsafe Int(EVP_PKEY_get_size(handle)))
        var length = signature.count
        guard unsafe run.start(EVP_DigestSignInit_ex, handle, scheme),
            unsafe EVP_DigestSign(
                run.context, &signature, &length, message, message.count) == 1
        else { throw OpenSSLError(draining: "sign") }
        signature.removeLast(signature.count - length)
        guard case .ec(let curve) = kind else { return signature }
        guard let raw = rawSignature(der: signature, curve) else {
            throw OpenSSLError(draining: "sign")
        }
        return raw
    }

    /// Whether the signature is one of this key for the message.
    package func isSignature(
        _ signature: [UInt8], of message: [UInt8], _ scheme: SignatureScheme
    ) -> Bool {
        guard fits(scheme), let run = SignatureRun() else { return false }
        var signature = signature
        if case .ec(let curve) = kind {
            guard let der = derSignature(raw: signature, curve) else { return false }
            signature = der
        }
        guard unsafe run.start(EVP_DigestVerifyInit_ex, handle, scheme),
            unsafe EVP_DigestVerify(
                run.context, signature, signature.count, message, message.count) == 1
        else {
            ERR_clear_error()
            return false
        }
        return true
    }

    private func fits(_ scheme: SignatureScheme) -> Bool {
        switch (kind, scheme) {
        case (.rsa, .pkcs1), (.rsa, .pss), (.ec, .ecdsa), (.ed25519, .ed25519): true
        default: false
        }
    }
}

/// The two numbers of a signature, each in the full length of the curve.
private func rawSignature(der: [UInt8], _ curve: EllipticCurve) -> [UInt8]? {
    let parsed = unsafe der.withUnsafeBufferPointer { buffer in
        var position = buffer.baseAddress
        return unsafe d2i_ECDSA_SIG(nil, &position, buffer.count)
    }
    guard let parsed = unsafe parsed else { return nil }
    defer { unsafe ECDSA_SIG_free(parsed) }
    let count = curve.coordinateBytes
    var raw = [UInt8](repeating: 0, count: count)
    var second = raw
    guard
        unsafe BN_bn2binpad(ECDSA_SIG_get0_r(parsed), &raw, Int32(count)) == Int32(count),
        unsafe BN_bn2binpad(ECDSA_SIG_get0_s(parsed), &second, Int32(count)) == Int32(count)
    else { return nil }
    return raw + second
}

/// The signature as OpenSSL wants it; `nil` if it has not the exact length.
private func derSignature(raw: [UInt8], _ curve: EllipticCurve) -> [UInt8]? {
    let count = curve.coordinateBytes
    guard raw.count == 2 * count, let signature = unsafe ECDSA_SIG_new() else { return nil }
    defer { unsafe ECDSA_SIG_free(signature) }
    let first = unsafe BN_bin2bn(raw, Int32(count), nil)
    let second = unsafe BN_bin2bn(Array(raw[count...]), Int32(count), nil)
    guard unsafe first != nil, unsafe second != nil,
        unsafe ECDSA_SIG_set0(signature, first, second) == 1
    else {
        unsafe BN_free(first)
        unsafe BN_free(second)
        return nil
    }
    var encoded: UnsafeMutablePointer<UInt8>?
    let length = unsafe Int(i2d_ECDSA_SIG(signature, &encoded))
    defer { unsafe CRYPTO_free(encoded, #file, #line) }
    guard length > 0, let start = unsafe encoded else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: start, count: length))
}

/// One signature that is made or verified.
@safe
private struct SignatureRun: ~Copyable {
    let context: OpaquePointer

    init?() {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// How OpenSSL starts either of them.
    typealias Start = (
        OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafePointer<CChar>?,
        OpaquePointer?, UnsafePointer<CChar>?, OpaquePointer?, UnsafePointer<OSSL_PARAM>?
    ) -> Int32

    @unsafe
    func start(_ start: Start, _ key: OpaquePointer, _ scheme: SignatureScheme) -> Bool {
        var details: OpaquePointer?
        guard let digest = scheme.digest else {
            return unsafe start(context, &details, nil, nil, nil, key, nil) == 1
        }
        guard
            unsafe digest.rawValue.withCString({ name in
                unsafe start(context, &details, name, nil, nil, key, nil) == 1
            })
        else { return false }
        guard case .pss = scheme else { return true }
        return unsafe EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1
    }
}
