internal import JOSE
internal import Logging
internal import Platform

/// Where the keys of tokens come from: the configuration says what is wanted, and what of it the
/// ring has to provide.
struct TokenKeySource: Sendable {
    let folder: TokenKeyFolder
    private let order: LayerOrder
    private let isCompressed: Bool
    /// The layers that tokens have, and what of the ring they need; `nil` for a configured key.
    private let wanted: [TokenKeyRing.Layer: String?]
    let lives: TokenKeyLives
    /// The configured keys.
    let signing: TokenWriter.Signing?
    let encryption: TokenWriter.Encryption?

    /// Reads the configured keys.
    ///
    /// - Throws: Everything that is wrong with them.
    init(_ configuration: Configuration) throws(Assembly.Failure) {
        let jwt = configuration.jwt
        folder = TokenKeyFolder(Assembly.tokenKeyDirectory(configuration))
        lives = TokenKeyLives(configuration)
        order = jwt.order
        isCompressed = jwt.layout == .apereo70
        var problems: [String] = []
        var wanted: [TokenKeyRing.Layer: String?] = [:]
        var signing: TokenWriter.Signing?
        var encryption: TokenWriter.Encryption?
        if jwt.signing.isEnabled {
            let ofRing = (jwt.signing.algorithm ?? .hs512).rawValue
            wanted[.signing] = .some(jwt.signing.key == nil ? ofRing : nil)
            do {
                signing = try jwt.configuredSigning()
            } catch {
                problems.append("\(error)")
            }
        }
        if jwt.encryption.isEnabled {
            let ofRing = jwt.encryption.method.rawValue
            wanted[.encryption] = .some(jwt.encryption.key == nil ? ofRing : nil)
            do {
                encryption = try jwt.configuredEncryption()
            } catch {
                problems.append("\(error)")
            }
        }
        if !jwt.signing.isEnabled, let encryption, encryption.management != .direct {
            problems.append(
                "jwt.signing.enabled: is false, and jwt.encryption has an RSA key: anybody who has "
                    + "its public half could make tokens; sign them, or encrypt with a secret")
        }
        guard problems.isEmpty else { throw Assembly.Failure(problems: problems) }
        self.wanted = wanted
        self.signing = signing
        self.encryption = encryption
    }

    /// The algorithm that the ring's keys of a layer must have, or `nil` if the layer does not come
    /// from the ring.
    func algorithm(_ layer: TokenKeyRing.Layer) -> String? { wanted[layer] ?? nil }

    /// Whether tokens have the layer.
    func has(_ layer: TokenKeyRing.Layer) -> Bool { wanted[layer] != nil }

    /// Whether anything comes from the ring.
    var usesRing: Bool { TokenKeyRing.Layer.allCases.contains { algorithm($0) != nil } }

    /// Makes the keys of the ring that are wanting or do not fit the configuration.
    ///
    /// - Returns: Whether anything was made.
    func completeRing(
        at now: Instant, random: RandomBytes, log: Logger?
    ) throws(TokenKeyFault) -> Bool {
        guard usesRing else { return false }
        if let ring = try folder.readRing(), isComplete(ring) { return false }
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        // Somebody else may have made them while this one waited.
        let found = try folder.readRing()
        var ring = found ?? TokenKeyRing()
        guard !isComplete(ring) else { return false }
        if found == nil { warnOfStrayKeys(log) }
        for layer in TokenKeyRing.Layer.allCases {
            guard let algorithm = algorithm(layer), ring[layer]?.current.algorithm != algorithm
            else { continue }
            let current = try folder.addKey(layer, algorithm: algorithm, now: now, random: random)
            let next = try folder.addKey(layer, algorithm: algorithm, now: now, random: random)
            if var keys = ring[layer] {
                keys.replace(by: current, next: next, at: now)
                ring[layer] = keys
            } else {
                ring[layer] = .init(current: current, next: next)
            }
            log?.notice(
                "token keys made",
                metadata: [
                    "purpose": "\(layer.rawValue)", "algorithm": "\(algorithm)",
                    "current": "\(current.id)", "next": "\(next.id)",
                ])
        }
        let before = found?.entries ?? []
        try folder.writeRing(ring)
        let kept = Set(ring.entries.map(\.id))
        for entry in before where !kept.contains(entry.id) { folder.removeKey(entry) }
        return true
    }

    /// Reads all keys of a ring that fits the configuration.
    ///
    /// - Throws: Which of them cannot be used; that keys are wanting is no fault.
    func check(_ ring: TokenKeyRing, at now: Instant) throws(TokenKeyFault) {
        if isComplete(ring) { _ = try keys(lives.living(ring, at: now).ring) }
    }

    private func isComplete(_ ring: TokenKeyRing) -> Bool {
        TokenKeyRing.Layer.allCases.allSatisfy { layer in
            algorithm(layer).map { ring[layer]?.current.algorithm == $0 } ?? true
        }
    }

