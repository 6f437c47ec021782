package import JOSE
internal import Platform

/// How keys are written in the configuration, in service definitions and in files: as in Apereo.
///
/// - `file:/path`, or an absolute path at which there is a file: what the file holds, in one of the
///   forms below. A secret in Base64 may begin with `/` too.
/// - PEM: a private key for signing; an RSA key, public or private, for encryption.
/// - JSON (RFC 7517): a private key for signing, an `oct` or RSA key for encryption. Apereo takes
///   the whole text of an `oct` key as the secret to sign with; casd takes its `k`.
/// - Anything else is a secret: for signing the UTF-8 bytes of the text as they are; for encryption
///   what the text stands for in Base64, of either alphabet, with or without padding.
package enum TokenKeyText {
    /// The largest file, in bytes.
    package static let bytesMax = 64 << 10

    /// What the key is wanted for.
    private enum Purpose { case signing, verification, encryption }

    /// A key to sign with.
    package static func signingKey(_ text: String) throws(TokenKeyFault) -> JSONWebKey {
        try key(text, .signing)
    }

    /// A key to verify with: as for signing, but of a pair the public half is enough.
    package static func verificationKey(_ text: String) throws(TokenKeyFault) -> JSONWebKey {
        try key(text, .verification)
    }

    /// A key to encrypt with.
    package static func encryptionKey(_ text: String) throws(TokenKeyFault) -> JSONWebKey {
        try key(text, .encryption)
    }

    /// The key of a file to sign with.
    package static func signingKey(file: String) throws(TokenKeyFault) -> JSONWebKey {
        try key(ofFile: file, .signing)
    }

    /// The key of a file to encrypt with.
    package static func encryptionKey(file: String) throws(TokenKeyFault) -> JSONWebKey {
        try key(ofFile: file, .encryption)
    }

    /// The file that a text names, or `nil` if it is the key itself.
    ///
    /// - Throws: If it names something that casd does not read.
    package static func path(_ text: String) throws(TokenKeyFault) -> String? {
        let text = trimmed(text)
        for foreign in ["classpath:", "http:", "https:", "jar:"] where text.hasPrefix(foreign) {
            throw TokenKeyFault("casd reads no '\(foreign)'; give file: and a path")
        }
        guard !text.contains("${"), !text.contains("#{") else {
            throw TokenKeyFault("is a Spring expression, which casd does not evaluate")
        }
        guard text.hasPrefix("file:") else { return try barePath(text) }
        var path = text.dropFirst("file:".count)
        if path.hasPrefix("//") { path = path.dropFirst(2) }
        guard path.hasPrefix("/") else {
            throw TokenKeyFault("the path behind file: must begin with /")
        }
        return String(path)
    }

    /// The text, if it is the path of a file that is there; what is not may be a secret, so that no
    /// fault quotes it.
    private static func barePath(_ text: String) throws(TokenKeyFault) -> String? {
        guard text.hasPrefix("/") else { return nil }
        if File.kind(text) != nil { return text }
        // No Base64 ends so; as a secret, a path that was mistyped could be guessed.
        guard ![".pem", ".key", ".jwk", ".json"].contains(where: text.hasSuffix) else {
            throw TokenKeyFault("looks like a path, and there is no such file")
        }
        return nil
    }

    private static func key(
        _ text: String, _ purpose: Purpose
    ) throws(TokenKeyFault) -> JSONWebKey {
        if let path = try path(text) { return try key(ofFile: path, purpose) }
        return try key(content: text, purpose)
    }

    private static func key(
        ofFile path: String, _ purpose: Purpose
    ) throws(TokenKeyFault) -> JSONWebKey {
        switch File.kind(path) {
        case .file?, nil: break
        case .directory?: throw TokenKeyFault("is a folder", at: path)
        // Opening a pipe waits until somebody writes to it.
        case .other?: throw TokenKeyFault("is no regular file", at: path)
        }
        do {
            let text = try File.readText(path, limit: bytesMax)
            let key = try key(content: text, purpose)
            if key.isPrivate, let permissions = File.permissions(path), permissions & 0o007 != 0 {
                throw TokenKeyFault("everybody may read this key; make its mode 0640 or 0600")
            }
            return key
        } catch let error as FileError {
            throw TokenKeyFault(error.reason, at: path)
        } catch let fault as TokenKeyFault {
            throw fault.of(path)
        } catch {
            throw TokenKeyFault("cannot be read", at: path)
        }
    }

    private static func key(
        content: String, _ purpose: Purpose
    ) throws(TokenKeyFault) -> JSONWebKey {
        let text = trimmed(content)
        guard !text.isEmpty else { throw TokenKeyFault("is empty") }
        let key: JSONWebKey
        do {
            if text.hasPrefix("-----BEGIN ") {
                key = try JSONWebKey(pem: Array((text + "\n").utf8))
            } else if text.hasPrefix("{") {
                key = try JSONWebKey(jwk: Array(text.utf8))
            } else {
                return JSONWebKey(octets: try secret(text, purpose))
            }
        } catch let error as JSONWebKeyError {
            throw TokenKeyFault(error.reason)
        } catch let fault as TokenKeyFault {
            throw fault
        } catch {
            throw TokenKeyFault("cannot be read")
        }
        try requireKind(key, purpose)
        return key
    }

    private static func requireKind(
        _ key: JSONWebKey, _ purpose: Purpose
    ) throws(TokenKeyFault) {
        switch (purpose, key.kind) {
        case (.signing, _) where !key.isPrivate:
            throw TokenKeyFault("is a public key; signing takes the private one")
        case (.encryption, .ec), (.encryption, .ed25519):
            throw TokenKeyFault("is no key to encrypt with; a secret or an RSA key is")
        default: break
        }
    }

    private static func secret(
        _ text: String, _ purpose: Purpose
    ) throws(TokenKeyFault) -> [UInt8] {
        guard !text.contains(where: \.isNewline) else {
            throw TokenKeyFault("is neither PEM nor JSON nor one line of text")
        }
        guard purpose == .encryption else { return Array(text.utf8) }
        var digits: [UInt8] = []
        for character in text.utf8 {
            switch character {
            case UInt8(ascii: "+"): digits.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): digits.append(UInt8(ascii: "_"))
            default: digits.append(character)
            }
        }
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        guard let octets = bytes(base64: String(decoding: digits, as: UTF8.self), .url) else {
            throw TokenKeyFault("is not Base64, as keys to encrypt with must be")
        }
        return octets
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        var text = text[...].drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
