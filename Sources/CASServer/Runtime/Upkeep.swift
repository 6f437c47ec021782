internal import Logging
internal import Platform
internal import TicketStores
internal import Tickets

/// What must be done from time to time: sweep, snapshot, look for changed service definitions,
/// keys of tokens and revocation lists.
struct Upkeep {
    /// The registry that all workers share, if there is one; they take turns at its upkeep.
    let registry: LMDBTicketRegistry?
    let memory: any TicketRegistry
    let snapshotInterval: Duration
    let services: ServiceCatalogWatch?
    var revocation: RevocationWatch?
    let tokenKeys: TokenKeyCatalog
    /// Whether the services of expired sessions are told.
    let queuesExpired: Bool
    let log: Logger

    private static let sweepInterval: Duration = .seconds(10)
    private static let sweepLimit = 2000
    private var lastStep: Instant?

    init(
        registry: LMDBTicketRegistry?, memory: any TicketRegistry, snapshotInterval: Duration,
        services: ServiceCatalogWatch?, revocation: RevocationWatch?,
        tokenKeys: TokenKeyCatalog, queuesExpired: Bool, log: Logger
    ) {
        self.registry = registry
        self.memory = memory
        self.snapshotInterval = snapshotInterval
        self.services = services
        self.revocation = revocation
        self.tokenKeys = tokenKeys
        self.queuesExpired = queuesExpired
        self.log = log
    }

    /// Does what is due; an error is logged and the next step tries again.
    mutating func step(at now: Instant) {
        if let lastStep, now >= lastStep, now - lastStep < .milliseconds(900) { return }
        lastStep = now
        services?.reloadIfChanged()
        revocation?.step(at: now)
        tokenKeys.reloadIfChanged()
        do {
            try sweep(at: now)
            if let registry, try registry.claimTurn("snapshot", every: snapshotInterval, at: now),
                try registry.snapshotIfChanged()
            {
                log.debug("snapshot written")
            }
        } catch {
            log.error("upkeep failed", metadata: ["reason": "\(error)"])
        }
    }

    private func sweep(at now: Instant) throws {
        if let registry {
            guard try registry.claimTurn("sweep", every: Self.sweepInterval, at: now) else {
                return
            }
            try registry.removeStaleReaders()
        }
        var expired = 0
        // Bounded, so that signals are seen to in between.
        for _ in 0..<50 {
            let swept = try memory.sweep(at: now, limit: Self.sweepLimit, queueing: queuesExpired)
            expired += swept.expiredSessions.count
            if swept.count < Self.sweepLimit { break }
        }
        for _ in 0..<50 {
            let count = try memory.sweepFailures(at: now, limit: Self.sweepLimit)
            if count < Self.sweepLimit { break }
        }
        for _ in 0..<50 {
            let count = try memory.sweepMarks(at: now, limit: Self.sweepLimit)
            if count < Self.sweepLimit { break }
        }
        if expired > 0 { log.info("sessions expired", metadata: ["count": "\(expired)"]) }
    }
}
