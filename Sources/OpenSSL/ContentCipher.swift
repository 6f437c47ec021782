internal import COpenSSL

/// AES in the modes that tokens use; ``AuthenticatedCipher`` is for everything else.
///
/// Key and nonce come from the caller, who must not use a nonce twice with one key.
package enum ContentCipher: String, Hashable, Sendable, CaseIterable {
    case aes128CBC = "AES-128-CBC"
    case aes192CBC = "AES-192-CBC"
    case aes256CBC = "AES-256-CBC"
    case aes128GCM = "AES-128-GCM"
    case aes192GCM = "AES-192-GCM"
    case aes256GCM = "AES-256-GCM"

    /// The length of a key.
    package var keyBytes: Int {
        switch self {
        case .aes128CBC, .aes128GCM: 16
        case .aes192CBC, .aes192GCM: 24
        case .aes256CBC, .aes256GCM: 32
        }
    }

    /// The length of a nonce, or of CBC's initialization vector.
    package var nonceBytes: Int { isAuthenticated ? 12 : 16 }

    /// The length of GCM's tag; CBC has none.
    package var tagBytes: Int { isAuthenticated ? 16 : 0 }

    /// Whether a change is noticed: GCM, but not CBC.
    package var isAuthenticated: Bool {
        switch self {
        case .aes128CBC, .aes192CBC, .aes256CBC: false
        case .aes128GCM, .aes192GCM, .aes256GCM: true
        }
    }

    /// What was encrypted, and GCM's tag.
    package struct Sealed: Hashable, Sendable {
        package var content: [UInt8]
        package var tag: [UInt8]

        package init(content: [UInt8], tag: [UInt8]) {
            self.content = content
            self.tag = tag
        }
    }

    private static let contentBytesMax = 64 << 20

    /// Encrypts; CBC pads as PKCS#7 says.
    ///
    /// - Parameter context: What GCM authenticates beside the content; empty for CBC.
    /// - Throws: If key or nonce have the wrong length, or there are more than 64 MiB.
    package func encrypt(
        _ content: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating context: [UInt8] = []
    ) throws(OpenSSLError) -> Sealed {
        guard fits(key, nonce, content, context), let run = ModeRun() else {
            throw OpenSSLError(draining: "encrypt")
        }
        var sealed = Sealed(
            content: [UInt8](repeating: 0, count: content.count + (isAuthenticated ? 0 : 16)),
            tag: [UInt8](repeating: 0, count: tagBytes))
        let count = unsafe run.encrypt(
            handle(self), content, key: key, nonce: nonce, context: context,
            output: &sealed.content, tag: &sealed.tag)
        guard let count else { throw OpenSSLError(draining: "encrypt") }
        sealed.content.removeLast(sealed.content.count - count)
        return sealed
    }

    /// Decrypts what ``encrypt(_:key:nonce:authenticating:)`` has made.
    ///
    /// Whoever decrypts CBC must have authenticated the content before: that the padding is wrong
    /// tells a forger everything.
    ///
    /// - Returns: `nil` if it was not encrypted with this key, was changed, or does not fit.
    package func decrypt(
        _ sealed: Sealed, key: SecretBytes, nonce: [UInt8], authenticating context: [UInt8] = []
    ) -> [UInt8]? {
        guard fits(key, nonce, sealed.content, context), sealed.tag.count == tagBytes,
            isAuthenticated || (!sealed.content.isEmpty && sealed.content.count % 16 == 0),
            let run = ModeRun()
        else { return nil }
        // Behind the content CBC may write another block.
        var content = [UInt8](repeating: 0, count: sealed.content.count + 16)
        let count = unsafe run.decrypt(
            handle(self), sealed, key: key, nonce: nonce, context: context, output: &content)
        guard let count else {
            wipe(&content)
            ERR_clear_error()
            return nil
        }
        content.removeLast(content.count - count)
        return content
    }

    private func fits(
        _ key: SecretBytes, _ nonce: [UInt8], _ content: [UInt8], _ context: [UInt8]
    ) -> Bool {
        key.count == keyBytes && nonce.count == nonceBytes
            && content.count <= Self.contentBytesMax && context.count <= Self.contentBytesMax
            && (isAuthenticated || context.isEmpty)
    }
}

/// One encryption or decryption.
@safe
private struct ModeRun: ~Copyable {
    private let context: OpaquePointer

