internal import Platform
internal import Tickets

/// Writes the fields of a record one behind the other.
///
/// Numbers are big-endian, so that keys sort like their numbers; lengths are LEB128.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    init(_ kind: RecordKind? = nil) {
        bytes.reserveCapacity(256)
        if let kind { bytes.append(kind.rawValue) }
    }

    mutating func add(byte: UInt8) {
        bytes.append(byte)
    }

    mutating func add(_ number: Int64) {
        // The sign bit is turned so that negative numbers sort first.
        let bits = UInt64(bitPattern: number) ^ (1 << 63)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }

    mutating func add(_ date: Instant) {
        add(date.milliseconds)
    }

    mutating func add(_ duration: Duration) {
        add(duration.milliseconds)
    }

    mutating func add(count: Int) {
        var rest = UInt(bitPattern: count)
        while rest >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Bytes whose number the reader knows.
    mutating func add(fixed field: [UInt8]) {
        bytes += field
    }

    mutating func add(fixed field: ArraySlice<UInt8>) {
        bytes += field
    }

    mutating func add(_ field: [UInt8]) {
        add(count: field.count)
        bytes += field
    }

    mutating func add(_ text: String) {
        add(count: text.utf8.count)
        bytes += text.utf8
    }

    mutating func add(_ text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { add(text) }
    }

    mutating func add(_ texts: [String]) {
        add(count: texts.count)
        for text in texts { add(text) }
    }
}

/// Reads what ``RecordWriter`` wrote; throws `corrupt` at anything else and never reads too far.
struct RecordReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes the first byte of a record, which says what follows.
    mutating func kind() throws(TicketRegistryError) -> RecordKind {
        guard let kind = RecordKind(rawValue: try byte()) else { throw corrupt("kind") }
        return kind
    }

    mutating func byte() throws(TicketRegistryError) -> UInt8 {
        guard offset < bytes.count else { throw corrupt("end") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func number() throws(TicketRegistryError) -> Int64 {
        guard bytes.count - offset >= 8 else { throw corrupt("end") }
        var bits: UInt64 = 0
        for index in offset..<offset + 8 { bits = bits << 8 | UInt64(bytes[index]) }
        offset += 8
        return Int64(bitPattern: bits ^ (1 << 63))
    }

    mutating func date() throws(TicketRegistryError) -> Instant {
        Instant(milliseconds: try number())
    }

    mutating func duration() throws(TicketRegistryError) -> Duration {
        .milliseconds(try number())
    }

    /// A number of things that take up at least one byte each.
    mutating func count() throws(TicketRegistryError) -> Int {
        var value = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = try byte()
            value |= Int(byte & 127) << shift
            if byte < 128 {
                guard value <= bytes.count - offset else { throw corrupt("length") }
                return value
            }
        }
        throw corrupt("length")
    }

    mutating func fixed(_ count: Int) throws(TicketRegistryError) -> [UInt8] {
        guard bytes.count - offset >= count else { throw corrupt("end") }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func field() throws(TicketRegistryError) -> [UInt8] {
        try fixed(try count())
    }

    mutating func text() throws(TicketRegistryError) -> String {
        let count = try count()
        defer { offset += count }
        // Much faster than `String(validating:as:)`.
        let field = bytes.span.extracting(offset..<offset + count)
        guard let text = try? UTF8Span(validating: field) else { throw corrupt("text") }
        return String(copying: text)
    }

    mutating func optionalText() throws(TicketRegistryError) -> String? {
        try byte() == 0 ? nil : try text()
    }

    mutating func handle() throws(TicketRegistryError) -> TicketHandle {
        guard let handle = TicketHandle(bytes: try fixed(32)) else { throw corrupt("handle") }
        return handle
    }

    mutating func texts() throws(TicketRegistryError) -> [String] {
        let count = try count()
        var texts: [String] = []
        texts.reserveCapacity(min(count, 16))
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    func end() throws(TicketRegistryError) {
        guard offset == bytes.count else { throw corrupt("length") }
    }

    func corrupt(_ what: String) -> TicketRegistryError {
        .corrupt("a ticket record is damaged: \(what) at byte \(offset) of \(bytes.count)")
    }
}
