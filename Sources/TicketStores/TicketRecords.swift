internal import CASProtocol
internal import Platform
internal import Tickets

/// What a record holds: its first byte.
enum RecordKind: UInt8 {
    case session = 1
    case unusedTicket = 2
    case usedTicket = 3
    case service = 4
    case judgedTicket = 5
    case delivery = 6
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
            hasCertificate: event.certificateDigest != nil, isProxy: session.proxy != nil,
            hasUpstream: session.upstream != nil
        ).add(to: &writer)
        if let proxy = session.proxy {
            writer.add(fixed: proxy.root.bytes)
            writer.add(proxy.service)
            writer.add(proxy.proxies)
        }
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
        if let upstream = session.upstream {
            writer.add(upstream.provider)
            writer.add(upstream.ticket)
        }
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
        let proxy = header.isProxy ? try ProxyGrant(&reader) : nil
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
        let upstream =
            header.hasUpstream
            ? UpstreamSession(provider: try reader.text(), ticket: try reader.text()) : nil
        try reader.end()
        session = TicketGrantingTicket(
            handle: handle, principal: Principal(id: id, attributes: attributes), event: event,
            use: header.use, proxy: proxy, upstream: upstream)
    }
}

extension ProxyGrant {
    /// Reads what stands behind the header of a proxy-granting ticket.
    init(_ reader: inout RecordReader) throws(TicketRegistryError) {
        self.init(
            root: try reader.handle(), service: try reader.text(), proxies: try reader.texts())
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
    /// Whether a ``ProxyGrant`` follows.
    let isProxy: Bool
    let hasUpstream: Bool

    init(
        indexedAt: Instant, use: SessionUse, isLongTerm: Bool, hasCertificate: Bool,
        isProxy: Bool, hasUpstream: Bool
    ) {
        self.indexedAt = indexedAt
        self.use = use
        self.isLongTerm = isLongTerm
        self.hasCertificate = hasCertificate
        self.isProxy = isProxy
        self.hasUpstream = hasUpstream
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
        isProxy = flags & 8 != 0
        hasUpstream = flags & 16 != 0
    }

    func add(to writer: inout RecordWriter) {
        writer.add(indexedAt)
        writer.add(use.lastUsedAt)
        writer.add(use.grantedAt)
        writer.add(use.lifetime.hard)
        writer.add(use.lifetime.idle)
        var flags: UInt8 = use.hasGranted ? 1 : 0
        if isLongTerm { flags |= 2 }
        if hasCertificate { flags |= 4 }
        if isProxy { flags |= 8 }
        if hasUpstream { flags |= 16 }
        writer.add(byte: flags)
    }

    /// The record that began with this header before it was changed, with the change.
    func replacing(in record: [UInt8]) -> [UInt8] {
        var writer = RecordWriter(.session)
        add(to: &writer)
        writer.add(fixed: record.dropFirst(writer.bytes.count))
        return writer.bytes
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
