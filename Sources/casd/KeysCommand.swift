internal import ArgumentParser
internal import CASServer

/// `casd keys`: the keys under which casd seals cookies and forms.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Manage the keys that seal cookies and forms.",
        subcommands: [RotateCommand.self])

    struct RotateCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Add a key, which seals from the next reload on.",
            discussion: "Older keys go on opening what they have sealed. Remove their files when "
                + "the longest session is over; removing one ends the sessions that it sealed.")

        @OptionGroup var options: ConfigurationOption

        func run() throws {
            print("added \(try Program.rotateKeys(options.config)); reload casd to use it")
        }
    }
}
