internal import COpenSSL

/// SHA-256 over the bytes (FIPS 180-4): 32 bytes.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let isDone = unsafe EVP_Digest(
        bytes, bytes.count, &digest, nil, SHA256Algorithm.shared.digest, nil)
    // Nothing can go on with a wrong digest; this needs a broken libcrypto.
    precondition(isDone == 1, "OpenSSL gives no SHA-256")
    return digest
}

/// The algorithm, looked up once because each look-up costs as much as a short digest.
@safe
private final class SHA256Algorithm: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; a fetched algorithm never changes.
    static let shared = SHA256Algorithm()
    let digest = unsafe EVP_MD_fetch(nil, "SHA256", nil)
}

/// Whether both byte strings are the same, in a time that depends on their lengths only.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe CRYPTO_memcmp(left, right, left.count) == 0
}

/// HMAC-SHA256 over the message (RFC 2104): 32 bytes.
package func hmacSHA256(_ message: [UInt8], key: SecretBytes) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let result = unsafe key.withBytes { key in
        unsafe HMAC(
            EVP_sha256(), key.baseAddress, Int32(clamping: key.count), message, message.count,
            &code, &length)
    }
    // A keyed code that could be forged must not exist; this needs a broken libcrypto.
    precondition(unsafe result != nil && length == 32, "OpenSSL gives no HMAC")
    return code
}

/// SHA-1 over the bytes (FIPS 180-4): 20 bytes; only where another server's names must be made
/// again, never where somebody could profit from two texts with one digest.
package func sha1(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    let isDone = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil)
    // Nothing can go on with a wrong digest; this needs a broken libcrypto.
    precondition(isDone == 1, "OpenSSL gives no SHA-1")
    return digest
}
