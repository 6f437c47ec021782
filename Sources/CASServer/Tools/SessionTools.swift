internal import CASProtocol
internal import Logging
package import Platform
package import Tickets

/// What `casd sessions` does, on the tickets of the running service.
package enum SessionTools {
    /// What the commands need.
    package struct Surroundings {
        package let registry: any TicketRegistry
        /// Whether services are told when a session ends.
        package let queuesLogout: Bool
        package let clock: Clock
        /// Notes that somebody has ended a session.
        package let record: (EndedSession) -> Void

        package init(
            registry: any TicketRegistry, queuesLogout: Bool, clock: @escaping Clock,
            record: @escaping (EndedSession) -> Void = { _ in }
        ) {
            self.registry = registry
            self.queuesLogout = queuesLogout
            self.clock = clock
            self.record = record
        }

        /// Opens the registry of the running service.
        ///
        /// - Throws: Why that cannot be done, and what to do.
        package init(configuration file: String, clock: @escaping Clock) throws {
            let configuration = try Configuration.inForce(file)
            self.init(
                registry: try LiveRegistry.open(configuration),
                queuesLogout: configuration.logout.isSingle, clock: clock,
                record: RevocationRecord(configuration.log).note)
        }
    }

    /// Which sessions to end.
    package enum Target: Sendable {
        /// The one whose handle begins with the digits.
        case handle(String)
        /// All of a principal.
        case user(String)
    }

    /// Lists the live sessions that began last.
    package static func list(
        user: String?, limit: Int, format: ToolFormat,
        in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            let now = here.clock()
            var rows: [SessionReport.Row]
            if let user {
                rows = try here.registry.sessions(of: user, at: now).reversed()
                    .filter { $0.proxy == nil }.map(SessionReport.Row.init)
            } else {
                // One more than is shown tells whether there are others.
                rows = try here.registry.allSessions(limit: limit + 1, at: now)
                    .map(SessionReport.Row.init)
            }
            let isCut = rows.count > limit
            rows = Array(rows.prefix(limit))
            let report = SessionReport(rows: rows, isCut: isCut)
            return ToolOutput(report, format)
        }
    }

    /// Ends sessions; the workers of the running service tell their services.
    ///
    /// - Parameter confirm: Asked with the list of the sessions; nothing is ended unless it
    ///   returns `true`.
    package static func revoke(
        _ target: Target, confirm: (String) -> Bool,
        in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            let found = try sessions(target, in: here)
            guard !found.isEmpty else {
                return ToolOutput("There is no such session.\n", status: .remarkable)
            }
            let list = SessionReport(rows: found.map(SessionReport.Row.init), isCut: false)
            guard confirm(list.text) else {
                return ToolOutput("Nothing was ended.\n", status: .remarkable)
            }
            var ended: [EndedSession] = []
            for session in found {
                guard
                    let end = try here.registry.remove(
                        session.handle, queueing: here.queuesLogout ? .revoked : nil,
                        at: here.clock())
                else { continue }
                here.record(end)
                ended.append(end)
            }
            return ToolOutput(
                RevocationReport(ended: ended, isAnnounced: here.queuesLogout).text)
        }
    }

    private static func sessions(
        _ target: Target, in here: Surroundings
    ) throws -> [TicketGrantingTicket] {
        switch target {
        case .user(let name): return try here.registry.sessions(of: name, at: here.clock())
        case .handle(let digits):
            try requireHandle(digits)
            return [try here.registry.session(handlePrefix: digits)].compactMap(\.self)
        }
    }

    /// Shows how logout messages have fared.
    ///
    /// - Parameter status: `pending`, `delivered`, `failed` or `skipped`; `nil` for all.
    package static func logoutReport(
        user: String?, session: String?, status: String?, limit: Int, format: ToolFormat,
        in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            var filter = DeliveryFilter(principal: user, sessionPrefix: session)
            if let session { try requireHandle(session) }
            if let status {
                guard let known = LogoutStatus(rawValue: status) else {
                    let names = LogoutStatus.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ToolFailure("the status is one of \(names)")
                }
                filter.status = known
            }
            let found = try surroundings().registry.deliveries(matching: filter, limit: limit + 1)
            let report = DeliveryReport(
                deliveries: Array(found.prefix(limit)), isCut: found.count > limit)
            return ToolOutput(report, format)
        }
    }

    private static func requireHandle(_ digits: String) throws {
        guard HandlePrefix(digits) != nil else {
            throw ToolFailure("a session is named by 8 to 64 hexadecimal digits, as the log has it")
        }
    }
}

/// Notes in the service's log that an operator has ended a session.
private struct RevocationRecord {
    private let log: Logger?

    /// - Parameter configured: Only a file that the service has made is written to; it would not
    ///   be able to append to one of another owner.
    init(_ configured: Configuration.Log) {
        guard let file = configured.file, File.exists(file) else {
            log = nil
            return
        }
        // Losing the error is right: who may end sessions need not be able to write the log.
        log = try? configured.logger()
    }

    func note(_ ended: EndedSession) {
        log?.info(
            "logged out",
            metadata: [
                "user": "\(ended.session.principal.id)", "session": "\(ended.session.handle)",
                "cause": "\(LogoutCause.revoked.rawValue)", "services": "\(ended.services.count)",
            ])
    }
}
