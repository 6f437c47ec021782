internal import ArgumentParser
internal import CASServer

/// `casd serve`: supervises the worker processes in the foreground.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve requests with a pool of workers.",
        discussion: "SIGHUP reads the configuration anew and replaces the workers one by one; "
            + "SIGTERM lets them finish and ends.")

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        try Program.serve(options.config)
    }
}

/// `casd worker`: one worker process, started by `casd serve`.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "One worker; started by serve.", shouldDisplay: false)

    @OptionGroup var options: ConfigurationOption

    @Option(name: .long, help: "The process of serve.")
    var parent: Int32

    @Option(name: .long, help: "The key to seal with.")
    var key: String

    func run() throws {
        try Program.work(options.config, parent: parent, sealingKey: key)
    }
}
