internal import ArgumentParser
internal import CASServer

/// `casd sessions`: the sessions of the running service.
struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Look at sessions and end them.",
        subcommands: [ListCommand.self, RevokeCommand.self, LogoutReportCommand.self])

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the live sessions that began last.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var amount: AmountOption

        @Option(name: .long, help: "Only sessions of this user.")
        var user: String?

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() throws {
            try finish(
                SessionTools.list(user: user, limit: amount.limit, format: json ? .json : .text) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }

    struct RevokeCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "End sessions.",
            discussion: "The workers of the running service tell the applications that were "
                + "entered, if logout.single_logout is on.")

        @OptionGroup var options: ConfigurationOption

        @Option(name: .long, help: "End all sessions of this user.")
        var user: String?

        @Flag(name: .long, help: "Do not ask.")
        var yes = false

        @Argument(help: "The digits by which lists and logs name the session, at least eight.")
        var session: String?

        func validate() throws {
            guard (user == nil) != (session == nil) else {
                throw ValidationError("give either a session or --user")
            }
            guard yes || Program.canAsk else {
                throw ValidationError("there is nobody to ask; give --yes to end the sessions")
            }
        }

        func run() throws {
            let target: SessionTools.Target =
                if let user { .user(user) } else { .handle(session ?? "") }
            try finish(
                SessionTools.revoke(target, confirm: { yes || isConfirmed($0) }) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }

        private func isConfirmed(_ list: String) -> Bool {
            print(list, terminator: "")
            print("End them? Type yes: ", terminator: "")
            return readLine(strippingNewline: true) == "yes"
        }
    }

    struct LogoutReportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "logout-report",
            abstract: "Show how the logout messages of ended sessions have fared.",
            discussion: "Those of the last day are remembered.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var amount: AmountOption

        @Option(name: .long, help: "Only sessions of this user.")
        var user: String?

        @Option(name: .long, help: "Only this session; at least eight digits of its name.")
        var session: String?

        @Option(name: .long, help: "Only failed, pending, delivered or skipped ones.")
        var status: String?

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() throws {
            try finish(
                SessionTools.logoutReport(
                    user: user, session: session, status: status, limit: amount.limit,
                    format: json ? .json : .text
                ) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }
}

/// How much is shown.
struct AmountOption: ParsableArguments {
    @Option(name: .long, help: "How many at most, 1 to 1,000,000.")
    var limit = 100

    func validate() throws {
        guard (1...1_000_000).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to 1,000,000")
        }
    }
}
