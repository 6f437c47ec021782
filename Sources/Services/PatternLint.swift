internal import CASProtocol
internal import PCRE

/// What is wrong with the pattern of one definition.
enum PatternLint {
    static func faults(of service: RegisteredService) -> [ServiceLint.Fault] {
        var faults = PatternFaults(of: service).faults.map {
            ServiceLint.Fault(severity: .warning, rule: $0.rule, text: $0.text)
        }
        let starts = service.matcher.startTexts.map { String(decoding: $0, as: UTF8.self) }
        let isKnown = faults.contains { ["catch-all", "foreign-host"].contains($0.rule) }
        if !isKnown, let host = foreignHost(of: service, starts) {
            faults.append(
                ServiceLint.Fault(
                    severity: .warning, rule: "foreign-host", text: "matches \(host) as well"))
        }
        if starts.contains(where: { $0.hasPrefix("http://") }) {
            faults.append(
                ServiceLint.Fault(
                    severity: .hint, rule: "plain-http",
                    text: "tickets travel unencrypted to http:// addresses"))
        }
        if isProneToBacktracking(service, starts) {
            faults.append(
                ServiceLint.Fault(
                    severity: .warning, rule: "backtracking",
                    text: "takes too much work for some addresses, which are refused then; avoid "
                        + "repeating what repeats, such as (a+)+"))
        }
        if case .regex(let pattern) = service.proxyPolicy { faults += proxyFaults(pattern) }
        return faults
    }

    private static func proxyFaults(_ pattern: ProxyPattern) -> [ServiceLint.Fault] {
        var faults = PatternFaults(ofProxy: pattern).faults.map {
            let isKnown = $0.rule.hasPrefix("proxy-")
            return ServiceLint.Fault(
                severity: .warning, rule: isKnown ? $0.rule : "proxy-" + $0.rule,
                text: "proxyPolicy: " + $0.text)
        }
        if !pattern.isExact, !pattern.isStart, faults.isEmpty {
            faults.append(
                ServiceLint.Fault(
                    severity: .hint, rule: "proxy-whole-match",
                    text: "proxyPolicy: Apereo looks for the pattern anywhere; here the whole "
                        + "address must match"))
        }
        return faults
    }

    /// An address on another host that the definition matches.
    private static func foreignHost(
        of service: RegisteredService, _ starts: [String]
    ) -> String? {
        for start in starts.prefix(16) {
            let origin = LiteralAddress(start).origin
            guard let mark = origin.firstRange(of: "://"), mark.upperBound < origin.endIndex
            else { continue }
            let candidates = [
                origin + ".stranger.invalid/", origin + "stranger.invalid/",
                origin + "-stranger.invalid/", origin + ":1.stranger.invalid/",
                "https://stranger.invalid/?" + start, "https://stranger.invalid/#" + start,
            ]
            for candidate in candidates {
                // What is no address never gets as far as a definition.
                guard let url = try? ServiceURL(candidate) else { continue }
                if service.matches(url.patternText) { return candidate }
            }
        }
        return nil
    }

    /// Whether the search for a match of a hostile address is ended by its limits.
    static func isProneToBacktracking(_ service: RegisteredService, _ starts: [String]) -> Bool {
        let units = ["a", "1", "/", "-", ".", "a/", "a.", "/a", "%20", "a1", "a=", "&", "_"]
        let tails = starts == [""] ? ["https://", ""] : starts
        for start in tails.prefix(4) {
            for unit in units {
                // As long as an address may be.
                let count = (ServiceURL.bytesMax - 300) / unit.utf8.count
                let text = start + String(repeating: unit, count: count) + "\u{7F}!"
                if service.matcher.match(text) == .gaveUp { return true }
            }
        }
        return false
    }
}
