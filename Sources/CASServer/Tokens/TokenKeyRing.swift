internal import JOSE
package import Platform

/// Which keys there are, without the keys: what `ring.json` holds.
package struct TokenKeyRing: Hashable, Sendable {
    /// What keys are for.
    package enum Layer: String, Hashable, Sendable, CaseIterable {
        case signing, encryption
    }

    /// One key, by the name of its file.
    package struct Entry: Hashable, Sendable {
        /// The time of making and a random part, 16 hexadecimal digits.
        package var id: String
        /// A ``JOSE/SignatureAlgorithm`` or a ``JOSE/ContentEncryption``.
        package var algorithm: String
        package var made: Instant
        /// When it stopped being the current one, if it ever was.
        package var retired: Instant?

        /// Its file, as seen from the folder of the ring.
        var file: String {
            SignatureAlgorithm(rawValue: algorithm).map { !$0.isSymmetric } ?? false
                ? "\(id).pem" : "\(id).key"
        }
    }

    /// The keys of one layer in the order in which they are used.
    package struct Succession: Hashable, Sendable {
        /// The one that makes tokens.
        package var current: Entry
        /// The one that will; every worker accepts its tokens already.
        package var next: Entry
        /// Those whose tokens are still accepted, the last one first.
        package var previous: [Entry] = []

        /// All of them, the current one first.
        package var all: [Entry] { [current, next] + previous }
    }

    package var signing: Succession?
    package var encryption: Succession?

    package init() {}

    package subscript(layer: Layer) -> Succession? {
        get {
            switch layer {
            case .signing: signing
            case .encryption: encryption
            }
        }
        set {
            switch layer {
            case .signing: signing = newValue
            case .encryption: encryption = newValue
            }
        }
    }

    /// All keys of both layers.
    var entries: [Entry] { Layer.allCases.flatMap { self[$0]?.all ?? [] } }
}

extension TokenKeyRing.Succession {
    /// The next key becomes the current one, and that one a previous one.
    mutating func rotate(next: TokenKeyRing.Entry, at now: Instant) {
        retire(&current, at: now)
        previous.insert(current, at: 0)
        current = self.next
        current.retired = nil
        self.next = next
    }

    /// The last previous key becomes the current one again, and the current one the next.
    ///
    /// - Returns: Whether there was a previous one.
    mutating func goBack(at now: Instant) -> Bool {
        guard let last = previous.first else { return false }
        previous.removeFirst()
        keepIfUsed(next)
        retire(&current, at: now)
        next = current
        current = last
        current.retired = nil
        return true
    }

    /// Another key will be the next one.
    mutating func replaceNext(by entry: TokenKeyRing.Entry) {
        keepIfUsed(next)
        next = entry
    }

    /// Other keys take over, because the configuration asks for another algorithm.
    mutating func replace(
        by current: TokenKeyRing.Entry, next: TokenKeyRing.Entry, at now: Instant
    ) {
        keepIfUsed(self.next)
        retire(&self.current, at: now)
        previous.insert(self.current, at: 0)
        self.current = current
        self.next = next
    }

    /// Forgets previous keys whose tokens have all expired.
    mutating func dropExpired(longestLife: Duration, at now: Instant) {
        previous.removeAll { entry in
            entry.retired.map { $0 + longestLife < now } ?? false
        }
    }

    private func retire(_ entry: inout TokenKeyRing.Entry, at now: Instant) {
        entry.retired = now
    }

    /// A key that has made tokens before a rotation was undone goes on being accepted.
    private mutating func keepIfUsed(_ entry: TokenKeyRing.Entry) {
        if entry.retired != nil { previous.insert(entry, at: 0) }
    }
}
