internal import CASProtocol
internal import Platform
internal import Tickets

/// A delivery as it is stored under its identifier.
struct DeliveryRecord: Hashable {
    var delivery: LogoutDelivery
    /// When it is due, or when it is to be forgotten if it is settled; an index has it here.
    var date: Instant

    init(delivery: LogoutDelivery, date: Instant) {
        self.delivery = delivery
        self.date = date
    }

    var key: DeliveryKey { DeliveryKey(date, delivery.id) }

    var bytes: [UInt8] {
        var writer = RecordWriter(.delivery)
        writer.add(byte: delivery.status.code)
        writer.add(delivery.createdAt)
        writer.add(date)
        writer.add(byte: delivery.cause.code)
        writer.add(Int64(delivery.tries))
        writer.add(byte: delivery.lastTriedAt == nil ? 0 : 1)
        if let date = delivery.lastTriedAt { writer.add(date) }
        writer.add(delivery.principal)
        writer.add(delivery.service)
        writer.add(delivery.ticket.wireValue)
        writer.add(delivery.note)
        return writer.bytes
    }

    init(_ bytes: [UInt8], id: LogoutDeliveryID) throws(TicketRegistryError) {
        var reader = RecordReader(bytes)
        let head = try DeliveryHead(&reader)
        date = try reader.date()
        let causeCode = try reader.byte()
        let tries = Int(try reader.number())
        let lastTriedAt = try reader.byte() == 0 ? nil : try reader.date()
        let principal = try reader.text()
        let service = try reader.text()
        guard let session = TicketHandle(bytes: Array(id.bytes.prefix(32))),
            let cause = LogoutCause.allCases.first(where: { $0.code == causeCode }),
            let ticket = TicketID(try reader.text())
        else { throw reader.corrupt("delivery") }
        delivery = LogoutDelivery(
            id: id, session: session, principal: principal, service: service, ticket: ticket,
            cause: cause, createdAt: head.createdAt, tries: tries, status: head.status,
            lastTriedAt: lastTriedAt, note: try reader.optionalText())
        try reader.end()
    }
}

/// What stands first in the record of a delivery: enough to pass over most of them quickly.
struct DeliveryHead: Hashable {
    let status: LogoutStatus
    let createdAt: Instant

    init(_ reader: inout RecordReader) throws(TicketRegistryError) {
        guard try reader.kind() == .delivery else { throw reader.corrupt("kind") }
        let code = try reader.byte()
        guard let status = LogoutStatus.allCases.first(where: { $0.code == code }) else {
            throw reader.corrupt("status")
        }
        self.status = status
        createdAt = try reader.date()
    }
}

extension LogoutStatus {
    fileprivate var code: UInt8 {
        switch self {
        case .pending: 0
        case .delivered: 1
        case .failed: 2
        case .skipped: 3
        }
    }
}

extension LogoutCause {
    fileprivate var code: UInt8 {
        switch self {
        case .logout: 0
        case .replaced: 1
        case .revoked: 2
        case .expired: 3
        case .upstream: 4
        }
    }
}
