internal import ArgumentParser
internal import CASServer

/// `casd password`: makes the hash of a password for the users file.
struct PasswordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Make the hash of a password for the users file.",
        discussion: "Reads one line from standard input, so that the password stays out of the "
            + "process list and the shell's history.")

    @Option(name: .long, help: "yescrypt, argon2id or bcrypt.")
    var scheme = "yescrypt"

    func run() throws {
        guard let password = readLine(strippingNewline: true), !password.isEmpty else {
            throw ValidationError("expected a password on standard input")
        }
        print(try Program.passwordHash(of: password, scheme: scheme))
    }
}
