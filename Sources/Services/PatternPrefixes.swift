/// The literal texts that every match of a regular expression starts with one of.
///
/// Read conservatively: whatever is not certain ends a text early, and an expression that is not
/// understood has the empty text. `^https?://app\.example\.org/.*` gives
/// `http://app.example.org/` and `https://app.example.org/`.
struct PatternPrefixes {
    /// The texts; `[[]]` says nothing about a match.
    let texts: [[UInt8]]

    /// How many texts are told apart before reading stops.
    private static let textsMax = 16
    /// How long a text gets, in bytes.
    private static let bytesMax = 256
    /// How deep groups may be nested.
    private static let depthMax = 8

    /// Reads an expression that must match from the first byte on.
    init(_ pattern: String) {
        var reader = Reader(bytes: Array(pattern.utf8))
        if let branch = reader.readAlternatives(depth: 0), reader.position == reader.bytes.count {
            texts = branch.texts
        } else {
            texts = [[]]
        }
    }

    /// Reads an expression that may match anywhere; only `^` at its start tells where.
    init(foundIn pattern: String) {
        // Another alternative might match further on. An empty alternative tells nothing.
        let startsAtFirstByte =
            pattern.utf8.first == UInt8(ascii: "^") && !pattern.utf8.contains(UInt8(ascii: "|"))
        self.init(startsAtFirstByte ? pattern : "")
    }

    /// What has been read of an expression, or of a part of it.
    private struct Branch {
        var texts: [[UInt8]] = [[]]
        /// Whether the texts are all that the part matches, so that what follows may be appended.
        var isComplete = true

        /// Appends what another part starts with; `false` if that would be too many.
        mutating func append(_ other: [[UInt8]]) -> Bool {
            guard texts.count * other.count <= textsMax,
                (texts.first?.count ?? 0) < bytesMax
            else { return false }
            texts = texts.flatMap { text in other.map { text + $0 } }
            return true
        }
    }

    private enum Quantifier { case once, optional, repeated, unknown }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        /// Reads up to a closing parenthesis or the end; `nil` if it is not understood.
        mutating func readAlternatives(depth: Int) -> Branch? {
            guard depth <= depthMax else { return nil }
            var all = Branch(texts: [])
            while true {
                guard let branch = readBranch(depth: depth) else { return nil }
                all.texts += branch.texts
                all.isComplete = all.isComplete && branch.isComplete
                guard next == UInt8(ascii: "|") else { break }
                position += 1
            }
            return all.texts.count <= textsMax ? all : Branch(isComplete: false)
        }

        private mutating func readBranch(depth: Int) -> Branch? {
            var branch = Branch()
            if next == UInt8(ascii: "^"), depth == 0 { position += 1 }
            while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
                guard branch.isComplete else { return skipRest() ? branch : nil }
                let start = position
                if byte == UInt8(ascii: "("), isPlainGroup() {
                    guard let inner = readGroup(depth: depth) else { return nil }
                    apply(inner, to: &branch)
                } else if let literal = readLiteral() {
                    apply(Branch(texts: [[literal]]), to: &branch)
                } else {
                    position = start
                    branch.isComplete = false
                }
            }
            return branch
        }

        /// Appends a part to a branch as its quantifier, which follows, allows.
        private mutating func apply(_ part: Branch, to branch: inout Branch) {
            switch readQuantifier() {
            case .once:
                branch.isComplete = branch.append(part.texts) && part.isComplete
            case .optional:
                branch.isComplete = branch.append(part.texts + [[]]) && part.isComplete
            case .repeated:
                _ = branch.append(part.texts)
                branch.isComplete = false
            case .unknown:
                branch.isComplete = false
            }
        }

        private mutating func readQuantifier() -> Quantifier {
            switch next {
            case UInt8(ascii: "?"):
                position += 1
                // A second sign only says which match is tried first.
                if next == UInt8(ascii: "?") || next == UInt8(ascii: "+") { position += 1 }
                return .optional
            case UInt8(ascii: "+"): return .repeated
            case UInt8(ascii: "*"), UInt8(ascii: "{"): return .unknown
            default: return .once
            }
        }

        /// A character that stands for itself, escaped or not; its place is left behind it.
        private mutating func readLiteral() -> UInt8? {
            guard let byte = next, byte > 0x20, byte < 0x7F else { return nil }
            position += 1
            if byte == UInt8(ascii: "\\") {
                guard let escaped = next, escaped > 0x20, escaped < 0x7F,
                    !PatternText.isAlphanumeric(escaped)
                else { return nil }
                position += 1
                return escaped
            }
            return "^$.[]{}()*+?|#".utf8.contains(byte) ? nil : byte
        }

        /// Whether the group at the position has no meaning but to hold together.
        private func isPlainGroup() -> Bool {
            let rest = bytes[(position + 1)...]
            if rest.starts(with: "?:".utf8) { return true }
            return rest.first != UInt8(ascii: "?") && rest.first != UInt8(ascii: "*")
        }

        /// Whether the group at the position looks around, has a name, or is atomic.
        ///
        /// Others, such as `(?x)` and `(?#`, may change what the text behind them means.
        private func isKnownGroup() -> Bool {
            let rest = bytes[(position + 1)...]
            return ["?=", "?!", "?<", "?>", "?P<"].contains { rest.starts(with: $0.utf8) }
        }

        private mutating func readGroup(depth: Int) -> Branch? {
            position += bytes[(position + 1)...].starts(with: "?:".utf8) ? 3 : 1
            guard let inner = readAlternatives(depth: depth + 1), next == UInt8(ascii: ")") else {
                return nil
            }
            position += 1
            return inner
        }

        /// Goes to the end of the branch; `false` if where that is cannot be told for certain.
        private mutating func skipRest() -> Bool {
            var depth = 0
            while let byte = next {
                switch byte {
                case UInt8(ascii: "\\"):
                    position += 1
                    // `\Q` quotes the rest; what follows `\c` and `\N` is special, too.
                    if let escaped = next, "QEcNo".utf8.contains(escaped) { return false }
                case UInt8(ascii: "["):
                    guard skipClass() else { return false }
                case UInt8(ascii: "("):
                    guard isPlainGroup() || isKnownGroup() else { return false }
                    depth += 1
                case UInt8(ascii: ")"):
                    if depth == 0 { return true }
                    depth -= 1
                case UInt8(ascii: "|") where depth == 0:
                    return true
                default: break
                }
                position += 1
            }
            return depth == 0
        }

        /// Goes to the bracket that ends the class; `false` if there is anything unusual in it.
        private mutating func skipClass() -> Bool {
            position += 1
            if next == UInt8(ascii: "^") { position += 1 }
            if next == UInt8(ascii: "]") { return false }
            while let byte = next, byte != UInt8(ascii: "]") {
                if byte == UInt8(ascii: "[") { return false }
                if byte == UInt8(ascii: "\\") {
                    position += 1
                    if let escaped = next, "QEcNo".utf8.contains(escaped) { return false }
                }
                position += 1
            }
            return next != nil
        }
    }
}
