internal import ArgumentParser
internal import CASServer

/// `casd explain`: what happened to a ticket.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell what happened to a ticket and why it was refused.",
        discussion: "Asks the running service's registry, which remembers a ticket for two "
            + "minutes behind its end, and its log file. Give - to have the ticket read from "
            + "standard input, so that it stays out of the process list and the shell's history.")

    @OptionGroup var options: ConfigurationOption

    @Argument(help: "A ticket, the digits by which the log names it, or -.")
    var ticket: String

    func run() throws {
        let text = ticket == "-" ? readLine(strippingNewline: true) ?? "" : ticket
        try finish(
            TicketTools.explain(text, configuration: options.config, clock: Program.clock))
    }
}
