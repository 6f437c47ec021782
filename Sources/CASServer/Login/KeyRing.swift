internal import OpenSSL
package import Platform

/// The keys under which casd seals what it hands to browsers: one seals, all of them open.
///
/// Each is a file `seal-<id>.key` of 64 hexadecimal digits, mode 0600, in `keys` below the state
/// directory. Identifiers begin with the time of making, so the last by name is the newest.
package struct KeyRing: Sendable {
    package struct Key: Sendable {
        /// 8 bytes.
        let id: [UInt8]
        let secret: SecretBytes
    }

    /// Oldest first, never empty.
    let keys: [Key]
    /// The one that seals; the newest unless it was chosen otherwise.
    let current: Key
    /// What anonymous names are made of; it never changes, or people would lose their names.
    let anonymousNameSecret: [UInt8]

    private init(_ keys: [Key], current: Key, anonymousNameSecret: [UInt8]) {
        self.keys = keys
        self.current = current
        self.anonymousNameSecret = anonymousNameSecret
    }

    /// The identifier of the newest key, in hexadecimal digits.
    package var newestIdentifier: String { hexadecimal(keys.last?.id ?? current.id) }

    /// The same keys, of which the one of that identifier seals.
    ///
    /// A worker that starts after a rotation, but before the reload, must not seal with a key that
    /// the other workers do not know yet. If the key is gone, the newest seals.
    package func sealing(with identifier: String) -> KeyRing {
        let chosen = keys.first { hexadecimal($0.id) == identifier }
        return KeyRing(
            keys, current: chosen ?? current, anonymousNameSecret: anonymousNameSecret)
    }

    /// Why there is no usable key ring.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads the keys of a folder; makes the folder and a first key if there is none.
    ///
    /// - Throws: If a file cannot be read or written, holds no key, or others may read it.
    package static func load(
        _ directory: String, now: Instant, random: RandomBytes
    ) throws -> KeyRing {
        try File.makeDirectory(directory, permissions: 0o700)
        if try identifiers(in: directory).isEmpty {
            try addKey(to: directory, now: now, random: random)
        }
        let keys = try identifiers(in: directory).map { try read($0, in: directory) }
        guard let newest = keys.last else {
            throw Failure(description: "\(directory): no key can be made here")
        }
        return KeyRing(
            keys, current: newest, anonymousNameSecret: try nameSecret(directory, random: random))
    }

    /// The content of `names.key`, which is made if it is missing.
    private static func nameSecret(_ directory: String, random: RandomBytes) throws -> [UInt8] {
        let path = "\(directory)/names.key"
        if File.kind(path) == nil {
            try File.replace(
                path, with: Array((hexadecimal(random(32)) + "\n").utf8), permissions: 0o600)
        }
        return try secret(path)
    }

    /// Adds a key, which seals from the next start or reload on.
    ///
    /// - Returns: The identifier of the new key.
    @discardableResult
    package static func addKey(
        to directory: String, now: Instant, random: RandomBytes
    ) throws -> String {
        let time = String(UInt32(truncatingIfNeeded: now.seconds), radix: 16)
        let padded = String(repeating: "0", count: 8 - time.utf8.count) + time
        let id = padded + hexadecimal(random(4))
        try File.replace(
            "\(directory)/seal-\(id).key", with: Array((hexadecimal(random(32)) + "\n").utf8),
            permissions: 0o600)
        return id
    }

    private static func identifiers(in directory: String) throws -> [String] {
        try File.names(in: directory).compactMap { name in
            guard name.hasPrefix("seal-"), name.hasSuffix(".key") else { return nil }
            let id = String(name.dropFirst(5).dropLast(4))
            return bytes(hexadecimal: id)?.count == 8 ? id : nil
        }
    }

    private static func read(_ id: String, in directory: String) throws -> Key {
        guard let idBytes = bytes(hexadecimal: id) else {
            throw Failure(description: "\(id) is no key identifier")
        }
        return Key(
            id: idBytes, secret: SecretBytes(try secret("\(directory)/seal-\(id).key")))
    }

    private static func secret(_ path: String) throws -> [UInt8] {
        if let permissions = File.permissions(path), permissions & 0o077 != 0 {
            throw Failure(description: "\(path): others may read this key; its mode must be 0600")
        }
        let text = try File.readText(path, limit: 1024)
        guard let secret = bytes(hexadecimal: text.filter { $0 != "\n" }), secret.count == 32
        else { throw Failure(description: "\(path): must hold 64 hexadecimal digits") }
        return secret
    }
}
