internal import ArgumentParser
internal import CASServer

/// `casd throttle`: the counters of failed logins of the running service.
struct ThrottleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "throttle", abstract: "Look at the counters of failed logins and empty them.",
        subcommands: [ListCommand.self, ClearCommand.self])

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the counters that hold failures, newest first.",
            discussion: "A name that is no user's is shown as a digest (#…): it may be a password.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var amount: AmountOption

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() throws {
            try finish(
                ThrottleTools.list(limit: amount.limit, format: json ? .json : .text) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }

    struct ClearCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Empty counters, so that nobody waits for them.",
            discussion: "Browsers and addresses that are known stay known.")

        @OptionGroup var options: ConfigurationOption

        @Option(name: .long, help: "Those of this name, in any case, wherever it was typed.")
        var account: String?

        @Option(name: .long, help: "Those of this address, whatever was typed there.")
        var address: String?

        @Flag(name: .long, help: "All of them.")
        var all = false

        func validate() throws {
            let count = [account != nil, address != nil, all].count { $0 }
            guard count == 1 else {
                throw ValidationError("give one of --account, --address and --all")
            }
        }

        func run() throws {
            let target: ThrottleTools.Target =
                if let account {
                    .account(account)
                } else if let address {
                    .address(address)
                } else {
                    .all
                }
            try finish(
                ThrottleTools.clear(target) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }
}
