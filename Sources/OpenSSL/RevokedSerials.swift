internal import Platform

/// The entries of a revocation list, sorted by length and value of the serial number.
///
/// Three flat arrays hold them all; a look-up is a binary search.
struct RevokedSerials: Sendable {
    /// The serial numbers one after the other.
    private var bytes: [UInt8] = []
    /// When each was revoked, in seconds since 1970, at most until 2106.
    private var seconds: [UInt32] = []
    /// The code of each reason, ``noReason`` if there is none.
    private var reasons: [UInt8] = []
    /// For each length the first entry and the first byte of it; one more for the end.
    private var starts: [(entry: Int, byte: Int)] = []

    static let noReason: UInt8 = 255

    /// An entry while the list is being read; the serial number is still in the list.
    struct Draft {
        /// The first eight bytes of the serial number, which decide nearly always.
        let prefix: UInt64
        let start: UInt32
        let seconds: UInt32
        let length: UInt8
        let reason: UInt8

        init(_ serial: Range<Int>, in list: [UInt8], revokedAt: Instant, reason: UInt8) {
            var prefix: UInt64 = 0
            for index in 0..<8 {
                let byte = index < serial.count ? list[serial.lowerBound + index] : 0
                prefix = prefix << 8 | UInt64(byte)
            }
            self.prefix = prefix
            start = UInt32(clamping: serial.lowerBound)
            seconds = UInt32(clamping: revokedAt.seconds)
            length = UInt8(clamping: serial.count)
            self.reason = reason
        }

        fileprivate var serial: Range<Int> { Int(start)..<(Int(start) + Int(length)) }
    }

    var count: Int { seconds.count }

    init() {}

    /// Sorts the entries; of two for one serial number only one is kept.
    init(_ drafts: consuming [Draft], in list: [UInt8]) {
        drafts.sort { Self.compare($0, $1, list) < 0 }
        let bytesCount = drafts.reduce(0) { $0 + Int($1.length) }
        bytes.reserveCapacity(bytesCount)
        seconds.reserveCapacity(drafts.count)
        reasons.reserveCapacity(drafts.count)
        starts.reserveCapacity(SerialNumber.bytesMax + 2)
        for index in drafts.indices {
            let draft = drafts[index]
            if index > 0, Self.compare(drafts[index - 1], draft, list) == 0 { continue }
            while starts.count <= Int(draft.length) { starts.append((seconds.count, bytes.count)) }
            bytes += list[draft.serial]
            seconds.append(draft.seconds)
            reasons.append(draft.reason)
        }
        while starts.count < SerialNumber.bytesMax + 2 {
            starts.append((seconds.count, bytes.count))
        }
    }

    private static func compare(_ left: Draft, _ right: Draft, _ list: [UInt8]) -> Int {
        if left.length != right.length { return left.length < right.length ? -1 : 1 }
        if left.prefix != right.prefix { return left.prefix < right.prefix ? -1 : 1 }
        for index in 8..<max(8, Int(left.length)) {
            let (one, other) = (list[Int(left.start) + index], list[Int(right.start) + index])
            if one != other { return one < other ? -1 : 1 }
        }
        return 0
    }

    /// The entry of a serial number, `nil` if it is not there.
    func entry(for serial: [UInt8]) -> RevocationList.Entry? {
        let length = serial.count
        guard length > 0, length + 1 < starts.count else { return nil }
        let (first, byte) = starts[length]
        var (low, high) = (0, starts[length + 1].entry - first)
        while low < high {
            let middle = low + (high - low) / 2
            let order = compare(byte + middle * length, serial)
            if order == 0 {
                return RevocationList.Entry(
                    revokedAt: Instant(milliseconds: Int64(seconds[first + middle]) * 1000),
                    reason: RevocationReason(rawValue: reasons[first + middle]))
            }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func compare(_ start: Int, _ serial: [UInt8]) -> Int {
        for (index, byte) in serial.enumerated() where bytes[start + index] != byte {
            return bytes[start + index] < byte ? -1 : 1
        }
        return 0
    }
}
