internal import FastCGI
internal import Logging
internal import Platform
internal import TicketStores

/// The parent of the worker processes: opens the socket, keeps the workers running, replaces
/// them on `SIGHUP`, ends them on `SIGTERM`.
///
/// It answers no request itself, so nothing that a client sends can bring it down.
package struct Supervisor {
    private var configuration: Configuration
    /// What the configuration file held when it was accepted.
    ///
    /// A worker that is started later, after a crash, reads this and not whatever half-finished
    /// edit the file holds then.
    private var content: SealedFile
    /// The newest key when the configuration was accepted; all workers seal with the same one.
    private var sealingKey: String
    private var log: Logger
    private let socket: ListeningSocket
    /// Held for life, so that two instances never share a socket and a ticket store.
    private let instanceLock: ProcessLock?
    private let channel: HandoverChannel
    private let signals: SignalQueue
    private let notification = ServiceNotification()
    private var slots: [WorkerSlot] = []
    /// Workers that drain after their replacement has taken over.
    private var retired: Set<ChildProcess> = []
    private var nextWatchdog: Int64 = 0
    /// Whether the end was asked for while the workers were being replaced.
    private var isTerminating = false
    /// Whether another reload was asked for while the workers were being replaced.
    private var isReloadPending = false

    /// How long a worker may take from its start to its readiness.
    private static let startTimeout: Duration = .seconds(30)

    /// Opens what all workers share.
    ///
    /// - Throws: If the socket, the log, the keys or the ticket registry cannot be had.
    package init(_ path: String) throws {
        let bytes = try File.read(path, limit: Configuration.bytesMax)
        configuration = try Configuration.load(path, content: bytes)
        content = try SealedFile(bytes)
        log = try configuration.log.logger()
        signals = SignalQueue()
        CurrentProcess.refuseCoreDumps()
        try Assembly.check(configuration)
        instanceLock = try Assembly.instanceLock(configuration)
        sealingKey = try Assembly.keys(configuration).newestIdentifier
        // Made before there are workers, so that a key that cannot be used is one clear error.
        _ = try Assembly.tokenKeys(configuration, log: log)
        // Opened for a moment, so that a damaged store is one clear error and not a row of crashes.
        try Assembly.prepareRegistry(configuration, log: log)
        socket = try Assembly.listeningSocket(configuration.listen)
        channel = try HandoverChannel()
    }

    /// Supervises until `SIGTERM`.
    package mutating func run() {
        let count =
            configuration.tickets.registry == .memory
            ? 1 : configuration.workers.processes ?? CurrentProcess.processorCount
        slots = (0..<count).map { _ in WorkerSlot() }
        log.notice("starting", metadata: ["workers": "\(count)", "pid": "\(CurrentProcess.pid)"])
        var hasReportedReady = false
        while true {
            startDueWorkers()
            noteReadiness()
            if !hasReportedReady, slots.allSatisfy(\.isReady) {
                hasReportedReady = true
                notification.send(.ready)
                log.notice("ready")
            }
            feedWatchdog()
            let isSettled = slots.allSatisfy(\.isReady)
            switch signals.next(within: isSettled ? .milliseconds(500) : .milliseconds(5)) {
            case .terminate: return shutDown()
            case .reload:
                repeat {
                    isReloadPending = false
                    reload()
                } while isReloadPending && !isTerminating
                reapWorkers()
                if isTerminating { return shutDown() }
            case .child, .retire, nil: reapWorkers()
            }
        }
    }

    private mutating func startDueWorkers() {
        let now = monotonicMilliseconds()
        for index in slots.indices where slots[index].isDue(at: now) {
            do {
                slots[index].start(try spawn(), at: now)
            } catch {
                log.error("worker not started", metadata: ["reason": "\(error)"])
                slots[index].ended(at: now)
            }
        }
    }

    private func spawn() throws -> StartedWorker {
        let pipe = try ReadinessPipe()
        defer { pipe.closeWriting() }
        let process = try ChildProcess.spawnSelf(
            arguments: [
                "worker", "--config", configuration.file, "--parent", "\(CurrentProcess.pid)",
                "--key", sealingKey,
            ],
            descriptors: [
                socket.descriptor, pipe.writing, content.descriptor, channel.receiving,
                channel.sending,
            ])
        return StartedWorker(process: process, pipe: pipe)
    }

    private mutating func noteReadiness() {
        let now = monotonicMilliseconds()
        for index in slots.indices
        where slots[index].noteReadiness(at: now, within: Self.startTimeout) {
            log.error("worker not ready in time", metadata: ["slot": "\(index)"])
        }
    }

    private mutating func reapWorkers() {
        while let (process, end) = ChildProcess.reapAny() {
            if retired.remove(process) != nil { continue }
            guard let index = slots.firstIndex(where: { $0.process == process }) else { continue }
            slots[index].ended(at: monotonicMilliseconds())
            log.error("worker ended unexpectedly", metadata: ["slot": "\(index)", "end": "\(end)"])
        }
    }

    /// Replaces the workers one by one: a new one is ready before the old one hands its
    /// connections over.
    private mutating func reload() {
        notification.send(.reloading)
        defer { notification.send(.ready) }
        do {
            let bytes = try File.read(configuration.file, limit: Configuration.bytesMax)
            let fresh = try Configuration.load(configuration.file, content: bytes)
            try Assembly.check(fresh)
            if fresh.listen.socket != configuration.listen.socket
                || fresh.workers.processes != configuration.workers.processes
            {
                log.warning(
                    "reload", metadata: ["reason": "listen and workers.processes need a restart"])
            }
            log = try fresh.log.logger()
            sealingKey = try Assembly.keys(fresh).newestIdentifier
            _ = try Assembly.tokenKeys(fresh, log: log)
            content = try SealedFile(bytes)
            configuration = fresh
        } catch {
            log.error("reload refused", metadata: ["reason": "\(error)"])
            return
        }
        log.notice("reloading")
        for index in slots.indices {
            if isTerminating { return }
            guard replaceWorker(at: index) else {
                log.error("reload stopped: a new worker did not get ready; the others stay")
                return
            }
        }
        log.notice("reloaded")
    }

    private mutating func replaceWorker(at index: Int) -> Bool {
        guard let fresh = try? spawn() else { return false }  // The caller logs that it failed.
        let deadline = monotonicMilliseconds() + Self.startTimeout.milliseconds
        var state = fresh.pipe.state
        while state == .waiting, monotonicMilliseconds() < deadline {
            switch signals.next(within: .milliseconds(5)) {
            case .terminate: isTerminating = true
            case .reload: isReloadPending = true
            case .child, .retire, nil: break
            }
            feedWatchdog()
            state = fresh.pipe.state
        }
        guard state == .ready else {
            fresh.process.signal(.kill)
            retired.insert(fresh.process)
            return false
        }
        if let old = slots[index].replace(by: fresh, at: monotonicMilliseconds()) {
            old.signal(.retire)
            retired.insert(old)
        }
        return true
    }

    private mutating func shutDown() {
        notification.send(.stopping)
        log.notice("stopping")
        let deadline =
            monotonicMilliseconds() + configuration.workers.drainTimeout.milliseconds + 2000
        var remaining = retired.union(slots.compactMap(\.process))
        for process in remaining { process.signal(.terminate) }
        while !remaining.isEmpty, monotonicMilliseconds() < deadline {
            while let (process, _) = ChildProcess.reapAny() { remaining.remove(process) }
            if !remaining.isEmpty { _ = signals.next(within: .milliseconds(50)) }
        }
        for process in remaining { process.signal(.kill) }
        writeSnapshot()
        socket.removeFile()
        log.notice("stopped", metadata: ["killed": "\(remaining.count)"])
    }

    /// The snapshot of an orderly stop: nothing is lost at a clean reboot.
    private func writeSnapshot() {
        do {
            let registry = try Assembly.registry(configuration) as? LMDBTicketRegistry
            try registry?.snapshotIfChanged()
        } catch {
            log.error("snapshot failed", metadata: ["reason": "\(error)"])
        }
    }

    private mutating func feedWatchdog() {
        guard let interval = notification.watchdogInterval else { return }
        let now = monotonicMilliseconds()
        guard now >= nextWatchdog, slots.contains(where: \.isReady) else { return }
        nextWatchdog = now + interval.milliseconds / 3
        notification.send(.watchdog)
    }
}
