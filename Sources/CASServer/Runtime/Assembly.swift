package import Authentication
internal import CASProtocol
internal import FastCGI
internal import Logging
internal import Outbound
internal import Platform
internal import Services
internal import TicketStores
package import Tickets

/// What a configuration refers to, read and opened: files, keys and stores become values.
package enum Assembly {
    /// Something that the configuration names cannot be used.
    package struct Failure: Error, CustomStringConvertible {
        package let problems: [String]

        package var description: String { problems.joined(separator: "\n") }
    }

    /// The handlers that the configuration asks for.
    ///
    /// - Throws: All problems of the users file and of the certificate bundles.
    package static func plan(_ configuration: Configuration) throws(Failure) -> AuthenticationPlan {
        var handlers: [any AuthenticationHandler] = []
        var problems: [String] = []
        if let path = configuration.authentication.usersFile {
            do {
                let users = UsersFile(
                    try File.read(path), file: path,
                    allowsPlaintext: configuration.authentication.allowPlaintext)
                problems += users.problems.map(\.description)
                handlers.append(UsersFileHandler(users))
            } catch {
                problems.append("\(error)")
            }
        }
        do {
            if let handler = try certificateHandler(configuration) { handlers.append(handler) }
        } catch {
            problems.append("\(error)")
        }
        guard problems.isEmpty else { throw Failure(problems: problems) }
        return AuthenticationPlan(
            handlers, combination: configuration.authentication.combination)
    }

    /// Reads what the configuration names and uses nothing of it.
    ///
    /// - Throws: If handlers or the way to other servers cannot be made.
    package static func check(_ configuration: Configuration) throws {
        defer { CurrentProcess.releaseFreeMemory() }
        _ = try plan(configuration)
        _ = try outbound(configuration)
        _ = try themes(configuration)
        try checkTokenKeys(configuration)
    }

    /// The stylesheets that service definitions may name.
    ///
    /// - Throws: If one of them cannot be read, is too large, or has a name that nobody can ask
    ///   for.
    package static func themes(_ configuration: Configuration) throws -> Themes {
        guard let directory = configuration.services.themes else { return Themes() }
        var sheets: [String: [UInt8]] = [:]
        for file in try File.names(in: directory, limit: Themes.countMax)
        where file.hasSuffix(".css") {
            let name = String(file.dropLast(".css".count))
            guard Themes.isName(name) else {
                throw Failure(problems: [
                    "\(directory)/\(file): a theme's name has letters, digits, '-' and '_' only"
                ])
            }
            sheets[name] = try File.read("\(directory)/\(file)", limit: Themes.bytesMax)
        }
        return Themes(sheets)
    }

    /// The way to other servers, with the authorities that the configuration adds.
    ///
    /// - Throws: If a bundle cannot be read.
    package static func outbound(_ configuration: Configuration) throws -> OutboundSend {
        let outbound = configuration.outbound
        let client = try OutboundClient(
            OutboundPolicy(
                trustFiles: outbound.trust, allowsLoopback: outbound.allowsLoopback,
                deniedNetworks: outbound.deniedNetworks,
                connectTimeout: outbound.connectTimeout, timeout: outbound.timeout))
        return { request throws(OutboundError) in try client.send(request) }
    }

    /// The ticket registry that the configuration asks for.
    package static func registry(_ configuration: Configuration) throws -> any TicketRegistry {
        switch configuration.tickets.registry {
        case .memory: return MemoryTicketRegistry()
        case .lmdb:
            try File.makeDirectory(configuration.state.directory)
            try File.makeDirectory(configuration.state.runtimeDirectory)
            return try LMDBTicketRegistry(
                runtimeDirectory: ticketDirectory(configuration),
                snapshotFile: snapshotFile(configuration),
                mapBytes: configuration.tickets.mapSizeBytes)
        }
    }

    /// Sees to it that the ticket registry can be opened, before the first worker does.
    ///
    /// What another release has left is put aside: people log in again, and nobody is kept out.
    static func prepareRegistry(_ configuration: Configuration, log: Logger) throws {
        do {
            _ = try registry(configuration)
        } catch TicketRegistryError.otherFormat(let text) {
            try LMDBTicketRegistry.setAside(
                runtimeDirectory: ticketDirectory(configuration),
                snapshotFile: snapshotFile(configuration))
            log.warning(
                "tickets put aside",
                metadata: ["reason": "\(text); it is now ….old, and everybody logs in again"])
            _ = try registry(configuration)
        }
    }

    static func ticketDirectory(_ configuration: Configuration) -> String {
        configuration.state.runtimeDirectory + "/tickets"
    }

    static func snapshotFile(_ configuration: Configuration) -> String {
        configuration.state.directory + "/tickets.snapshot"
    }

    /// How often the service definitions were changed over REST, for all workers.
    ///
    /// - Throws: If its file cannot be opened.
    static func serviceChanges(_ configuration: Configuration) throws -> SharedCounter {
        let directory = configuration.state.runtimeDirectory
        try File.makeDirectory(directory)
        return try SharedCounter(directory + "/services.changes")
    }

    /// The lock that keeps a second instance away from the same tickets.
    ///
    /// - Throws: If another instance has it, or the folder cannot be made.
    static func instanceLock(_ configuration: Configuration) throws -> ProcessLock? {
        let directory = configuration.state.runtimeDirectory
        try File.makeDirectory(directory)
        guard let lock = try ProcessLock(directory + "/casd.lock") else {
            throw Failure(problems: ["another casd is running with \(directory)"])
        }
        return lock
    }

    /// The keys under which values are sealed.
    package static func keys(_ configuration: Configuration) throws -> KeyRing {
        try KeyRing.load(keyDirectory(configuration), now: .now, random: systemRandomBytes)
    }

    package static func keyDirectory(_ configuration: Configuration) -> String {
        configuration.state.directory + "/keys"
    }

    /// The listening socket: inherited if there is one, else made as configured.
    static func listeningSocket(_ listen: Configuration.Listen) throws -> ListeningSocket {
        if let inherited = try ListeningSocket.inherited() {
            guard !inherited.isBeyondLoopback || listen.gatewaySecret != nil else {
                throw Failure(problems: [
                    "the inherited socket can be reached from other machines; "
                        + "give listen.gateway_secret_file"
                ])
            }
            return inherited
        }
        if let host = listen.tcpHost, let port = listen.tcpPort {
            return try .tcp(host: host, port: port)
        }
        if let slash = listen.socket.lastIndex(of: "/"), slash != listen.socket.startIndex {
            try File.makeDirectory(String(listen.socket[..<slash]), permissions: 0o755)
        }
        return try .unix(path: listen.socket, permissions: listen.mode, group: listen.group)
    }
}
