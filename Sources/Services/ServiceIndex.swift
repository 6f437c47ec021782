/// Finds the definitions whose pattern may match a text, without looking at the others.
///
/// Definitions are kept under a hash of each literal text that their pattern starts with. A
/// lookup hashes the text it is given from left to right and looks under each length in use, so
/// it costs about the same for ten definitions as for ten thousand.
struct ServiceIndex: Sendable {
    /// Definitions by the hash of a literal text, in ascending order.
    private var places: [UInt64: [Int]] = [:]
    /// Definitions of which nothing is known, in ascending order.
    private var everywhere: [Int] = []
    /// The lengths of the literal texts, in ascending order.
    private var lengths: [Int] = []

    /// Indexes definitions by what their matches start with; one is known by its place.
    init(_ startTexts: [[[UInt8]]]) {
        var lengths: Set<Int> = []
        for (place, starts) in startTexts.enumerated() {
            let texts = Set(starts)
            if texts.contains([]) {
                everywhere.append(place)
                continue
            }
            for text in texts {
                let hash = text.reduce(Self.emptyHash, Self.combine)
                // Two texts of one pattern can have the same hash.
                if places[hash]?.last != place { places[hash, default: []].append(place) }
                lengths.insert(text.count)
            }
        }
        self.lengths = lengths.sorted()
    }

    /// The places of the patterns that may match, in ascending order.
    ///
    /// A pattern that is not among them does not match. Two texts with one hash only cause a
    /// pattern to be tried in vain.
    func candidates(for text: String) -> [Int] {
        var found = everywhere
        var hash = Self.emptyHash
        var length = 0
        var wanted = 0
        var lists = everywhere.isEmpty ? 0 : 1
        for byte in text.utf8 {
            guard wanted < lengths.count else { break }
            hash = Self.combine(hash, byte)
            length += 1
            guard length == lengths[wanted] else { continue }
            wanted += 1
            guard let more = places[hash] else { continue }
            found += more
            lists += 1
        }
        if lists > 1 { found.sort() }
        return found
    }

    // FNV-1a: fast, and nothing depends on whether somebody can find two texts with one hash.
    private static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325

    private static func combine(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
