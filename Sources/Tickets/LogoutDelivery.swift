package import CASProtocol
internal import OpenSSL
package import Platform

/// Why a session ended.
package enum LogoutCause: String, Sendable, CaseIterable {
    /// Its user logged out.
    case logout
    /// Its user logged in again in the same browser.
    case replaced
    /// An administrator ended it.
    case revoked
    /// Its time was over.
    case expired
    /// The server from which it came ended it.
    case upstream
}

/// How far a logout message has come.
package enum LogoutStatus: String, Sendable, CaseIterable {
    /// To be sent, for the first time or again.
    case pending
    /// The service has taken it.
    case delivered
    /// Given up.
    case failed
    /// Not sent on purpose: the service is not registered or does not want it.
    case skipped
}

/// The name of a delivery: the session that ended, and the service in it.
package struct LogoutDeliveryID: Hashable, Sendable, CustomStringConvertible {
    /// 64 bytes; the first half is the handle of the session.
    package let bytes: [UInt8]

    /// - Returns: `nil` if there are not 64 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 64 else { return nil }
        self.bytes = bytes
    }

    /// The delivery to a service that the session has entered.
    package init(session: TicketHandle, service: SessionService) {
        bytes = session.bytes + SessionService.key(service.service, by: service.ticket.kind)
    }

    /// The first 16 digits of the session's handle and 8 for the service.
    package var description: String {
        hexadecimal(Array(bytes.prefix(8))) + "-" + hexadecimal(Array(bytes[32..<36]))
    }
}

extension SessionService {
    /// What tells a service from the others of its session, in 32 bytes: SHA-256 over its text,
    /// with one bit for the kind of ticket with which it was entered.
    package static func key(_ service: String, by kind: TicketKind) -> [UInt8] {
        var key = sha256(Array(service.utf8))
        key[0] = kind == .proxyTicket ? key[0] | 1 : key[0] & ~1
        return key
    }
}

/// One logout message for one service, from the end of the session until the report forgets it.
package struct LogoutDelivery: Hashable, Sendable, Identifiable {
    package let id: LogoutDeliveryID
    package let session: TicketHandle
    /// The name of the principal whose session it was.
    package let principal: String
    package let service: String
    /// The ticket with which the service was entered last; it is spent.
    package let ticket: TicketID
    package let cause: LogoutCause
    /// When the session ended.
    package let createdAt: Instant
    package var tries: Int
    package var status: LogoutStatus
    /// `nil` until it has been tried.
    package var lastTriedAt: Instant?
    /// What the last try has to tell.
    package var note: String?

    package init(
        id: LogoutDeliveryID, session: TicketHandle, principal: String, service: String,
        ticket: TicketID, cause: LogoutCause, createdAt: Instant, tries: Int = 0,
        status: LogoutStatus = .pending, lastTriedAt: Instant? = nil, note: String? = nil
    ) {
        self.id = id
        self.session = session
        self.principal = principal
        self.service = service
        self.ticket = ticket
        self.cause = cause
        self.createdAt = createdAt
        self.tries = tries
        self.status = status
        self.lastTriedAt = lastTriedAt
        self.note = note
    }

    /// A delivery that is to be made because a session has ended.
    package init(
        to service: SessionService, of session: TicketGrantingTicket, cause: LogoutCause,
        at now: Instant
    ) {
        self.init(
            id: LogoutDeliveryID(session: session.handle, service: service),
            session: session.handle, principal: session.principal.id, service: service.service,
            ticket: service.ticket, cause: cause, createdAt: now)
    }

    /// Notes how it went; see ``TicketRegistry/settleDelivery(_:status:note:tries:nextTryAt:at:)``.
    package mutating func settle(
        _ status: LogoutStatus, note: String?, tries: Int, at now: Instant
    ) {
        if tries > self.tries { lastTriedAt = now }
        self.status = status
        self.note = note?.cut(toBytes: TextLimit.stored)
        self.tries = tries
    }
}

extension [LogoutDelivery] {
    /// The deliveries in the order in which they were queued, backwards.
    package var newestFirst: [LogoutDelivery] {
        sorted {
            ($1.createdAt, $1.service, $1.ticket.wireValue)
                < ($0.createdAt, $0.service, $0.ticket.wireValue)
        }
    }
}

/// Which deliveries a report shows; what is `nil` does not matter.
package struct DeliveryFilter: Hashable, Sendable {
    package var principal: String?
    package var session: TicketHandle?
    /// The first hexadecimal digits of the session's handle.
    package var sessionPrefix: String?
    package var status: LogoutStatus?

    package init(
        principal: String? = nil, session: TicketHandle? = nil, sessionPrefix: String? = nil,
        status: LogoutStatus? = nil
    ) {
        self.principal = principal
        self.session = session
        self.sessionPrefix = sessionPrefix
        self.status = status
    }

    package func matches(_ delivery: LogoutDelivery) -> Bool {
        (principal == nil || principal == delivery.principal)
            && (session == nil || session == delivery.session)
            && (sessionPrefix.map { HandlePrefix($0)?.matches(delivery.session) == true } ?? true)
            && (status == nil || status == delivery.status)
    }
}

/// How long deliveries are kept, and how fast expired sessions send theirs.
package enum LogoutRetention {
    /// Counted from the end of the delivery; pending ones that nobody takes for so long go too.
    package static let report: Duration = .seconds(86_400)
    /// The time between two deliveries that a sweep queues.
    package static let spacing: Duration = .milliseconds(20)

    /// When a sweep's next delivery is due, given what the last sweep left.
    ///
    /// Never later than the queue is long, so that a clock that was set back delays nothing.
    package static func slot(_ next: Instant, pending: Int, at now: Instant) -> Instant {
        max(now, min(next, now + spacing * pending))
    }
}
