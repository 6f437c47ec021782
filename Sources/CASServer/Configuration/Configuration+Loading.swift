internal import Authentication
internal import CASProtocol
internal import PCRE
internal import Platform
internal import YAML

extension Configuration {
    /// The largest configuration file, in bytes.
    package static let bytesMax = 1 << 20

    /// Reads and checks a configuration file and the secrets that it names.
    ///
    /// - Parameter content: What the file held when it was accepted; the file's own if `nil`.
    /// - Throws: All problems at once.
    package static func load(
        _ path: String, content: [UInt8]? = nil
    ) throws(ConfigurationProblems) -> Configuration {
        let problems = ProblemList(file: path)
        let root: YAMLNode?
        do {
            root = try YAMLNode.parse(try content ?? File.read(path, limit: bytesMax))
        } catch let error as YAMLError {
            throw ConfigurationProblems(
                problems: [
                    ConfigurationProblem(file: path, line: error.line, key: "", text: error.reason)
                ])
        } catch {
            throw ConfigurationProblems(
                problems: [
                    ConfigurationProblem(file: path, line: 0, key: "", text: "\(error)")
                ])
        }
        let section = ConfigurationSection(name: "", node: root, line: 1, problems: problems)
        let reader = ConfigurationReader(file: path)
        let configuration = reader.read(section)
        section.finish()
        guard let configuration, problems.problems.isEmpty else {
            throw ConfigurationProblems(
                problems: problems.problems.sorted { ($0.line, $0.key) < ($1.line, $1.key) })
        }
        return configuration
    }
}

