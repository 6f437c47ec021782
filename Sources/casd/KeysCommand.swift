internal import ArgumentParser
internal import CASServer

/// `casd keys`: the keys of tokens, and those under which casd seals cookies and forms.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Manage the keys of tokens, cookies and forms.",
        subcommands: [
            ListCommand.self, GenerateCommand.self, RotateCommand.self, RevokeCommand.self,
            ExportCommand.self,
        ])

    /// What keys are for.
    enum Purpose: String, ExpressibleByArgument, CaseIterable {
        case sealing, signing, encryption
    }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List all keys, without the keys.",
            discussion: "Ends with 1 if one of them cannot be used.")

        @OptionGroup var options: ConfigurationOption

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() throws {
            try finish(
                KeyTools.list(format: json ? .json : .text) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }

    struct GenerateCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate", abstract: "Make a key.",
            discussion: "With --file, a key for a service definition or for jwt.….key_file, which "
                + "casd does not use otherwise; nothing is overwritten. Without, another next "
                + "key for casd's own tokens, for example because the present one was seen.")

        @OptionGroup var options: ConfigurationOption

        @Option(
            name: .long,
            help: "HS512, RS256, PS256, ES256, EdDSA …; A256CBC-HS512 … and RSA-OAEP-256.")
        var algorithm: String?

        @Option(name: .long, help: "Where to put the key.")
        var file: String?

        @Argument(help: "signing or encryption.")
        var purpose: Purpose?

        func validate() throws {
            if file != nil {
                guard algorithm != nil, purpose == nil else {
                    throw ValidationError("--file goes with --algorithm")
                }
            } else {
                guard algorithm == nil else {
                    throw ValidationError(
                        "--algorithm goes with --file; casd's own keys are for "
                            + "jwt.signing.algorithm and jwt.encryption.method")
                }
                guard purpose != .sealing else {
                    throw ValidationError("keys that seal have no next; use rotate")
                }
            }
        }

        func run() throws {
            if let file, let algorithm {
                try finish(KeyTools.generate(algorithm: algorithm, file: file))
            } else {
                try finish(
                    KeyTools.generate(purpose == .encryption ? .encryption : .signing) {
                        try .init(configuration: options.config, clock: Program.clock)
                    })
            }
        }
    }

    struct RotateCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Change to another key.",
            discussion: """
                signing, encryption: the next key of tokens becomes the current one, at once and \
                without a restart; a new next one is made. Tokens of the key before are accepted \
                until the longest has expired. --back undoes it.

                sealing, the default: adds a key, which seals from the next reload on. Older \
                keys go on opening what they have sealed. Remove their files when the longest \
                session is over; removing one ends the sessions that it sealed.
                """)

        @OptionGroup var options: ConfigurationOption

        @Flag(name: .long, help: "Go back to the key before.")
        var back = false

        @Flag(name: .long, help: "Change even to a key that not all programs may know yet.")
        var force = false

        @Argument(help: "sealing, signing or encryption.")
        var purpose: Purpose = .sealing

        func validate() throws {
            guard purpose != .sealing || (!back && !force) else {
                throw ValidationError("--back and --force go with signing or encryption")
            }
        }

        func run() throws {
            let layer: TokenKeyRing.Layer
            switch purpose {
            case .sealing:
                print("added \(try Program.rotateKeys(options.config)); reload casd to use it")
                return
            case .signing: layer = .signing
            case .encryption: layer = .encryption
            }
            try finish(
                KeyTools.rotate(layer, back: back, force: force) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }

    struct RevokeCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Remove a key of tokens that somebody has seen.",
            discussion: "At once and without a restart, no token of it is accepted any more, and "
                + "it is not published. A next key is replaced. The current one has to be rotated "
                + "first.")

        @OptionGroup var options: ConfigurationOption

        @Argument(help: "The key, as list shows it.")
        var key: String

        func run() throws {
            try finish(
                KeyTools.revoke(key) {
                    try .init(configuration: options.config, clock: Program.clock)
                })
        }
    }

    struct ExportCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export-public",
            abstract: "Print the public keys that verify casd's tokens.",
            discussion: "As PEM the key that signs now; as jwks all that have signed or will.")

        enum Form: String, ExpressibleByArgument, CaseIterable { case pem, jwks }

        @OptionGroup var options: ConfigurationOption

        @Option(name: .long, help: "pem or jwks.")
        var format: Form = .pem

        @Option(name: .long, help: "The key of this file instead of casd's own.")
        var file: String?

        @Option(name: .long, help: "What the key of the file signs with, such as PS256.")
        var algorithm: String?

        func validate() throws {
            guard algorithm == nil || file != nil else {
                throw ValidationError("--algorithm goes with --file")
            }
        }

        func run() throws {
            let form: KeyTools.PublicForm = format == .pem ? .pem : .jwks
            if let file {
                try finish(KeyTools.exportPublic(form, file: file, algorithm: algorithm))
            } else {
                try finish(
                    KeyTools.exportPublic(form) {
                        try .init(configuration: options.config, clock: Program.clock)
                    })
            }
        }
    }
}
