internal import ArgumentParser

/// The program: one command for each thing that an operator does.
@main
struct Casd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "casd",
        abstract: "A Central Authentication Service (CAS) server for nginx.",
        subcommands: [
            ServeCommand.self, CheckCommand.self, PasswordCommand.self, KeysCommand.self,
            ServicesCommand.self, ExplainCommand.self, SessionsCommand.self, ThrottleCommand.self,
            CertificateCommand.self, WorkerCommand.self,
        ])
}

/// Where the configuration file is.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file.")
    var config = "/etc/casd/casd.yaml"
}
