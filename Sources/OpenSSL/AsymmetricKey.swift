internal import COpenSSL

/// Why a key cannot be read or made; never with anything of the key.
package struct AsymmetricKeyError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in words.
    package let reason: String

    init(_ reason: String) {
        self.reason = reason
        // What OpenSSL says about it says nothing about the next call.
        ERR_clear_error()
    }

    package var description: String { reason }
}

/// A key pair or the public half of one: RSA of 2,048 to 8,192 bits, a curve of NIST, Ed25519.
///
/// A private key has signed something, and verified it, before anybody gets it. It is parsed once,
/// never changes, and is safe to share between threads.
@safe
package final class AsymmetricKey: @unchecked Sendable {
    /// What kind of key it is.
    package enum Kind: Hashable, Sendable {
        case rsa(bits: Int)
        case ec(EllipticCurve)
        case ed25519
    }

    /// The bits that a key of RSA may have.
    package static let rsaBits = 2048...8192

    // Unchecked because a pointer is not Sendable; OpenSSL locks what it keeps with the key.
    let handle: OpaquePointer
    package let kind: Kind
    /// Whether it can sign and decrypt.
    package let isPrivate: Bool

    /// Takes over a key, also if it fails.
    @unsafe
    init(owning handle: OpaquePointer, isPrivate: Bool) throws(AsymmetricKeyError) {
        unsafe self.handle = handle
        self.isPrivate = isPrivate
        let result = Result { () throws(AsymmetricKeyError) in try unsafe Self.kind(of: handle) }
        switch result {
        case .success(let found): kind = found
        case .failure(let error):
            unsafe EVP_PKEY_free(handle)
            throw error
        }
        guard !isPrivate || isSound else {
            throw AsymmetricKeyError("its private and its public half are of different keys")
        }
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    @unsafe
    private static func kind(of handle: OpaquePointer) throws(AsymmetricKeyError) -> Kind {
        if unsafe EVP_PKEY_is_a(handle, "RSA") == 1 {
            let bits = unsafe Int(EVP_PKEY_get_bits(handle))
            guard rsaBits.contains(bits) else {
                throw AsymmetricKeyError(
                    "RSA of \(bits) bits; \(rsaBits.lowerBound) to \(rsaBits.upperBound) are taken")
            }
            let exponent = unsafe number(OSSL_PKEY_PARAM_RSA_E, of: handle)
            // With an exponent of 1 anybody can sign.
            guard let exponent, exponent.count <= 8, exponent != [1],
                exponent.last.map({ $0 & 1 }) == 1
            else { throw AsymmetricKeyError("RSA with an unusual public exponent") }
            return .rsa(bits: bits)
        }
        if unsafe EVP_PKEY_is_a(handle, "EC") == 1 {
            var name = [UInt8](repeating: 0, count: 80)
            var length = 0
            let isNamed = unsafe name.withUnsafeMutableBytes { buffer in
                unsafe EVP_PKEY_get_group_name(
                    handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
                    &length) == 1
            }
            let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            guard isNamed, let curve = EllipticCurve.allCases.first(where: { $0.group == text })
            else { throw AsymmetricKeyError("a curve other than P-256, P-384 and P-521") }
            return .ec(curve)
        }
        if unsafe EVP_PKEY_is_a(handle, "ED25519") == 1 { return .ed25519 }
        throw AsymmetricKeyError("a key other than RSA, EC and Ed25519")
    }

    /// Makes a new private key; RSA takes up to a second.
    package static func generate(_ kind: Kind) throws(AsymmetricKeyError) -> AsymmetricKey {
        let name =
            switch kind {
            case .rsa: "RSA"
            case .ec: "EC"
            case .ed25519: "ED25519"
            }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw AsymmetricKeyError("OpenSSL makes no such keys")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var isReady = unsafe EVP_PKEY_keygen_init(context) == 1
        switch kind {
        case .rsa(let bits):
            isReady =
                unsafe isReady && rsaBits.contains(bits)
                && EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1
        case .ec(let curve):
            isReady = unsafe isReady && EVP_PKEY_CTX_set_group_name(context, curve.group) == 1
        case .ed25519: break
        }
        var handle: OpaquePointer?
        guard isReady, unsafe EVP_PKEY_generate(context, &handle) == 1,
            let handle = unsafe handle
        else { throw AsymmetricKeyError("OpenSSL makes no such keys") }
        return try unsafe AsymmetricKey(owning: handle, isPrivate: true)
    }

    /// Whether it verifies what it has signed.
    private var isSound: Bool {
        let scheme: SignatureScheme =
            switch kind {
            case .rsa: .pkcs1(.sha256)
            case .ec: .ecdsa(.sha256)
            case .ed25519: .ed25519
            }
        let message: [UInt8] = Array("casd".utf8)
        // Why it cannot sign does not matter: the key is refused.
        guard let signature = try? sign(message, scheme) else { return false }
        return isSignature(signature, of: message, scheme)
    }
}

extension EllipticCurve {
    /// OpenSSL's name.
    var group: String {
        switch self {
        case .p256: "prime256v1"
        case .p384: "secp384r1"
        case .p521: "secp521r1"
        }
    }
}

/// A number of a key: big-endian, without zeros in front.
@unsafe
func number(_ name: String, of handle: OpaquePointer) -> [UInt8]? {
    var number: OpaquePointer?
    guard unsafe EVP_PKEY_get_bn_param(handle, name, &number) == 1, let number = unsafe number
    else {
        ERR_clear_error()
        return nil
    }
    defer { unsafe BN_clear_free(number) }
    var bytes = [UInt8](repeating: 0, count: unsafe Int(BN_num_bits(number) + 7) / 8)
    unsafe BN_bn2bin(number, &bytes)
    return bytes
}
