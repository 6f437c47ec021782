internal import COpenSSL

extension AsymmetricKey {
    /// The longest text that is read, in bytes.
    package static let pemBytesMax = 64 << 10

    /// Reads the only key of a text in PEM: PKCS#8, PKCS#1, SEC 1 or SubjectPublicKeyInfo.
    ///
    /// - Throws: If there is no key, more than one, one that is protected by a password, or one
    ///   of another kind.
    package convenience init(pem: [UInt8]) throws(AsymmetricKeyError) {
        guard pem.count <= Self.pemBytesMax else {
            throw AsymmetricKeyError("more than \(Self.pemBytesMax) bytes")
        }
        var found: PEMBlock?
        for block in try PEMBlock.all(of: pem) where block.label != "EC PARAMETERS" {
            guard found == nil else { throw AsymmetricKeyError("more than one key") }
            found = block
        }
        guard let found else { throw AsymmetricKeyError("no key in PEM") }
        guard !found.isEncrypted else {
            throw AsymmetricKeyError("protected by a password, which casd cannot ask for")
        }
        let form = try found.form
        guard let handle = unsafe parse(found.der, form) else {
            throw AsymmetricKeyError("a damaged key in PEM")
        }
        try unsafe self.init(owning: handle, isPrivate: form.isPrivate)
    }

    /// The public half in PEM (`PUBLIC KEY`).
    package var publicPEM: String {
        unsafe written { bio in unsafe PEM_write_bio_PUBKEY(bio, handle) }
    }

    /// The private half in PEM (PKCS#8, `PRIVATE KEY`); `nil` if the key is public.
    package var privatePEM: String? {
        guard isPrivate else { return nil }
        return unsafe written { bio in
            unsafe PEM_write_bio_PKCS8PrivateKey(bio, handle, nil, nil, 0, nil, nil)
        }
    }
}

/// What a file wrote itself; freeing it wipes it.
private func written(_ write: (OpaquePointer) -> Int32) -> String {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else {
        preconditionFailure("OpenSSL has no memory")
    }
    defer { unsafe BIO_free(bio) }
    precondition(unsafe write(bio) == 1, "OpenSSL does not write a key that it has read")
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = unsafe BIO_read(bio, &buffer, Int32(buffer.count))
        guard count > 0 else { break }
        text += buffer.prefix(Int(count))
    }
    defer {
        wipe(&text)
        wipe(&buffer)
    }
    return String(decoding: text, as: UTF8.self)
}

/// One block between `BEGIN` and `END`.
private struct PEMBlock {
    var label: String
    var isEncrypted: Bool
    var der: SecretBytes

    /// The form of the key inside, by the label.
    var form: KeyForm {
        get throws(AsymmetricKeyError) {
            guard let form = KeyForm(rawValue: label) else {
                throw AsymmetricKeyError(
                    label == "CERTIFICATE"
                        ? "a certificate, not a key" : "not a key but something else in PEM")
            }
            return form
        }
    }

    private static let blocksMax = 8

    static func all(of pem: [UInt8]) throws(AsymmetricKeyError) -> [PEMBlock] {
        guard let bio = unsafe BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return [] }
        defer { unsafe BIO_free(bio) }
        var blocks: [PEMBlock] = []
        while blocks.count <= blocksMax, let block = unsafe next(of: bio) { blocks.append(block) }
        // Behind the last block OpenSSL says that no other begins; a damaged one is refused.
        let code = ERR_peek_last_error()
        guard code == 0 || ERR_GET_REASON(code) == PEM_R_NO_START_LINE else {
            throw AsymmetricKeyError("a damaged key in PEM")
        }
        ERR_clear_error()
        return blocks
    }

    @unsafe
    private static func next(of bio: OpaquePointer) -> PEMBlock? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var content: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard unsafe PEM_read_bio(bio, &name, &header, &content, &length) == 1 else { return nil }
        defer {
            unsafe CRYPTO_free(name, #file, #line)
            unsafe CRYPTO_free(header, #file, #line)
            unsafe CRYPTO_clear_free(content, length, #file, #line)
        }
        guard let name = unsafe name, let content = unsafe content else { return nil }
        let label = unsafe String(cString: name)
        var der = unsafe Array(UnsafeBufferPointer(start: content, count: length))
        defer { wipe(&der) }
        let hasHeader = unsafe header.map { unsafe $0.pointee != 0 } ?? false
        return PEMBlock(
            label: label, isEncrypted: hasHeader || label == "ENCRYPTED PRIVATE KEY",
            der: SecretBytes(der))
    }
}

/// The forms of keys; the raw value is the label in PEM.
private enum KeyForm: String {
    case pkcs8 = "PRIVATE KEY"
    case pkcs1 = "RSA PRIVATE KEY"
    case sec1 = "EC PRIVATE KEY"
    case publicKey = "PUBLIC KEY"
    case publicPKCS1 = "RSA PUBLIC KEY"

    var isPrivate: Bool {
        switch self {
        case .pkcs8, .pkcs1, .sec1: true
        case .publicKey, .publicPKCS1: false
        }
    }
}

/// The key in DER; `nil` if it is damaged, or something follows it.
@unsafe
private func parse(_ der: SecretBytes, _ form: KeyForm) -> OpaquePointer? {
    unsafe der.withBytes { buffer in
        let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var position = unsafe start
        let count = buffer.count
        let handle =
            switch form {
            case .pkcs8: unsafe d2i_AutoPrivateKey(nil, &position, count)
            case .pkcs1: unsafe d2i_PrivateKey(EVP_PKEY_RSA, nil, &position, count)
            case .sec1: unsafe d2i_PrivateKey(EVP_PKEY_EC, nil, &position, count)
            case .publicKey: unsafe d2i_PUBKEY(nil, &position, count)
            case .publicPKCS1: unsafe d2i_PublicKey(EVP_PKEY_RSA, nil, &position, count)
            }
        guard let start = unsafe start, let end = unsafe position, unsafe end - start == count
        else {
            unsafe EVP_PKEY_free(handle)
            return nil
        }
        return unsafe handle
    }
}
