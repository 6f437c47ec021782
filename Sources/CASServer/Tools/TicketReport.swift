internal import CASProtocol
internal import Platform
internal import Tickets

/// What happened to a ticket, for people.
struct TicketReport {
    let question: TicketQuestion
    let finding: TicketFinding
    let log: TicketLog
    let now: Instant

    /// Good if anything is known.
    var status: ToolStatus {
        switch finding {
        case .oneTime, .session: .good
        case .unknown, .neverKept: log.events.isEmpty ? .remarkable : .good
        case .unavailable: log.events.isEmpty ? .failed : .good
        }
    }

    var text: String {
        let story =
            switch finding {
            case .oneTime(let history, let session): oneTimeText(history, session)
            case .session(let session, let root): sessionText(session, root)
            case .unknown: unknownText
            case .neverKept(let kind):
                "\(kind.words.capitalizedFirst)s are not kept, so nothing is known of it.\n"
            case .unavailable(let reason): "The registry cannot be asked: \(reason.shown)\n"
            }
        return story + "\n" + log.text(for: question.logDigits)
    }

    private var unknownText: String {
        let name = question.kind.map { "\($0.words) \(question.logDigits)" } ?? question.logDigits
        return """
            The registry knows nothing of \(name).
            It was never granted here, or too long ago: a one-time ticket is forgotten \
            \(TicketRetention.afterEnd.shown)
            after its end, a session when it is ended or expires. Presented now it is refused as \
            unknown.

            """
    }

    // MARK: One-time tickets

    private func oneTimeText(
        _ history: TicketHistory, _ session: TicketFinding.SessionState
    ) -> String {
        var facts = FactList()
        facts.add("ticket", "\(history.handle), a \(history.kind.words)")
        facts.add("granted", past(history.grantedAt))
        facts.add("for", history.service)
        facts.add(
            "from a login", history.isFromNewLogin ? "yes, for this ticket" : "no, by session")
        facts.add("session", "\(history.session), \(words(session))")
        if case .live(let session) = session { facts.add("user", session.principal.id) }
        if case .expired(let session) = session { facts.add("user", session.principal.id) }
        return facts.text + "\n" + outcome(of: history, session)
    }

    private func outcome(
        of history: TicketHistory, _ session: TicketFinding.SessionState
    ) -> String {
        let end = history.grantedAt + history.lifetime
        switch history.state {
        case .live:
            return "It is live: nobody has presented it, and it is good for \((end - now).shown) "
                + "more.\n"
        case .expired(let end):
            return "It was never used and expired \(past(end)), "
                + "\((end - history.grantedAt).shown) after it was granted.\n"
                + "Presented now it is refused as expired. If this happens often, the application "
                + "validates late, the clocks\ndiffer, or tickets.service.lifetime is too short.\n"
        case .used(let use):
            let delay = (use - history.grantedAt).shown
            let used = "It was used \(past(use)), \(delay) after it was granted"
            guard let judgement = history.judgement else {
                return used + (isOver(session) ? sessionOverText : acceptedText)
            }
            return used + ", and refused: \(judgement.reason.shown).\n"
                + text(of: judgement, history)
        }
    }

    private var acceptedText: String {
        ", and nothing is noted against it.\nPresented again it is refused as already used: "
            + "an application that validates twice, or a page that was reloaded\nwith the ticket "
            + "in its address.\n"
    }

    private var sessionOverText: String {
        ", and nothing is noted against it.\nIts session has ended. If it had ended before, the "
            + "ticket was refused for it (session ended).\n"
    }

    private func text(of judgement: TicketJudgement, _ history: TicketHistory) -> String {
        if let presented = judgement.presentedService,
            let difference = URLDifference(granted: history.service, presented: presented)
        {
            return "It was granted for one service and presented with another; they differ from "
                + "character \(difference.place + 1) on:\n\(difference.text)"
                + "Likely reason: \(difference.hint).\n"
        }
        return advice(for: judgement.reason).map { $0 + ".\n" } ?? ""
    }

    /// What to do about a reason class of validation.
    private func advice(for reason: String) -> String? {
        switch reason {
        case "not registered any more":
            "The definition has changed since the ticket was granted; ask casd services match"
        case "principal not allowed":
            "The user may not enter that service; ask casd services match URL --user NAME"
        case "proxy ticket not accepted here":
            "Proxy tickets are validated at /proxyValidate or /p3/proxyValidate"
        case "protocol not allowed for the service":
            "The definition's supportedProtocols does not name the protocol of that address"
        case "not from new login":
            "The application validates with renew=true and has to ask for renew=true at login too"
        case "service not readable":
            "One of the addresses is none that casd takes"
        case "proxy callback failed", "service may not proxy":
            "The definition's proxyPolicy and the callback decide; the log says more"
        default: nil
        }
    }

    // MARK: Sessions

    private func sessionText(
        _ session: TicketGrantingTicket, _ root: TicketFinding.SessionState?
    ) -> String {
        var facts = FactList()
        let kind: TicketKind =
            session.proxy == nil ? .ticketGrantingTicket : .proxyGrantingTicket
        facts.add("ticket", "\(session.handle), a \(kind.words)")
        facts.add("user", session.principal.id)
        facts.add("granted", past(session.grantedAt))
        facts.add("last used", past(session.lastUsedAt))
        facts.add("lives until", "\(session.expiresAt.shown)\(limitWords(session))")
        facts.add("logged in by", session.event.handlers.joined(separator: ", "))
        if session.event.isLongTerm { facts.add("remembered", "yes") }
        if let upstream = session.upstream { facts.add("came from", upstream.provider) }
        if let proxy = session.proxy {
            facts.add("granted to", proxy.service)
            for callback in proxy.proxies { facts.add("proxy", callback) }
            if let root { facts.add("session", "\(proxy.root), \(words(root))") }
        }
        return facts.text + "\n" + sessionOutcome(session, root)
    }

    private func sessionOutcome(
        _ session: TicketGrantingTicket, _ root: TicketFinding.SessionState?
    ) -> String {
        if session.isExpired(at: now) {
            return "It expired \(past(session.expiresAt)).\n"
        }
        if let root, isOver(root) {
            return "It is good for nothing, because the session on which it rests is over.\n"
        }
        return "It is live: good for \((session.expiresAt - now).shown) more.\n"
    }

    private func limitWords(_ session: TicketGrantingTicket) -> String {
        let hardEnd = session.grantedAt + session.lifetime.hard
        return session.expiresAt < hardEnd ? ", if used until \(hardEnd.shown)" : ""
    }

    // MARK: Words

    private func past(_ date: Instant) -> String { "\(date.shown) (\((now - date).shown) ago)" }

    private func isOver(_ session: TicketFinding.SessionState) -> Bool {
        if case .live = session { false } else { true }
    }

    private func words(_ session: TicketFinding.SessionState) -> String {
        switch session {
        case .live(let session): "lives until \(session.expiresAt.shown)"
        case .expired: "expired"
        case .gone: "ended"
        }
    }
}

extension TicketKind {
    /// The kind in words, for people.
    fileprivate var words: String {
        switch self {
        case .ticketGrantingTicket: "ticket-granting ticket (a session)"
        case .serviceTicket: "service ticket"
        case .proxyTicket: "proxy ticket"
        case .proxyGrantingTicket: "proxy-granting ticket"
        case .proxyGrantingTicketReceipt: "receipt of a proxy-granting ticket"
        case .loginTicket: "login ticket"
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
