internal import Platform
internal import Tickets

/// A bucket of failures as it is stored under its key.
struct FailureRecord: Hashable {
    var bucket: FailureBucket
    /// Where the index by ends has it; too early if failures were added since.
    var indexedAt: Instant

    var bytes: [UInt8] {
        var writer = RecordWriter()
        writer.add(byte: Self.version)
        writer.add(indexedAt)
        writer.add(bucket.level)
        writer.add(bucket.leaksFrom)
        writer.add(bucket.pending)
        writer.add(bucket.pendingBefore)
        writer.add(bucket.pendingSince)
        writer.add(bucket.keptUntil)
        for date in [bucket.lastFailureAt, bucket.succeededAt] {
            writer.add(byte: date == nil ? 0 : 1)
            if let date { writer.add(date) }
        }
        switch bucket.account {
        case .unasked: writer.add(byte: 0)
        case .unknown: writer.add(byte: 1)
        case .known(let name):
            writer.add(byte: 2)
            writer.add(name)
        }
        writer.add(bucket.address)
        return writer.bytes
    }

    private static let version: UInt8 = 2

    init(bucket: FailureBucket, indexedAt: Instant) {
        self.bucket = bucket
        self.indexedAt = indexedAt
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        // The first version did not tell the attempts apart that are under way.
        let version = try reader.byte()
        guard (1...Self.version).contains(version) else { throw reader.corrupt("failures") }
        indexedAt = try reader.date()
        let level = try reader.number()
        bucket = FailureBucket(at: try reader.date())
        bucket.level = level
        bucket.pending = try reader.number()
        if version > 1 { bucket.pendingBefore = try reader.number() }
        bucket.pendingSince = try reader.date()
        bucket.keptUntil = try reader.date()
        bucket.lastFailureAt = try reader.byte() == 0 ? nil : try reader.date()
        bucket.succeededAt = try reader.byte() == 0 ? nil : try reader.date()
        switch try reader.byte() {
        case 0: bucket.account = .unasked
        case 1: bucket.account = .unknown
        case 2: bucket.account = .known(try reader.text())
        default: throw reader.corrupt("account")
        }
        bucket.address = try reader.optionalText()
        try reader.end()
    }
}

extension FailureKey {
    var bytes: [UInt8] { [kind.rawValue] + subject.bytes + (other?.bytes ?? []) }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        let code = try reader.byte()
        let subject = try reader.fixed(SubjectDigest.byteCount)
        let hasOther = bytes.count > 1 + SubjectDigest.byteCount
        let other = hasOther ? try reader.fixed(SubjectDigest.byteCount) : nil
        try reader.end()
        guard let kind = Kind(rawValue: code), let digest = SubjectDigest(subject) else {
            throw reader.corrupt("failures")
        }
        self.init(kind, digest, other.flatMap(SubjectDigest.init))
    }
}

/// A key of an index of buckets by their ends.
struct FailureEnd: Hashable {
    let date: Instant
    let key: FailureKey

    init(_ date: Instant, _ key: FailureKey) {
        self.date = date
        self.key = key
    }

    var bytes: [UInt8] {
        var writer = RecordWriter()
        writer.add(date)
        writer.add(fixed: key.bytes)
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        date = try reader.date()
        key = try FailureKey(try reader.fixed(bytes.count - 8))
    }
}
