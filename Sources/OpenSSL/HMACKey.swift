internal import COpenSSL

/// The digests of SHA-2 (FIPS 180-4) that signatures are made of; the raw value is OpenSSL's name.
package enum DigestAlgorithm: String, Hashable, Sendable, CaseIterable {
    case sha256 = "SHA256"
    case sha384 = "SHA384"
    case sha512 = "SHA512"

    /// The length of a digest.
    package var bytes: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }
}

/// A key for HMAC (RFC 2104) with one digest, prepared once and safe to share between threads.
@safe
package final class HMACKey: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; the context is only copied after `init`.
    private let context: OpaquePointer
    package let digest: DigestAlgorithm

    /// Prepares a key of any length.
    package init(_ key: SecretBytes, _ digest: DigestAlgorithm) {
        self.digest = digest
        guard let context = unsafe EVP_MAC_CTX_new(HMACAlgorithm.shared.algorithm) else {
            preconditionFailure("OpenSSL gives no HMAC")
        }
        unsafe self.context = context
        let isReady = unsafe digest.rawValue.withCString { name in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(
                    lasting("digest"), UnsafeMutablePointer(mutating: name), 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe key.withBytes { key in
                unsafe EVP_MAC_init(
                    context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count,
                    parameters) == 1
            }
        }
        precondition(isReady, "OpenSSL gives no HMAC")
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// The code of the parts, one after the other; as long as a digest.
    package func code(_ parts: [UInt8]...) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: digest.bytes)
        var length = 0
        let copy = unsafe EVP_MAC_CTX_dup(context)
        defer { unsafe EVP_MAC_CTX_free(copy) }
        var isDone = unsafe copy != nil
        for part in parts {
            isDone = unsafe isDone && EVP_MAC_update(copy, part, part.count) == 1
        }
        isDone = unsafe isDone && EVP_MAC_final(copy, &code, &length, code.count) == 1
        // A keyed code that could be forged must not exist; this needs a broken libcrypto.
        precondition(isDone && length == code.count, "OpenSSL gives no HMAC")
        return code
    }
}

/// HMAC over the message (RFC 2104); as long as a digest.
package func hmac(_ digest: DigestAlgorithm, key: SecretBytes, _ message: [UInt8]) -> [UInt8] {
    HMACKey(key, digest).code(message)
}

/// A text that C may keep a pointer to; other texts only last for one call.
@unsafe
func lasting(_ text: StaticString) -> UnsafePointer<CChar> {
    unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// The algorithm, looked up once because each look-up costs as much as a short code.
@safe
private final class HMACAlgorithm: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; a fetched algorithm never changes.
    static let shared = HMACAlgorithm()
    let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil)
}
