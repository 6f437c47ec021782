internal import ArgumentParser
internal import CASServer

/// `casd services`: questions about the service definitions.
struct ServicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Look into the service definitions.",
        subcommands: [LintCommand.self, MatchCommand.self])

    struct LintCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lint",
            abstract: "Look through the definitions for mistakes and what may be one.",
            discussion: "Ends with 1 if there are warnings, and with 2 if there are errors.")

        @OptionGroup var options: ConfigurationOption

        @Option(name: .long, help: "The folder of base definitions, if a folder is given.")
        var templates: String?

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        @Argument(help: "A folder of definitions to look at instead of the configured one.")
        var folder: String?

        func run() throws {
            let source: ServiceTools.Source =
                folder.map { .folder($0, templates: templates) }
                ?? .configuration(file: options.config)
            try finish(ServiceTools.lint(source, format: json ? .json : .text))
        }
    }

    struct MatchCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "match",
            abstract: "Tell which definition is in force for an address, and why.",
            discussion: "With a user, tells also whether they may enter and exactly what is "
                + "released. Ends with 1 if nobody or not the user may enter.")

        @OptionGroup var options: ConfigurationOption

        @Option(name: .long, help: "Somebody of the users file.")
        var user: String?

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        @Argument(help: "The service as an application names it.")
        var url: String

        func run() throws {
            try finish(
                ServiceTools.match(
                    url, user: user, configuration: options.config, format: json ? .json : .text,
                    clock: Program.clock))
        }
    }
}

/// Prints what a tool has to say, and ends with its code.
func finish(_ output: ToolOutput) throws {
    let code = output.show()
    if code != 0 { throw ExitCode(code) }
}
