package import Platform
package import Tickets

/// What `casd explain` does.
package enum TicketTools {
    /// Tells what happened to a ticket, by the running service's registry and by its log.
    ///
    /// - Parameter text: A whole ticket, which is never shown, or the first digits of its hash.
    package static func explain(
        _ text: String, configuration file: String, clock: Clock
    ) -> ToolOutput {
        ToolOutput {
            let question = try TicketQuestion(text)
            let configuration = try Configuration.inForce(file)
            let finding: TicketFinding
            do {
                let registry = try LiveRegistry.open(configuration)
                finding = try question.finding(in: registry, at: clock())
            } catch let failure as ToolFailure {
                finding = .unavailable(failure.description)
            }
            return output(question, finding, log: configuration.log.file, at: clock())
        }
    }

    /// The same for a registry that is open.
    ///
    /// - Parameter log: The file that the service logs to, if there is one.
    package static func explain(
        _ text: String, registry: any TicketRegistry, log: String?, at now: Instant
    ) -> ToolOutput {
        ToolOutput {
            let question = try TicketQuestion(text)
            return output(
                question, try question.finding(in: registry, at: now), log: log, at: now)
        }
    }

    private static func output(
        _ question: TicketQuestion, _ finding: TicketFinding, log: String?, at now: Instant
    ) -> ToolOutput {
        let report = TicketReport(
            question: question, finding: finding, log: TicketLog(of: question.logDigits, in: log),
            now: now)
        return ToolOutput(report.text, status: report.status)
    }
}
