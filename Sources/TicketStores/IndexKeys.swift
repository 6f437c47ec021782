internal import OpenSSL
internal import Platform
internal import Tickets

/// A key of the index by expiry: when to look, at which kind of ticket, at which one.
struct ExpiryKey: Hashable {
    enum Kind: UInt8 {
        case session = 1
        case oneTime = 2
    }

    let date: Instant
    let kind: Kind
    let handle: TicketHandle

    init(_ date: Instant, _ kind: Kind, _ handle: TicketHandle) {
        self.date = date
        self.kind = kind
        self.handle = handle
    }

    var bytes: [UInt8] {
        var writer = RecordWriter()
        writer.add(date)
        writer.add(byte: kind.rawValue)
        writer.add(fixed: handle.bytes)
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        date = try reader.date()
        guard let kind = Kind(rawValue: try reader.byte()) else { throw reader.corrupt("expiry") }
        self.kind = kind
        handle = try reader.handle()
        try reader.end()
    }
}

/// A key of the indexes of deliveries: when to look, at which one.
struct DeliveryKey: Hashable {
    let date: Instant
    let id: LogoutDeliveryID

    init(_ date: Instant, _ id: LogoutDeliveryID) {
        self.date = date
        self.id = id
    }

    var bytes: [UInt8] {
        var writer = RecordWriter()
        writer.add(date)
        writer.add(fixed: id.bytes)
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        date = try reader.date()
        guard let id = LogoutDeliveryID(bytes: try reader.fixed(64)) else {
            throw reader.corrupt("delivery")
        }
        self.id = id
        try reader.end()
    }
}

extension UpstreamSession {
    /// The first half of the key of the index by the session of another server.
    var key: [UInt8] {
        var writer = RecordWriter()
        writer.add(provider)
        writer.add(ticket)
        return sha256(writer.bytes)
    }
}
