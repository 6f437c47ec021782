package import Platform

extension MemoryTicketRegistry {
    package func claim(
        _ mark: [UInt8], until end: Instant, at now: Instant
    ) throws(TicketRegistryError) -> Bool {
        guard mark.count == ReplayMarkLimits.byteCount else { throw .unavailable("no digest") }
        guard end > now else { return false }
        return try marks.withLock { table throws(TicketRegistryError) in
            try table.claim(mark, until: end, at: now)
        }
    }

    package func sweepMarks(
        at now: Instant, limit: Int
    ) throws(TicketRegistryError) -> Int {
        marks.withLock { $0.sweep(at: now, limit: limit) }
    }
}

/// The marks of a ``MemoryTicketRegistry``.
struct MarkTable {
    private let capacity: Int
    private var ends: [[UInt8]: Instant] = [:]
    /// A mark may be here twice if it was taken again; the earlier entry counts for nothing.
    private var queue = DateQueue<[UInt8]>()

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    mutating func claim(
        _ mark: [UInt8], until end: Instant, at now: Instant
    ) throws(TicketRegistryError) -> Bool {
        if let taken = ends[mark], taken > now { return false }
        if ends[mark] == nil, ends.count >= capacity, sweep(at: now, limit: 1) == 0 {
            throw .full
        }
        ends[mark] = end
        queue.add(mark, at: end)
        return true
    }

    mutating func sweep(at now: Instant, limit: Int) -> Int {
        var removed = 0
        while removed < limit, let (date, mark) = queue.takeFirst(before: now) {
            guard ends[mark] == date else { continue }
            ends[mark] = nil
            removed += 1
        }
        return removed
    }
}
