internal import Authentication
internal import CASProtocol
package import Platform
internal import SSO
internal import Services

/// What `casd services` does.
package enum ServiceTools {
    /// Where the definitions are.
    package enum Source: Sendable {
        case configuration(file: String)
        case folder(String, templates: String?)
    }

    /// Looks through all definitions for mistakes and what may be one.
    package static func lint(_ source: Source, format: ToolFormat) -> ToolOutput {
        ToolOutput {
            let folder: String
            let templates: String?
            switch source {
            case .folder(let path, let base): (folder, templates) = (path, base)
            case .configuration(let file):
                let services = try Configuration.inForce(file).services
                (folder, templates) = (services.directory, services.templates)
            }
            let (registry, problems) = ServiceDirectory.load(folder, templates: templates)
            let report = LintReport(
                ServiceLint.findings(in: registry, problems: problems),
                definitionCount: registry.services.count { !$0.isDenial })
            return ToolOutput(report, format)
        }
    }

    /// Tells which definition is in force for an address and what a user would get there.
    ///
    /// - Parameters:
    ///   - address: The service as an application names it.
    ///   - user: Somebody of the users file; `nil` to ask about the address alone.
    package static func match(
        _ address: String, user: String?, configuration file: String, format: ToolFormat,
        clock: Clock
    ) -> ToolOutput {
        ToolOutput {
            let configuration = try Configuration.inForce(file)
            let loaded = ServiceDirectory.load(
                configuration.services.directory, templates: configuration.services.templates)
            var notes: [String] = []
            let errors = loaded.problems.count { $0.severity == .error }
            if errors > 0 {
                notes.append(
                    "casd services lint has \(errors) error\(errors == 1 ? "" : "s") to tell")
            }
            let url = try url(address, configuration, &notes)
            let account = try user.map { try Self.account($0, configuration) }
            let report = report(
                url, account, in: loaded.registry, configuration, notes: notes, at: clock())
            return ToolOutput(report, format)
        }
    }

    private static func report(
        _ url: ServiceURL, _ account: UserAccount?, in registry: ServiceRegistry,
        _ configuration: Configuration, notes: [String], at now: Instant
    ) -> MatchReport {
        var notes = notes
        let secret = nameSecret(configuration)
        let principal = account.map { Principal(id: $0.name, attributes: $0.attributes) }
        let explanation = ServiceExplanation.explain(
            url, in: registry, principal: principal, at: now,
            context: ReleaseContext(
                defaultAttributes: configuration.services.defaultAttributes,
                anonymousIDSecret: secret ?? []))
        if secret == nil, explanation.service?.hasOwnAnonymousNames == true {
            notes.append(
                "the keys cannot be read, so the name that is shown is not the one that is released"
            )
        }
        let service = explanation.service
        return MatchReport(
            url: url, explanation: explanation,
            closure: service.flatMap { service in
                // Nobody has no attributes, and why it is closed comes before them.
                explanation.isUsable
                    ? nil : service.accessDecision(for: Principal(id: ""), at: now)
            },
            visitor: account.flatMap { account in
                MatchReport.Visitor(
                    name: account.name, loginObstacle: account.obstacle(at: now),
                    entryObstacle: service?.entryRefusal(
                        of: Principal(id: account.name, attributes: account.attributes),
                        from: nil, at: now)?.reason)
            },
            attributesInVersion2: configuration.protocolOptions.attributesOnServiceValidate,
            notes: notes)
    }

    private static func url(
        _ address: String, _ configuration: Configuration, _ notes: inout [String]
    ) throws -> ServiceURL {
        let limit = configuration.limits.serviceURLBytes
        do throws(ServiceURLFault) {
            do throws(ServiceURLFault) {
                return try ServiceURL(address, bytesMax: limit)
            } catch .scheme {
                let url = try ServiceURL(anyScheme: address, bytesMax: limit)
                notes.append("a browser is sent to http and https only; proxies may name others")
                return url
            }
        } catch {
            throw ToolFailure("casd takes no such address for a service: \(error.rawValue)")
        }
    }

    /// The account of a user; what is wrong elsewhere in the file does not matter here.
    private static func account(
        _ name: String, _ configuration: Configuration
    ) throws -> UserAccount {
        guard let path = configuration.authentication.usersFile else {
            throw ToolFailure(
                "\(configuration.file): there is no authentication.users.file to look "
                    + "'\(name.shown)' up in")
        }
        let users = UsersFile(
            try File.read(path), file: path,
            allowsPlaintext: configuration.authentication.allowPlaintext)
        guard let account = users[name] else {
            let faults = users.problems.isEmpty ? "" : ", or the entry has errors (casd check)"
            throw ToolFailure("\(path): there is no user '\(name.shown)'\(faults)")
        }
        return account
    }

    /// What anonymous names are made of, if it is there; looking makes no key.
    private static func nameSecret(_ configuration: Configuration) -> [UInt8]? {
        let directory = Assembly.keyDirectory(configuration)
        // Losing the error is right: the report says that there is no secret.
        guard let names = try? File.names(in: directory), names.contains("names.key"),
            names.contains(where: { $0.hasPrefix("seal-") })
        else { return nil }
        return try? Assembly.keys(configuration).anonymousNameSecret
    }
}

extension RegisteredService {
    /// Whether its users have names that are made with the secret of this server.
    fileprivate var hasOwnAnonymousNames: Bool {
        if case .anonymous(let recipe) = usernameProvider.source {
            recipe.salt == nil
        } else {
            false
        }
    }
}

extension UserAccount {
    /// Why the owner cannot log in; `nil` if they can.
    fileprivate func obstacle(at now: Instant) -> String? {
        switch status {
        case .ok: break
        case .disabled: return "the account is disabled"
        case .locked: return "the account is locked"
        case .expired: return "the account is expired"
        case .mustChangePassword: return "the password must be changed first"
        }
        guard let expiration, now >= expiration else { return nil }
        return "the account is expired since \(expiration.shown)"
    }
}