/// Turns the sections of the file into a ``Configuration``, one function a section.
private struct ConfigurationReader {
    let file: String
    private let day = Duration.seconds(86_400)

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
        readLog(root.section("log"), &configuration.log)
        for key in ["outbound", "jwt", "throttle", "operations"] { root.notAvailable(key) }
        checkCombinations(root, configuration)
        return server == nil ? nil : configuration
    }

    private func readServer(_ section: ConfigurationSection) -> Configuration.Server? {
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

    private func readListen(_ section: ConfigurationSection, _ listen: inout Configuration.Listen) {
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

    private func readWorkers(
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

    private func readLimits(_ section: ConfigurationSection, _ limits: inout Configuration.Limits) {
        limits.requestBodyBytes = section.size(
            "request_body", default: limits.requestBodyBytes, in: (4 << 10)...(1 << 20))
        limits.parameters = section.integer(
            "parameters", default: limits.parameters, in: 20...1000)
        limits.serviceURLBytes = section.size(
            "service_url", default: limits.serviceURLBytes, in: 256...(8 << 10))
        section.finish()
    }

    private func readState(_ section: ConfigurationSection, _ state: inout Configuration.State) {
        state.directory = section.string("directory").map(resolved) ?? state.directory
        state.runtimeDirectory =
            section.string("runtime_directory").map(resolved) ?? state.runtimeDirectory
        section.finish()
    }

    private func readTickets(
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
        remembered.notAvailable("enabled", unless: "false")
        remembered.notAvailable("lifetime", unless: "14d")
        remembered.finish()
        section.finish()
    }

    private func readServices(
        _ section: ConfigurationSection, _ services: inout Configuration.Services
    ) {
        services.directory = section.string("directory").map(resolved) ?? services.directory
        services.reload = section.bool("reload", default: services.reload)
        section.finish()
    }

    private func readSSO(_ section: ConfigurationSection, _ configuration: inout Configuration) {
        configuration.sso.cookieOnRenew = section.bool(
            "cookie_on_renew", default: configuration.sso.cookieOnRenew)
        if let service = section.string("default_service") {
            do {
                _ = try ServiceURL(service, bytesMax: configuration.limits.serviceURLBytes)
                configuration.sso.defaultService = service
            } catch {
                section.report("default_service", "is not a service address (\(error))")
            }
        }
        section.finish()
    }

    private func readProtocol(
        _ section: ConfigurationSection, _ options: inout Configuration.ProtocolOptions
    ) {
        options.attributesOnServiceValidate = section.bool(
            "attributes_on_service_validate", default: options.attributesOnServiceValidate)
        section.notAvailable("proxy")
        section.notAvailable("saml1")
        section.finish()
    }

    private func readLogout(_ section: ConfigurationSection, _ logout: inout Configuration.Logout) {
        logout.followService = section.bool("follow_service", default: logout.followService)
        section.notAvailable("confirm", unless: "false")
        section.notAvailable("single_logout", unless: "false")
        section.notAvailable("on_expiry", unless: "false")
        section.finish()
    }

    private func readAuthentication(
        _ section: ConfigurationSection, _ configuration: inout Configuration
    ) {
        let users = section.section("users")
        configuration.authentication.usersFile = users.string("file").map(resolved)
        configuration.authentication.allowPlaintext = users.bool("allow_plaintext", default: false)
        users.finish()
        if section.has("x509") {
            configuration.authentication.x509 = readX509(section.section("x509"))
        }
        section.notAvailable("delegated")
        section.finish()
    }

    private func readX509(_ section: ConfigurationSection) -> Configuration.Authentication.X509? {
        var x509 = Configuration.Authentication.X509()
        x509.trustAnchors = section.strings("trust_anchors").map(resolved)
        x509.intermediates = section.strings("intermediates").map(resolved)
        let sources = section.section("sources")
        let isOn = sources.bool("tls", default: true)
        for name in ["header", "body"] {
            let source = sources.section(name)
            source.notAvailable("enabled", unless: "false")
            if name == "header" { source.notAvailable("name", unless: "ssl-client-cert") }
            source.notAvailable("peers")
            source.finish()
        }
        sources.finish()
        readPrincipal(section.section("principal"), &x509)
        x509.subjectPattern = pattern("subject_pattern", section) ?? x509.subjectPattern
        x509.issuerPattern = pattern("issuer_pattern", section)
        x509.maxPathLength = section.integer("max_path_length", default: 1, in: 0...16)
        section.notAvailable("check_key_usage", unless: "false")
        section.notAvailable("require_key_usage", unless: "false")
        section.notAvailable("revocation")
        section.notAvailable("bound_tickets", unless: "off")
        section.finish()
        return isOn && !x509.trustAnchors.isEmpty ? x509 : nil
    }

    private func readPrincipal(
        _ section: ConfigurationSection, _ x509: inout Configuration.Authentication.X509
    ) {
        let format = section.choice(
            "dn_format", default: CertificatePrincipal.NameFormat.rfc2253,
            from: ["rfc2253": .rfc2253, "default": .java])
        if let type = section.string("type"),
            ["subject", "subject_alt_name", "serial_no", "serial_no_dn", "cn_edipi", "san_uri"]
                .contains(type)
        {
            section.report("type", "'\(type)' is not available yet")
        } else {
            x509.principal = section.choice(
                "type", default: .subjectName(format),
                from: [
                    "subject_dn": .subjectName(format), "cn": .commonName,
                    "rfc822_email": .email,
                ])
        }
        section.notAvailable("alternate")
        section.finish()
    }

    private func pattern(_ key: String, _ section: ConfigurationSection) -> String? {
        guard let text = section.string(key) else { return nil }
        do {
            _ = try Pattern(text, caseInsensitive: true)
        } catch {
            section.report(key, "is not a pattern (\(error))")
        }
        return text
    }

    private func readREST(_ section: ConfigurationSection, _ rest: inout Configuration.REST) {
        rest.isEnabled = section.bool("enabled", default: rest.isEnabled)
        rest.acceptsPasswords = section.bool("passwords", default: rest.acceptsPasswords)
        section.notAvailable("networks")
        section.notAvailable("remember_me", unless: "true")
        section.notAvailable("services")
        section.finish()
    }

    private func readLog(_ section: ConfigurationSection, _ log: inout Configuration.Log) {
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

    private func checkCombinations(_ root: ConfigurationSection, _ configuration: Configuration) {
        let listen = root.section("listen")
        if configuration.listen.socket.hasPrefix("tcp:") {
            let host = configuration.listen.tcpHost ?? ""
            if configuration.listen.tcpPort == nil || !host.isNumericAddress {
                listen.report(
                    "socket", "must be tcp:address:port with a numeric address and a port to 65535")
            }
        }
        if configuration.listen.mode & 0o002 != 0, configuration.listen.gatewaySecretFile == nil {
            listen.report(
                "mode",
                "lets everybody on this machine connect, who could then claim any certificate; "
                    + "use a group, or give gateway_secret_file")
        }
        if let host = configuration.listen.tcpHost, !host.isLoopbackHost,
            configuration.listen.gatewaySecretFile == nil
        {
            listen.report(
                "gateway_secret_file",
                "is required when casd listens beyond this machine; anybody who reaches the port "
                    + "could claim any certificate")
        }
        if configuration.tickets.registry == .memory, let count = configuration.workers.processes,
            count > 1
        {
            root.section("tickets").report(
                "registry", "memory is not shared by several workers; set workers.processes to 1")
        }
        if configuration.authentication.usersFile == nil, configuration.authentication.x509 == nil {
            root.section("authentication").report(
                "users", "nobody could log in: give users.file or x509.trust_anchors")
        }
    }
}

extension Configuration.Listen {
    /// The host of a `tcp:host:port` socket, without brackets.
    package var tcpHost: String? {
        guard socket.hasPrefix("tcp:"), let colon = socket.lastIndex(of: ":") else { return nil }
        let host = socket[
            socket.index(
                socket.startIndex, offsetBy: 4)..<max(
                    colon, socket.index(socket.startIndex, offsetBy: 4))]
        return String(host.filter { $0 != "[" && $0 != "]" })
    }

    /// The port of a `tcp:host:port` socket.
    package var tcpPort: UInt16? {
        guard socket.hasPrefix("tcp:"), let colon = socket.lastIndex(of: ":") else { return nil }
        return UInt16(socket[socket.index(after: colon)...])
    }
}

extension String {
    /// Whether the text can only be an IPv4 or IPv6 address.
    fileprivate var isNumericAddress: Bool {
        !isEmpty && utf8.allSatisfy { hexadecimalDigit($0) != nil || $0 == 0x2E || $0 == 0x3A }
            && (contains(":") || utf8.count { $0 == 0x2E } == 3)
    }

    fileprivate var isLoopbackHost: Bool {
        self == "localhost" || self == "::1"
            || (hasPrefix("127.") && allSatisfy { $0.isNumber || $0 == "." })
    }
}
