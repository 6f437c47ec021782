internal import Password
internal import Platform
internal import Services

/// What the commands of the program do.
package enum Program {
    /// Supervises the workers until the end.
    package static func serve(_ path: String) throws {
        var supervisor = try Supervisor(absolute(path))
        supervisor.run()
    }

    /// Works for a supervisor.
    package static func work(_ path: String, parent: Int32, sealingKey: String) throws {
        try Worker(path, parent: parent, sealingKey: sealingKey).run()
    }

    /// What a check has found.
    package enum Verdict: Int32, Sendable {
        case good = 0
        /// casd would not start.
        case unusable = 1
        /// casd would start, but some service definitions would admit nobody.
        case incomplete = 2
    }

    /// Prints the effective configuration and every problem.
    package static func check(_ path: String) -> Verdict {
        let configuration: Configuration
        do {
            configuration = try Configuration.load(absolute(path))
        } catch {
            print(error)
            return .unusable
        }
        print(configuration.effectiveText)
        var verdict = Verdict.good
        let (registry, problems) = ServiceDirectory.load(
            configuration.services.directory, templates: configuration.services.templates)
        for problem in problems { print(problem) }
        print("\(registry.services.count { !$0.isDenial }) service definitions in force")
        if problems.contains(where: { $0.severity == .error }) { verdict = .incomplete }
        for problem in Assembly.serviceKeyProblems(configuration, registry) {
            print(problem)
            verdict = .incomplete
        }
        for warning in Assembly.warnings(configuration, registry) { print("warning: \(warning)") }
        do {
            try Assembly.check(configuration)
        } catch {
            print(error)
            verdict = .unusable
        }
        return verdict
    }

    /// The hash of a password for the users file.
    ///
    /// - Throws: If the scheme is unknown or the password is too long for it.
    package static func passwordHash(of password: String, scheme: String) throws -> String {
        guard let scheme = PasswordScheme(rawValue: scheme) else {
            throw Assembly.Failure(problems: ["unknown scheme '\(scheme)'"])
        }
        return try PasswordHash.make(password, scheme).text
    }

    /// Adds a sealing key and returns its identifier.
    package static func rotateKeys(_ path: String) throws -> String {
        let configuration = try Configuration.load(absolute(path))
        let directory = Assembly.keyDirectory(configuration)
        _ = try KeyRing.load(directory, now: .now, random: systemRandomBytes)
        return try KeyRing.addKey(to: directory, now: .now, random: systemRandomBytes)
    }

    /// The path seen from the root, so that it means the same to every worker.
    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : File.currentDirectory + "/" + path
    }
}
