internal import Platform

/// Which addresses must not be called.
struct AddressRules: Sendable {
    private let denied: [Network]

    init(_ policy: OutboundPolicy) {
        denied =
            Self.neverCalled + (policy.allowsLoopback ? [] : Self.loopback)
            + policy.deniedNetworks
    }

    /// Whether the address is denied, or leads a translator to one that is.
    func refuses(_ address: IPAddress) -> Bool {
        if denied.contains(where: { $0.contains(address) }) { return true }
        guard let inner = Self.embedded(in: address) else { return false }
        return denied.contains { $0.contains(inner) }
    }

    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { Network($0) }

    /// Where nobody has a service: this host on this network, link-local, multicast, broadcast, and
    /// the metadata services of clouds, those of AWS by IPv6 and of Alibaba being elsewhere.
    ///
    /// The local-use network of NAT64 (RFC 8215) is there as a whole, because where in its
    /// addresses the one of IPv4 stands is up to the site.
    private static let neverCalled = [
        "0.0.0.0/8", "::", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8",
        "255.255.255.255", "100.100.100.200", "fd00:ec2::254", "64:ff9b:1::/48",
    ].compactMap { Network($0) }

    /// The networks whose addresses carry one of IPv4, and where: NAT64 (RFC 6052), 6to4
    /// (RFC 3056), and the old IPv4-compatible ones.
    private static let translated = [("64:ff9b::/96", 12), ("2002::/16", 2), ("::/96", 12)]
        .compactMap { text, place in Network(text).map { (network: $0, place: place) } }

    private static func embedded(in address: IPAddress) -> IPAddress? {
        // The unspecified address and loopback have rules of their own.
        guard !loopback.contains(where: { $0.contains(address) }),
            let place = translated.first(where: { $0.network.contains(address) })?.place
        else { return nil }
        return IPAddress(bytes: Array(address.bytes[place..<place + 4]))
    }
}
