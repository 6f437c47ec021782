internal import Platform
internal import Synchronization

/// Every open connection of the loop, which it keeps alive.
final class ConnectionTable: Sendable {
    private let connections = Lock<[Int32: Connection]>([:])
    private let size = Atomic<Int>(0)

    var count: Int { size.load(ordering: .relaxed) }

    func insert(_ connection: Connection) {
        connections.withLock { $0[connection.descriptor] = connection }
        size.add(1, ordering: .sequentiallyConsistent)
    }

    /// Takes the connection out and closes it; nobody can interrupt its descriptor afterwards.
    ///
    /// - Returns: How many are left.
    func close(_ connection: Connection) -> Int {
        _ = connections.withLock { $0.removeValue(forKey: connection.descriptor) }
        connection.closeNow()
        return size.subtract(1, ordering: .sequentiallyConsistent).newValue
    }

    /// Interrupts those whose deadline has passed; returns how many.
    func interruptOverdue(at now: Int64) -> Int {
        connections.withLock { connections in
            var interrupted = 0
            for connection in connections.values {
                let deadline = connection.deadline.load(ordering: .relaxed)
                if deadline != 0, deadline <= now,
                    connection.deadline.compareExchange(
                        expected: deadline, desired: 0, ordering: .relaxed
                    ).exchanged
                {
                    connection.interrupt()
                    interrupted += 1
                }
            }
            return interrupted
        }
    }

    func interruptAll() {
        connections.withLock { connections in
            for connection in connections.values { connection.interrupt() }
        }
    }
}
