package import Authentication
internal import Platform
internal import YAML

/// The file of `authentication.x509.principal.users_file`: a list in YAML or JSON that says which
/// certificate is whose.
package enum CertificateUsersFile {
    package static let bytesMax = 16 << 20
    package static let entriesMax = 100_000
    /// Problems beyond these are not listed.
    private static let problemsMax = 100
    private static let nameBytesMax = 256

    /// Reads the file.
    ///
    /// - Throws: All problems at once.
    package static func load(_ path: String) throws(ConfigurationProblems) -> CertificateUsers {
        do {
            return try read(try File.read(path, limit: bytesMax), file: path)
        } catch let problems as ConfigurationProblems {
            throw problems
        } catch {
            throw problem(path, 0, "\(error)")
        }
    }

    /// - Parameter file: What to call it in problems.
    package static func read(
        _ content: [UInt8], file: String
    ) throws(ConfigurationProblems) -> CertificateUsers {
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLNode.parse(content)
        } catch {
            throw problem(file, error.line, error.reason)
        }
        guard case .sequence(let nodes, _)? = root else {
            guard root != nil else { return CertificateUsers() }
            throw problem(
                file, root?.line ?? 1,
                "must be a list, each entry like - { user: alice, email: alice@example.org }")
        }
        guard nodes.count <= entriesMax else {
            throw problem(file, 1, "has \(nodes.count) entries, at most \(entriesMax) are read")
        }
        let problems = ProblemList(file: file)
        var entries: [(user: String, fact: CertificateFact)] = []
        var lines: [CertificateFact: Int] = [:]
        for (index, node) in nodes.enumerated() where problems.problems.count < problemsMax {
            let section = ConfigurationSection(
                name: "[\(index)]", node: node, line: node.line, problems: problems)
            guard let user = user(section), let fact = fact(section) else { continue }
            if let line = lines.updateValue(node.line, forKey: fact) {
                problems.add(
                    "the same fact is on line \(line)", key: section.name, line: node.line)
            }
            entries.append((user, fact))
        }
        guard problems.problems.isEmpty else {
            throw ConfigurationProblems(problems: problems.problems)
        }
        return CertificateUsers(entries)
    }

    private static func problem(
        _ file: String, _ line: Int, _ text: String
    ) -> ConfigurationProblems {
        ConfigurationProblems(
            problems: [ConfigurationProblem(file: file, line: line, key: "", text: text)])
    }

    private static func user(_ section: ConfigurationSection) -> String? {
        guard let name = section.string("user") else {
            section.report("user", "is missing: who has this certificate?")
            return nil
        }
        let isUsable =
            (1...nameBytesMax).contains(name.utf8.count)
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isUsable else {
            section.report("user", "has 1 to \(nameBytesMax) bytes and no control characters")
            return nil
        }
        return name
    }

    /// The only fact of an entry, or `nil` after a report.
    private static func fact(_ section: ConfigurationSection) -> CertificateFact? {
        let count = section.problems.problems.count
        let readers: [(key: String, read: () -> CertificateFact?)] = [
            ("sha256", { digest("sha256", section).map(CertificateFact.certificate(sha256:)) }),
            ("spki", { digest("spki", section).map(CertificateFact.publicKey(sha256:)) }),
            ("serial", { serialFact(section) }), ("subject", { subjectFact(section) }),
            ("email", { address("email", section).map(CertificateFact.email) }),
            ("upn", { address("upn", section).map(CertificateFact.userPrincipalName) }),
            ("uri", { uri(section) }),
        ]
        let keys = readers.map(\.key)
        let given = readers.filter { section.node($0.key) != nil }
        let issuer = section.node("issuer")
        section.finish()
        guard given.count == 1, let only = given.first else {
            let reason =
                given.isEmpty
                ? issuer == nil ? "" : "; issuer goes with serial or subject"
                : ", not \(given.map(\.key).joined(separator: " and "))"
            problemOfEntry(section, "one of \(keys.joined(separator: ", ")) is needed" + reason)
            return nil
        }
        if issuer != nil, only.key != "serial", only.key != "subject" {
            section.report("issuer", "goes with serial or subject, not with \(only.key)")
        }
        let fact = only.read()
        return section.problems.problems.count == count ? fact : nil
    }

    private static func problemOfEntry(_ section: ConfigurationSection, _ text: String) {
        section.problems.add(text, key: section.name, line: section.line)
    }

    private static func digest(_ key: String, _ section: ConfigurationSection) -> [UInt8]? {
        let text = section.string(key) ?? ""
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
        let values = digits.compactMap(hexadecimalDigit)
        guard digits.count == 64, values.count == 64 else {
            section.report(
                key,
                "must be 64 hexadecimal digits (SHA-256), with or without colons; "
                    + "`casd certificate explain` prints them")
            return nil
        }
        return stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    private static func name(
        _ key: String, _ section: ConfigurationSection
    ) -> DistinguishedNameKey? {
        guard let text = section.string(key) else { return nil }
        guard let name = DistinguishedNameKey(text) else {
            section.report(
                key, "'\(text)' is no distinguished name such as CN=Example CA,O=Example,C=US")
            return nil
        }
        return name
    }

    private static func serialFact(_ section: ConfigurationSection) -> CertificateFact? {
        guard let issuer = name("issuer", section) else {
            if section.node("issuer") == nil {
                section.report("issuer", "is missing: serial numbers are unique for an issuer only")
            }
            return nil
        }
        guard let serial = section.string("serial").flatMap(CertificateFact.decimalSerial) else {
            section.report("serial", "must be a decimal number, or 0x and hexadecimal digits")
            return nil
        }
        return .serialNumber(serial, issuer: issuer)
    }

    private static func subjectFact(_ section: ConfigurationSection) -> CertificateFact? {
        let issuer = name("issuer", section)
        return name("subject", section).map { CertificateFact.subject($0, issuer: issuer) }
    }

    private static func address(_ key: String, _ section: ConfigurationSection) -> String? {
        guard let text = section.string(key) else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts.contains(where: \.isEmpty), !text.contains(" ") else {
            section.report(key, "must be like alice@example.org, not '\(text)'")
            return nil
        }
        return text
    }

    private static func uri(_ section: ConfigurationSection) -> CertificateFact? {
        guard let text = section.string("uri") else { return nil }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
            text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else {
            section.report("uri", "must be like spiffe://example.org/alice, not '\(text)'")
            return nil
        }
        return .uri(text)
    }
}
