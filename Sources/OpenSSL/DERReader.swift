/// Steps through the elements of DER (X.690 §8, §10): definite lengths in their shortest form.
///
/// Revocation lists are read with it, because OpenSSL makes a dozen small objects of each entry.
struct DERReader {
    /// One element: where it is in the bytes.
    struct Element {
        let tag: UInt8
        /// Tag, length and content.
        let range: Range<Int>
        let content: Range<Int>
    }

    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let identifier: UInt8 = 0x06
    static let enumerated: UInt8 = 0x0A
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let boolean: UInt8 = 0x01
    static let sequence: UInt8 = 0x30

    let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }

    /// The tag of what comes next, `nil` at the end.
    var tag: UInt8? { isAtEnd ? nil : bytes[position] }

    /// A reader of what is inside an element.
    func inside(_ element: Element) -> DERReader { DERReader(bytes, element.content) }

    /// Steps over the next element.
    ///
    /// - Throws: If there is none, its tag is another one, or it does not end inside the bytes.
    mutating func next(_ expected: UInt8) throws(RevocationListError) -> Element {
        guard end - position >= 2 else { throw .malformed("it ends too early") }
        let start = position
        guard bytes[start] == expected else {
            throw .malformed("tag \(bytes[start]) instead of \(expected) at byte \(start)")
        }
        var first = start + 2
        var length = Int(bytes[start + 1])
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...4).contains(count), end - first >= count else {
                throw .malformed("length at byte \(start)")
            }
            length = 0
            for _ in 0..<count {
                length = length << 8 | Int(bytes[first])
                first += 1
            }
            guard length >= 0x80, length >> (8 * (count - 1)) > 0 else {
                throw .malformed("length at byte \(start)")
            }
        }
        guard length <= end - first else { throw .malformed("it ends too early") }
        position = first + length
        return Element(tag: expected, range: start..<position, content: first..<position)
    }

    /// Steps over the next element if it has the tag.
    mutating func nextIf(_ expected: UInt8) throws(RevocationListError) -> Element? {
        tag == expected ? try next(expected) : nil
    }

    /// Checks that nothing follows.
    func finish() throws(RevocationListError) {
        guard isAtEnd else { throw .malformed("bytes too many at byte \(position)") }
    }
}
