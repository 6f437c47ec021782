internal import Authentication
internal import FastCGI
internal import Logging
internal import Platform
internal import Services
internal import TicketStores

/// One worker process: answers requests on the shared socket, and takes its turn at the upkeep.
///
/// Started by the ``Supervisor`` only, with the socket as descriptor 3, a pipe as descriptor 4, and
/// the two ends of the channel for connections as descriptors 5 and 6.
package struct Worker {
    private let configuration: Configuration
    private let log: Logger

    static let socketDescriptor: Int32 = 3
    static let readinessDescriptor: Int32 = 4
    static let configurationDescriptor: Int32 = 5
    static let receivingDescriptor: Int32 = 6
    static let sendingDescriptor: Int32 = 7

    /// How many logout messages a worker has on their way at once.
    private static let logoutThreads = 8

    private let parent: Int32
    private let sealingKey: String

    /// - Parameters:
    ///   - path: Where the configuration came from; its content is on a descriptor.
    ///   - parent: The supervisor's process.
    ///   - sealingKey: The identifier of the key that all workers seal with.
    /// - Throws: If the configuration cannot be read or the log not be opened.
    package init(_ path: String, parent: Int32, sealingKey: String) throws {
        let content = try SealedFile.read(
            Self.configurationDescriptor, limit: Configuration.bytesMax)
        configuration = try Configuration.load(path, content: content)
        self.parent = parent
        self.sealingKey = sealingKey
        var log = try configuration.log.logger()
        log[metadataKey: "pid"] = "\(CurrentProcess.pid)"
        self.log = log
    }

    /// Serves until it is told to end, then hands its connections over or drains; what keeps it
    /// from serving is logged.
    ///
    /// - Throws: If something that the configuration names cannot be used.
    package func run() throws {
        do {
            try serve()
        } catch {
            log.error("worker cannot serve", metadata: ["reason": "\(error)"])
            throw error
        }
    }

    private func serve() throws {
        let signals = SignalQueue()
        CurrentProcess.setName("casd")
        CurrentProcess.endWithParent(parent)
        CurrentProcess.refuseCoreDumps()
        let registry = try Assembly.registry(configuration)
        let catalog = ServiceCatalogWatch(
            directory: configuration.services.directory,
            templates: configuration.services.templates,
            changes: try Assembly.serviceChanges(configuration), log: log)
        let plan = try Assembly.plan(configuration)
        // Reading long revocation lists takes many times what they need afterwards.
        CurrentProcess.releaseFreeMemory()
        let tokenKeys = try Assembly.tokenKeys(configuration, log: log)
        var dependencies = App.Dependencies(
            registry: registry, services: catalog.catalog, plan: plan,
            keys: try Assembly.keys(configuration).sealing(with: sealingKey),
            clock: { .now }, random: systemRandomBytes, log: log,
            send: try Assembly.outbound(configuration), tokenKeys: tokenKeys)
        dependencies.themes = try Assembly.themes(configuration)
        let app = App(configuration, dependencies)
        let delivery = LogoutDelivering(app.logoutDispatcher)
        try delivery.start(threads: configuration.logout.isSingle ? Self.logoutThreads : 0)
        let loop = try connectionLoop(Gateway(app: app))
        try loop.start()
        ReadinessPipe.reportReady(on: Self.readinessDescriptor)
        var upkeep = Upkeep(
            registry: registry as? LMDBTicketRegistry, memory: registry,
            snapshotInterval: configuration.tickets.snapshotInterval,
            services: configuration.services.reload ? catalog : nil,
            revocation: plan.revocation.map { RevocationWatch($0, log: log) },
            tokenKeys: tokenKeys, queuesExpired: configuration.logout.onExpiry, log: log)
        var signal: Signal?
        while signal != .terminate, signal != .retire {
            upkeep.step(at: .now)
            delivery.look()
            signal = signals.next(within: .seconds(1))
        }
        delivery.end()
        let deadline = configuration.workers.drainTimeout
        let isDrained =
            signal == .retire
            ? loop.retire(deadline: deadline) : loop.drain(deadline: deadline)
        log.notice(
            "worker ended",
            metadata: [
                "drained": "\(isDrained)", "handed_over": "\(loop.statistics.handedOver)",
            ])
    }

    private func connectionLoop(_ gateway: Gateway) throws -> ConnectionLoop {
        var limits = TransportLimits()
        limits.bodyBytesMax = configuration.limits.requestBodyBytes
        let log = log
        return try ConnectionLoop(
            listening: try .adopted(descriptor: Self.socketDescriptor),
            channel: try .adopted(
                receiving: Self.receivingDescriptor, sending: Self.sendingDescriptor),
            limits: limits, parameterNames: gateway.parameterNames,
            threads: configuration.workers.threads,
            blockingThreads: configuration.workers.blockingThreads,
            blockingQueue: configuration.workers.blockingThreads * 8,
            lane: gateway.lane(of:), respond: gateway.respond(to:),
            overloaded: gateway.overloaded,
            log: { event in
                log.warning(
                    "transport",
                    metadata: ["reason": "\(event.kind)", "count": "\(event.count)"])
            })
    }
}
