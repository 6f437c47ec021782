internal import JOSE
internal import JSON
internal import Logging
package import Platform

/// The commands of `casd keys`.
///
/// No key is ever printed, only public halves and names of files.
package enum KeyTools {
    /// What the commands need.
    package struct Surroundings {
        let source: TokenKeySource
        /// The folder of the keys that seal.
        let sealingDirectory: String
        /// What the configuration calls keys that do not come from the ring.
        let configured: [TokenKeyRing.Layer: String]
        /// Tells the running workers that the ring has changed.
        let announce: () -> Void
        let clock: Clock
        let random: RandomBytes
        /// The user who runs the command.
        let user: UInt32

        /// - Throws: What is wrong with the configured keys.
        package init(
            _ configuration: Configuration, clock: @escaping Clock, random: @escaping RandomBytes,
            user: UInt32 = CurrentProcess.user
        ) throws {
            source = try TokenKeySource(configuration)
            sealingDirectory = Assembly.keyDirectory(configuration)
            configured = configuration.jwt.configuredKeys
            // Losing the error is right: the workers look for themselves each second.
            announce = { _ = try? Assembly.tokenKeyChanges(configuration).increment() }
            self.clock = clock
            self.random = random
            self.user = user
        }

        /// Reads the configuration of the running service.
        ///
        /// - Throws: What is wrong with it.
        package init(configuration file: String, clock: @escaping Clock) throws {
            try self.init(
                try Configuration.inForce(file), clock: clock, random: systemRandomBytes)
        }

        /// The ring, whose layer is to be changed.
        ///
        /// - Throws: Why it cannot be.
        func ring(
            toChange layer: TokenKeyRing.Layer
        ) throws -> (ring: TokenKeyRing, keys: TokenKeyRing.Succession, algorithm: String) {
            guard let algorithm = source.algorithm(layer) else {
                throw ToolFailure(
                    configured[layer].map {
                        "\($0) is configured: change it there, and reload casd"
                    } ?? "jwt.\(layer.rawValue).enabled is false: tokens have no such layer")
            }
            guard let ring = try source.folder.readRing(), let keys = ring[layer] else {
                throw ToolFailure(
                    "\(source.folder.path): there are no keys for \(layer.rawValue) yet; casd "
                        + "makes them when it starts")
            }
            guard keys.current.algorithm == algorithm else {
                throw ToolFailure(
                    "the configuration asks for \(algorithm), and the current key is for "
                        + "\(keys.current.algorithm): reload casd, which makes keys that fit")
            }
            return (ring, keys, algorithm)
        }

        /// Files that another user makes could not be read by casd.
        fileprivate func requireOwner() throws {
            guard let owner = File.owner(source.folder.path), owner != user else { return }
            throw ToolFailure(
                "\(source.folder.path): belongs to another user; run this as the user that casd "
                    + "runs as (sudo -u casd …)")
        }

        /// Puts a ring in force, and forgets the keys that it drops.
        ///
        /// - Parameter isChecked: Whether all its keys must be readable.
        func put(
            _ ring: TokenKeyRing, insteadOf old: TokenKeyRing, isChecked: Bool = true
        ) throws -> [TokenKeyRing.Entry] {
            let before = Set(old.entries.map(\.id))
            do {
                if isChecked { _ = try source.keys(ring) }
                try source.folder.writeRing(ring)
            } catch {
                // A ring whose writing failed late may be in force, and then needs its keys.
                if let found = try? source.folder.readRing() {
                    let named = before.union(found.entries.map(\.id))
                    for entry in ring.entries where !named.contains(entry.id) {
                        source.folder.removeKey(entry)
                    }
                }
                throw error
            }
            announce()
            let kept = Set(ring.entries.map(\.id))
            let dropped = old.entries.filter { !kept.contains($0.id) }
            for entry in dropped { source.folder.removeKey(entry) }
            return dropped
        }
    }

    /// How long programs keep a published key set, so how long a key is published before it signs.
    static let publicationTime: Duration = .seconds(3600)

    /// Lists all keys.
    package static func list(
        format: ToolFormat, in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput { ToolOutput(try KeyReport(try surroundings()), format) }
    }

    /// Makes another next key.
    package static func generate(
        _ layer: TokenKeyRing.Layer, in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            let lock = try here.lock()
            defer { withExtendedLifetime(lock) {} }
            var (ring, keys, algorithm) = try here.ring(toChange: layer)
            let old = ring
            keys.replaceNext(
                by: try here.source.folder.addKey(
                    layer, algorithm: algorithm, now: here.clock(), random: here.random))
            ring[layer] = keys
            let dropped = try here.put(ring, insteadOf: old)
            return ToolOutput(
                "\(layer.rawValue): \(keys.next.id) is the next key"
                    + (dropped.first.map { " instead of \($0.id)" } ?? "") + ".\n"
                    + here.advice(keys))
        }
    }

    /// Makes a key for somebody else, for example for a service definition.
    ///
    /// - Parameter file: Where to; it must not exist.
    package static func generate(
        algorithm: String, file: String, random: RandomBytes = systemRandomBytes
    ) -> ToolOutput {
        ToolOutput {
            let path = file.hasPrefix("/") ? file : File.currentDirectory + "/" + file
            let text = try TokenKeyMaking.text(algorithm: algorithm, random: random)
            try File.create(path, with: Array(text.utf8), permissions: 0o600)
            let isForSigning = SignatureAlgorithm(rawValue: algorithm) != nil
            return ToolOutput(
                "Made \(path), which only you may read; casd's user has to as well.\n"
                    + "In a service definition: "
                    + (isForSigning
                        ? "jwtAsServiceTicketSigningKey" : "jwtAsServiceTicketEncryptionKey")
                    + " = file:\(path)\n")
        }
    }

    /// The next key becomes the current one; or, the other way round, the last previous one.
    ///
    /// - Parameter force: Whether to rotate to a key that not everybody may know yet.
    package static func rotate(
        _ layer: TokenKeyRing.Layer, back: Bool = false, force: Bool = false,
        in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            let lock = try here.lock()
            defer { withExtendedLifetime(lock) {} }
            let now = here.clock()
            var (ring, keys, algorithm) = try here.ring(toChange: layer)
            let old = ring
            if back {
                try goBack(&keys, algorithm, at: now)
            } else {
                try requireFitting(keys.next, algorithm)
                let age = now - keys.next.made
                guard force || keys.next.retired != nil || age >= publicationTime else {
                    throw ToolFailure(
                        "the next key \(keys.next.id) is \(age.shown) old; programs that read "
                            + "tokens may not know it before it is \(publicationTime.shown) old. "
                            + "Wait, or use --force")
                }
                keys.rotate(
                    next: try here.source.folder.addKey(
                        layer, algorithm: algorithm, now: now, random: here.random), at: now)
                keys.dropExpired(longestLife: here.source.lives.longest, at: now)
            }
            ring[layer] = keys
            let dropped = try here.put(ring, insteadOf: old)
            return ToolOutput(text(layer, keys, dropped, here))
        }
    }

    private static func goBack(
        _ keys: inout TokenKeyRing.Succession, _ algorithm: String, at now: Instant
    ) throws {
        guard let last = keys.previous.first else {
            throw ToolFailure("there is no previous key to go back to")
        }
        try requireFitting(last, algorithm)
        _ = keys.goBack(at: now)
    }

    private static func requireFitting(_ entry: TokenKeyRing.Entry, _ algorithm: String) throws {
        guard entry.algorithm == algorithm else {
            throw ToolFailure(
                "key \(entry.id) is for \(entry.algorithm), and the configuration asks for "
                    + algorithm)
        }
    }

    private static func text(
        _ layer: TokenKeyRing.Layer, _ keys: TokenKeyRing.Succession,
        _ dropped: [TokenKeyRing.Entry], _ here: Surroundings
    ) -> String {
        var text = "\(layer.rawValue): \(keys.current.id) (\(keys.current.algorithm)) is the "
        text += "current key, \(keys.next.id) the next"
        if !keys.previous.isEmpty {
            text += "; still accepted: " + keys.previous.map(\.id).joined(separator: ", ")
        }
        if !dropped.isEmpty { text += "; dropped: " + dropped.map(\.id).joined(separator: ", ") }
        return text + ".\n" + here.advice(keys)
    }
}

extension KeyTools.Surroundings {
    /// Keeps all others from changing the ring; makes no folder.
    ///
    /// - Throws: If casd could not read what is made, or somebody else is changing it.
    func lock() throws -> FileLock? {
        guard File.kind(source.folder.path) == .directory else { return nil }
        try requireOwner()
        return try source.folder.lock()
    }

    /// What those who read the tokens have to be given.
    func advice(_ keys: TokenKeyRing.Succession) -> String {
        guard keys.next.file.hasSuffix(".key") else {
            return "Programs find the public keys at /jwks, the next one included.\n"
        }
        return "Programs that read tokens need the secrets in \(source.folder.path): now "
            + "\(keys.current.file), and before the next rotation \(keys.next.file).\n"
    }
}

extension Configuration.JWT {
    /// What the keys are called that the operator has made.
    fileprivate var configuredKeys: [TokenKeyRing.Layer: String] {
        var names: [TokenKeyRing.Layer: String] = [:]
        names[.signing] = signing.key.map { "jwt.signing.\($0.keyName)" }
        names[.encryption] = encryption.key.map { "jwt.encryption.\($0.keyName)" }
        return names
    }
}
