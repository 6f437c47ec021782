internal import ArgumentParser
internal import CASServer

/// `casd check`: reads everything that `casd serve` would, and says what is wrong.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration and everything that it names.",
        discussion: "Prints the effective configuration without secrets. Ends with 1 if casd "
            + "would not start, and with 2 if some service definitions have errors; these then "
            + "admit nobody.")

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let verdict = Program.check(options.config)
        guard verdict == .good else { throw ExitCode(verdict.rawValue) }
    }
}
