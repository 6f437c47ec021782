internal import CASProtocol
internal import Platform
internal import Tickets

/// A one-time ticket as it is stored: without its identifier, which only its owner has.
///
/// What is spent keeps all that was known of it, so that its owner can be told what happened.
struct TicketRecord: Hashable {
    struct Use: Hashable {
        let date: Instant
        var judgement: TicketJudgement?
    }

    let service: String
    let grantedAt: Instant
    let lifetime: Duration
    let isFromNewLogin: Bool
    let isProxy: Bool
    let session: TicketHandle
    /// `nil` as long as it is unused.
    var use: Use?

    var expiresAt: Instant { grantedAt + lifetime }

    /// When nothing needs to be known of it any more; the index by expiry has it here.
    var keptUntil: Instant { expiresAt + TicketRetention.afterEnd }

    init(
        service: String, grantedAt: Instant, lifetime: Duration, isFromNewLogin: Bool,
        isProxy: Bool, session: TicketHandle, use: Use? = nil
    ) {
        self.service = service
        self.grantedAt = grantedAt
        self.lifetime = lifetime
        self.isFromNewLogin = isFromNewLogin
        self.isProxy = isProxy
        self.session = session
        self.use = use
    }

    var bytes: [UInt8] {
        let kind: RecordKind =
            use == nil ? .unusedTicket : use?.judgement == nil ? .usedTicket : .judgedTicket
        var writer = RecordWriter(kind)
        // In its place from the beginning: LMDB overwrites a record of the same length in place.
        writer.add(use?.date ?? Instant(milliseconds: 0))
        writer.add(fixed: session.bytes)
        writer.add(grantedAt)
        writer.add(lifetime)
        writer.add(byte: (isFromNewLogin ? 1 : 0) | (isProxy ? 2 : 0))
        writer.add(service)
        if let judgement = use?.judgement {
            writer.add(judgement.reason)
            writer.add(judgement.presentedService)
        }
        return writer.bytes
    }

    /// The record of a ticket that is used up, made of the one that it had when it was unused.
    static func spent(_ unused: [UInt8], at now: Instant) -> [UInt8] {
        var writer = RecordWriter(.usedTicket)
        writer.add(now)
        writer.add(fixed: unused.dropFirst(writer.bytes.count))
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        let kind = try reader.kind()
        guard kind == .unusedTicket || kind == .usedTicket || kind == .judgedTicket else {
            throw reader.corrupt("kind")
        }
        let usedAt = try reader.date()
        session = try reader.handle()
        grantedAt = try reader.date()
        lifetime = try reader.duration()
        let flags = try reader.byte()
        isFromNewLogin = flags & 1 != 0
        isProxy = flags & 2 != 0
        service = try reader.text()
        if kind != .unusedTicket {
            let judgement =
                kind == .judgedTicket
                ? TicketJudgement(
                    reason: try reader.text(), presentedService: try reader.optionalText()) : nil
            use = Use(date: usedAt, judgement: judgement)
        }
        try reader.end()
    }

    func history(of handle: TicketHandle, at now: Instant) -> TicketHistory {
        let state: TicketHistory.State =
            if let use {
                .used(at: use.date)
            } else if now >= expiresAt {
                .expired(at: expiresAt)
            } else {
                .live
            }
        return TicketHistory(
            handle: handle, state: state, kind: isProxy ? .proxyTicket : .serviceTicket,
            service: service, grantedAt: grantedAt, lifetime: lifetime,
            isFromNewLogin: isFromNewLogin, session: session, judgement: use?.judgement)
    }
}
