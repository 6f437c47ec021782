internal import LMDB
package import Platform
package import Tickets

extension LMDBTicketRegistry {
    package func claimDeliveries(
        at now: Instant, lease: Duration, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] {
        try translated {
            // Whoever finds nothing to do holds nobody up, and the store stays unchanged.
            guard
                try !environment.read({
                    try deliveryKeys(databases.dues, until: now, limit: min(1, limit), $0)
                }).isEmpty
            else { return [] }
            return try environment.write { transaction in
                var claimed: [LogoutDelivery] = []
                let keys = try deliveryKeys(
                    databases.dues, until: now, limit: limit, transaction.reading)
                for key in keys {
                    try transaction.delete(key.bytes, in: databases.dues)
                    guard var record = try delivery(key, transaction.reading) else { continue }
                    record.date = now + lease
                    try transaction.put(key.id.bytes, record.bytes, in: databases.deliveries)
                    try transaction.put(record.key.bytes, [], in: databases.dues)
                    claimed.append(record.delivery)
                }
                return claimed
            }
        }
    }

    package func settleDelivery(
        _ id: LogoutDeliveryID, status: LogoutStatus, note: String?, tries: Int,
        nextTryAt: Instant?, at now: Instant
    ) throws(TicketRegistryError) {
        try translated {
            try environment.write { transaction in
                guard let bytes = try transaction.get(id.bytes, in: databases.deliveries) else {
                    return
                }
                var record = try DeliveryRecord(bytes, id: id)
                guard record.delivery.status == .pending else { return }
                try transaction.delete(record.key.bytes, in: databases.dues)
                record.delivery.settle(status, note: note, tries: tries, at: now)
                let isPending = status == .pending
                record.date = isPending ? nextTryAt ?? now : now + LogoutRetention.report
                try transaction.put(id.bytes, record.bytes, in: databases.deliveries)
                try transaction.put(
                    record.key.bytes, [], in: isPending ? databases.dues : databases.settled)
            }
        }
    }

    package func deliveries(
        matching filter: DeliveryFilter, limit: Int
    ) throws(TicketRegistryError) -> [LogoutDelivery] {
        var prefix = filter.session?.bytes ?? []
        if let text = filter.sessionPrefix, prefix.isEmpty {
            guard let digits = HandlePrefix(text) else { return [] }
            prefix = digits.bytes
        }
        let prefixBytes = prefix
        return try translated {
            var newest = Newest<LogoutDelivery>(limit: limit) { $0.newestFirst }
            try environment.read { transaction in
                try transaction.scan(databases.deliveries, prefix: prefixBytes) { key, bytes in
                    var reader = RecordReader(bytes)
                    let head = try DeliveryHead(&reader)
                    guard filter.status == nil || filter.status == head.status,
                        newest.takes(head.createdAt), let id = LogoutDeliveryID(bytes: key)
                    else { return true }
                    let delivery = try DeliveryRecord(bytes, id: id).delivery
                    if filter.matches(delivery) { newest.add(delivery, at: delivery.createdAt) }
                    return true
                }
            }
            return newest.sorted
        }
    }

    /// The first keys of an index of deliveries, up to a date.
    func deliveryKeys(
        _ index: Database, until date: Instant, limit: Int,
        _ transaction: borrowing ReadTransaction
    ) throws -> [DeliveryKey] {
        var keys: [DeliveryKey] = []
        guard limit > 0 else { return keys }
        try transaction.scan(index) { bytes, _ in
            let key = try DeliveryKey(bytes)
            guard key.date <= date else { return false }
            keys.append(key)
            return keys.count < limit
        }
        return keys
    }

    /// The pending delivery to which a key of the index leads; `nil` if it has moved on.
    func delivery(
        _ key: DeliveryKey, _ transaction: borrowing ReadTransaction
    ) throws -> DeliveryRecord? {
        guard let bytes = try transaction.get(key.id.bytes, in: databases.deliveries) else {
            return nil
        }
        let record = try DeliveryRecord(bytes, id: key.id)
        return record.delivery.status == .pending && record.key == key ? record : nil
    }
}

/// Collects the newest of many elements without keeping the others.
struct Newest<Element> {
    private let limit: Int
    private let sort: ([Element]) -> [Element]
    private var elements: [(date: Instant, element: Element)] = []
    /// Everything older is of no use any more.
    private var oldest = Instant(milliseconds: .min)

    init(limit: Int, sort: @escaping ([Element]) -> [Element]) {
        self.limit = max(0, limit)
        self.sort = sort
    }

    func takes(_ date: Instant) -> Bool { limit > 0 && date >= oldest }

    mutating func add(_ element: Element, at date: Instant) {
        guard takes(date) else { return }
        elements.append((date, element))
        // Rare enough that sorting costs little for each element.
        guard elements.count / 2 > limit, elements.count > 1000 else { return }
        elements.sort { $1.date < $0.date }
        oldest = elements[limit - 1].date
        elements.removeLast(elements.count - limit)
    }

    var sorted: [Element] { Array(sort(elements.map(\.element)).prefix(limit)) }
}