    init?() {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
        unsafe self.context = context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// - Returns: How many bytes have been written.
    @unsafe
    func encrypt(
        _ cipher: OpaquePointer?, _ content: [UInt8], key: SecretBytes, nonce: [UInt8],
        context associated: [UInt8], output: inout [UInt8], tag: inout [UInt8]
    ) -> Int? {
        let isStarted = unsafe key.withBytes { key in
            unsafe EVP_EncryptInit_ex2(
                context, cipher,
                key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce, nil) == 1
        }
        var length: Int32 = 0
        guard isStarted,
            unsafe associated.isEmpty
                || EVP_EncryptUpdate(
                    context, nil, &length, associated, Int32(associated.count)) == 1
        else { return nil }
        let count = unsafe output.withUnsafeMutableBufferPointer { output -> Int? in
            var written: Int32 = 0
            var nothing: UInt8 = 0
            guard let base = output.baseAddress else {
                // Nothing to encrypt with GCM, which still has to come to its end.
                return unsafe EVP_EncryptFinal_ex(context, &nothing, &written) == 1 ? 0 : nil
            }
            guard
                unsafe content.isEmpty
                    || EVP_EncryptUpdate(
                        context, base, &written, content, Int32(content.count)) == 1
            else { return nil }
            let count = Int(written)
            guard unsafe EVP_EncryptFinal_ex(context, base + count, &written) == 1 else {
                return nil
            }
            return count + Int(written)
        }
        guard
            unsafe tag.isEmpty
                || EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
        else { return nil }
        return count
    }

    /// - Returns: How many bytes have been written; `nil` if the tag or the padding is wrong.
    @unsafe
    func decrypt(
        _ cipher: OpaquePointer?, _ sealed: ContentCipher.Sealed, key: SecretBytes,
        nonce: [UInt8], context associated: [UInt8], output: inout [UInt8]
    ) -> Int? {
        let isStarted = unsafe key.withBytes { key in
            unsafe EVP_DecryptInit_ex2(
                context, cipher,
                key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce, nil) == 1
        }
        var length: Int32 = 0
        guard isStarted,
            unsafe associated.isEmpty
                || EVP_DecryptUpdate(
                    context, nil, &length, associated, Int32(associated.count)) == 1
        else { return nil }
        var tag = sealed.tag
        return unsafe output.withUnsafeMutableBufferPointer { output -> Int? in
            var written: Int32 = 0
            guard let base = output.baseAddress,
                unsafe sealed.content.isEmpty
                    || EVP_DecryptUpdate(
                        context, base, &written, sealed.content, Int32(sealed.content.count)) == 1,
                unsafe tag.isEmpty
                    || EVP_CIPHER_CTX_ctrl(
                        context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
            else { return nil }
            let count = Int(written)
            guard unsafe EVP_DecryptFinal_ex(context, base + count, &written) == 1 else {
                return nil
            }
            return count + Int(written)
        }
    }
}

/// OpenSSL's own of a cipher.
@unsafe
private func handle(_ cipher: ContentCipher) -> OpaquePointer? {
    let ciphers = CipherAlgorithms.shared
    return switch cipher {
    case .aes128CBC: unsafe ciphers.aes128CBC
    case .aes192CBC: unsafe ciphers.aes192CBC
    case .aes256CBC: unsafe ciphers.aes256CBC
    case .aes128GCM: unsafe ciphers.aes128GCM
    case .aes192GCM: unsafe ciphers.aes192GCM
    case .aes256GCM: unsafe ciphers.aes256GCM
    }
}

/// The algorithms, looked up once because each look-up costs as much as an encryption.
@safe
private final class CipherAlgorithms: @unchecked Sendable {
    // Unchecked because a pointer is not Sendable; a fetched algorithm never changes.
    static let shared = CipherAlgorithms()
    let aes128CBC = unsafe EVP_CIPHER_fetch(nil, ContentCipher.aes128CBC.rawValue, nil)
    let aes192CBC = unsafe EVP_CIPHER_fetch(nil, ContentCipher.aes192CBC.rawValue, nil)
    let aes256CBC = unsafe EVP_CIPHER_fetch(nil, ContentCipher.aes256CBC.rawValue, nil)
    let aes128GCM = unsafe EVP_CIPHER_fetch(nil, ContentCipher.aes128GCM.rawValue, nil)
    let aes192GCM = unsafe EVP_CIPHER_fetch(nil, ContentCipher.aes192GCM.rawValue, nil)
    let aes256GCM = unsafe EVP_CIPHER_fetch(nil, ContentCipher.aes256GCM.rawValue, nil)
}
