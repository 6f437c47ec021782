internal import Authentication
internal import CASProtocol
internal import PCRE
internal import Platform
internal import YAML

/// Turns the sections of the file into a ``Configuration``, one function a section.
struct ConfigurationReader {
    let file: String
    let day = Duration.seconds(86_400)

    /// A path of the configuration; relative ones are relative to the file.
    func resolved(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    func read(_ root: ConfigurationSection) -> Configuration? {
        let server = readServer(root.section("server"))
        var configuration = Configuration(
            file: file,
            server: server ?? Configuration.Server(publicURL: .unconfigured))
        readListen(root.section("listen"), &configuration.listen)
        readWorkers(root.section("workers"), &configuration.workers)
        readLimits(root.section("limits"), &configuration.limits)
        readState(root.section("state"), &configuration.state)
        readTickets(root.section("tickets"), &configuration.tickets)
        readServices(root.section("services"), &configuration.services)
        readSSO(root.section("sso"), &configuration)
        readProtocol(root.section("protocol"), &configuration.protocolOptions)
        readLogout(root.section("logout"), &configuration.logout)
        readAuthentication(root.section("authentication"), &configuration)
        readREST(root.section("rest"), &configuration.rest)
        readThrottle(root.section("throttle"), &configuration.throttle)
        readLog(root.section("log"), &configuration.log)
        readOutbound(root.section("outbound"), &configuration.outbound)
        readJWT(root.section("jwt"), &configuration.jwt)
        readOperations(root.section("operations"), &configuration.operations)
        checkCombinations(root, configuration)
        return server == nil ? nil : configuration
    }

    func readServer(_ section: ConfigurationSection) -> Configuration.Server? {
        defer { section.finish() }
        let certificateText = section.string("certificate_url")
        let prefixes = section.strings("additional_prefixes")
        guard let text = section.string("public_url") else {
            section.report(
                "public_url", "is required, for example https://sso.example.org/cas")
            return nil
        }
        guard let url = PublicURL(text) else {
            section.report(
                "public_url", "must be https://host[:port] with at most a path, not '\(text)'")
            return nil
        }
        var server = Configuration.Server(publicURL: url)
        if let certificateText {
            server.certificateURL = PublicURL(certificateText)
            if server.certificateURL == nil {
                section.report(
                    "certificate_url",
                    "must be https://host[:port] with at most a path, not '\(certificateText)'")
            }
        }
        for prefix in prefixes {
            let path = prefix == "/" ? "" : prefix
            if PublicURL("https://localhost" + path)?.prefix == path {
                server.additionalPrefixes.append(path)
            } else {
                section.report(
                    "additional_prefixes",
                    "'\(prefix)' must begin with a slash and end without one")
            }
        }
        return server
    }

    func readListen(_ section: ConfigurationSection, _ listen: inout Configuration.Listen) {
        if let socket = section.string("socket") {
            listen.socket = socket.hasPrefix("tcp:") ? socket : resolved(socket)
        }
        if !listen.socket.hasPrefix("tcp:"), listen.socket.utf8.count > 100 {
            section.report("socket", "the path is longer than the 100 bytes that a socket can have")
        }
        if let text = section.string("mode") {
            if let mode = UInt32(text, radix: 8), mode <= 0o777 {
                listen.mode = mode
            } else {
                section.report("mode", "must be an octal mode such as \"0660\", not '\(text)'")
            }
        }
        listen.group = section.string("group")
        if let path = section.string("gateway_secret_file").map(resolved) {
            listen.gatewaySecretFile = path
            do {
                let text = try File.readText(path, limit: 4096)
                let secret = Array(text.utf8.filter { $0 != 0x0A && $0 != 0x0D })
                if secret.count >= 16 {
                    listen.gatewaySecret = secret
                } else {
                    section.report("gateway_secret_file", "\(path) holds less than 16 characters")
                }
            } catch {
                section.report("gateway_secret_file", "\(error)")
            }
        }
        section.finish()
    }

    func readWorkers(
        _ section: ConfigurationSection, _ workers: inout Configuration.Workers
    ) {
        if section.string("processes") != "auto" {
            let count = section.integer("processes", default: 0, in: 1...256)
            workers.processes = count > 0 ? count : nil
        }
        workers.threads = section.integer("threads", default: workers.threads, in: 1...256)
        workers.blockingThreads = section.integer(
            "blocking_threads", default: workers.blockingThreads, in: 1...256)
        workers.drainTimeout = section.duration(
            "drain_timeout", default: workers.drainTimeout, in: .seconds(1)...(.seconds(600)))
        section.finish()
    }

    func readLimits(_ section: ConfigurationSection, _ limits: inout Configuration.Limits) {
        limits.requestBodyBytes = section.size(
            "request_body", default: limits.requestBodyBytes, in: (4 << 10)...(1 << 20))
        limits.parameters = section.integer(
            "parameters", default: limits.parameters, in: 20...1000)
        limits.serviceURLBytes = section.size(
            "service_url", default: limits.serviceURLBytes, in: 256...(8 << 10))
        section.finish()
    }

    func readState(_ section: ConfigurationSection, _ state: inout Configuration.State) {
        state.directory = section.string("directory").map(resolved) ?? state.directory
        state.runtimeDirectory =
            section.string("runtime_directory").map(resolved) ?? state.runtimeDirectory
        section.finish()
    }

    func readTickets(
        _ section: ConfigurationSection, _ tickets: inout Configuration.Tickets
    ) {
        if section.string("registry") == "redis" {
            section.report("registry", "redis is not available yet")
        } else {
            tickets.registry = section.choice(
                "registry", default: .lmdb, from: ["lmdb": .lmdb, "memory": .memory])
        }
        let lmdb = section.section("lmdb")
        tickets.mapSizeBytes = lmdb.size(
            "map_size", default: tickets.mapSizeBytes, in: (16 << 20)...(1 << 40))
        tickets.snapshotInterval = lmdb.duration(
            "snapshot_interval", default: tickets.snapshotInterval,
            in: .seconds(1)...(.seconds(3600)))
        lmdb.finish()
        let session = section.section("session")
        tickets.sessionLifetime = session.duration(
            "lifetime", default: tickets.sessionLifetime, in: .seconds(1)...(day * 366))
        tickets.sessionIdle = session.duration(
            "idle", default: min(tickets.sessionIdle, tickets.sessionLifetime),
            in: .zero...(day * 366))
        if tickets.sessionIdle > tickets.sessionLifetime {
            session.report("idle", "must not be longer than tickets.session.lifetime")
        }
        session.finish()
        let ticketRange = Duration.seconds(1)...(.seconds(300))
        let service = section.section("service")
        tickets.serviceTicketLifetime = service.duration(
            "lifetime", default: tickets.serviceTicketLifetime, in: ticketRange)
        service.finish()
        let proxy = section.section("proxy")
        tickets.proxyTicketLifetime = proxy.duration(
            "lifetime", default: tickets.proxyTicketLifetime, in: ticketRange)
        proxy.finish()
        let remembered = section.section("remember_me")
        tickets.rememberMe.isEnabled = remembered.bool(
            "enabled", default: tickets.rememberMe.isEnabled)
        // CAS 3.0 §4.1.5: three months at most.
        tickets.rememberMe.lifetime = remembered.duration(
            "lifetime", default: tickets.rememberMe.lifetime, in: .seconds(3600)...(day * 90))
        remembered.finish()
        section.finish()
    }

    func readLog(_ section: ConfigurationSection, _ log: inout Configuration.Log) {
        log.level = section.choice(
            "level", default: log.level,
            from: [
                "debug": .debug, "info": .info, "notice": .notice, "warning": .warning,
                "error": .error,
            ])
        log.format = section.choice(
            "format", default: log.format, from: ["json": .json, "text": .text])
        log.file = section.string("file").map(resolved)
        section.finish()
    }

}
