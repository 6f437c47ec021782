internal import CPassword
internal import Glibc
package import Platform

/// Why a password could not be stored.
package enum PasswordMakingError: Error, Hashable, CustomStringConvertible {
    /// Empty, longer than the scheme takes, or with a NUL inside.
    case unsuitablePassword(String)
    /// The library refused, for example for lack of memory.
    case failed(String)

    package var description: String {
        switch self {
        case .unsuitablePassword(let reason), .failed(let reason): reason
        }
    }
}

extension PasswordHash {
    /// Hashes a password at today's recommended cost (OWASP): yescrypt 16 MiB, argon2id 19 MiB in
    /// 2 passes, bcrypt 2¹² rounds, 500,000 rounds of SHA.
    ///
    /// - Throws: If the password is empty, has a NUL, or is longer than the scheme takes (bcrypt
    ///   72 bytes, the other crypt schemes 511, argon2id ``passwordBytesMax``).
    package static func make(
        _ password: String, _ scheme: PasswordScheme = .yescrypt,
        random: RandomBytes = systemRandomBytes
    ) throws(PasswordMakingError) -> PasswordHash {
        let bytesMax =
            switch scheme {
            case .argon2id: passwordBytesMax
            case .bcrypt: 72
            case .yescrypt, .sha512crypt, .sha256crypt: cryptBytesMax
            }
        var phrase = Array(password.utf8)
        defer { wipe(&phrase) }
        guard !phrase.isEmpty else { throw .unsuitablePassword("the password is empty") }
        guard phrase.count <= bytesMax else {
            throw .unsuitablePassword(
                "the password has more than \(bytesMax) bytes, which \(scheme.rawValue) cannot take"
            )
        }
        guard !phrase.contains(0) else { throw .unsuitablePassword("the password holds a NUL") }
        let text =
            scheme == .argon2id
            ? makeArgon2(phrase, salt: random(16)) : makeCrypt(phrase, scheme, random: random(32))
        guard let text, let hash = try? PasswordHash(text) else {
            throw .failed("the library makes no \(scheme.rawValue) hash")
        }
        return hash
    }
}

/// The longest phrase that libxcrypt takes, without the NUL at its end.
private let cryptBytesMax = 511

/// Overwrites bytes that held a secret.
func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
        if let start = buffer.baseAddress { unsafe explicit_bzero(start, buffer.count) }
    }
    bytes.removeAll()
}

/// The hash that libxcrypt makes of a phrase under a setting (which may be a hash), or `nil`.
private func crypt(_ phrase: [UInt8], _ setting: String) -> [UInt8]? {
    guard phrase.count <= cryptBytesMax, !phrase.contains(0) else { return nil }
    var terminated = phrase + [0]
    defer { wipe(&terminated) }
    // Zeroed, as crypt(3) asks for; on the heap, because it is 32 KiB large.
    guard let work = unsafe calloc(1, MemoryLayout<crypt_data>.size) else { return nil }
    defer {
        unsafe explicit_bzero(work, MemoryLayout<crypt_data>.size)
        unsafe free(work)
    }
    return unsafe terminated.withUnsafeBytes { bytes -> [UInt8]? in
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            let result = unsafe crypt_rn(start, setting, work, Int32(MemoryLayout<crypt_data>.size))
        else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: result, count: strlen(result)))
    }
}

func verifyCrypt(_ phrase: [UInt8], _ hash: String) -> Bool {
    guard let made = crypt(phrase, hash) else { return false }
    return isEqualInConstantTime(made, Array(hash.utf8))
}

/// Whether both are the same, in a time that depends on their lengths only.
private func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (first, second) in zip(left, right) { difference |= first ^ second }
    return difference == 0
}

private func makeCrypt(
    _ phrase: [UInt8], _ scheme: PasswordScheme, random: [UInt8]
) -> String? {
    let (prefix, cost): (String, UInt) =
        switch scheme {
        case .yescrypt: ("$y$", 5)
        case .bcrypt: ("$2b$", 12)
        case .sha512crypt: ("$6$", 500_000)
        case .sha256crypt: ("$5$", 500_000)
        case .argon2id: ("", 0)
        }
    var setting = [UInt8](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
    let isMade = unsafe setting.withUnsafeMutableBytes { output in
        unsafe random.withUnsafeBytes { random in
            unsafe crypt_gensalt_rn(
                prefix, cost, random.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(random.count), output.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(output.count)) != nil
        }
    }
    guard isMade else { return nil }
    let text = String(decoding: setting.prefix { $0 != 0 }, as: UTF8.self)
    return crypt(phrase, text).map { String(decoding: $0, as: UTF8.self) }
}

func verifyArgon2(_ phrase: [UInt8], _ hash: String) -> Bool {
    guard !phrase.contains(0) else { return false }
    return unsafe argon2id_verify(hash, phrase, phrase.count) == ARGON2_OK.rawValue
}

private func makeArgon2(_ phrase: [UInt8], salt: [UInt8]) -> String? {
    var encoded = [UInt8](repeating: 0, count: 256)
    let result = unsafe encoded.withUnsafeMutableBytes { output in
        unsafe argon2id_hash_encoded(
            2, 19 << 10, 1, phrase, phrase.count, salt, salt.count, 32,
            output.baseAddress?.assumingMemoryBound(to: CChar.self), output.count)
    }
    guard result == ARGON2_OK.rawValue else { return nil }
    return String(decoding: encoded.prefix { $0 != 0 }, as: UTF8.self)
}
