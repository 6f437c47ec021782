internal import JSON
package import Platform
package import Tickets

/// What `casd throttle` does, on the counters of the running service.
package enum ThrottleTools {
    /// What the commands need.
    package struct Surroundings {
        let counters: any FailureCounters
        let limits: FailureLimits
        let subjects: ThrottleSubjects
        let clock: Clock

        package init(
            counters: any FailureCounters, _ throttle: Configuration.Throttle, keys: KeyRing,
            clock: @escaping Clock
        ) {
            self.counters = counters
            limits = throttle.limits
            subjects = ThrottleSubjects(keys: keys)
            self.clock = clock
        }

        /// Opens the registry of the running service.
        ///
        /// - Throws: Why that cannot be done, and what to do.
        package init(configuration file: String, clock: @escaping Clock) throws {
            let configuration = try Configuration.inForce(file)
            self.init(
                counters: try LiveRegistry.open(configuration), configuration.throttle,
                keys: try Assembly.keys(configuration), clock: clock)
        }
    }

    /// Whose counters are emptied.
    package enum Target: Sendable {
        /// What is typed at the login, in any case.
        case account(String)
        case address(String)
        case all
    }

    /// Lists the buckets that hold failures, those that were added to last first.
    package static func list(
        limit: Int, format: ToolFormat, in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            // One more than is shown tells whether there are others.
            let found = try here.counters.failures(
                limit: limit + 1, limits: here.limits, at: here.clock())
            return ToolOutput(
                ThrottleReport(
                    buckets: Array(found.prefix(limit)), isCut: found.count > limit), format)
        }
    }

    /// Empties buckets.
    package static func clear(
        _ target: Target, in surroundings: () throws -> Surroundings
    ) -> ToolOutput {
        ToolOutput {
            let here = try surroundings()
            let count = try here.counters.clearFailures(try scope(target, here.subjects))
            guard count > 0 else {
                return ToolOutput("There are no such failures.\n", status: .remarkable)
            }
            return ToolOutput("Cleared \(count) counter\(count == 1 ? "" : "s").\n")
        }
    }

    private static func scope(
        _ target: Target, _ subjects: ThrottleSubjects
    ) throws -> FailureScope {
        switch target {
        case .all: return .all
        case .account(let name): return .account(subjects.account(name))
        case .address(let text):
            guard let address = subjects.address(text) else {
                throw ToolFailure("'\(text)' is no address such as 192.0.2.1 or 2001:db8::1")
            }
            return .address(address.digest)
        }
    }
}

/// The counters of failed logins, as a table.
struct ThrottleReport: ToolReport {
    let buckets: [FailureSummary]
    /// Whether there are others.
    let isCut: Bool

    var text: String {
        guard !buckets.isEmpty else { return "No failed logins are counted.\n" }
        var table = TextTable("KIND", "ACCOUNT", "ADDRESS", "FAILURES", "WAITS UNTIL", "LAST")
        table.rows = buckets.map { bucket in
            [
                bucket.kindText, bucket.accountText ?? "", bucket.address ?? "",
                "\(bucket.failures)", bucket.waitsUntil?.shown ?? "", bucket.lastFailureAt.shown,
            ]
        }
        return table.text + (isCut ? "There are more; --limit shows them.\n" : "")
    }

    var json: JSONValue {
        [
            "counters": .array(
                buckets.map { bucket in
                    [
                        "kind": .string(bucket.kindText),
                        "account": bucket.accountText.map(JSONValue.string) ?? .null,
                        "address": bucket.address.map(JSONValue.string) ?? .null,
                        "failures": .integer(Int64(bucket.failures)),
                        "waits_until": bucket.waitsUntil.map { .string($0.rfc3339) } ?? .null,
                        "last": .string(bucket.lastFailureAt.rfc3339),
                    ]
                }),
            "complete": .bool(!isCut),
        ]
    }
}

extension FailureSummary {
    fileprivate var kindText: String {
        switch key.kind {
        case .account: "account"
        case .address: "address"
        case .pair: "account at address"
        case .device: "known device"
        case .familiar: "known address"
        }
    }

    /// The name of a user; of what is none, only a digest: it may be a password.
    fileprivate var accountText: String? {
        guard key.isOfAccount else { return nil }
        return switch account {
        case .known(let name): name
        case .unknown, .unasked: "#\(key.subject)"
        }
    }
}
