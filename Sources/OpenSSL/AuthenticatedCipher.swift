internal import COpenSSL
package import Platform

/// AES-256-GCM (NIST SP 800-38D): secret and tamper-proof at once.
///
/// A sealed value is the nonce (12 bytes), the cipher text, and the tag (16 bytes). The nonce is
/// random, so one key is good for 2³² values.
package enum AuthenticatedCipher {
    /// The length of a key, in bytes.
    package static let keyBytes = 32
    /// How much longer than its content a sealed value is, in bytes.
    package static let overheadBytes = nonceBytes + tagBytes

    private static let nonceBytes = 12
    private static let tagBytes = 16
    /// Far above anything that casd seals, and within what one call of OpenSSL takes.
    private static let contentBytesMax = 64 << 20

    /// Encrypts the content and binds it to the context, which is not part of the result.
    ///
    /// - Throws: If the key has not ``keyBytes`` bytes, the content has more than 64 MiB, or
    ///   OpenSSL refuses.
    package static func seal(
        _ content: [UInt8], with key: SecretBytes, authenticating context: [UInt8] = [],
        random: RandomBytes = systemRandomBytes
    ) throws(OpenSSLError) -> [UInt8] {
        let nonce = random(nonceBytes)
        guard key.count == keyBytes, nonce.count == nonceBytes,
            content.count <= contentBytesMax, context.count <= contentBytesMax,
            let run = CipherRun()
        else { throw OpenSSLError(draining: "seal") }
        var sealed = [UInt8](repeating: 0, count: nonceBytes + content.count + tagBytes)
        let isSealed = unsafe sealed.withUnsafeMutableBytes { buffer -> Bool in
            guard let base = buffer.baseAddress else { return false }
            unsafe base.copyMemory(from: nonce, byteCount: nonceBytes)
            let output = unsafe (base + nonceBytes).assumingMemoryBound(to: UInt8.self)
            return unsafe run.seal(
                content, key: key, nonce: nonce, context: context, output: output,
                tag: base + nonceBytes + content.count)
        }
        guard isSealed else { throw OpenSSLError(draining: "seal") }
        return sealed
    }

    /// The content of a sealed value.
    ///
    /// - Returns: `nil` if it was not sealed with this key for this context, or was changed.
    package static func open(
        _ sealed: [UInt8], with key: SecretBytes, authenticating context: [UInt8] = []
    ) -> [UInt8]? {
        guard key.count == keyBytes, sealed.count >= overheadBytes,
            sealed.count <= contentBytesMax + overheadBytes, context.count <= contentBytesMax,
            let run = CipherRun()
        else { return nil }
        let count = sealed.count - overheadBytes
        var content = [UInt8](repeating: 0, count: count)
        let isGenuine = unsafe sealed.withUnsafeBytes { buffer -> Bool in
            guard let base = buffer.baseAddress else { return false }
            return unsafe run.open(
                base, count: count, key: key, context: context, output: &content)
        }
        guard isGenuine else {
            // OpenSSL has written what it decrypted before it looked at the tag.
            wipe(&content)
            ERR_clear_error()
            return nil
        }
        return content
    }
}

/// One encryption or decryption.
@safe
private struct CipherRun: ~Copyable {
    private let context: OpaquePointer

    init?() {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
        unsafe self.context = context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    @unsafe
    func seal(
        _ content: [UInt8], key: SecretBytes, nonce: [UInt8], context associated: [UInt8],
        output: UnsafeMutablePointer<UInt8>, tag: UnsafeMutableRawPointer
    ) -> Bool {
        var length: Int32 = 0
        let isStarted = unsafe key.withBytes { key in
            unsafe EVP_EncryptInit_ex2(
                context, AES256GCM.shared.cipher, key.baseAddress, nonce, nil) == 1
        }
        guard isStarted,
            unsafe EVP_EncryptUpdate(
                context, nil, &length, associated, Int32(associated.count)) == 1,
            unsafe EVP_EncryptUpdate(context, output, &length, content, Int32(content.count)) == 1,
            unsafe EVP_EncryptFinal_ex(context, output + content.count, &length) == 1
        else { return false }
        return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1
    }

    @unsafe
    func open(
        _ sealed: UnsafeRawPointer, count: Int, key: SecretBytes, context associated: [UInt8],
        output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        var length: Int32 = 0
        var nothing: UInt8 = 0
        let bytes = unsafe sealed.assumingMemoryBound(to: UInt8.self)
        let tag = unsafe UnsafeMutableRawPointer(mutating: sealed + 12 + count)
        let isStarted = unsafe key.withBytes { key in
            unsafe EVP_DecryptInit_ex2(
                context, AES256GCM.shared.cipher, key.baseAddress, bytes, nil) == 1
        }
        guard isStarted,
            unsafe EVP_DecryptUpdate(
                context, nil, &length, associated, Int32(associated.count)) == 1,
            unsafe EVP_DecryptUpdate(context, output, &length, bytes + 12, Int32(count)) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1
        else { return false }
        return unsafe EVP_DecryptFinal_ex(context, &nothing, &length) == 1
    }
}

/// The algorithm, looked up once because each look-up costs as much as an encryption.
@safe
private final class AES256GCM: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; a fetched algorithm never changes.
    static let shared = AES256GCM()
    let cipher = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
}
