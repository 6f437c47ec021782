internal import CASProtocol
internal import Platform
internal import Tickets

/// What a record holds: its first byte.
enum RecordKind: UInt8 {
    case session = 1
    case unusedTicket = 2
    case usedTicket = 3
    case service = 4
}

/// A session as it is stored.
struct SessionRecord: Hashable {
    var session: TicketGrantingTicket
    /// Where the index by expiry has it; at or before its real end.
    var indexedAt: Instant

    var bytes: [UInt8] {
        var writer = RecordWriter(.session)
        let event = session.event
        SessionHeader(
            indexedAt: indexedAt, use: session.use, isLongTerm: event.isLongTerm,
            hasCertificate: event.certificateDigest != nil
        ).add(to: &writer)
        writer.add(session.principal.id)
        writer.add(count: session.principal.attributes.entries.count)
        for entry in session.principal.attributes.entries {
            writer.add(entry.name)
            writer.add(entry.values)
        }
        writer.add(event.date)
        writer.add(event.handlers)
        writer.add(event.credentialTypes)
        if let digest = event.certificateDigest { writer.add(digest) }
        return writer.bytes
    }

    init(session: TicketGrantingTicket, indexedAt: Instant) {
        self.session = session
        self.indexedAt = indexedAt
    }

    init(_ bytes: [UInt8], handle: TicketHandle) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        let header = try SessionHeader(&reader)
        indexedAt = header.indexedAt
        let id = try reader.text()
        var attributes = Attributes()
        for _ in 0..<(try reader.count()) {
            let name = try reader.text()
            attributes.add(try reader.texts(), to: name)
        }
        let event = AuthenticationEvent(
            date: try reader.date(), handlers: try reader.texts(),
            credentialTypes: try reader.texts(),
            certificateDigest: header.hasCertificate ? try reader.field() : nil,
            isLongTerm: header.isLongTerm)
        try reader.end()
        session = TicketGrantingTicket(
            handle: handle, principal: Principal(id: id, attributes: attributes), event: event,
            use: header.use)
    }
}

/// What stands first in the record of a session, always in the same number of bytes.
///
/// Granting a ticket reads and changes nothing else, however many attributes follow.
struct SessionHeader: Hashable {
    let indexedAt: Instant
    var use: SessionUse
    let isLongTerm: Bool
    let hasCertificate: Bool

    init(indexedAt: Instant, use: SessionUse, isLongTerm: Bool, hasCertificate: Bool) {
        self.indexedAt = indexedAt
        self.use = use
        self.isLongTerm = isLongTerm
        self.hasCertificate = hasCertificate
    }

    init(_ reader: inout RecordReader) throws(TicketRegistryError) {
        guard try reader.kind() == .session else { throw reader.corrupt("kind") }
        indexedAt = try reader.date()
        let lastUsedAt = try reader.date()
        let grantedAt = try reader.date()
        let lifetime = SessionLifetime(hard: try reader.duration(), idle: try reader.duration())
        let flags = try reader.byte()
        use = SessionUse(
            grantedAt: grantedAt, lifetime: lifetime, lastUsedAt: lastUsedAt,
            hasGranted: flags & 1 != 0)
        isLongTerm = flags & 2 != 0
        hasCertificate = flags & 4 != 0
    }

    func add(to writer: inout RecordWriter) {
        writer.add(indexedAt)
        writer.add(use.lastUsedAt)
        writer.add(use.grantedAt)
        writer.add(use.lifetime.hard)
        writer.add(use.lifetime.idle)
        writer.add(byte: (use.hasGranted ? 1 : 0) | (isLongTerm ? 2 : 0) | (hasCertificate ? 4 : 0))
    }

    /// The record that began with this header before it was changed, with the change.
    func replacing(in record: [UInt8]) -> [UInt8] {
        var writer = RecordWriter(.session)
        add(to: &writer)
        writer.add(fixed: Array(record.dropFirst(writer.bytes.count)))
        return writer.bytes
    }
}

/// A one-time ticket as it is stored: without its identifier, which only its owner has.
enum TicketRecord: Hashable {
    case unused(
        service: String, grantedAt: Instant, lifetime: Duration, isFromNewLogin: Bool,
        session: TicketHandle)
    case used(at: Instant, expiresAt: Instant)

    var expiresAt: Instant {
        switch self {
        case .unused(_, let grantedAt, let lifetime, _, _): grantedAt + lifetime
        case .used(_, let expiresAt): expiresAt
        }
    }

    /// When nothing needs to be known of it any more; the index by expiry has it here.
    var keptUntil: Instant { expiresAt + TicketRetention.afterEnd }

    var bytes: [UInt8] {
        switch self {
        case .unused(let service, let grantedAt, let lifetime, let isFromNewLogin, let session):
            var writer = RecordWriter(.unusedTicket)
            writer.add(fixed: session.bytes)
            writer.add(grantedAt)
            writer.add(lifetime)
            writer.add(byte: isFromNewLogin ? 1 : 0)
            writer.add(service)
            return writer.bytes
        case .used(let date, let expiresAt):
            var writer = RecordWriter(.usedTicket)
            writer.add(date)
            writer.add(expiresAt)
            return writer.bytes
        }
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        switch try reader.kind() {
        case .unusedTicket:
            guard let session = TicketHandle(bytes: try reader.fixed(32)) else {
                throw reader.corrupt("session")
            }
            let grantedAt = try reader.date()
            let lifetime = try reader.duration()
            let isFromNewLogin = try reader.byte() != 0
            self = .unused(
                service: try reader.text(), grantedAt: grantedAt, lifetime: lifetime,
                isFromNewLogin: isFromNewLogin, session: session)
        case .usedTicket:
            self = .used(at: try reader.date(), expiresAt: try reader.date())
        case .session, .service:
            throw reader.corrupt("kind")
        }
        try reader.end()
    }
}

extension SessionService {
    var record: [UInt8] {
        var writer = RecordWriter(.service)
        writer.add(enteredAt)
        writer.add(ticket.wireValue)
        writer.add(service)
        return writer.bytes
    }

    init(record: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(record)
        guard try reader.kind() == .service else { throw reader.corrupt("kind") }
        let enteredAt = try reader.date()
        guard let ticket = TicketID(try reader.text()) else { throw reader.corrupt("ticket") }
        let service = try reader.text()
        try reader.end()
        self.init(service: service, ticket: ticket, enteredAt: enteredAt)
    }
}

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
        guard let kind = Kind(rawValue: try reader.byte()),
            let handle = TicketHandle(bytes: try reader.fixed(32))
        else { throw reader.corrupt("expiry") }
        self.kind = kind
        self.handle = handle
        try reader.end()
    }
}
