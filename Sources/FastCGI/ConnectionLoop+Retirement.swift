internal import Glibc
internal import Platform
internal import Synchronization

extension ConnectionLoop {
    /// How long a retiring loop waits for room in a full channel.
    private static let channelPatience: Int64 = 1000

    /// Hands all connections over to the other loops on the channel, idle ones at once and busy
    /// ones after their answer, and ends the threads.
    ///
    /// For a loop that has heirs; without a channel, and when it stays full, the same as
    /// ``drain(deadline:)``. To be called once, from a thread that is not one of the loop's.
    ///
    /// - Parameter deadline: How long to wait; what is open then is cut off.
    /// - Returns: Whether every connection was handed over or came to its end in time.
    @discardableResult
    package func retire(deadline: Duration) -> Bool {
        let end = monotonicMilliseconds() + deadline.milliseconds
        acceptor.stop()
        handover?.stop()
        if handover != nil { stage.store(.retiring, ordering: .sequentiallyConsistent) }
        var triedUntil = min(end, monotonicMilliseconds() + Self.channelPatience)
        while stage.load(ordering: .sequentiallyConsistent) == .retiring, table.count > 0 {
            let now = monotonicMilliseconds()
            let before = handedOver.load(ordering: .relaxed)
            let isStuck = !handOverParked() && handedOver.load(ordering: .relaxed) == before
            if !isStuck { triedUntil = min(end, now + Self.channelPatience) }
            if now >= triedUntil {
                if isStuck { reporter.report(.handoverFailed(errno: EAGAIN)) }
                break
            }
            if emptySwitch.wait(milliseconds: min(5, end - now)) { break }
        }
        return drain(deadline: .milliseconds(max(0, end - monotonicMilliseconds())))
    }

    /// Claims and gives away, or parks again, everything that is parked.
    ///
    /// Parking again may bring a second event for one arrival, of which a thread gets hold when
    /// another one has dealt with it or even closed the connection.
    ///
    /// - Returns: Whether nothing is left that could have been handed over.
    private func handOverParked() -> Bool {
        for connection in table.all where claim(connection) {
            let isIdle = connection.phase == .idle
            if isIdle, handOver(connection) { continue }
            if !connection.park(in: epoll) { close(connection) }
            if isIdle { return false }
        }
        return true
    }

    /// - Returns: Whether the connection belongs to another loop now.
    func handOver(_ connection: Connection) -> Bool {
        guard let handover, connection.phase == .idle else { return false }
        switch handover.give(connection) {
        case .given:
            handedOver.add(1, ordering: .relaxed)
            noteLeft(table.depart(connection))
            return true
        case .full:
            return false
        case .impossible(let code):
            reporter.report(.handoverFailed(errno: code))
            stage.store(.closing, ordering: .sequentiallyConsistent)
            return false
        }
    }
}
