internal import JOSE
package import Platform

/// The folder of the keys that casd makes: `ring.json`, and one file for each key.
///
/// A secret is in `<id>.key` in Apereo's notation, one line as programs that read the tokens take
/// it; a private key in `<id>.pem`.
package struct TokenKeyFolder: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    package var ringFile: String { path + "/ring.json" }

    /// What changes with the ring; keys never change.
    var version: FileVersion? { File.version(ringFile) }

    /// Which keys there are, or `nil` if none was made yet.
    package func readRing() throws(TokenKeyFault) -> TokenKeyRing? {
        guard File.kind(ringFile) != nil else { return nil }
        do {
            try requirePrivate(ringFile)
            return try TokenKeyRing(
                parsing: try File.read(ringFile, limit: TokenKeyRing.bytesMax))
        } catch let error as FileError {
            throw TokenKeyFault(error.reason, at: ringFile)
        } catch let fault as TokenKeyFault {
            throw fault.place == nil ? fault.of(ringFile) : fault
        } catch {
            throw TokenKeyFault("cannot be read", at: ringFile)
        }
    }

    /// Replaces the ring in one step; it is on the disk afterwards.
    func writeRing(_ ring: TokenKeyRing) throws(TokenKeyFault) {
        try write(ringFile, Array(ring.text.utf8))
    }

    /// The key of an entry, which is of the kind that its algorithm takes.
    func signing(_ entry: TokenKeyRing.Entry) throws(TokenKeyFault) -> TokenWriter.Signing {
        let file = path + "/" + entry.file
        try requirePrivate(file)
        let key = try TokenKeyText.signingKey(file: file)
        do {
            return try TokenKeyText.signing(
                key, algorithm: SignatureAlgorithm(rawValue: entry.algorithm))
        } catch {
            throw error.of(file)
        }
    }

    /// The same for encryption.
    func encryption(
        _ entry: TokenKeyRing.Entry, isCompressed: Bool
    ) throws(TokenKeyFault) -> TokenWriter.Encryption {
        let file = path + "/" + entry.file
        try requirePrivate(file)
        guard let method = ContentEncryption(rawValue: entry.algorithm) else {
            throw TokenKeyFault("there is no method \(entry.algorithm)", at: file)
        }
        let key = try TokenKeyText.encryptionKey(file: file)
        do {
            return try TokenKeyText.encryption(key, method: method, isCompressed: isCompressed)
        } catch {
            throw error.of(file)
        }
    }

    /// Makes a key and its file; the ring does not name it yet.
    func addKey(
        _ layer: TokenKeyRing.Layer, algorithm: String, now: Instant, random: RandomBytes
    ) throws(TokenKeyFault) -> TokenKeyRing.Entry {
        let time = String(UInt32(truncatingIfNeeded: now.seconds), radix: 16)
        let entry = TokenKeyRing.Entry(
            id: String(repeating: "0", count: 8 - time.utf8.count) + time + hexadecimal(random(4)),
            algorithm: algorithm,
            made: Instant(milliseconds: now.seconds * 1000))
        let text = try TokenKeyMaking.text(algorithm: algorithm, random: random)
        try write(path + "/" + entry.file, Array(text.utf8))
        return entry
    }

    func removeKey(_ entry: TokenKeyRing.Entry) {
        File.remove(path + "/" + entry.file)
    }

    /// Whether the file of a key is there.
    func holdsKey(_ entry: TokenKeyRing.Entry) -> Bool {
        File.kind(path + "/" + entry.file) != nil
    }

    /// Makes the folder if need be, and keeps all others from changing the ring.
    ///
    /// - Throws: If the folder cannot be made, or is locked for half a minute.
    package func lock() throws(TokenKeyFault) -> FileLock {
        do {
            try File.makeDirectory(path, permissions: 0o700)
            if let lock = try FileLock(path + "/ring.lock", within: .seconds(30)) { return lock }
        } catch {
            throw TokenKeyFault(error.reason, at: error.path)
        }
        throw TokenKeyFault("somebody else is changing the keys", at: path)
    }

    private func write(_ file: String, _ content: [UInt8]) throws(TokenKeyFault) {
        do {
            try File.replaceDurably(file, with: content, permissions: 0o600)
        } catch {
            throw TokenKeyFault(error.reason, at: file)
        }
    }

    private func requirePrivate(_ file: String) throws(TokenKeyFault) {
        if let permissions = File.permissions(file), permissions & 0o077 != 0 {
            throw TokenKeyFault("others may read this file; its mode must be 0600", at: file)
        }
    }
}
