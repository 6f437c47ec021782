internal import CASProtocol
internal import Platform
internal import Tickets

/// What the registry knows of a ticket that somebody asks about.
enum TicketFinding {
    case oneTime(TicketHistory, session: SessionState)
    /// A session; `root` is the one below if it is a proxy-granting ticket.
    case session(TicketGrantingTicket, root: SessionState?)
    case unknown
    /// Tickets of that kind are never kept.
    case neverKept(TicketKind)
    /// The registry cannot be asked.
    case unavailable(String)

    /// What became of a session that something rests on.
    enum SessionState {
        case live(TicketGrantingTicket)
        case expired(TicketGrantingTicket)
        /// It was ended, or it expired and was swept.
        case gone
    }
}

/// The ticket that somebody asks about, without its secret.
struct TicketQuestion {
    /// `nil` if only a hash was given.
    let kind: TicketKind?
    /// The hexadecimal digits of the handle, all or the first ones.
    let digits: String

    /// What the log calls the ticket.
    var logDigits: String { String(digits.prefix(16)) }

    /// Reads a whole ticket or a hash from the log.
    ///
    /// - Throws: If it is neither; the text, which may be a ticket with a slip, is not repeated.
    init(_ text: String) throws {
        if let id = TicketID(text) {
            kind = id.kind
            digits = hexadecimal(TicketHandle(of: id).bytes)
            return
        }
        guard HandlePrefix(text) != nil else {
            throw ToolFailure(
                "that is neither a ticket nor a hash: a ticket begins with ST-, PT-, PGT- or TGT-, "
                    + "a hash has 8 to 64 hexadecimal digits")
        }
        kind = nil
        digits = text.lowercased()
    }

    /// Asks the registry.
    func finding(in registry: any TicketRegistry, at now: Instant) throws -> TicketFinding {
        switch kind {
        case .proxyGrantingTicketReceipt, .loginTicket:
            return .neverKept(kind ?? .loginTicket)
        case .serviceTicket, .proxyTicket, .ticketGrantingTicket, .proxyGrantingTicket, nil: break
        }
        let history = try registry.ticketHistory(handlePrefix: digits, at: now)
        let session = try registry.session(handlePrefix: digits)
        switch (history, session) {
        case (nil, nil): return .unknown
        case (let history?, nil):
            return .oneTime(history, session: try state(of: history.session, registry, at: now))
        case (nil, let session?):
            let root = try session.proxy.map { try state(of: $0.root, registry, at: now) }
            return .session(session, root: root)
        case (.some, .some): throw TicketRegistryError.ambiguous
        }
    }

    private func state(
        of handle: TicketHandle, _ registry: any TicketRegistry, at now: Instant
    ) throws -> TicketFinding.SessionState {
        guard let session = try registry.session(handlePrefix: hexadecimal(handle.bytes)) else {
            return .gone
        }
        if let root = session.proxy?.root {
            switch try state(of: root, registry, at: now) {
            case .live: break
            case .expired, .gone: return .expired(session)
            }
        }
        return session.isExpired(at: now) ? .expired(session) : .live(session)
    }
}
