internal import Password
internal import Platform
internal import Services

/// What the commands of the program do.
package enum Program {
    /// Supervises the workers until the end.
    package static func serve(_ path: String) throws {
        var supervisor = try Supervisor(try Configuration.load(absolute(path)))
        supervisor.run()
    }

    /// Works for a supervisor.
    package static func work(_ path: String) throws {
        try Worker(try Configuration.load(path)).run()
    }

    /// Prints the effective configuration and every problem.
    ///
    /// - Returns: Whether all is well; warnings do not count.
    package static func check(_ path: String) -> Bool {
        do {
            let configuration = try Configuration.load(absolute(path))
            print(configuration.effectiveText)
            _ = try Assembly.plan(configuration)
            let (registry, problems) = ServiceDirectory.load(configuration.services.directory)
            for problem in problems { print(problem) }
            print("\(registry.services.count) service definitions in force")
            return !problems.contains { $0.severity == .error }
        } catch {
            print(error)
            return false
        }
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
