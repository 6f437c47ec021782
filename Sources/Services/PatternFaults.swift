/// What is wrong with a pattern of addresses beside its syntax.
struct PatternFaults {
    /// A fault, with the code that lint reports it under.
    struct Fault: Hashable {
        let rule: String
        let text: String
    }

    private(set) var faults: [Fault] = []

    var warnings: [String] { faults.map(\.text) }

    /// Looks at what a definition matches.
    init(of service: RegisteredService) {
        let strangers = ["https://stranger.invalid/", "http://stranger.invalid/"]
        if strangers.contains(where: service.matches) {
            faults.append(Fault(rule: "catch-all", text: "matches any host"))
            return
        }
        switch service.matching {
        case .fullRegex:
            faults += PatternText.faults(service.serviceId)
        case .partialRegex:
            if service.matcher.startTexts.contains([]) {
                faults.append(
                    Fault(
                        rule: "unanchored-pattern",
                        text: "is looked for anywhere, so an address of any host can contain it"))
            }
            faults += PatternText.faults(service.serviceId)
        case .literal, .literalInAnyCase, .startsWith: break
        }
    }

    /// Looks at what a proxy policy matches.
    init(ofProxy pattern: ProxyPattern) {
        guard !pattern.isExact else { return }
        if pattern.matches("https://stranger.invalid/") {
            faults.append(
                Fault(rule: "proxy-any-host", text: "tickets may be sent to any host"))
            return
        }
        faults += PatternText.faults(pattern.text)
    }
}
