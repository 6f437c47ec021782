internal import Glibc

/// An IPv4 or IPv6 address; an IPv4 address that is mapped into IPv6 (`::ffff:0:0/96`) is the
/// IPv4 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 address stands in the last 32 bits, after `::ffff`.
    fileprivate let bits: UInt128

    /// The address in the bytes' order on the wire; 4 or 16 of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let start: UInt128 = bytes.count == 4 ? 0xFFFF : 0
        bits = bytes.reduce(start) { $0 << 8 | UInt128($1) }
    }

    /// The address of `192.0.2.1` or `2001:db8::1`; no port, brackets, zone or short forms.
    package init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes[..<4]))
        } else if unsafe inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    package var isIPv4: Bool { bits >> 32 == 0xFFFF }

    /// The bytes in their order on the wire; 4 for IPv4, else 16.
    package var bytes: [UInt8] {
        let count = isIPv4 ? 4 : 16
        return (0..<count).map { UInt8(truncatingIfNeeded: bits >> UInt128(8 * (count - 1 - $0))) }
    }

    /// The usual text of the address (RFC 5952).
    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        let family = isIPv4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else {
            return ""
        }
        return String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The addresses that begin with the same bits.
package struct Network: Hashable, Sendable, CustomStringConvertible {
    private let first: IPAddress
    /// How many of the 128 bits all addresses share.
    private let prefix: Int

    /// The network of `10.0.0.0/8`, `2001:db8::/32` or a single address; bits after the prefix
    /// do not matter.
    package init?(_ cidr: String) {
        let parts = cidr.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let text = parts.first, let address = IPAddress(String(text)) else { return nil }
        var prefix = 128
        if parts.count == 2 {
            let digits = parts[1].utf8
            // An IPv4 address that is written as an IPv6 one has a prefix of the latter.
            let isShort = address.isIPv4 && !text.utf8.contains(UInt8(ascii: ":"))
            guard digits.count <= 3, digits.first != UInt8(ascii: "0") || digits.count == 1,
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(parts[1]), number <= (isShort ? 32 : 128)
            else { return nil }
            prefix = isShort ? number + 96 : number
        }
        guard !address.isIPv4 || prefix >= 96 else { return nil }
        self.prefix = prefix
        let rest = UInt128(128 - prefix)
        first = IPAddress(bits: (address.bits >> rest) << rest)
    }

    /// Whether the address is one of the network's; one of IPv4 is in no network of IPv6.
    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == first.isIPv4
            && (address.bits ^ first.bits) >> UInt128(128 - prefix) == 0
    }

    package var description: String { "\(first)/\(first.isIPv4 ? prefix - 96 : prefix)" }
}

extension IPAddress {
    fileprivate init(bits: UInt128) {
        self.bits = bits
    }
}
