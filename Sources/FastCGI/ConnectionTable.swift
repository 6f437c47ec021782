internal import Platform
internal import Synchronization

/// Every open connection of the loop, which it keeps alive.
final class ConnectionTable: Sendable {
    private let connections = Lock<[Int32: Connection]>([:])
    /// Those that ended while an event of theirs may have been on its way; kept with the loop.
    private let buried = Lock<[Connection]>([])
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
        withdraw(connection)
        connection.closeNow()
        return size.subtract(1, ordering: .sequentiallyConsistent).newValue
    }

    /// Takes the connection out for the moment, though it still counts, so that nobody can
    /// interrupt it; ``restore(_:)`` or ``depart(_:)`` must follow.
    func withdraw(_ connection: Connection) {
        _ = connections.withLock { $0.removeValue(forKey: connection.descriptor) }
    }

    func restore(_ connection: Connection) {
        connections.withLock { $0[connection.descriptor] = connection }
    }

    /// Closes this process's descriptors of a connection that another one has got.
    ///
    /// - Returns: How many are left.
    func depart(_ connection: Connection) -> Int {
        bury(connection)
        connection.closeNow()
        return size.subtract(1, ordering: .sequentiallyConsistent).newValue
    }

    /// Keeps the connection's object, so that a stale tag leads to it and not to freed memory.
    func bury(_ connection: Connection) {
        buried.withLock { $0.append(connection) }
    }

    /// The connections as they are now.
    var all: [Connection] { connections.withLock { Array($0.values) } }

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
