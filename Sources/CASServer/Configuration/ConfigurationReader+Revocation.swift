internal import Authentication
internal import CASProtocol
internal import Platform
internal import YAML

// How revoked certificates are found out: authentication.x509.revocation.
extension ConfigurationReader {
    func readRevocation(_ section: ConfigurationSection, _ rules: inout RevocationRules) {
        let standard = RevocationRules()
        rules.sources = readCheckers(section)
        rules.files = section.strings("crl_files").map(resolved)
        rules.refresh = section.duration(
            "refresh", default: standard.refresh, in: .seconds(10)...(day * 7))
        rules.unavailable = readPolicy("unavailable", section)
        rules.expired = readPolicy("expired", section)
        rules.threshold = section.duration(
            "threshold", default: standard.threshold, in: .zero...(day * 366))
        rules.checksAuthorities = section.bool("check_authorities", default: true)
        rules.listBytesMax = section.size(
            "list_size", default: standard.listBytesMax, in: (64 << 10)...(256 << 20))
        rules.cachedListsMax = section.integer(
            "cached_lists", default: standard.cachedListsMax, in: 1...100_000)
        rules.answerLifetime = section.duration(
            "answer_lifetime", default: standard.answerLifetime, in: .zero...(day * 7))
        rules.responder = section.string("responder")
        rules.requiresNonce = section.bool("require_nonce", default: false)
        checkRevocation(section, rules, standard)
        section.finish()
    }

    /// One word or a list of them.
    private func readCheckers(_ section: ConfigurationSection) -> [RevocationRules.Source] {
        let known = RevocationRules.Source.allCases.map(\.rawValue).joined(separator: ", ")
        let words: [String]
        switch section.node("checker") {
        case .sequence: words = section.strings("checker")
        case .scalar("none", _, _), nil: return []
        case .scalar(let text, _, _): words = [text]
        case .mapping: words = section.string("checker").map { [$0] } ?? []
        }
        var sources: [RevocationRules.Source] = []
        for word in words {
            guard let source = RevocationRules.Source(rawValue: word) else {
                section.report(
                    "checker",
                    word == "none"
                        ? "none cannot be in a list; write checker: none"
                        : "must be none, one of \(known), or a list of these, not '\(word)'"
                            + (["resource", "RESOURCE"].contains(word)
                                ? "; did you mean 'files'?" : ""))
                continue
            }
            if sources.contains(source) {
                section.report("checker", "'\(word)' is there twice")
            } else {
                sources.append(source)
            }
        }
        return sources
    }

    private func readPolicy(
        _ key: String, _ section: ConfigurationSection
    ) -> RevocationRules.Policy {
        if key == "unavailable", section.string(key) == "threshold" {
            section.report(
                key,
                "threshold is about expired lists; where there is no list, use allow or deny")
            return .deny
        }
        return key == "unavailable"
            ? section.choice(key, default: .deny, from: ["deny": .deny, "allow": .allow])
            : section.choice(
                key, default: .deny,
                from: ["deny": .deny, "allow": .allow, "threshold": .threshold])
    }

    private func checkRevocation(
        _ section: ConfigurationSection, _ rules: RevocationRules, _ standard: RevocationRules
    ) {
        let asksFiles = rules.sources.contains(.files)
        if asksFiles, rules.files.isEmpty {
            section.report(
                "crl_files", "is required with checker: files, for example [/etc/casd/crl]")
        }
        if !asksFiles, !rules.files.isEmpty {
            section.report(
                "crl_files", "is not read unless checker is files, or a list with files in it")
        }
        if rules.expired != .threshold, rules.threshold != standard.threshold {
            section.report("threshold", "is only for expired: threshold")
        }
        if !rules.sources.contains(.ocsp) {
            if rules.responder != nil {
                section.report(
                    "responder", "is not asked unless checker is ocsp, or a list with ocsp in it")
            }
            if rules.requiresNonce {
                section.report("require_nonce", "is only for checker: ocsp")
            }
        }
        if let responder = rules.responder,
            (try? ServiceURL(responder, schemes: ["http", "https"])) == nil
        {
            section.report(
                "responder",
                "must be an address such as http://ocsp.example.org/, not "
                    + "'\(responder)'")
        }
    }
}