    private func warnOfStrayKeys(_ log: Logger?) {
        // An unreadable folder is told of by whoever writes to it next.
        let names = (try? File.names(in: folder.path)) ?? []
        guard names.contains(where: { $0.hasSuffix(".key") || $0.hasSuffix(".pem") }) else {
            return
        }
        log?.warning(
            "token keys without a ring",
            metadata: [
                "reason":
                    """
                \(folder.ringFile) is missing; new keys are made, and no token of the old \
                ones is accepted
                """
            ])
    }

    /// The keys in force with a ring.
    ///
    /// Makes nothing and changes nothing. A worker whose configuration wants another algorithm than
    /// the ring's current key has, because it is about to be replaced, goes on with the last key
    /// that fits.
    func keys(_ ring: TokenKeyRing, log: Logger? = nil) throws(TokenKeyFault) -> TokenKeys {
        let signing = try signingKeys(ring, log: log)
        var encryption = self.encryption.map { [$0] } ?? []
        encryption += try read(.encryption, ring, log) { entry throws(TokenKeyFault) in
            try folder.encryption(entry, isCompressed: isCompressed)
        }
        do {
            return try TokenKeys(order: order, signing: signing, encryption: encryption)
        } catch {
            throw TokenKeyFault(error.reason, at: folder.path)
        }
    }

    /// All keys that sign, have signed or will, the current one first.
    func signingKeys(
        _ ring: TokenKeyRing, log: Logger? = nil
    ) throws(TokenKeyFault) -> [TokenWriter.Signing] {
        let configured = signing.map { [$0] } ?? []
        return try configured
            + read(.signing, ring, log) { entry throws(TokenKeyFault) in try folder.signing(entry) }
    }

    /// Reads the keys of a layer, that which makes tokens first.
    ///
    /// A previous key whose file is gone, maybe only just now, was revoked by somebody, and is left
    /// out.
    private func read<Key>(
        _ layer: TokenKeyRing.Layer, _ ring: TokenKeyRing, _ log: Logger?,
        _ key: (TokenKeyRing.Entry) throws(TokenKeyFault) -> Key
    ) throws(TokenKeyFault) -> [Key] {
        let previous = Set((ring[layer]?.previous ?? []).map(\.id))
        var keys: [Key] = []
        for entry in try entries(layer, ring) {
            do {
                keys.append(try key(entry))
            } catch {
                guard previous.contains(entry.id), !folder.holdsKey(entry) else { throw error }
                log?.warning(
                    "token key left out",
                    metadata: ["key": "\(entry.id)", "reason": "its file is gone"])
            }
        }
        return keys
    }

    /// The keys of a layer, that which makes tokens first.
    private func entries(
        _ layer: TokenKeyRing.Layer, _ ring: TokenKeyRing
    ) throws(TokenKeyFault) -> [TokenKeyRing.Entry] {
        guard let algorithm = algorithm(layer) else { return [] }
        guard let keys = ring[layer] else {
            throw TokenKeyFault("names no keys for \(layer.rawValue)", at: folder.ringFile)
        }
        var all = keys.all
        let others = keys.previous.filter(folder.holdsKey) + [keys.next]
        if keys.current.algorithm != algorithm,
            let fitting = others.first(where: { $0.algorithm == algorithm })
        {
            all.removeAll { $0.id == fitting.id }
            all.insert(fitting, at: 0)
        }
        return all
    }
}

extension Configuration.JWT {
    /// The configured key to sign with, or `nil` if the ring has it.
    fileprivate func configuredSigning() throws(TokenKeyFault) -> TokenWriter.Signing? {
        guard let source = signing.key else { return nil }
        do {
            return switch source {
            case .text(let text): try TokenKeyText.signing(text, algorithm: signing.algorithm)
            case .file(let path):
                try TokenKeyText.signing("file:" + path, algorithm: signing.algorithm)
            }
        } catch {
            throw error.of("jwt.signing.\(source.keyName)")
        }
    }

    /// The configured key to encrypt with, or `nil` if the ring has it.
    fileprivate func configuredEncryption() throws(TokenKeyFault) -> TokenWriter.Encryption? {
        guard let source = encryption.key else { return nil }
        let isCompressed = layout == .apereo70
        do {
            return switch source {
            case .text(let text):
                try TokenKeyText.encryption(
                    text, method: encryption.method, isCompressed: isCompressed)
            case .file(let path):
                try TokenKeyText.encryption(
                    "file:" + path, method: encryption.method, isCompressed: isCompressed)
            }
        } catch {
            throw error.of("jwt.encryption.\(source.keyName)")
        }
    }
}

extension Configuration.JWT.KeySource {
    /// The last word of its key in the configuration.
    var keyName: String {
        switch self {
        case .text: "key"
        case .file: "key_file"
        }
    }
}
