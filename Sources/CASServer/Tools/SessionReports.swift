internal import CASProtocol
internal import JSON
internal import Platform
internal import Tickets

/// The live sessions, as a table.
struct SessionReport: ToolReport {
    struct Row: Hashable {
        let handle: String
        let user: String
        let grantedAt: Instant
        let lastUsedAt: Instant
        let expiresAt: Instant
        /// How many services have been entered; `nil` if nobody has counted.
        let serviceCount: Int?
        let isLongTerm: Bool
        let upstream: String?
    }

    /// Newest first.
    let rows: [Row]
    /// Whether there may be others.
    let isCut: Bool

    var text: String {
        guard !rows.isEmpty else { return "No live sessions.\n" }
        var table = TextTable("SESSION", "USER", "BEGAN", "LAST USED", "ENDS", "SERVICES", "LOGIN")
        table.rows = rows.map { row in
            let login = [row.isLongTerm ? "remembered" : nil, row.upstream.map { "from \($0)" }]
            return [
                row.handle, row.user, row.grantedAt.shown, row.lastUsedAt.shown,
                row.expiresAt.shown, row.serviceCount.map(String.init) ?? "?",
                login.compactMap(\.self).joined(separator: ", "),
            ]
        }
        return table.text + (isCut ? "There are more; --limit shows them.\n" : "")
    }

    var json: JSONValue {
        [
            "sessions": .array(
                rows.map { row in
                    [
                        "session": .string(row.handle), "user": .string(row.user),
                        "began": .string(row.grantedAt.rfc3339),
                        "last_used": .string(row.lastUsedAt.rfc3339),
                        "ends": .string(row.expiresAt.rfc3339),
                        "services": row.serviceCount.map { .integer(Int64($0)) } ?? .null,
                        "remembered": .bool(row.isLongTerm),
                        "upstream": row.upstream.map(JSONValue.string) ?? .null,
                    ]
                }),
            "complete": .bool(!isCut),
        ]
    }
}

extension SessionReport.Row {
    init(_ summary: SessionSummary) {
        self.init(
            handle: "\(summary.handle)", user: summary.principal, grantedAt: summary.grantedAt,
            lastUsedAt: summary.lastUsedAt, expiresAt: summary.expiresAt,
            serviceCount: summary.serviceCount, isLongTerm: summary.isLongTerm,
            upstream: summary.upstream)
    }

    init(_ session: TicketGrantingTicket) {
        self.init(
            handle: "\(session.handle)", user: session.principal.id, grantedAt: session.grantedAt,
            lastUsedAt: session.lastUsedAt, expiresAt: session.expiresAt, serviceCount: nil,
            isLongTerm: session.event.isLongTerm, upstream: session.upstream?.provider)
    }
}

/// How the logout messages of ended sessions have fared, as a table.
struct DeliveryReport: ToolReport {
    /// Newest first.
    let deliveries: [LogoutDelivery]
    let isCut: Bool

    var text: String {
        guard !deliveries.isEmpty else {
            return "No such logout messages; they are kept for \(LogoutRetention.report.shown).\n"
        }
        var table = TextTable(
            "SESSION ENDED", "WHY", "SESSION", "USER", "SERVICE", "STATUS", "TRIES", "LAST TRY",
            "NOTE")
        table.rows = deliveries.map { delivery in
            [
                delivery.createdAt.shown, delivery.cause.rawValue, "\(delivery.session)",
                delivery.principal, delivery.service, delivery.status.rawValue,
                "\(delivery.tries)", delivery.lastTriedAt?.shown ?? "never", delivery.note ?? "",
            ]
        }
        return table.text + summary + (isCut ? "There are more; --limit shows them.\n" : "")
    }

    private var summary: String {
        let counts = LogoutStatus.allCases.compactMap { status -> String? in
            let count = deliveries.count { $0.status == status }
            return count > 0 ? "\(count) \(status.rawValue)" : nil
        }
        return counts.joined(separator: ", ") + "\n"
    }

    var json: JSONValue {
        [
            "deliveries": .array(
                deliveries.map { delivery in
                    [
                        "id": .string("\(delivery.id)"),
                        "ended": .string(delivery.createdAt.rfc3339),
                        "cause": .string(delivery.cause.rawValue),
                        "session": .string("\(delivery.session)"),
                        "user": .string(delivery.principal),
                        "service": .string(delivery.service),
                        "status": .string(delivery.status.rawValue),
                        "tries": .integer(Int64(delivery.tries)),
                        "last_try": delivery.lastTriedAt.map { .string($0.rfc3339) } ?? .null,
                        "note": delivery.note.map(JSONValue.string) ?? .null,
                    ]
                }),
            "complete": .bool(!isCut),
        ]
    }
}

/// The sessions that an operator has ended.
struct RevocationReport {
    let ended: [EndedSession]
    /// Whether their services are told.
    let isAnnounced: Bool

    var text: String {
        var text = ""
        for end in ended {
            let session = end.session
            let kind = session.proxy == nil ? "session" : "proxy-granting ticket"
            text += "Ended \(kind) \(session.handle) of \(session.principal.id.shown)"
            text += session.proxy == nil ? ", \(services(of: end)).\n" : ".\n"
        }
        return text
    }

    private func services(of end: EndedSession) -> String {
        let count = end.services.count
        if count == 0 { return "no services" }
        let services = "\(count) service\(count == 1 ? "" : "s")"
        guard isAnnounced else { return services + ", not told: logout.single_logout is off" }
        let missing =
            end.servicesNotQueued > 0
            ? "; no room for \(end.servicesNotQueued) of the messages" : ""
        return services + " to be told by the workers" + missing
    }
}
