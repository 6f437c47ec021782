internal import ArgumentParser
internal import CASServer

/// `casd check`: reads everything that `casd serve` would, and says what is wrong.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration and everything that it names.",
        discussion: "Prints the effective configuration without secrets. Ends with 1 if casd "
            + "would not start, or if a service definition would not be in force.")

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        guard Program.check(options.config) else { throw ExitCode(1) }
    }
}
