internal import CASProtocol

/// Definitions that never come to count because of others.
enum OverlapLint {
    static func findings(in registry: ServiceRegistry) -> [LintFinding] {
        var findings: [LintFinding] = []
        var firsts: [String: RegisteredService] = [:]
        for service in registry.services where !service.isDenial {
            let key = service.matching.rawValue + " " + service.serviceId
            if let first = firsts[key] {
                findings.append(
                    finding(
                        "duplicate-pattern", service,
                        "\(described(first)) has the same pattern and comes first"))
                continue
            }
            firsts[key] = service
            if let other = shadow(of: service, in: registry) {
                findings.append(
                    finding(
                        "shadowed", service,
                        "never comes to count: \(described(other)) comes first and matches the "
                            + "same addresses"))
            }
        }
        return findings
    }

    private static func finding(
        _ rule: String, _ service: RegisteredService, _ text: String
    ) -> LintFinding {
        LintFinding(
            severity: .warning, rule: rule, serviceID: service.id, serviceName: service.name,
            file: service.file, line: nil, text: text)
    }

    private static func described(_ service: RegisteredService) -> String {
        "\(service.name) (\(service.id))"
    }

    /// The definition that a lookup finds instead, for every address that could be made up.
    private static func shadow(
        of service: RegisteredService, in registry: ServiceRegistry
    ) -> RegisteredService? {
        var shadow: RegisteredService?
        for sample in samples(of: service) {
            guard case .found(let found) = registry.lookUp(sample), found !== service else {
                return nil
            }
            shadow = shadow ?? found
        }
        return shadow
    }

    /// Some addresses that the definition matches.
    private static func samples(of service: RegisteredService) -> [ServiceURL] {
        let tails = ["", "/", "x", "/x", "login", "x.html?a=b", "/x/y"]
        return service.matcher.startTexts.flatMap { start in
            tails.compactMap { tail -> ServiceURL? in
                // What is no address never gets as far as a definition.
                guard let url = try? ServiceURL(String(decoding: start, as: UTF8.self) + tail)
                else { return nil }
                return service.matches(url.patternText) ? url : nil
            }
        }
    }
}
