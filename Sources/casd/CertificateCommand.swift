internal import ArgumentParser
internal import CASServer

/// `casd certificate`: questions about client certificates and revocation.
struct CertificateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "Look into logins by certificate.",
        subcommands: [ExplainCertificateCommand.self, ListsCommand.self])

    struct ExplainCertificateCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Tell whether a client certificate is accepted, and why.",
            discussion: "Walks through the whole decision: path, rules, every revocation list "
                + "and answer, principal. Lists and answers of other servers are fetched as the "
                + "service would. Ends with 1 if the certificate is refused.")

        @OptionGroup var options: ConfigurationOption

        @Option(
            name: .long, help: "The time to ask for, such as 2026-05-01T12:00:00Z; default now.")
        var at: String?

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        @Argument(help: "A certificate in PEM or DER, or - for standard input.")
        var file: String

        func run() throws {
            try finish(
                CertificateTools.explain(
                    file, at: at, configuration: options.config, format: json ? .json : .text,
                    clock: Program.clock))
        }
    }

    struct ListsCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lists",
            abstract: "Show the revocation lists of the configured files.",
            discussion: "Lists of distribution points are fetched by the running service and "
                + "are not shown. Ends with 1 if a list has expired or cannot be used.")

        @OptionGroup var options: ConfigurationOption

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() throws {
            try finish(
                CertificateTools.lists(
                    configuration: options.config, format: json ? .json : .text,
                    clock: Program.clock))
        }
    }
}
